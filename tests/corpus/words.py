"""The scenes without either system: help, wrong usage, configurations, the mapping tables."""

import re

from tests.corpus.places import Places

USAGE = (
    "nonsense",
    "diff --nonsense",
    "diff -o xml",
    "explain",
    "apply",
    "undo",
    "pause",
    "history --limit 0",
    "demo --latency -1",
    "reconcile --max-changes -1",
    "reconcile --dry-run --yes",
    "reconcile --save-plan -",
    "reconcile --save-plan plan.json --approve sha256:0",
    "resolve --yes",
    "resolve --take both",
)
CONFIGURED_USAGE = (
    "diff 12x",
    "diff --since yesterday-ish",
    "diff --priority P9",
    "held --field colour",
    "explain 12x",
    "resolve",
    "resolve --take impact 12x",
    "undo yesterday",
    "undo 20200101T000000Z-beef",
    "history 20200101T000000Z-beef",
    "pause --for never",
    "pause --for 999999w",
    "apply nowhere.json",
    "mapping --project NONE",
    "diff",
    "held",
    "explain 1",
    "reconcile",
    "baseline",
)
SECRETS = {"IMPACT_TOKEN": "a", "JIRA_TOKEN": "b"}
LEAST = """\
[impact]
url = "http://127.0.0.1:9"
token_env = "IMPACT_TOKEN"
[jira]
url = "http://127.0.0.1:9"
token_env = "JIRA_TOKEN"
project = "INC"
[journal]
path = "journal.db"
"""
ROWS = """\
[mapping]
preset = "raid"
[mapping.status_to_jira]
MITIGATED = "Fixed"
[mapping.status_to_impact]
"Code Review" = "MITIGATING"
[mapping.priority]
Blocker = 1
[mapping.project.PAY.status_to_jira]
MITIGATED = "Done"
[mapping.project.PAY.priority]
Urgent = 2
"""
WRONG = """\
[impact]
url = 7
tokn_env = "IMPACT_TOKEN"
token_env = "IMPACT_TOKEN"
token_file = "/run/secrets/x"
[impact.writes]
title = "webhook"
[jira]
url = "https://bot:secret@jira.example.com"
token = "secret"
project = "inc"
[mapping.status_to_jira]
DONE = "Closed"
[mapping.status_to_impact]
Waiting = "PAUSED"
[mapping.priority]
Blocker = "1"
[safety]
max_changes = -1
allow_close = "yes"
[http]
timeout_seconds = 0
[polcy]
direction = "auto"
"""


def help_pages(places: Places) -> None:
    """The help of every command there is."""
    with places.alone("help") as play:
        play.run()
        play.run("--version")
        play.run("--help", width=120)
        listed = play.run("--help").out.partition("Commands:\n")[2]
        for name in re.findall(r"^  (\w+)", listed, re.MULTILINE):
            play.run(name, "--help")
            play.run(name, "--help", width=120)


def configurations(places: Places) -> None:
    """One is written; wrong ones are told."""
    with places.alone("configurations") as play:
        play.run("init")
        play.run("init")
        play.run("init", "--force")
        play.run("init", "deep/in/raidctl.toml")
        play.run("diff")
        play.run("mapping", "--config", "nowhere.toml")
        play.run("diff", "--config", "raidctl.toml")
        for text in (WRONG, "[impact\n", "", LEAST.replace('"INC"', '"INC"\ndeployment = "none"')):
            play.configure(text)
            play.run("diff")
        play.configure(LEAST)
        play.run("diff")
        play.run("reconcile", environ={"ENABLE_RAID": "false"})
        play.configure(f'{LEAST}[impact.writes]\nstatus = "webhook"\ntitle = "database"\n')
        play.run("reconcile", environ=SECRETS)


def mappings(places: Places) -> None:
    """The tables of both presets, and of rows of one's own."""
    with places.alone("mappings") as play:
        for preset in ("raid", "firefighter", "none"):
            play.configure(f'{LEAST}[mapping]\npreset = "{preset}"\n')
            play.run("mapping")
            play.run("mapping", width=120)
        play.configure(LEAST + ROWS)
        play.run("mapping")
        play.run("mapping", "--project", "PAY")
        play.run("mapping", "--project", "INC", environ={"FORCE_COLOR": "1"})


def usage(places: Places) -> None:
    """What cannot be asked, and systems that are not there."""
    with places.alone("usage") as play:
        for line in USAGE:
            play.run(*line.split())
        play.configure(LEAST)
        for line in CONFIGURED_USAGE:
            play.run(*line.split(), environ=SECRETS)
        play.run("history")
        play.run("resume")


WORDS = (help_pages, configurations, mappings, usage)
