"""What is to be done with each field, and why."""
