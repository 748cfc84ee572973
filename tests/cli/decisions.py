"""What the tests of held fields and of what was taken back share."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

from raidctl.core.model import Field, Value
from raidctl.core.writes.log import Pause
from raidctl.journal import Journal
from tests.cli.process import Ended, discreet
from tests.cli.world import Pair, World
from tests.schemas import validator

CONFLICTS = (
    Pair(1, impact={Field.PRIORITY: 1}, jira={Field.PRIORITY: "Low"}),
    Pair(2, jira={Field.TITLE: "Another title of 2"}, agreed=False),
    Pair(3, impact={Field.STATUS: "MITIGATED"}, jira={Field.STATUS: "Open"}),
    Pair(4, impact={Field.TITLE: "A new title of 4"}),
    Pair(5),
)
"""Either side can be taken of the first two; JIRA's status of the third cannot: the webhook has
no word for INVESTIGATING. The fourth is decided already, the last in sync."""


def items(ended: Ended, command: str) -> dict[tuple[int, str | None], dict[str, Any]]:
    """The items of a JSON report of that command, which is as the schema has it."""
    validator("report").validate(ended.report)
    assert ended.report["command"] == command
    discreet(ended)
    return {(item["incident"], item["field"]): item for item in ended.report["items"]}


def outcomes(ended: Ended, command: str) -> dict[tuple[int, str | None], str]:
    """What became of each change."""
    told = items(ended, command).items()
    return {key: item["outcome"] for key, item in told if item["outcome"] is not None}


def both(site: World, values: Mapping[int, Field]) -> dict[int, tuple[Value, Any]]:
    """What each side holds of these fields."""
    return {n: (site.in_impact(n, name), site.in_jira(n, name)) for n, name in values.items()}


def untouched(site: World) -> bool:
    """Whether neither system was sent anything that writes."""
    return site.writes == [] and site.events == []


def quarantine(site: World, number: int, name: Field, hours: float = 5) -> None:
    """A field that raidctl has written too often."""
    since = (datetime.now(UTC) - timedelta(hours=hours)).isoformat()
    Journal(site.journal).close()
    with closing(sqlite3.connect(site.journal)) as connection, connection:
        connection.execute(
            "INSERT INTO quarantines (incident, issue_id, field, since) VALUES (?, ?, ?, ?)",
            (number, 10_000 + number, name.value, since),
        )


def paused(site: World) -> None:
    """Nobody writes for an hour."""
    now = datetime.now(UTC)
    with closing(Journal(site.journal)) as journal:
        journal.pause(Pause(now, now + timedelta(hours=1), "ada@ops"))
