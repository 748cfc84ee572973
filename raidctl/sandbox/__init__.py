"""The embedded Impact and JIRA of the demo and the tests, on loopback and in memory."""
