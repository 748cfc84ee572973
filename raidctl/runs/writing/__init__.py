"""Carry a plan out, and what else writes."""
