"""The journal in one local SQLite file."""
