"""`raidctl missed` beside a real FireFighter that JIRA's webhooks reach, but for every third."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from sqlalchemy import Engine, create_engine, select

from raidctl.core.mapping.tables import FIREFIGHTER, FIREFIGHTER_PRIORITY_FIELD
from raidctl.gateways.impact.database import tables
from raidctl.sandbox.impact.webhook import JIRA_UPDATE
from raidctl.sandbox.jira.state import Person
from tests.integration.conftest import FireFighter
from tests.integration.impact_edits import restored
from tests.integration.world import (
    BOT,
    EVERYTHING,
    JIRA_TOKEN,
    configuration,
    over_rest,
    raidctl,
    twins,
)
from tests.simulators.echo import delivery, event_of
from tests.simulators.jira.server import jira_answer
from tests.simulators.jira.state import JiraState
from tests.simulators.server import LoopbackServer

pytestmark = pytest.mark.integration

SECRET = "s3cret"
SERVICE = Person("ff-service-account", "FireFighter", "ff@example.test")
GRACE = "acc-0002"
IMAGES = FIREFIGHTER.status_to_impact
NAMES = {10: "OPEN", 20: "INVESTIGATING", 30: "MITIGATING", 40: "MITIGATED"}
ROUNDS = (  # what each incident goes through in JIRA
    ("status", "Reporter validation"),
    ("priority", "5"),
    ("status", "Incoming"),
    ("status", "in progress"),
    ("priority", "4"),
    ("status", "Reporter validation"),
    ("priority", "5"),
)
FIELDS = {"status": "status", "priority": FIREFIGHTER_PRIORITY_FIELD}


@pytest.fixture(scope="module")
def engine(firefighter: FireFighter) -> Iterator[Engine]:
    engine = create_engine(firefighter.database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def numbers(engine: Engine) -> list[int]:
    """Open, linked, of low priority, and without a channel, so that no Slack is called."""
    row, told = tables.incident.c, tables.incident_channel.c.incident_id
    low = select(tables.priority.c.id).where(tables.priority.c.value >= 4)
    wanted = (
        select(row.id)
        .join(tables.raid_ticket, tables.raid_ticket.c.incident_id == row.id)
        .where(row.id > 50, row.status < 40, row.ignore.is_(False), row.priority_id.in_(low))
        .where(row.id.not_in(select(told)))
    )
    with engine.connect() as connection:
        return list(connection.scalars(wanted.order_by(row.id).limit(6)))


@dataclass
class Day:
    """What people do in JIRA, and what FireFighter hears of it."""

    firefighter: FireFighter
    jira: JiraState
    held: dict[tuple[int, str], Any]
    missed: list[tuple[int, str, str]] = field(default_factory=list)
    number: Iterator[int] = field(default_factory=lambda: count(1))

    def edit(self, incident: int, name: str, value: str) -> None:
        """Somebody changes a field; every third event is lost on its way."""
        issue = 10_000 + incident
        changes = len(self.jira.history(issue))
        self.jira.edit(issue, GRACE, **{FIELDS[name]: value})
        if len(self.jira.history(issue)) == changes:
            return
        image = IMAGES[value] if name == "status" else int(value)
        arrives = next(self.number) % 3
        if arrives:
            sent = delivery(event_of(self.jira, self.jira.history(issue)[-1]), SECRET)
            url = f"{self.firefighter.url}{JIRA_UPDATE}"
            answer = requests.post(url, sent.body, headers=dict(sent.headers), timeout=40)
            assert answer.status_code == 200, answer.text
        there = self.held[incident, name]
        if arrives:
            self.held[incident, name] = image
        elif there != image and FIREFIGHTER.status_to_jira.get(there) != value:
            self.missed.append((incident, name, value))


def made_long_ago(engine: Engine, numbers: list[int]) -> None:
    """What FireFighter was begun with is no edit of the day, however lately it was begun."""
    update, hour = tables.incident_update, timedelta(hours=1)
    earlier = {column: column - hour for column in (update.c.created_at, update.c.event_ts)}
    with engine.begin() as connection:
        connection.execute(update.update().where(update.c.incident_id.in_(numbers)).values(earlier))


def in_impact(engine: Engine, numbers: list[int]) -> dict[tuple[int, str], Any]:
    row, priority = tables.incident.c, tables.priority.c
    query = select(row.id, row.status, priority.value).join(
        tables.priority, priority.id == row.priority_id
    )
    with engine.connect() as connection:
        rows = connection.execute(query.where(row.id.in_(numbers))).all()
    found: dict[tuple[int, str], Any] = {}
    for number, status, value in rows:
        found |= {(number, "status"): NAMES[status], (number, "priority"): value}
    return found


def settings(tmp_path: Path, firefighter: FireFighter) -> Path:
    config = configuration(tmp_path, firefighter, "database", "cloud", "firefighter")
    ours = f"""\
webhook_secret_env = "TEST_SECRET"
service_account = "{SERVICE.account}"
[impact.writes]
status = "webhook"
priority = "webhook"
[safety]
grace_seconds = 0
[jira]
"""
    config.write_text(config.read_text().replace("[jira]\n", ours, 1))
    return config


def test_what_a_real_firefighter_never_heard_is_named_and_delivered(
    firefighter: FireFighter, engine: Engine, numbers: list[int], tmp_path: Path
) -> None:
    config = settings(tmp_path, firefighter)
    incidents = list(over_rest(firefighter).incidents(EVERYTHING))
    jira = twins(config, firefighter, "cloud", incidents, "firefighter")
    jira.add_user(SERVICE)
    port = urlsplit(os.environ.get("FF_JIRA_URL", "http://127.0.0.1:18081")).port or 80
    answer = jira_answer(jira, token=JIRA_TOKEN, anyone=SERVICE.account)
    targets = [str(number) for number in numbers]

    def run(*arguments: str, code: int) -> Any:
        ran = raidctl(config, firefighter, *arguments)
        assert ran.returncode == code, ran.stdout + ran.stderr
        return ran.stdout

    made_long_ago(engine, numbers)
    with restored(engine, numbers), LoopbackServer(answer, port=port) as server:
        config.write_text(config.read_text().replace("JIRA_URL", server.url))
        run("baseline", *targets, code=0)
        day = Day(firefighter, jira, in_impact(engine, numbers))
        for name, value in ROUNDS:
            for number in numbers:
                day.edit(number, name, value)
        assert len(day.missed) >= 8

        found = json.loads(run("missed", *targets, "-o", "json", code=3))["changes"]
        told = [(one["incident"], one["field"], one["to"]) for one in found]
        assert sorted(told) == sorted(day.missed)
        assert {one["why"] for one in found} <= {"lost", "outage"}

        delivered = json.loads(run("missed", *targets, "--deliver", "--yes", "-o", "json", code=0))[
            "changes"
        ]
        assert {one["outcome"] for one in delivered if not one["overtaken"]} == {"applied"}
        now = in_impact(engine, numbers)
        for number in numbers:
            values = jira.issue(10_000 + number).values
            assert FIREFIGHTER.status_to_jira[now[number, "status"]] == values["status"]
            assert now[number, "priority"] == int(values[FIREFIGHTER_PRIORITY_FIELD])
        left = json.loads(run("missed", *targets, "--deliver", "--yes", "-o", "json", code=0))
        assert {one["outcome"] for one in left["changes"]} <= {None}
        assert all(one["overtaken"] for one in left["changes"])
        run("diff", *targets, code=0)
    assert server.crashes == []
    assert BOT.account not in {
        change.author for n in numbers for change in jira.history(10_000 + n)
    }
