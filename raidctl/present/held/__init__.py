"""What is held, in every format."""
