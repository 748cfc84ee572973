"""JIRA, Cloud and Data Center."""
