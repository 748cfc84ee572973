"""Earlier runs and their writes, in every format."""
