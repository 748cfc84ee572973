"""The webhook of a real FireFighter: raidctl's writer before it, and the sandbox beside it.

FireFighter asks its own JIRA before it acts: here that is the simulator, on the port where
FireFighter was told to look for it.
"""

import json
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import requests
from requests.structures import CaseInsensitiveDict
from sqlalchemy import Engine, create_engine, delete, insert, select, update

from raidctl.core.history import Revision
from raidctl.core.model import Field, Incident, Issue, Link, Value
from raidctl.core.scope import Scope
from raidctl.errors import Category, LostAnswerError, ServiceError
from raidctl.gateways.http.client import HttpClient
from raidctl.gateways.impact.database import tables
from raidctl.gateways.impact.webhook import (
    HANDLER,
    WEBHOOK_SECONDS,
    SignatureAuth,
    WebhookAdapter,
    WebhookWriter,
)
from raidctl.sandbox.impact.webhook import JIRA_UPDATE, signature
from raidctl.sandbox.jira.state import Person
from raidctl.sandbox.server import Request
from tests.integration.conftest import FireFighter
from tests.integration.world import over_rest
from tests.sandbox.copies import copy_rows
from tests.simulators.echo import Echo, Event, delivery
from tests.simulators.impact.server import impact_answer
from tests.simulators.impact.webhook import Webhook
from tests.simulators.jira.server import jira_answer
from tests.simulators.jira.state import JiraState
from tests.simulators.jira.workflows import FIREFIGHTER
from tests.simulators.server import LoopbackServer

pytestmark = pytest.mark.integration

SECRET, SERVICE = "s3cret", "ff-service-account"
EVE = Person("712020:eve", "Eve", "eve@example.test")
INCIDENT, KEY, ISSUE = 24, "INC-24", 10_024  # without a channel, so that no Slack is called
ANOTHER_TICKET = 999_001
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
KEY_EVENTS = ("started", "detected", "declared", "recovered")
OWNED = (tables.incident_metric, tables.incident_update)
TIMES = ("event_ts", "created_at", "updated_at")


# FireFighter's incident, and its JIRA


@pytest.fixture(scope="module")
def engine(firefighter: FireFighter) -> Iterator[Engine]:
    engine = create_engine(firefighter.database_url)
    yield engine
    engine.dispose()


@contextmanager
def kept(engine: Engine) -> Iterator[None]:
    """The incident's own rows are as before in the end."""
    row = tables.incident.c
    with engine.connect() as connection:
        before = connection.execute(select(tables.incident).where(row.id == INCIDENT))
        incident = dict(before.mappings().one())
        owned = {
            table: [
                dict(found)
                for found in connection.execute(
                    select(table).where(table.c.incident_id == INCIDENT)
                ).mappings()
            ]
            for table in OWNED
        }
    try:
        yield
    finally:
        with engine.begin() as connection:
            connection.execute(update(tables.incident).where(row.id == INCIDENT).values(incident))
            for table, rows in owned.items():
                connection.execute(delete(table).where(table.c.incident_id == INCIDENT))
                if rows:
                    connection.execute(insert(table), rows)


@pytest.fixture
def _kept(engine: Engine) -> Iterator[None]:
    with kept(engine):
        yield


def put(
    engine: Engine,
    status: int = 10,
    *,
    priority: int = 5,
    events: Sequence[str] = (),
    **values: Any,
) -> None:
    """Give the incident another state, and no history but these key events."""
    number = select(tables.priority.c.id).where(tables.priority.c.value == priority)
    mitigated = LONG_AGO if status >= 40 else None
    state = {"status": status, "mitigated_at": mitigated, "updated_at": LONG_AGO, **values}
    state["priority_id"] = number.scalar_subquery()
    with engine.begin() as connection:
        owner = tables.incident.c.id == INCIDENT
        connection.execute(update(tables.incident).where(owner).values(state))
        for table in OWNED:
            connection.execute(delete(table).where(table.c.incident_id == INCIDENT))
        for name in events:
            row = {"id": uuid4(), "incident_id": INCIDENT, "event_type": name}
            connection.execute(
                insert(tables.incident_update), {**row, **dict.fromkeys(TIMES, LONG_AGO)}
            )


@pytest.fixture(scope="module")
def state() -> JiraState:
    jira = JiraState(users=(EVE,), me=EVE.account, workflow=FIREFIGHTER)
    jira.add_issue(KEY, ISSUE, summary="T", customfield_11064="5")
    return jira


@pytest.fixture(scope="module")
def jira(state: JiraState) -> Iterator[LoopbackServer]:
    """FireFighter's JIRA, where it was told to look for it."""
    port = urlsplit(os.environ.get("FF_JIRA_URL", "http://127.0.0.1:18081")).port or 80
    server = LoopbackServer(jira_answer(state, token="jira-token", anyone=SERVICE), port=port)
    try:
        server.start()
    except OSError as taken:
        pytest.fail(f"port {port} is taken, and FireFighter's JIRA is to be there: {taken}")
    yield server
    server.stop()
    assert server.crashes == []


# raidctl's writer


def writer(server: FireFighter, secret: str = SECRET, service: str = SERVICE) -> WebhookWriter:
    auth, adapter = SignatureAuth(secret), WebhookAdapter(1)
    http = HttpClient(HANDLER, server.url, auth, adapter, WEBHOOK_SECONDS)
    return WebhookWriter(http, lambda: EVE.account, service)


def link(server: FireFighter) -> Link:
    """The incident as it reads over REST now, and the issue it belongs to."""
    (incident,) = over_rest(server).incidents(Scope(incidents=frozenset({INCIDENT})))
    return Link(
        incident, Issue(ISSUE, "OPS-7", {Field.PRIORITY: "5", Field.STATUS: "Incoming"}, "")
    )


def has(server: FireFighter) -> tuple[object, object]:
    incident: Incident = link(server).incident
    return incident.status, incident.priority


def by(account: str) -> dict[Field, Revision]:
    fields = Field.STATUS, Field.PRIORITY
    return {name: Revision(name, LONG_AGO, "Eve", account) for name in fields}


@pytest.mark.usefixtures("jira", "_kept")
@pytest.mark.parametrize(
    "edits", [{}, by(EVE.account), {Field.STATUS: Revision(Field.STATUS, LONG_AGO, "A", "a")}]
)
def test_status_and_priority_are_written(
    firefighter: FireFighter, engine: Engine, edits: dict[Field, Revision]
) -> None:
    put(engine)
    gateway = writer(firefighter)
    gateway.write(link(firefighter), {Field.STATUS: "MITIGATING", Field.PRIORITY: 4}, edits)
    assert has(firefighter) == ("MITIGATING", 4)
    assert gateway.requests == (2 if len(edits) == 1 else 1)
    gateway.write(link(firefighter), {Field.STATUS: "MITIGATED"}, edits)
    gateway.write(link(firefighter), {Field.STATUS: "CLOSED"}, edits)
    assert has(firefighter) == ("CLOSED", 4)


@pytest.mark.usefixtures("jira", "_kept")
@pytest.mark.parametrize(
    ("before", "priority", "why"),
    [(10, 4, "the incident is Open there"), (30, 5, "the incident is Mitigating there"),
     (40, 1, "one of its key events is missing"), (40, 3, "the key events")],
)  # fmt: skip
def test_a_close_that_is_against_the_rules_changes_nothing_and_is_explained(
    firefighter: FireFighter, engine: Engine, before: int, priority: int, why: str
) -> None:
    put(engine, before, priority=priority)
    found = link(firefighter)
    gateway = writer(firefighter)
    gateway.write(found, {Field.STATUS: "CLOSED"}, {})
    assert link(firefighter).incident == found.incident
    assert why in str(gateway.explain_refusal(found, Field.STATUS, "CLOSED"))


@pytest.mark.usefixtures("jira", "_kept")
def test_what_firefighters_own_account_did_is_ignored_so_it_is_not_sent(
    firefighter: FireFighter, engine: Engine
) -> None:
    put(engine)
    values: dict[Field, Value] = {Field.STATUS: "MITIGATING", Field.PRIORITY: 4}
    gateway = writer(firefighter)
    with pytest.raises(ServiceError, match="own service account") as caught:
        gateway.write(link(firefighter), values, by(SERVICE))
    assert (caught.value.category, gateway.requests) == (Category.REFUSED, 0)
    unaware = writer(firefighter, service="")
    unaware.write(link(firefighter), values, by(SERVICE))
    assert (has(firefighter), unaware.requests) == (("OPEN", 5), 1)


@pytest.mark.usefixtures("jira", "_kept")
def test_a_wrong_secret_is_told(firefighter: FireFighter, engine: Engine) -> None:
    put(engine)
    with pytest.raises(ServiceError, match="Invalid webhook signature") as caught:
        writer(firefighter, "wrong").write(link(firefighter), {Field.STATUS: "MITIGATING"}, {})
    assert caught.value.category is Category.AUTH
    assert not isinstance(caught.value, LostAnswerError)
    assert has(firefighter) == ("OPEN", 5)


@pytest.mark.usefixtures("_kept")
def test_without_its_jira_firefighter_gives_up_and_changes_nothing(
    firefighter: FireFighter, engine: Engine, jira: LoopbackServer
) -> None:
    """It takes the 30 seconds that its web server waits, or as long as its client tries."""
    put(engine)
    jira.stop()
    try:
        with pytest.raises(LostAnswerError) as caught:
            writer(firefighter).write(link(firefighter), {Field.STATUS: "MITIGATING"}, {})
    finally:
        jira.start()
    assert caught.value.category is Category.NETWORK
    assert "its JIRA" in caught.value.advice
    assert has(firefighter) == ("OPEN", 5)


@pytest.mark.usefixtures("_kept")
def test_jiras_own_echo_reaches_firefighter(
    firefighter: FireFighter, engine: Engine, jira: LoopbackServer, state: JiraState
) -> None:
    put(engine)
    statuses: list[int] = []
    state.after_write = Echo(lambda event: statuses.append(post(firefighter, event).status_code))
    fields = {"customfield_11064": {"value": "4"}}
    try:
        path = f"{jira.url}/rest/api/2/issue/{ISSUE}"
        pair = (EVE.email, "jira-token")
        done = requests.put(path, json={"fields": fields}, auth=pair, timeout=30)
    finally:
        state.after_write = None
    assert (done.status_code, statuses) == (204, [200])
    assert has(firefighter) == ("OPEN", 4)


def post(server: FireFighter, event: Event) -> requests.Response:
    """Deliver an event as JIRA does."""
    return send(server, delivery(event, SECRET))


def send(server: FireFighter, request: Request) -> requests.Response:
    headers = {name: value for name, value in request.headers.items() if name != "host"}
    return requests.request(
        request.method,
        f"{server.url}{request.target}",
        data=request.body,
        headers=headers,
        timeout=WEBHOOK_SECONDS,
    )


# The sandbox beside it


@dataclass(frozen=True, slots=True)
class Twin:
    """The embedded Impact over a copy of the rows."""

    engine: Engine
    webhook: Webhook


@pytest.fixture(scope="module")
def twin(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twin]:
    path: Path = tmp_path_factory.mktemp("twin") / "impact.db"
    copy = create_engine(f"sqlite:///{path}")
    tables.metadata.create_all(copy)
    copy_rows(engine, copy)
    yield Twin(copy, Webhook(copy, SECRET, SERVICE))
    copy.dispose()


def status_item(to: Any, before: Any = "Incoming", **fields: Any) -> dict[str, Any]:
    named = {"field": "status", "fieldId": "status", "fromString": before, "toString": to}
    return named | fields


def priority_item(to: Any, **fields: Any) -> dict[str, Any]:
    named = {"field": "Priority", "fieldId": "customfield_11064"}
    return named | {"fromString": "5", "toString": to} | fields


def event(*items: Any, **given: Any) -> dict[str, Any]:
    parts = {
        "webhookEvent": "jira:issue_updated",
        "issue": {"id": str(ISSUE), "key": KEY, "fields": {}},
        "user": {"accountId": EVE.account, "displayName": EVE.name},
    }
    return parts | {"changelog": {"id": "1", "items": list(items)}} | given


CLOSE = event(status_item("Closed", "Reporter validation"))
START = event(status_item("in progress"))
SOLVE = event(status_item("Reporter validation", "in progress"))
State = dict[str, Any]
CASES: dict[str, tuple[State, list[dict[str, Any]]]] = {
    "open to in progress": ({}, [START]),
    "twice": ({}, [START, START]),
    "investigating to mitigating": ({"status": 20}, [START]),
    "mitigated": ({"status": 30, "events": ["started", "declared"]}, [SOLVE]),
    "mitigated again": (
        {"status": 50, "events": ["declared", "recovered"]},
        [SOLVE],
    ),
    "reopened": ({"status": 60}, [START]),
    "put back": ({"status": 50}, [event(status_item("Pending resolution"))]),
    "closed": ({"status": 40}, [CLOSE]),
    "post-mortem closed": ({"status": 50}, [CLOSE]),
    "all the way": ({}, [START, SOLVE, CLOSE]),
    "open is not closed": ({"status": 10}, [CLOSE]),
    "mitigating P4 is not closed": ({"status": 30, "priority": 4}, [CLOSE]),
    "P1 with key events is closed": (
        {"status": 40, "priority": 1, "events": KEY_EVENTS},
        [CLOSE],
    ),
    "P3 without one is not": (
        {"status": 40, "priority": 3, "events": KEY_EVENTS[1:]},
        [CLOSE],
    ),
    "an ignored one is closed": ({"status": 10, "priority": 1, "ignore": True}, [CLOSE]),
    "one with a reason is closed": ({"closure_reason": "duplicate"}, [CLOSE]),
    "close from elsewhere": ({"status": 40}, [event(status_item("Closed", "Code Review"))]),
    "close from nowhere": ({"status": 40}, [event(status_item("Closed", None))]),
    "another name": ({}, [event(status_item("Code Review"))]),
    "another spelling": ({}, [event(status_item("In Progress"))]),
    "no name": ({}, [event(status_item(None))]),
    "priority": ({}, [event(priority_item("4"))]),
    "priority by an older name": ({"priority": 1}, [event(priority_item("High"))]),
    "priority by a number": ({}, [event(priority_item(4))]),
    "priority with a blank": ({}, [event(priority_item(" 4"))]),
    "the same priority": ({}, [event(priority_item("5"))]),
    "no priority": ({}, [event(priority_item("9")), event(priority_item("20"))]),
    "JIRA's own priority": ({}, [event(priority_item("4", field="priority", fieldId="priority"))]),
    "by the field's name": (
        {},
        [event(priority_item("4", field="customfield_11064", fieldId=None))],
    ),
    "without a field's name": ({}, [event(priority_item("4", field=None))]),
    "other fields": ({}, [event(status_item("x", field="summary", fieldId="summary"))]),
    "both": ({}, [event(status_item("in progress"), priority_item("4"))]),
    "service account": (
        {},
        [event(status_item("in progress"), priority_item("4"), user={"accountId": SERVICE})],
    ),
    "unknown key": ({}, [event(status_item("in progress"), issue={"id": "1", "key": "NO-1"})]),
    "key in lower case": (
        {},
        [event(status_item("in progress"), issue={"id": str(ISSUE), "key": KEY.lower()})],
    ),
    "another number": ({}, [event(status_item("in progress"), issue={"id": 1, "key": KEY})]),
    "no number": ({}, [event(status_item("in progress"), issue={"key": KEY})]),
    "no such number": ({}, [event(status_item("in progress"), issue={"id": "x", "key": KEY})]),
    "no key": ({}, [event(status_item("in progress"), issue={"id": "1"})]),
    "no key, another field": ({}, [event(status_item("x", field="labels"), issue={"id": "1"})]),
    "no changes": ({}, [event(), event(changelog={})]),
    "changes that are none": ({}, [event(changelog={"items": "abc"})]),
    "a change that is none": ({}, [event(status_item("in progress"), "x")]),
}


@pytest.mark.usefixtures("jira", "_kept")
@pytest.mark.parametrize("name", CASES)
def test_the_sandbox_acts_as_the_real_one(
    firefighter: FireFighter, engine: Engine, twin: Twin, name: str
) -> None:
    before, events = CASES[name]
    expect_the_same(firefighter, engine, twin, before, events)


@pytest.mark.usefixtures("jira", "_kept")
@pytest.mark.parametrize(
    ("field", "value", "given"),
    [("status", "in progress", START), ("priority", 4, event(priority_item("Low")))],
)
def test_the_sandbox_swallows_what_the_real_one_swallows(
    firefighter: FireFighter, engine: Engine, twin: Twin, field: str, value: Any, given: Event
) -> None:
    for events in ([given], [given, given]):
        push(field, value)
        twin.webhook.pushes.note(INCIDENT, field, value)
        expect_the_same(firefighter, engine, twin, {}, events)
    assert effect(engine)["history"]


def push(field: str, value: object) -> None:
    """Have FireFighter's Redis remember that it has just pushed this to JIRA."""
    port = int(os.environ.get("FF_REDIS_PORT", "18379"))
    words = ["SET", f":1:sync:impact_to_jira:{INCIDENT}:{field}:{value}", "1", "EX", "60"]
    lines = [f"*{len(words)}", *(part for word in words for part in (f"${len(word)}", word)), ""]
    with socket.create_connection(("127.0.0.1", port), timeout=5) as redis:
        redis.sendall("\r\n".join(lines).encode())
        assert redis.recv(64) == b"+OK\r\n"


@pytest.mark.usefixtures("jira", "_kept")
def test_two_tickets_with_one_key_crash_both(
    firefighter: FireFighter, engine: Engine, twin: Twin
) -> None:
    with another_ticket(engine), another_ticket(twin.engine):
        told = expect_the_same(firefighter, engine, twin, {}, [START])
    assert told == [500]


@contextmanager
def another_ticket(engine: Engine) -> Iterator[None]:
    """A second ticket with the issue's key, for no incident."""
    issue, ticket = tables.jira_issue, tables.raid_ticket
    with engine.begin() as connection:
        row = connection.execute(select(issue).where(issue.c.id == ISSUE)).mappings().one()
        connection.execute(insert(issue), {**row, "id": ANOTHER_TICKET})
        connection.execute(insert(ticket), {"jiraissue_ptr_id": ANOTHER_TICKET})
    try:
        yield
    finally:
        with engine.begin() as connection:
            connection.execute(delete(ticket).where(ticket.c.jiraissue_ptr_id == ANOTHER_TICKET))
            connection.execute(delete(issue).where(issue.c.id == ANOTHER_TICKET))


def expect_the_same(
    server: FireFighter, engine: Engine, twin: Twin, before: State, events: Sequence[Event]
) -> list[int]:
    """From the same state the same events are answered with the same, and leave the same."""
    for one in (engine, twin.engine):
        put(one, **before)
    answer = impact_answer(twin.engine, [], webhook=twin.webhook)
    theirs = [told(post(server, event)) for event in events]
    ours = [(answer(delivery(event, SECRET))) for event in events]
    assert [(reply.status, reply.encoded()) for reply in ours] == theirs
    assert effect(twin.engine) == effect(engine)
    return [status for status, _ in theirs]


def told(response: requests.Response) -> tuple[int, bytes]:
    return response.status_code, response.content


def effect(engine: Engine) -> dict[str, Any]:
    """What is in the incident's rows, times by whether they are there and new."""
    row, past, metric = tables.incident.c, tables.incident_update.c, tables.incident_metric.c
    columns = (past.event_type, past.message, past.status, past.title, past.created_by_id)
    with engine.connect() as connection:
        incident = connection.execute(
            select(tables.incident, tables.priority.c.value)
            .join(tables.priority)
            .where(row.id == INCIDENT)
        ).one()
        history = connection.execute(
            select(*columns, tables.priority.c.value, past.event_ts)
            .outerjoin(tables.priority, tables.priority.c.id == past.priority_id)
            .where(past.incident_id == INCIDENT)
        ).all()
        metrics = connection.execute(
            select(metric.metric_type_id).where(metric.incident_id == INCIDENT)
        )
        measured = sorted(metrics.scalars())
    return {
        "status": incident.status,
        "priority": incident.value,
        "mitigated": _when(incident.mitigated_at),
        "closed": _when(incident.closed_at),
        "updated": _when(incident.updated_at),
        "history": sorted(str((*row[:-1], _when(row[-1]))) for row in history),
        "metrics": measured,
    }


def _when(time: datetime | None) -> str:
    if time is None:
        return "never"
    aware = time if time.tzinfo else time.replace(tzinfo=UTC)
    return "long ago" if aware == LONG_AGO else "now"


GOOD = json.dumps(event(status_item("x"))).encode()
DIGEST = signature(SECRET, GOOD).removeprefix("sha256=")
DOORS: dict[str, tuple[str, bytes, dict[str, str | None]]] = {
    "no signature": ("POST", GOOD, {"x-hub-signature": None}),
    "a token": ("POST", GOOD, {"x-hub-signature": None, "authorization": "Bearer x"}),
    "wrong secret": ("POST", GOOD, {"x-hub-signature": signature("wrong", GOOD)}),
    "upper case": ("POST", GOOD, {"x-hub-signature": f"sha256={DIGEST.upper()}"}),
    "method in upper case": ("POST", GOOD, {"x-hub-signature": f"SHA256={DIGEST}"}),
    "another method": ("POST", GOOD, {"x-hub-signature": f"sha1={DIGEST}"}),
    "no method": ("POST", GOOD, {"x-hub-signature": DIGEST}),
    "no digest": ("POST", GOOD, {"x-hub-signature": "sha256="}),
    "an empty method": ("POST", GOOD, {"x-hub-signature": f"={DIGEST}"}),
    "get": ("GET", b"", {}),
    "put": ("PUT", GOOD, {}),
    "put without a signature": ("PUT", GOOD, {"x-hub-signature": None}),
    "plain text": ("POST", GOOD, {"content-type": "text/plain"}),
    "no content type": ("POST", GOOD, {"content-type": None}),
    "with a charset": ("POST", GOOD, {"content-type": "application/json; charset=utf-8"}),
    "for a person": ("POST", GOOD, {"accept": "text/html"}),
    "bad JSON": ("POST", b"{bad", {}),
    "no text": ("POST", b"\xff{}", {}),
    "nothing": ("POST", b"", {}),
    **{
        f"a body such as {body}": ("POST", body.encode(), {})
        for body in ("{}", "[]", "5", '"x"', "null")
    },
    **{
        f"{name}: {json.dumps(value)}": ("POST", json.dumps(event() | {name: value}).encode(), {})
        for name, value in product(
            ("issue", "changelog", "user", "webhookEvent"), (None, "x", list[str](), 5)
        )
    },
}


@pytest.mark.parametrize("name", DOORS)
def test_the_sandbox_refuses_as_the_real_one(
    firefighter: FireFighter, twin: Twin, name: str
) -> None:
    method, body, given = DOORS[name]
    fields: dict[str, str | None] = {
        "host": "impact",
        "content-type": "application/json",
        "x-hub-signature": signature(SECRET, body),
        "accept": "application/json",
    }
    headers = CaseInsensitiveDict({n: v for n, v in (fields | given).items() if v is not None})
    request = Request(method, JIRA_UPDATE, {}, headers, body, JIRA_UPDATE)
    theirs = send(firefighter, request)
    ours = impact_answer(twin.engine, [], webhook=twin.webhook)(request)
    assert (ours.status, ours.encoded()) == told(theirs)
    for header in ("WWW-Authenticate", "Allow"):
        assert ours.headers.get(header) == theirs.headers.get(header)
