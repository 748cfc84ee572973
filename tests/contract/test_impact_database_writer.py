"""Incidents written into Impact's database: every row as FireFighter leaves it, or none."""

import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import create_engine, event, insert, select, text, update
from sqlalchemy.engine import make_url

from raidctl.core.model import Field, Value
from raidctl.errors import Category, LostAnswerError, ServiceError
from raidctl.gateways.impact.database import tables
from raidctl.gateways.impact.database.engine import LOCK_SECONDS, writing_engine
from raidctl.gateways.impact.database.writer import DatabaseWriter
from raidctl.ports.impact import IncidentWriter
from raidctl.sandbox.impact.seed import add_user
from tests.contract.impact_rows import (
    ELSE,
    ISSUE,
    LED,
    NOW,
    RECOVERED,
    UNLED,
    Impact,
    Row,
    add_event,
    key_of,
    opened,
    run,
    update_row,
)
from tests.contract.postgres import PASSWORD, Cluster
from tests.contract.sources import ADA, DAY, EDSGER, GRACE, days
from tests.contract.test_impact_database import relayed
from tests.core.strategies import impact_with

ALL: dict[Field, Value] = {
    Field.TITLE: "New title",
    Field.DESCRIPTION: "New\ndescription, é",
    Field.PRIORITY: 1,
    Field.STATUS: "MITIGATED",
    Field.COMMANDER: GRACE,
}
STALE: dict[Field, dict[str, Any]] = {
    Field.TITLE: {"title": "Somebody's"},
    Field.DESCRIPTION: {"description": "incident 1"},
    Field.PRIORITY: {"priority_id": 5},
    Field.STATUS: {"status": 20},
}
ODD = "é\r\n\t'\"%s"
MOMENT = timedelta(microseconds=1)


def write(impact: Impact, number: int, values: Mapping[Field, Value]) -> None:
    """Write what stands in the database now."""
    impact.writer.write(impact.link(number), values, {})


def restore(impact: Impact, number: int, values: Mapping[Field, Value]) -> None:
    """Put back what stood there before what stands in the database now."""
    impact.writer.restore(impact.link(number), values)


def refusal(impact: Impact, act: Callable[[], object], *secrets: str) -> ServiceError:
    """The error that something ends in, worded for the user, and no row touched."""
    with impact.untouched():
        error = failure(act)
    for secret in (*secrets, PASSWORD, impact.url):
        assert secret not in str(error)
    return error


def failure(act: Callable[[], object]) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        act()
    error = caught.value
    assert error.system == "Impact's database"
    assert str(error) == f"{error.system} at {error.where}: {error.seen}; {error.advice}"
    assert len(str(error).splitlines()) == 1
    assert "psycopg" not in str(error)
    assert error.__suppress_context__ or error.__context__ is None
    return error


def people(impact: Impact) -> dict[str, UUID]:
    with impact.editing() as connection:
        rows = connection.execute(select(tables.user.c.email, tables.user.c.id)).all()
    return {email: key for email, key in rows}  # noqa: C416 - rows are no pairs to a type checker


def priorities(impact: Impact) -> dict[int, UUID]:
    with impact.editing() as connection:
        rows = connection.execute(select(tables.priority.c.value, tables.priority.c.id)).all()
    return {value: key for value, key in rows}  # noqa: C416


# What is written


def test_it_is_what_the_runs_ask_for(impact: Impact) -> None:
    writer: IncidentWriter = impact.writer
    assert (writer.name, writer.sees_changes) == ("database", True)
    assert writer.explain_refusal(impact.link(LED), Field.STATUS, "CLOSED") is None


def expected_update(impact: Impact, at: datetime, **values: Any) -> Row:
    message = (
        "Title updated from Jira; Description updated from Jira; "
        "Priority updated from Jira: Highest; Status updated from Jira: Resolved"
    )
    told = {"title": "New title", "description": "New\ndescription, é", "status": 40}
    key = priorities(impact)[1]
    return update_row(LED, at, **{**told, "priority_id": key, "message": message, **values})


def test_all_five_fields_leave_the_rows_that_firefighter_leaves(impact: Impact) -> None:
    began = datetime.now(UTC)
    with impact.watched() as watch:
        write(impact, LED, ALL)
    changes, grace = watch.changes, people(impact)[GRACE]
    at: datetime = changes.changed["incidents_incident"][LED]["updated_at"]
    assert at == NOW if impact.is_file else began <= at <= datetime.now(UTC)
    commander = update_row(
        LED, at + 2 * MOMENT, commander_id=grace, message="Commander updated from Jira: acc-grace"
    )
    recovered = update_row(LED, at + MOMENT, event_ts=at, event_type="recovered")
    metric = {"incident_id": LED, "metric_type_id": 4, "duration": at - DAY}
    assert changes.added == {
        "incidents_incidentupdate": [expected_update(impact, at), recovered, commander],
        "incidents_incidentmetric": [metric],
    }
    (role,) = changes.changed.pop("incidents_incidentrole").items()
    assert role[1] == {"user_id": grace, "updated_at": at + 2 * MOMENT}
    assert changes.changed == {
        "incidents_incident": {
            LED: {
                "title": "New title",
                "description": "New\ndescription, é",
                "priority_id": priorities(impact)[1],
                "status": 40,
                "mitigated_at": at,
                "updated_at": at,
            }
        }
    }
    assert changes.gone == {}


@pytest.mark.parametrize(
    ("field", "value", "column", "stored", "message"),
    [
        (Field.TITLE, "T" * 128, "title", "T" * 128, "Title updated from Jira"),
        (Field.TITLE, "", "title", "", "Title updated from Jira"),
        (Field.DESCRIPTION, "", "description", "", "Description updated from Jira"),
        (Field.DESCRIPTION, ODD, "description", ODD, "Description updated from Jira"),
        (Field.PRIORITY, 20, "priority_id", 20, "Priority updated from Jira: Highest"),
        (Field.STATUS, "INVESTIGATING", "status", 20, "Status updated from Jira: Resolved"),
        (Field.STATUS, "CLOSED", "status", 60, "Status updated from Jira: Resolved"),
        (Field.STATUS, "POST_MORTEM", "status", 50, "Status updated from Jira: Resolved"),
    ],
)  # fmt: skip
def test_one_field_alone_changes_that_alone(
    impact: Impact, field: Field, value: Value, column: str, stored: Any, message: str
) -> None:
    with impact.watched() as watch:
        write(impact, LED, {field: value})
    if field is Field.PRIORITY:
        stored = priorities(impact)[stored]
    changes = watch.changes
    (row,) = changes.added.pop("incidents_incidentupdate")
    at = row["created_at"]
    assert row == update_row(LED, at, **{column: stored, "message": message})
    assert changes.changed == {"incidents_incident": {LED: {column: stored, "updated_at": at}}}
    assert (changes.added, changes.gone) == ({}, {})
    assert impact.incident(LED).values[field] == value


def test_the_commander_alone_leaves_the_incident_alone(impact: Impact) -> None:
    with impact.watched() as watch:
        write(impact, LED, {Field.COMMANDER: GRACE})
    changes, grace = watch.changes, people(impact)[GRACE]
    (row,) = changes.added["incidents_incidentupdate"]
    message = "Commander updated from Jira: acc-grace"
    assert row == update_row(LED, row["created_at"], commander_id=grace, message=message)
    assert list(changes.changed) == ["incidents_incidentrole"]
    assert list(changes.added) == ["incidents_incidentupdate"]
    assert impact.incident(LED).values[Field.COMMANDER] == GRACE


def test_an_update_is_a_sync_to_firefighter(impact: Impact) -> None:
    """Its mark: no author, and a message with "from Jira" (DESIGN, section 4)."""
    with impact.watched() as watch:
        write(impact, LED, ALL)
        restore(impact, LED, {Field.COMMANDER: None})
    rows = watch.changes.added["incidents_incidentupdate"]
    told = [row for row in rows if row["event_type"] is None]
    assert len(told) == 3
    assert all("from Jira" in row["message"] and row["created_by_id"] is None for row in told)


def test_an_update_tells_no_value_that_jira_does_not_show(impact: Impact) -> None:
    link = impact.link(LED)
    bare = replace(link, issue=replace(ISSUE, values={}))
    with impact.watched() as watch:
        impact.writer.write(bare, {Field.PRIORITY: 1, Field.COMMANDER: GRACE}, {})
    rows = watch.changes.added["incidents_incidentupdate"]
    assert [row["message"] for row in rows] == [
        "Priority updated from Jira",
        "Commander updated from Jira",
    ]


def test_rows_of_one_write_and_of_the_next_keep_their_order(own_server: Impact) -> None:
    with own_server.watched() as watch:
        write(own_server, LED, ALL)
        write(own_server, LED, {Field.STATUS: "OPEN"})
    rows = watch.changes.added["incidents_incidentupdate"]
    times = [row["created_at"] for row in rows]
    assert len(set(times)) == len(times) == 4
    assert [row["status"] for row in rows] == [40, None, None, 10]


def test_the_time_is_read_once_the_incident_is_ours(own_server: Impact) -> None:
    """One who waited for another's edit must not seem to have been first."""
    with patient(own_server) as other, held(own_server, "incidents_incident", LED) as release:
        link = own_server.link(LED)
        with own_server.watched() as watch, ThreadPoolExecutor() as pool:
            done = pool.submit(other.writer.write, link, {Field.TITLE: "New"}, {})
            wait_for(own_server, "wait_event_type = 'Lock'")
            released = datetime.now(UTC)
            release()
            done.result(10)
    (row,) = watch.changes.added["incidents_incidentupdate"]
    assert row["created_at"] >= released


# Recovery and metrics


def test_a_recovery_is_moved_and_the_first_mitigation_kept(impact: Impact) -> None:
    with impact.editing() as connection:
        row = {"incident_id": RECOVERED, "metric_type_id": 4, "duration": days(1)}
        connection.execute(insert(tables.incident_metric), row)
        connection.execute(insert(tables.incident_metric), {**row, "incident_id": ELSE})
    with impact.watched() as watch:
        write(impact, RECOVERED, {Field.STATUS: "MITIGATED"})
    changes = watch.changes
    (note,) = changes.added.pop("incidents_incidentupdate")
    at = note["created_at"]
    assert (note["status"], changes.added, changes.gone) == (40, {}, {})
    (event_row,) = changes.changed["incidents_incidentupdate"].values()
    assert event_row == {"event_ts": at, "updated_at": at + MOMENT, "created_by_id": None}
    incident = changes.changed["incidents_incident"]
    assert incident == {RECOVERED: {"status": 40, "updated_at": at}}  # mitigated_at as it was
    (metric,) = changes.changed["incidents_incidentmetric"].values()
    assert metric == {"duration": at - DAY}


def test_metrics_come_of_the_newest_events(impact: Impact) -> None:
    with impact.editing() as connection:
        add_event(connection, LED, 901, "started", DAY - days(3))
        add_event(connection, LED, 902, "started", DAY - days(1))
        add_event(connection, LED, 903, "started", DAY - days(2))
        add_event(connection, LED, 904, "detected", datetime(2999, 1, 1, tzinfo=UTC))
        add_event(connection, ELSE, 905, "resolved", DAY)
        row = {"incident_id": LED, "metric_type_id": 6, "duration": days(9)}
        connection.execute(insert(tables.incident_metric), row)
    with impact.watched() as watch:
        write(impact, LED, {Field.STATUS: "MITIGATED"})
    at = watch.changes.changed["incidents_incident"][LED]["updated_at"]
    metrics = watch.changes.added["incidents_incidentmetric"]
    assert {row["metric_type_id"]: row["duration"] for row in metrics} == {
        1: datetime(2999, 1, 1, tzinfo=UTC) - DAY + days(1),  # detected - started
        2: days(1),  # declared - started
        4: at - DAY,  # recovered - declared
        5: at - DAY + days(1),  # recovered - started
    }  # none of resolved, which is another incident's
    # recovered - detected would be negative: what was there stays.
    assert "incidents_incidentmetric" not in watch.changes.changed


def test_a_metric_of_no_time_at_all_is_one(impact: Impact) -> None:
    with impact.editing() as connection:
        add_event(connection, LED, 901, "started", DAY)
    with impact.watched() as watch:
        write(impact, LED, {Field.STATUS: "MITIGATED"})
    metrics = watch.changes.added["incidents_incidentmetric"]
    assert {row["metric_type_id"]: row["duration"] for row in metrics}[2] == timedelta(0)


# Commanders


def roles(impact: Impact, number: int) -> list[tuple[int, str]]:
    """The commander rows of an incident, oldest first: id and e-mail."""
    names = {key: email for email, key in people(impact).items()}
    row = tables.incident_role.c
    query = select(row.id, row.user_id).where(row.incident_id == number, row.role_type_id == 1)
    with impact.editing() as connection:
        return [(key, names[user]) for key, user in connection.execute(query.order_by(row.id))]


def appoint(impact: Impact, number: int, email: str, role: str = "commander") -> None:
    with impact.editing() as connection:
        row = {
            "incident_id": number,
            "user_id": key_of(connection, "incidents_user", email=email),
            "role_type_id": key_of(connection, "incidents_incidentroletype", slug=role),
            "created_at": DAY,
            "updated_at": DAY,
        }
        connection.execute(insert(tables.incident_role), row)


def test_one_who_has_none_gets_a_commander(impact: Impact) -> None:
    with impact.watched() as watch:
        write(impact, UNLED, {Field.COMMANDER: GRACE})
    (row,) = watch.changes.added["incidents_incidentrole"]
    (note,) = watch.changes.added["incidents_incidentupdate"]
    assert row == {
        "incident_id": UNLED,
        "user_id": people(impact)[GRACE],
        "role_type_id": 1,
        "created_at": note["created_at"],
        "updated_at": note["created_at"],
    }
    assert watch.changes.changed == {}
    assert impact.incident(UNLED).values[Field.COMMANDER] == GRACE


def test_of_several_commanders_the_newest_makes_way(impact: Impact) -> None:
    appoint(impact, LED, EDSGER)
    (first, _), (second, _) = roles(impact, LED)
    write(impact, LED, {Field.COMMANDER: GRACE})
    assert roles(impact, LED) == [(first, ADA), (second, GRACE)]
    assert impact.incident(LED).values[Field.COMMANDER] == GRACE


def test_one_who_was_commander_before_becomes_the_newest_again(impact: Impact) -> None:
    appoint(impact, LED, GRACE)
    appoint(impact, LED, EDSGER)
    (first, _), _, (third, _) = roles(impact, LED)
    write(impact, LED, {Field.COMMANDER: GRACE})
    assert roles(impact, LED) == [(first, ADA), (third, GRACE)]
    assert impact.incident(LED).values[Field.COMMANDER] == GRACE


def test_other_roles_are_left_alone(impact: Impact) -> None:
    appoint(impact, LED, GRACE, "communication_lead")
    with impact.watched() as watch:
        write(impact, LED, {Field.COMMANDER: GRACE})
        restore(impact, LED, {Field.COMMANDER: None})
    assert len(watch.changes.gone["incidents_incidentrole"]) == 1
    assert "incidents_incidentrole" not in watch.changes.changed


def test_what_is_put_back_is_told_as_that(impact: Impact) -> None:
    """JIRA's value would say the contrary of what is written."""
    write(impact, LED, {Field.STATUS: "MITIGATED", Field.TITLE: "New title"})
    with impact.watched() as watch:
        restore(impact, LED, {Field.STATUS: "MITIGATING", Field.TITLE: "Incident 1"})
    (note,) = watch.changes.added["incidents_incidentupdate"]
    before = "restored to what it was before a sync from Jira"
    assert note["message"] == f"Title {before}; Status {before}"
    assert (note["status"], note["title"], note["created_by_id"]) == (30, "Incident 1", None)


def test_an_undo_removes_every_commander(impact: Impact) -> None:
    appoint(impact, LED, EDSGER)
    with impact.watched() as watch:
        restore(impact, LED, {Field.COMMANDER: None})
    (note,) = watch.changes.added["incidents_incidentupdate"]
    removed = "Commander restored to what it was before a sync from Jira"
    assert note == update_row(LED, note["created_at"], message=removed)
    assert roles(impact, LED) == []
    assert list(watch.changes.gone) == ["incidents_incidentrole"]
    assert watch.changes.changed == {}
    assert [email for _, email in roles(impact, ELSE)] == [ADA]


def test_an_e_mail_is_found_in_any_case(impact: Impact) -> None:
    write(impact, LED, {Field.COMMANDER: EDSGER.casefold()})
    assert impact.incident(LED).values[Field.COMMANDER] == EDSGER
    with impact.watched() as watch:
        link = impact.link(LED)
        same = replace(link, incident=impact_with(link.incident, commander=EDSGER.upper()))
        impact.writer.write(same, {Field.COMMANDER: ADA}, {})
    assert watch.changes.changed


def test_an_e_mail_that_only_looks_alike_is_another_s(impact: Impact) -> None:
    """A database may fold letters that are no ASCII: the KELVIN SIGN is no k."""
    with impact.editing() as connection:
        add_user(connection, "Ke\u017f@example.test", "Kes")
    for email in ("kes@example.test", "\u212ae\u017f@example.test"):
        error = refusal(impact, partial(write, impact, LED, {Field.COMMANDER: email}))
        assert "no users" in str(error)


def test_an_e_mail_as_it_is_goes_before_others(impact: Impact) -> None:
    with impact.editing() as connection:
        exact = add_user(connection, "grace@Example.test", "Another Grace")
    write(impact, LED, {Field.COMMANDER: "grace@Example.test"})
    assert [email for _, email in roles(impact, LED)] == ["grace@Example.test"]
    assert people(impact)["grace@Example.test"] == exact
    write(impact, LED, {Field.COMMANDER: GRACE})
    assert [email for _, email in roles(impact, LED)] == [GRACE]


@pytest.mark.parametrize(
    ("email", "seen"),
    [("nobody@example.test", "no users"), ("GRACE@example.test", "2 users"), ("", "no users")],
)
def test_a_commander_has_to_be_one_user(impact: Impact, email: str, seen: str) -> None:
    with impact.editing() as connection:
        add_user(connection, "Grace@example.test", "Another Grace")
    error = refusal(impact, lambda: write(impact, LED, {**ALL, Field.COMMANDER: email}))
    assert error.category is Category.VALIDATION
    assert error.seen == f"{seen} have the e-mail {email}"


def test_an_e_mail_is_no_pattern(impact: Impact) -> None:
    error = refusal(impact, lambda: write(impact, LED, {Field.COMMANDER: "grac_@example.%"}))
    assert error.category is Category.VALIDATION


# Somebody else


def edit(impact: Impact, number: int, **values: Any) -> None:
    """Change an incident as somebody else; `priority_id` is given by value."""
    if "priority_id" in values:
        values["priority_id"] = priorities(impact)[values["priority_id"]]
    with impact.editing() as connection:
        found = update(tables.incident).where(tables.incident.c.id == number)
        connection.execute(found.values(**values))


@pytest.mark.parametrize("field", STALE)
def test_what_somebody_has_changed_is_not_overwritten(impact: Impact, field: Field) -> None:
    link = impact.link(LED)
    edit(impact, LED, **STALE[field])
    error = refusal(impact, lambda: impact.writer.write(link, ALL, {}))
    assert error.category is Category.CONFLICT
    assert error.seen == f"somebody else has changed {field} meanwhile"
    others = {name: value for name, value in ALL.items() if name is not field}
    impact.writer.write(link, others, {})  # of the others nobody has changed any


@pytest.mark.parametrize("now", [EDSGER, None])
def test_a_commander_somebody_has_changed_is_not_overwritten(
    impact: Impact, now: str | None
) -> None:
    link = impact.link(LED)
    write(impact, LED, {Field.COMMANDER: now})
    error = refusal(impact, lambda: impact.writer.write(link, ALL, {}))
    assert error.category is Category.CONFLICT
    assert error.seen == "somebody else has changed commander meanwhile"


def test_a_commander_somebody_has_made_is_not_overwritten(impact: Impact) -> None:
    link = impact.link(UNLED)
    appoint(impact, UNLED, EDSGER)
    refusal(impact, lambda: impact.writer.write(link, {Field.COMMANDER: GRACE}, {}))


def test_every_field_somebody_has_changed_is_named(impact: Impact) -> None:
    link = impact.link(LED)
    edit(impact, LED, title="Other", status=20)
    error = refusal(impact, lambda: impact.writer.write(link, ALL, {}))
    assert error.seen == "somebody else has changed title, status meanwhile"


def test_an_incident_that_is_gone(impact: Impact) -> None:
    link = impact.link(UNLED)
    gone = replace(link, incident=replace(link.incident, id=9_999))
    error = refusal(impact, lambda: impact.writer.write(gone, ALL, {}))
    assert error.category is Category.NOT_FOUND
    assert "9999" in error.seen


@contextmanager
def held(impact: Impact, table: str, number: int) -> Iterator[Callable[[], None]]:
    """Somebody else has locked the rows of an incident in a table; gives what lets go."""
    engine = create_engine(impact.url)
    column = "id" if table == "incidents_incident" else "incident_id"
    connection = engine.connect()
    if impact.is_file:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        run(connection, f"SELECT 1 FROM {table} WHERE {column} = {number} FOR UPDATE")
    try:
        yield connection.rollback
    finally:
        connection.close()
        engine.dispose()


@pytest.mark.parametrize("table", ["incidents_incident", "incidents_incidentrole"])
def test_a_row_that_somebody_has_locked_is_not_waited_for_long(impact: Impact, table: str) -> None:
    link = impact.link(LED)
    before = impact.rows()
    with held(impact, table, LED):
        error = failure(lambda: impact.writer.write(link, ALL, {}))
    assert error.category is Category.CONFLICT
    assert error.advice == "the incident's row is locked by somebody else: try again later"
    assert impact.rows() == before
    impact.writer.write(link, ALL, {})


def test_a_commander_who_is_just_being_changed_is_waited_for(own_server: Impact) -> None:
    """FireFighter changes a role without a touch of the incident: it is locked for itself."""
    link, engine = own_server.link(LED), create_engine(own_server.url)
    edsger, role = people(own_server)[EDSGER], tables.incident_role
    with patient(own_server) as mine, ThreadPoolExecutor() as pool:
        with engine.begin() as other:
            other.execute(update(role).where(role.c.incident_id == LED).values(user_id=edsger))
            done = pool.submit(mine.writer.write, link, {Field.COMMANDER: GRACE}, {})
            wait_for(own_server, "wait_event_type = 'Lock'")
        error = failure(lambda: done.result(10))
    engine.dispose()
    assert error.category is Category.CONFLICT
    assert [email for _, email in roles(own_server, LED)] == [EDSGER]


def test_another_incident_may_be_locked(own_server: Impact) -> None:
    with held(own_server, "incidents_incident", ELSE):
        write(own_server, LED, ALL)


@contextmanager
def patient(impact: Impact) -> Iterator[Impact]:
    """The same database, and a writer who waits."""
    with opened(impact.url, lock_seconds=30) as found:
        yield found


def test_it_waits_five_seconds_where_nothing_else_is_said(impact: Impact) -> None:
    engine = writing_engine(impact.url, "")
    try:
        asked: list[str] = []
        event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
        DatabaseWriter(engine).write(impact.link(LED), {Field.TITLE: "New"}, {})
        with engine.connect() as connection:
            if impact.is_file:
                waits = connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one()
                assert waits == LOCK_SECONDS * 1_000 == 5_000
            else:
                assert asked[1] == "SET LOCAL lock_timeout = 5000"  # after our settings
                assert connection.exec_driver_sql("SHOW lock_timeout").scalar_one() == "0"
    finally:
        engine.dispose()


def wait_for(impact: Impact, condition: str) -> int:
    """The process of another session of that database, once one meets the condition."""
    query = (
        "SELECT max(pid) FROM pg_stat_activity WHERE datname = current_database()"
        f" AND pid <> pg_backend_pid() AND {condition}"
    )
    process: int = polled(impact, query)
    return process


def polled(impact: Impact, query: str) -> Any:
    """What a query answers, once that is something."""
    engine = create_engine(impact.url, isolation_level="AUTOCOMMIT")
    until = time.monotonic() + 20
    with engine.connect() as connection:
        while not (found := connection.execute(text(query)).scalar_one()):
            assert time.monotonic() < until, query
            time.sleep(0.005)
    engine.dispose()
    return found


def test_of_two_who_write_at_once_one_wins(impact: Impact) -> None:
    link = impact.link(LED)
    together = threading.Barrier(2)

    def attempt(title: str) -> str:
        together.wait(10)
        with patient(impact) as mine:
            mine.writer.write(link, {**ALL, Field.TITLE: title}, {})
        return title

    with impact.watched() as watch, ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(attempt, title) for title in ("A", "B")]
    errors = [error for future in futures if (error := future.exception()) is not None]
    (winner,) = [future.result() for future in futures if future.exception() is None]
    (error,) = errors
    assert isinstance(error, ServiceError)
    assert error.category is Category.CONFLICT
    assert error.seen.startswith("somebody else has changed title")
    assert impact.incident(LED).title == winner
    assert len(watch.changes.added["incidents_incidentupdate"]) == 3


def test_several_threads_write_by_one_writer(impact: Impact) -> None:
    with patient(impact) as mine:
        links = [mine.link(number) for number in (LED, ELSE, UNLED, RECOVERED)]
        with ThreadPoolExecutor(4) as pool:
            futures: list[Future[None]] = [
                pool.submit(mine.writer.write, link, ALL, {}) for link in links
            ]
        assert [future.exception() for future in futures] == [None] * 4
        assert mine.writer.requests == 4
    for link in links:
        found = impact.incident(link.incident.id)
        assert found.values == ALL


# Values that Impact does not take


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        (Field.PRIORITY, 9, "priority 9"),
        (Field.PRIORITY, None, "priority None"),
        (Field.STATUS, "Resolved", "status Resolved"),
        (Field.STATUS, "mitigated", "status mitigated"),
        (Field.STATUS, "40", "status 40"),
        (Field.STATUS, None, "status None"),
        (Field.TITLE, "x" * 129, "129 characters"),
        (Field.TITLE, None, "title None"),
        (Field.DESCRIPTION, "\ud800", "surrogates"),
    ],
)
def test_a_value_that_impact_does_not_hold_is_refused_and_named(
    impact: Impact, field: Field, value: Value, named: str
) -> None:
    error = refusal(impact, lambda: write(impact, LED, {**ALL, field: value}))
    assert error.category is Category.VALIDATION
    assert named in error.seen


def test_a_text_that_postgres_does_not_hold(own_server: Impact) -> None:
    error = refusal(own_server, lambda: write(own_server, LED, {Field.DESCRIPTION: "a\0b"}))
    assert error.category is Category.VALIDATION
    assert "NUL" in error.seen


def test_a_title_is_refused_by_a_narrower_database_too(own_server: Impact) -> None:
    with own_server.editing() as connection:
        run(connection, "ALTER TABLE incidents_incident ALTER title TYPE varchar(20)")
    error = refusal(own_server, lambda: write(own_server, LED, {**ALL, Field.TITLE: "x" * 21}))
    assert error.category is Category.VALIDATION
    assert error.seen == "value too long for type character varying(20)"


def test_an_incident_is_not_reopened_beside_its_double(impact: Impact) -> None:
    """FireFighter's own rule, `dedup_key`: at most one of the same key is open."""
    edit(impact, LED, dedup_key="same")
    edit(impact, RECOVERED, dedup_key="same")
    error = refusal(impact, lambda: write(impact, RECOVERED, {Field.STATUS: "OPEN"}))
    assert error.category is Category.VALIDATION
    assert "dedup_key" in error.seen


# All or nothing


def forbid(impact: Impact, table: str, when: str, code: str = "P0001") -> None:
    """Let the database refuse something."""
    raising = f"RAISE EXCEPTION 'not today\nor ever' USING ERRCODE = '{code}';"
    with impact.editing() as connection:
        if impact.is_file:
            run(
                connection,
                f"CREATE TRIGGER no BEFORE {when} ON {table} BEGIN SELECT RAISE(ABORT, 'no'); END",
            )
            return
        body = f"BEGIN {raising} END"
        run(connection, f"CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $${body}$$")
        timing = "CONSTRAINT TRIGGER" if when.startswith("COMMIT") else "TRIGGER"
        what = "AFTER UPDATE" if when.startswith("COMMIT") else f"BEFORE {when}"
        last = "DEFERRABLE INITIALLY DEFERRED" if when.startswith("COMMIT") else ""
        run(
            connection,
            f"CREATE {timing} no {what} ON {table} {last} FOR EACH ROW EXECUTE FUNCTION no()",
        )


@pytest.mark.parametrize(
    ("table", "when"),
    [
        ("incidents_incident", "UPDATE"),
        ("incidents_incidentupdate", "INSERT"),
        ("incidents_incidentmetric", "INSERT"),
        ("incidents_incidentrole", "UPDATE"),
    ],
)
def test_one_that_fails_half_way_leaves_nothing(impact: Impact, table: str, when: str) -> None:
    forbid(impact, table, when)
    error = refusal(impact, lambda: write(impact, LED, ALL))
    assert error.category is Category.VALIDATION
    assert error.seen in ("no", "not today")


def test_one_that_fails_at_the_very_end_leaves_nothing(own_server: Impact) -> None:
    """A constraint that is looked at when the transaction ends (all foreign keys here)."""
    forbid(own_server, "incidents_incidentrole", "COMMIT")
    error = refusal(own_server, lambda: write(own_server, LED, ALL))
    assert error.category is Category.VALIDATION
    assert not isinstance(error, LostAnswerError)


@pytest.mark.parametrize(
    ("code", "category"),
    [
        ("55P03", Category.CONFLICT),
        ("40P01", Category.CONFLICT),
        ("40001", Category.CONFLICT),
        ("42501", Category.PERMISSION),
        ("22001", Category.VALIDATION),
        ("23514", Category.VALIDATION),
        ("57014", Category.NETWORK),
        ("53100", Category.NETWORK),
    ],
)
@pytest.mark.parametrize("when", ["UPDATE", "COMMIT"])
def test_postgres_errors_have_their_category(
    own_server: Impact, code: str, category: Category, when: str
) -> None:
    forbid(own_server, "incidents_incidentrole", when, code)
    error = refusal(own_server, lambda: write(own_server, LED, ALL))
    assert error.category is category
    assert not isinstance(error, LostAnswerError)


# Connections lost


def test_a_connection_lost_on_the_way_has_written_nothing(own_server: Impact) -> None:
    link = own_server.link(LED)
    before = own_server.rows()
    with (
        patient(own_server) as mine,
        held(own_server, "incidents_incidentrole", LED),
        ThreadPoolExecutor() as pool,
    ):
        done = pool.submit(mine.writer.write, link, ALL, {})
        end(own_server, wait_for(own_server, "wait_event_type = 'Lock'"))
        error = failure(lambda: done.result(10))
        assert error.category is Category.NETWORK
        assert not isinstance(error, LostAnswerError)
        assert own_server.rows() == before
    own_server.writer.write(link, ALL, {})


def end(impact: Impact, process: int) -> None:
    with impact.editing() as connection:
        run(connection, f"SELECT pg_terminate_backend({process})")


@contextmanager
def slow_commit(impact: Impact) -> Iterator[Callable[[], None]]:
    """A transaction cannot end before it is let: a deferred trigger waits. Gives what lets it."""
    body = "BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NULL; END"
    with impact.editing() as connection:
        run(
            connection,
            f"CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $${body}$$",
            "CREATE CONSTRAINT TRIGGER slow AFTER UPDATE ON incidents_incident"
            " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow()",
        )
    engine = create_engine(impact.url)
    connection = engine.connect()
    run(connection, "SELECT pg_advisory_lock(7)")
    try:
        yield lambda: run(connection, "SELECT pg_advisory_unlock(7)")
    finally:
        connection.close()
        engine.dispose()


WAITS_TO_COMMIT = "wait_event = 'advisory' AND query = 'COMMIT'"


def test_a_connection_lost_at_the_end_leaves_it_open(own_server: Impact) -> None:
    link = own_server.link(LED)
    with (
        patient(own_server) as mine,
        slow_commit(own_server),
        ThreadPoolExecutor() as pool,
    ):
        done = pool.submit(mine.writer.write, link, ALL, {})
        end(own_server, wait_for(own_server, WAITS_TO_COMMIT))
        error = failure(lambda: done.result(10))
    assert isinstance(error, LostAnswerError)
    assert error.category is Category.NETWORK
    assert PASSWORD not in str(error)


def test_what_was_committed_and_not_answered_is_lost_too(
    own_server: Impact, postgres: Cluster
) -> None:
    """The line is cut, the server goes on: that is why nobody may write it again unseen."""
    link = own_server.link(LED)
    with (
        relayed(postgres.port) as (port, cut),
        opened(other_port(own_server.url, port), lock_seconds=30) as mine,
        slow_commit(own_server) as let,
        ThreadPoolExecutor() as pool,
    ):
        done = pool.submit(mine.writer.write, link, ALL, {})
        process = wait_for(own_server, WAITS_TO_COMMIT)
        cut()
        error = failure(lambda: done.result(10))
        let()
        polled(own_server, f"SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = {process}")
    assert isinstance(error, LostAnswerError)
    assert own_server.incident(LED).title == "New title"


def other_port(url: str, port: int) -> str:
    return make_url(url).set(port=port).render_as_string(hide_password=False)


def test_a_wrong_password(own_server: Impact) -> None:
    url = make_url(own_server.url).set(password="wr0ng")
    with opened(url.render_as_string(hide_password=False)) as mine:
        link = own_server.link(LED)
        for act in (lambda: mine.writer.write(link, ALL, {}), lambda: mine.writer.missing(ALL)):
            error = refusal(own_server, act, "wr0ng")
            assert error.category is Category.AUTH


# Files


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with opened(f"sqlite:///{tmp_path / 'none.db'}") as found:
        failure(lambda: found.writer.missing([Field.TITLE]))
    assert list(tmp_path.iterdir()) == []


def test_what_a_file_holds_is_locked_before_it_is_read(own_file: Impact) -> None:
    """Else two could read the same and both write."""
    asked: list[str] = []
    event.listen(own_file.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    write(own_file, LED, ALL)
    assert asked[0] == "BEGIN IMMEDIATE"
    assert asked[1].startswith("SELECT")


PROBE = """
import os, sys
from raidctl.core.model import Field
from raidctl.gateways.impact.database.writer import DatabaseWriter
from raidctl.gateways.impact.database.engine import writing_engine
writer = DatabaseWriter(writing_engine(sys.argv[1], ""))
if os.geteuid() == 0:
    os.setuid(65534)  # nobody: root may write whatever it likes
print(*writer.missing([Field.TITLE]), sep="|", end="")
"""


def test_a_file_that_can_only_be_read_is_told(full_file: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:  # nobody may not look into pytest's
        path = Path(folder) / "impact.db"
        shutil.copy(full_file, path)
        path.chmod(0o444)
        path.parent.chmod(0o755)
        told = subprocess.run(
            [sys.executable, "-c", PROBE, f"sqlite:///{path}"],
            capture_output=True,
            text=True,
            check=False,
        )
    assert told.stdout == "write access to the file", told.stderr


def test_a_file_that_can_be_written_lacks_nothing(own_file: Impact) -> None:
    with own_file.untouched():
        assert list(own_file.writer.missing(list(Field))) == []
