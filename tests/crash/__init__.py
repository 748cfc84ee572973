"""A kill at every I/O point of a run loses nothing and repeats nothing: `python -m tests.crash`."""
