"""Backfill: make what is missing, in bulk, each thing once whatever goes wrong."""
