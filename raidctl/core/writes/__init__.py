"""What became of a write, as values."""
