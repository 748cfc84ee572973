"""A state machine over both systems, people, faults and kills: `python -m tests.model`."""
