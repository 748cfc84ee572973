"""raidctl finds drift between Impact incidents and their JIRA issues."""

__version__ = "0.1.0"
