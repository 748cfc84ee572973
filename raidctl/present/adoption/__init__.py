"""What both histories told, in every format."""
