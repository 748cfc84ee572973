"""`raidctl backfill`: make what is missing, in bulk; its commands, each in a module of its own."""

COMMANDS = {
    "issues": "Create the JIRA issue of every incident that has none.",
    "links": (
        "Mend the links that broke: issues that moved, that nobody knows, that two incidents have."
    ),
    "attachments": "Attach files to the issues of incidents, each once.",
}
"""The commands and the first sentence of their help; each is a function of its module's name."""

HELP = """Make what is missing: one-off jobs, in bulk, each thing once.

After an outage, a migration, or on the first day. Each shows what it would make and asks; it can be
interrupted, and run again it goes on where it stopped.

\b
raidctl backfill issues --dry-run      what would be created
raidctl backfill issues --limit 10     the first ten
raidctl backfill links --dry-run       which links are broken
raidctl backfill attachments 12 a.log  a file for an incident's issue
"""
