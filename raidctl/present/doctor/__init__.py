"""The checks of doctor, in every format."""
