"""The reference, on the screen and as a manual page."""
