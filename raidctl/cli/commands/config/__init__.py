"""`raidctl config`: what is in force; its commands, each in a module of its own."""

COMMANDS = {
    "show": "Show every setting in force and where it comes from.",
    "check": "Check the configuration, and name everything that is wrong with it.",
}
"""The commands and the first sentence of their help; each is a function of its module's name."""

HELP = """Show the configuration in force and where it comes from, or check it.

Neither asks Impact or JIRA, and no secret is shown: only where it is kept.

\b
raidctl config show      each key, its value, and where it is taken from
raidctl config check     everything that is wrong, at once
"""
