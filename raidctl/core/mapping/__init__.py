"""What a value of one side is on the other."""
