"""`doctor`: looks at both systems, the database and the journal, and writes nowhere."""
