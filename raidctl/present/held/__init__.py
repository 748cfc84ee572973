"""What waits for a person, in every format."""
