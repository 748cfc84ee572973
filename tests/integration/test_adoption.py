"""`baseline --from-history` on what FireFighter's own methods note of changes."""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, select, update

from raidctl.core.model import Field, IncidentStatus, Side
from raidctl.gateways.impact.database import tables
from tests.integration.conftest import FireFighter, by_its_methods
from tests.integration.impact_edits import restored
from tests.integration.world import (
    EVERYTHING,
    JIRA_TOKEN,
    Deployment,
    configuration,
    over_rest,
    raidctl,
    twins,
)
from tests.simulators.jira.server import jira_answer
from tests.simulators.jira.state import JiraState
from tests.simulators.server import LoopbackServer

pytestmark = pytest.mark.integration

SEED = 20_261_130
BEGIN = datetime.now(UTC) - timedelta(days=20)
NUMBERS = [n for n in range(101, 150) if n % 20 and n % 97 != 5 and n % 6 != 5 and n % 50 != 7]
"""Open, linked and not ignored, as they are seeded."""
GRACE = "acc-0002"


@dataclass(frozen=True, slots=True)
class Event:
    """A change of one side, or of both as FireFighter's sync does: `JIRA` a second later."""

    sides: Sequence[Side]
    values: tuple[Any, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class Story:
    """What happened to one field of an incident since both agreed."""

    number: int
    field: Field
    events: Sequence[Event]

    @property
    def moved(self) -> set[Side]:
        """The sides that have changed since they agreed last."""
        found: set[Side] = set()
        for event in self.events:
            found = set() if len(event.sides) == 2 else {*found, *event.sides}
        return found


def stories() -> list[Story]:
    """One for each incident: hours lie between two events, and no value comes twice."""
    dice, found = random.Random(SEED), list[Story]()
    for number in NUMBERS:
        name = dice.choice([Field.TITLE, Field.DESCRIPTION, Field.PRIORITY, Field.STATUS])
        most = 5 if name in (Field.TITLE, Field.DESCRIPTION) else 1
        events, at = list[Event](), BEGIN
        for place in range(dice.randint(1, most)):
            at += timedelta(hours=dice.randint(1, 40))
            sides = dice.choice([[Side.IMPACT], [Side.JIRA], [Side.IMPACT, Side.JIRA]])
            events.append(Event(sides, values(name, number, place, dice), at))
        found.append(Story(number, name, events))
    return found


def values(name: Field, number: int, place: int, dice: random.Random) -> tuple[Any, Any]:
    """A value that neither side has had, in both sides' spelling."""
    match name:
        case Field.PRIORITY:
            value = 1 + (number * 7 + 1) % 5  # as it is not seeded
            return value, ("Highest", "High", "Medium", "Low", "Lowest")[value - 1]
        case Field.STATUS:
            return "CLOSED", "Closed"
        case _:
            text = f"{name} {place} of {number}, {dice.random():.6f}"
            return text, text


@pytest.fixture(scope="module")
def engine(firefighter: FireFighter) -> Iterator[Engine]:
    engine = create_engine(firefighter.database_url)
    yield engine
    engine.dispose()


@pytest.fixture(params=["cloud", "datacenter"])
def deployment(request: pytest.FixtureRequest) -> Deployment:
    found: Deployment = request.param
    return found


def tell_impact(engine: Engine, told: Sequence[Story]) -> None:
    """FireFighter makes the changes; what it noted of each is then as old as the story has it."""
    columns = tables.incident_update.c
    of_these = columns.incident_id.in_(NUMBERS)
    with engine.begin() as connection:  # the seed has noted all of it as of now
        connection.execute(
            update(tables.incident_update).where(of_these).values(created_at=columns.event_ts)
        )
        before = set(connection.scalars(select(columns.id).where(of_these)))
    changes = [
        (story, event) for story in told for event in story.events if Side.IMPACT in event.sides
    ]
    by_its_methods([_wanted(story, event) for story, event in changes])
    with engine.begin() as connection:
        query = select(columns.id, columns.incident_id).where(of_these)
        made = query.where(columns.event_type.is_(None)).order_by(columns.created_at)
        rows = connection.execute(made).all()
        noted = iter([row for row in rows if row.id not in before])
        for story, event in changes:
            row = next(noted)
            assert row.incident_id == story.number
            found = update(tables.incident_update).where(columns.id == row.id)
            connection.execute(found.values(created_at=event.at))
        assert next(noted, None) is None


def _wanted(story: Story, event: Event) -> Mapping[str, Any]:
    value = event.values[0]
    if story.field is Field.STATUS:
        value = IncidentStatus[value].value
    return {"incident": story.number, "message": "as it was told", story.field.value: value}


def tell_jira(jira: JiraState, told: Sequence[Story]) -> None:
    """Its clock is right again at the end, and its index up to date."""
    names, clock = {Field.TITLE: "summary"}, jira.now
    for story in told:
        for event in story.events:
            if Side.JIRA in event.sides:
                at = event.at + timedelta(seconds=len(event.sides) - 1)
                jira.now = partial(_same, at)
                name = names.get(story.field, story.field.value)
                jira.edit(10_000 + story.number, GRACE, **{name: event.values[1]})
    jira.now = clock


def _same(at: datetime) -> datetime:
    return at


WAYS = {
    frozenset({Side.IMPACT}): ("impact_to_jira", {"impact_changed", "closing"}),
    frozenset({Side.JIRA}): ("jira_to_impact", {"read_only", "closing"}),
    frozenset(Side): (None, {"conflict"}),
}
"""Where a drift goes, by the sides that moved, and why: `read_only` is all that is not written."""


def test_every_drift_whose_history_is_whole_is_decided_as_it_was_made_and_none_wrongly(
    firefighter: FireFighter, engine: Engine, tmp_path: Path, deployment: Deployment
) -> None:
    config = configuration(tmp_path, firefighter, "database", deployment)
    incidents = list(over_rest(firefighter).incidents(EVERYTHING))
    jira = twins(config, firefighter, deployment, incidents, created=BEGIN)
    told = stories()
    with restored(engine, NUMBERS):
        tell_impact(engine, told)
        tell_jira(jira, told)
        with LoopbackServer(jira_answer(jira, token=JIRA_TOKEN)) as server:
            config.write_text(config.read_text().replace("JIRA_URL", server.url))
            ran = raidctl(
                config, firefighter, *("baseline", "--all", "--from-history", "-o", "json")
            )
            assert ran.returncode == 0, ran.stdout + ran.stderr
            found = json.loads(ran.stdout)
            assert not [m for m, path in server.requests if m == "PUT" or "transitions" in path]
    drifted = {(story.number, story.field): story for story in told if story.moved}
    items = {(item["incident"], item["field"]): item for item in found["items"]}
    assert items.keys() == drifted.keys()
    assert len(drifted) > len(NUMBERS) / 2
    for place, story in drifted.items():
        item = items[place]
        assert item["decided"], (story, item)
        direction, reasons = WAYS[frozenset(story.moved)]
        assert item["direction"] == direction, (story, item)
        assert item["reason"] in reasons, (story, item)
