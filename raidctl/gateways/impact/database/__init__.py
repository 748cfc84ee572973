"""Impact's PostgreSQL: its tables, read and written."""
