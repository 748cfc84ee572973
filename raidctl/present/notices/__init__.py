"""Notices: what raidctl tells of by itself, for Slack, for any URL, for the mail of cron."""
