"""The use cases: they read and write through ports and decide with the core."""
