"""The report of a run, in every format."""
