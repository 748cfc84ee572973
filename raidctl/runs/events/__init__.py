"""Settle what events tell of: find their links, plan, write, and note what became of each."""
