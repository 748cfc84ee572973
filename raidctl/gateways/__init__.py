"""The adapters: one system and one way to reach it a file."""
