"""The database writer against a real FireFighter: its own methods' rows, and its least grants."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection, Engine, create_engine, delete, func, insert, select, text, update
from sqlalchemy.engine import make_url

from raidctl.core.model import Field, IncidentStatus, Issue, Link, Value
from raidctl.core.scope import Scope
from raidctl.gateways.impact.database import tables
from raidctl.gateways.impact.database.engine import read_only_engine, writing_engine
from raidctl.gateways.impact.database.reader import DatabaseIncidents
from raidctl.gateways.impact.database.writer import DatabaseWriter
from tests.integration.conftest import FireFighter, by_its_methods
from tests.integration.impact_edits import restored
from tests.integration.world import over_rest

pytestmark = pytest.mark.integration

GRACE, KEN = "grace.hopper@example.test", "ken.thompson@example.test"
ISSUE = Issue(
    10012,
    "INC-12",
    {Field.PRIORITY: "Highest", Field.STATUS: "Resolved", Field.COMMANDER: "acc-0002"},
    "",
)
EVERYTHING: dict[Field, Value] = {
    Field.TITLE: "Orders are not exported, é",
    Field.DESCRIPTION: "What we know:\nthe queue is full.",
    Field.PRIORITY: 1,
    Field.STATUS: "MITIGATED",
    Field.COMMANDER: GRACE,
}


METRICS = {4: timedelta(9), 7: timedelta(8)}  # time_to_fix, and one that has no end here


@dataclass(frozen=True, slots=True)
class Case:
    """An incident, a twin of it that FireFighter writes, and what both are to become."""

    incident: int
    twin: int
    values: Mapping[Field, Value]
    metrics: Mapping[int, timedelta] = field(default_factory=dict)


CASES = {
    "everything": Case(12, 112, EVERYTHING),
    "everything, of one who has no commander": Case(57, 157, EVERYTHING),
    "title": Case(13, 113, {Field.TITLE: "T" * 128}),
    "description": Case(14, 114, {Field.DESCRIPTION: "D"}),
    "priority": Case(15, 115, {Field.PRIORITY: 5}),
    "commander": Case(18, 118, {Field.COMMANDER: KEN}),
    "mitigated again": Case(16, 116, {Field.STATUS: "MITIGATED"}, METRICS),
    "mitigating": Case(21, 121, {Field.STATUS: "MITIGATING"}),
    "post-mortem": Case(22, 122, {Field.STATUS: "POST_MORTEM"}),
    "closed": Case(27, 127, {Field.STATUS: "CLOSED"}),
}  # fmt: skip


@pytest.fixture(scope="module")
def engine(firefighter: FireFighter) -> Iterator[Engine]:
    engine = create_engine(firefighter.database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def written(firefighter: FireFighter, engine: Engine) -> Iterator[datetime]:
    """Each incident written by raidctl, its twin by FireFighter; gives when that began."""
    numbers = [number for case in CASES.values() for number in (case.incident, case.twin)]
    with restored(engine, numbers):
        with engine.begin() as connection:
            for case in CASES.values():
                for kind, duration in case.metrics.items():
                    row = {"incident_id": case.incident, "metric_type_id": kind}
                    connection.execute(
                        insert(tables.incident_metric), {**row, "duration": duration}
                    )
                twin(connection, case.incident, case.twin)
        with engine.connect() as connection:
            began: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        with writer(firefighter.database_url) as ours:
            assert list(ours.missing(list(Field))) == []
            for case in CASES.values():
                ours.write(link(firefighter, case.incident), case.values, {})
        by_firefighter(engine)
        yield began


def twin(connection: Connection, original: int, copy: int) -> None:
    """Make an incident the same as another, with the same history."""
    row = connection.execute(select(tables.incident).where(tables.incident.c.id == original))
    values = {name: value for name, value in row.mappings().one().items() if name != "id"}
    connection.execute(update(tables.incident).where(tables.incident.c.id == copy).values(values))
    for table in (tables.incident_update, tables.incident_role, tables.incident_metric):
        connection.execute(delete(table).where(table.c.incident_id == copy))
        held = select(table).where(table.c.incident_id == original).order_by(table.c.id)
        for held_row in connection.execute(held).mappings().all():
            fresh = {**held_row, "incident_id": copy}
            del fresh["id"]
            if table is tables.incident_update:
                fresh["id"] = uuid4()
            connection.execute(insert(table), fresh)


@contextmanager
def writer(url: str) -> Iterator[DatabaseWriter]:
    engine = writing_engine(url, "")
    yield DatabaseWriter(engine)
    engine.dispose()


def link(server: FireFighter, number: int) -> Link:
    engine = read_only_engine(server.database_url, "")
    source = DatabaseIncidents(engine, server.url)
    (incident,) = source.incidents(Scope(incidents=frozenset({number})))
    engine.dispose()
    return Link(incident, ISSUE)


def by_firefighter(engine: Engine) -> None:
    """Write the twins by FireFighter's own methods."""
    wanted = []
    for case in CASES.values():
        values: dict[str, Any] = {name.value: value for name, value in case.values.items()}
        if Field.STATUS in case.values:
            values["status"] = IncidentStatus[str(case.values[Field.STATUS])].value
        message = told(engine, case.incident)
        wanted.append({"incident": case.twin, "message": message, **values})
    by_its_methods(wanted)


def told(engine: Engine, number: int) -> str | None:
    """What raidctl said of its change: FireFighter is to say the same."""
    row = tables.incident_update.c
    query = select(row.message).where(row.incident_id == number, row.message.like("%from Jira%"))
    with engine.connect() as connection:
        said: str | None = connection.execute(query.order_by(row.created_at)).scalars().first()
    return said


def picture(engine: Engine, number: int, began: datetime) -> dict[str, Any]:
    """All that stands of an incident, without ids; a time that was written is "now".

    Of the times of what happened their order is kept; of a metric, whether it is right.
    """
    with engine.connect() as connection:

        def rows(name: str, order: str) -> list[dict[str, Any]]:
            table = tables.metadata.tables[name]
            found = select(table).where(table.c.incident_id == number).order_by(table.c[order])
            return [dict(row) for row in connection.execute(found).mappings()]

        incident = select(tables.incident).where(tables.incident.c.id == number)
        row = dict(connection.execute(incident).mappings().one())
        updates = rows("incidents_incidentupdate", "created_at")
        held = rows("incidents_incidentrole", "id")
        metrics = rows("incidents_incidentmetric", "metric_type_id")
        ends = milestones(connection)
    moments = sorted({update["event_ts"] for update in updates})
    for update_row in updates:
        update_row["order"] = moments.index(update_row["event_ts"])
        if update_row["commander_id"] is not None and update_row["created_at"] >= began:
            del update_row["message"]
    newest = {update["event_type"]: update["event_ts"] for update in sorted(updates, key=happened)}
    for metric in metrics:
        end, start = ends[metric["metric_type_id"]]
        right = end in newest and start in newest and newest[end] - newest[start]
        metric["duration"] = "right" if metric["duration"] == right else metric["duration"]
    return {
        "incident": bare(row, began),
        "updates": [bare(update, began) for update in updates],
        "roles": [bare(role, began) for role in held],
        "metrics": [bare(metric, began) for metric in metrics],
    }


def happened(row: Mapping[str, Any]) -> datetime:
    at: datetime = row["event_ts"]
    return at


def milestones(connection: Connection) -> dict[int, tuple[str, str]]:
    """The events at the end and at the beginning of each kind of metric."""
    end, start = tables.milestone_type.alias(), tables.milestone_type.alias()
    kinds = tables.metric_type.c
    found = (
        select(kinds.id, end.c.event_type, start.c.event_type)
        .join(end, end.c.id == kinds.milestone_lhs_id)
        .join(start, start.c.id == kinds.milestone_rhs_id)
    )
    return {kind: (ended, started) for kind, ended, started in connection.execute(found)}


def bare(row: Mapping[str, Any], began: datetime) -> dict[str, Any]:
    return {
        name: "now" if isinstance(value, datetime) and value >= began else value
        for name, value in row.items()
        if name not in ("id", "incident_id")
    }


@pytest.mark.parametrize("name", CASES)
def test_the_rows_are_those_that_firefighters_own_methods_leave(
    engine: Engine, written: datetime, name: str
) -> None:
    case = CASES[name]
    ours, theirs = (picture(engine, number, written) for number in (case.incident, case.twin))
    assert ours == theirs
    assert any(update["created_at"] == "now" for update in ours["updates"])


@pytest.mark.usefixtures("written")
def test_rest_shows_what_was_written(firefighter: FireFighter) -> None:
    number = CASES["everything"].incident
    (found,) = over_rest(firefighter).incidents(Scope(incidents=frozenset({number})))
    assert found.values == EVERYTHING


LEAST = """
GRANT SELECT ON incidents_incident, incidents_incidentupdate, incidents_priority, incidents_user,
  incidents_incidentroletype, incidents_incidentrole, incidents_incidentmetric,
  incidents_metrictype, incidents_milestonetype TO {0};
GRANT UPDATE (title, description, status, priority_id, updated_at, mitigated_at)
  ON incidents_incident TO {0};
GRANT INSERT ON incidents_incidentupdate, incidents_incidentrole, incidents_incidentmetric TO {0};
GRANT UPDATE (event_ts, updated_at, created_by_id) ON incidents_incidentupdate TO {0};
GRANT UPDATE (user_id, updated_at) ON incidents_incidentrole TO {0};
GRANT UPDATE (duration) ON incidents_incidentmetric TO {0};
"""


@pytest.fixture
def least(firefighter: FireFighter) -> Iterator[str]:
    """The URL of one who has the least grants (facts, section 5), gone at the end."""
    name = "raidctl_least"
    url = make_url(firefighter.database_url)
    owner = create_engine(url.set(username="postgres", password=None))
    with owner.begin() as connection:
        connection.execute(text(f"CREATE ROLE {name} LOGIN PASSWORD 'least'"))
        connection.execute(text(LEAST.format(name)))
    try:
        yield url.set(username=name, password="least").render_as_string(hide_password=False)
    finally:
        with owner.begin() as connection:
            connection.execute(text(f"DROP OWNED BY {name}"))
            connection.execute(text(f"DROP ROLE {name}"))
        owner.dispose()


@pytest.mark.parametrize("number", [24, 107, 28], ids=["led", "unled", "mitigated before"])
def test_the_least_grants_suffice_for_all_five_fields(
    firefighter: FireFighter, engine: Engine, least: str, number: int
) -> None:
    with restored(engine, [number]), writer(least) as ours:
        assert list(ours.missing(list(Field))) == []
        ours.write(link(firefighter, number), EVERYTHING, {})
        found = link(firefighter, number).incident
        assert found.values == EVERYTHING
