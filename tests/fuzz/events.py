"""Mutants of what JIRA's webhooks and Impact's updates say."""

import json
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from raidctl.cli.payloads import split
from raidctl.core.events.event import Seen, State, Told
from raidctl.core.events.parse import Parser
from raidctl.core.model import Field
from raidctl.journal import Journal
from raidctl.present.format import Format
from raidctl.present.report.events import pieces
from tests.fuzz.base import Input
from tests.fuzz.mutate import mutant, mutant_bytes
from tests.payloads import created, updated, webhook

NOW = datetime(2026, 11, 30, tzinfo=UTC)
FIELDS = {"summary": Field.TITLE, "status": Field.STATUS, "customfield_11064": Field.PRIORITY}
PARSER = Parser({**FIELDS, "assignee": Field.COMMANDER}, "712020:firefighter")
PAYLOADS: list[Any] = [
    webhook(12, "status", "customfield_11064", timestamp=1_795_000_000_123),
    webhook(12, "summary", user={"name": "ada", "key": "JIRAUSER1"}),
    updated(12, "title", "status", created_by=None, message="Status synced from Jira (x)"),
    created(13),
]
GOOD = json.dumps(webhook(99, "status", timestamp=1_795_000_000_999)).encode()


class Events(Input):
    """Each is told, kept and shown as it is; no event beside it is lost."""

    def __init__(self, folder: Path) -> None:
        self._journal = Journal(folder / "journal.db")

    def play(self, random: Random) -> None:
        """One mutant, by itself and as a line between two events."""
        text = json.dumps(mutant(random, random.choice(PAYLOADS)))
        payload = text.encode()
        if random.random() < 0.3:
            payload = mutant_bytes(random, payload)
        for read in (PARSER.any, PARSER.jira, PARSER.impact):
            self._hold(read(payload))
        lines = [line for _, line in split("mutants", b"\n".join([GOOD, payload, GOOD]))]
        told = [PARSER.any(line) for line in lines]
        assert told[0].state is told[-1].state is State.WAITING
        assert told[0].event.issue_id == told[-1].event.issue_id == 10_099

    def _hold(self, seen: Seen) -> None:
        """It is refused in a line, or comes back from the queue as it was kept."""
        if seen.state is State.REFUSED:
            assert seen.why
            assert len(seen.why.splitlines()) == 1
        else:
            queue = self._journal.queue
            queue.keep([seen], NOW)
            (kept,) = queue.named([seen.event.name])
            assert kept.event == seen.event
            queue.turn([kept.turn(State.SETTLED)])
        told = [Told(None, seen.event, seen.state, seen.why)]
        for form in (Format.TABLE, Format.CSV, Format.JSONL, Format.MARKDOWN):
            text = "".join(pieces(told, form, (), 80))
            assert all(part.isprintable() for part in text.split("\n")), text
