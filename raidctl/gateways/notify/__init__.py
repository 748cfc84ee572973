"""Receivers of notices: Slack, any URL, and what is called when a run ended well."""
