"""Toys: what a feature to come will add, made small, to hold the shapes open for it."""
