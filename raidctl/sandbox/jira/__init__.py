"""An embedded JIRA."""
