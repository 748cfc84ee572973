"""The embedded Impact held to what is known of a stock FireFighter, one fact a row."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import Engine, create_engine, event, func, insert, inspect, select, update
from sqlalchemy.exc import IntegrityError

from raidctl.gateways.impact.database import tables
from raidctl.sandbox.impact.seed import (
    NewIncident,
    add_incident,
    add_incidents,
    add_user,
    seed_reference,
)
from tests.sandbox.copies import copy_rows
from tests.simulators.impact.server import Access, impact_answer
from tests.simulators.server import LoopbackServer

API = "/api/v2/firefighter/"
ADA, EDSGER = "ada@example.test", "edsger@example.test"
P1 = "3d8a4e0f-cc79-4063-9431-8aa785a56ca0"
P2 = "8ab02fa9-f950-49cb-982e-b8d653e38ffc"
PRODUCTION = "e5c46eb0-5620-4a30-81c6-4a647c189ff2"
NOBODY = "00000000-0000-0000-0000-000000000000"
TOKENS = {
    "reader": Access.READ,
    "writer": Access.WRITE,
    "nobody": Access.NONE,
    "former": Access.INACTIVE,
}
MIDNIGHT = datetime(2024, 1, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
EVERY = {1, 2, 3, 4, 5, 6, 7}


def rows() -> list[NewIncident]:
    def new(number: int, created: datetime, **values: Any) -> NewIncident:
        ticket = {"jira_key": f"INC-{number}", "jira_id": 10_000 + number}
        title = f"Orders stuck #{number}"
        common: dict[str, Any] = {"title": title, "description": "Seen", "commander": ADA, **ticket}
        common |= {"created_at": created, "updated_at": created + HOUR}
        return NewIncident(id=number, **{**common, **values})

    return [
        new(1, MIDNIGHT - HOUR - timedelta(seconds=1), priority=1, communication_lead=EDSGER),
        new(2, MIDNIGHT - HOUR, priority=2, status=20, title="Login loop"),
        new(3, MIDNIGHT.astimezone(timezone(5 * HOUR)), status=30, environment="STG"),
        new(4, MIDNIGHT + timedelta(microseconds=5), priority=4, status=40, commander=None,
            jira_key=None),
        new(5, MIDNIGHT + 9 * HOUR, priority=5, status=50, private=True, created_by=EDSGER),
        new(6, MIDNIGHT + 30 * HOUR, priority=20, status=60, environment="INT", ignore=True),
        new(7, MIDNIGHT + 4400 * HOUR, status=60, description="Login\nloop, again"),
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Site:
    url: str
    engine: Engine
    token: str = "reader"

    def ask(
        self, target: str, method: str = "GET", token: str | None = None, **headers: str
    ) -> requests.Response:
        given = {"Authorization": f"Bearer {token or self.token}", **headers}
        url = target if target.startswith("http") else f"{self.url}{API}{target}"
        return requests.request(method, url, headers=given, timeout=10, allow_redirects=False)

    def list(self, query: str = "") -> list[dict[str, Any]]:
        reply = self.ask(f"incidents/?{query}")
        assert reply.status_code == 200, reply.text
        found: list[dict[str, Any]] = reply.json()
        return found

    def one(self, number: int) -> dict[str, Any]:
        reply = self.ask(f"incidents/{number}/")
        assert reply.status_code == 200, reply.text
        shape: dict[str, Any] = reply.json()
        return shape


def new_engine(folder: Path) -> Engine:
    engine = create_engine(f"sqlite:///{folder / 'impact.db'}")
    tables.metadata.create_all(engine)
    return engine


def serve(engine: Engine, **settings: Any) -> LoopbackServer:
    return LoopbackServer(impact_answer(engine, TOKENS, **settings), close_each=True)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    engine = new_engine(tmp_path_factory.mktemp("impact"))
    with engine.begin() as connection:
        seed_reference(connection)
        add_user(connection, email=ADA, name="Ada Lovelace", jira_account="acc-1")
        add_user(connection, email=EDSGER, name="Edsger Dijkstra")
        add_incidents(connection, rows())
    with serve(engine, jira_url="https://jira") as server:
        yield Site(server.url, engine)
    engine.dispose()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Engine]:
    """A seeded database of the test's own, with no incident in it."""
    engine = new_engine(tmp_path)
    with engine.begin() as connection:
        seed_reference(connection)
        add_user(connection, email=ADA, name="Ada Lovelace")
        add_user(connection, email=EDSGER, name="Edsger Dijkstra")
    yield engine
    engine.dispose()


FOUND = [
    ("", EVERY),
    ("id=5", {5}),
    ("id=%205", {5}),
    ("id=05", set()),
    ("id=abc", set()),
    ("id=", EVERY),
    ("id=5&id=6", {6}),
    ("id__in=1,2,3", {1, 2, 3}),
    ("id__in=1,,%202", {1, 2}),
    ("id__in=", EVERY),
    ("id__in=,", set()),
    ("id__in=1&id__in=2", {2}),
    ("id__in=99999999999999999999", set()),
    ("id__iexact=", EVERY),
    ("id__gt=5", {6, 7}),
    ("id__gte=5&id__lt=7", {5, 6}),
    ("id__lte=1", {1}),
    ("id__gt=5.5", {6, 7}),
    ("created_at__gte=2024-01-04", EVERY - {1}),
    ("created_at__gte=2024-01-04T00:00:00", EVERY - {1}),
    ("created_at__gte=2024-01-04T00:00:00Z", {3, 4, 5, 6, 7}),
    ("created_at__gt=2024-01-04T00:00:00Z", {4, 5, 6, 7}),
    ("created_at__lte=2024-01-04T01:00:00%2B01:00", {1, 2, 3}),
    ("created_at__lt=2024-01-04", {1}),
    ("created_at__lt=", EVERY),
    ("created_at=2024-01-03%20-%202024-01-04", {1, 2, 3, 4, 5}),
    ("created_at=2024-01-04T00:00:00Z%20-%202024-01-04", {3, 4, 5}),
    ("created_at=2024", EVERY),
    ("created_at=2023", set()),
    ("created_at=", EVERY),
    ("status=60", {6, 7}),
    ("status=10&status=20", {1, 2}),
    ("_status__lt=60", EVERY - {6, 7}),
    ("_status__lte=10", {1}),
    ("_status__gt=50", {6, 7}),
    ("_status__gte=50", {5, 6, 7}),
    ("_status=60", EVERY),
    (f"priority={P1}", {1}),
    (f"priority={P1}&priority={P2}", {1, 2}),
    (f"environment={PRODUCTION}", EVERY - {3, 6}),
    ("group=ccebacfe-7992-42e9-b6d6-6afcff7f40fc", set()),
    ("environment__value=PRD", EVERY - {3, 6}),
    ("environment__value=prd", set()),
    ("environment__value__in=INT,STG", {3, 6}),
    ("environment__value__in=", EVERY),
    ("ignore=true", {6}),
    ("ignore=False", EVERY - {6}),
    ("ignore=1", EVERY),
    ("ignore=TRUE", EVERY),
    ("search=login%20LOOP", {2, 7}),
    ("search=7", {7}),
    ("search=log", set()),
    ("search=oop", set()),
    ("search=zzz", set()),
    ("search=", EVERY),
    ("status=60&ignore=false", {7}),
    ("order_by=", EVERY),
    ("created_at_after=2024-01-05", EVERY),
    ("created_at__exact=2024-01-05", EVERY),
    ("updated_at__gte=2030-01-01", EVERY),
    ("ordering=-id", EVERY),
    ("jira_ticket_key=INC-1", EVERY),
    ("page=2&page_size=2&limit=1&offset=3", EVERY),
    ("format=json&id=1", {1}),
]


@pytest.mark.parametrize(("query", "found"), FOUND)
def test_a_filter_finds(site: Site, query: str, found: set[int]) -> None:
    assert {shape["id"] for shape in site.list(query)} == found


CHOICE = "Select a valid choice. {} is not one of the available choices."
INVALID = [
    ("status=99", "invalid_choice", CHOICE.format("99"), "status"),
    ("status=10,20", "invalid_choice", CHOICE.format("10,20"), "status"),
    ("status=Open", "invalid_choice", CHOICE.format("Open"), "status"),
    ("status=", "invalid_choice", CHOICE.format(""), "status"),
    ("order_by=updated_at", "invalid_choice", CHOICE.format("updated_at"), "order_by"),
    ("order_by=id,bogus", "invalid_choice", CHOICE.format("bogus"), "order_by"),
    ("id__in=1,x", "invalid", "Enter a number.", "id__in"),
    ("id__gt=abc", "invalid", "Enter a number.", "id__gt"),
    ("id__iexact=x", "invalid", "Enter a number.", "id__iexact"),
    ("_status__lt=Open", "invalid", "Enter a number.", "_status__lt"),
    ("priority=P1", "invalid", "“P1” is not a valid UUID.", "priority"),
    ("priority=1", "invalid", "“1” is not a valid UUID.", "priority"),
    (f"priority={NOBODY}", "invalid_choice", CHOICE.format(NOBODY), "priority"),
    (f"created_by={NOBODY}", "invalid_choice", CHOICE.format(NOBODY), "created_by"),
    ("environment=PRD", "invalid", "“PRD” is not a valid UUID.", "environment"),
    (
        "created_at__gte=2024-01-04T00:00:00+00:00",
        "invalid",
        "Enter a valid date/time.",
        "created_at__gte",
    ),
    (
        "created_at=2024-01-02",
        None,
        "Invalid range: 2024-01-02. Only one separator is allowed",
        "created_at",
    ),
    ("created_at=garbage", None, "Invalid date range: garbage", "created_at"),
]


@pytest.mark.parametrize(("query", "code", "detail", "attr"), INVALID)
@pytest.mark.parametrize("path", ["incidents/", "incidents/1/"])
def test_a_value_it_does_not_understand_is_a_400(
    site: Site, path: str, query: str, code: str | None, detail: str, attr: str
) -> None:
    reply = site.ask(f"{path}?{query}")
    assert reply.status_code == 400
    problem = {"code": code, "detail": detail, "attr": attr}
    assert reply.json() == {"type": "validation_error", "errors": [problem]}


def test_all_problems_are_named_at_once(site: Site) -> None:
    errors = site.ask("incidents/?search=x&order_by=x&status=x&id__gt=x").json()["errors"]
    assert [error["attr"] for error in errors] == ["id__gt", "status", "order_by"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("order_by=id", [1, 2, 3, 4, 5, 6, 7]),
        ("order_by=-id,", [7, 6, 5, 4, 3, 2, 1]),
        ("order_by=id&order_by=-id", [7, 6, 5, 4, 3, 2, 1]),
        ("order_by=-priority,id", [6, 5, 4, 3, 7, 2, 1]),
        ("order_by=-created_at", [7, 6, 5, 4, 3, 2, 1]),
        ("order_by=title", [2, 1, 3, 4, 5, 6, 7]),
        ("order_by=-created_by,-id&id__gte=4", [7, 6, 4, 5]),
    ],
)
def test_an_order_is_kept_when_asked_for(site: Site, query: str, found: list[int]) -> None:
    assert [shape["id"] for shape in site.list(query)] == found


def test_without_an_order_the_rows_come_in_none(site: Site) -> None:
    numbers = [shape["id"] for shape in site.list()]
    assert numbers not in (sorted(numbers), sorted(numbers, reverse=True))


UNSEEN = ("client_error", "not_found", "Not found.")
DENIED = ("client_error", "permission_denied", "You do not have permission to perform this action.")
MISSING = ("client_error", "not_authenticated", "Authentication credentials were not provided.")
BAD_HEADER = "Invalid token header. "
REFUSED = [
    ("incidents/", "GET", "Token reader", 401, MISSING),
    ("incidents/", "GET", "", 401, MISSING),
    ("incidents", "POST", "", 401, MISSING),
    ("incidents/", "GET", "Bearer", 401, ("client_error", "authentication_failed",
     f"{BAD_HEADER}No credentials provided.")),
    ("incidents/", "GET", "Bearer a b", 401, ("client_error", "authentication_failed",
     f"{BAD_HEADER}Token string should not contain spaces.")),
    ("incidents/", "GET", "Bearer unknown", 401, ("client_error", "authentication_failed",
     "Invalid token.")),
    ("incidents/", "GET", "Bearer former", 401, ("client_error", "authentication_failed",
     "User inactive or deleted.")),
    ("incidents/", "GET", "Bearer nobody", 403, DENIED),
    ("incidents/1/", "GET", "Bearer nobody", 403, DENIED),
    ("incidents/99/", "GET", "Bearer nobody", 403, DENIED),
    ("severities/", "GET", "Bearer nobody", 403, DENIED),
    ("incidents/1/", "PATCH", "Bearer reader", 403, DENIED),
    ("incidents", "POST", "Bearer reader", 403, DENIED),
    ("incidents/1/", "DELETE", "Bearer writer", 403, DENIED),
    ("incidents/1/", "PATCH", "Bearer writer", 405, ("client_error", "method_not_allowed",
     'Method "PATCH" not allowed.')),
    ("incidents/1/", "PUT", "Bearer writer", 405, ("client_error", "method_not_allowed",
     'Method "PUT" not allowed.')),
    ("incidents/", "POST", "Bearer writer", 405, ("client_error", "method_not_allowed",
     'Method "POST" not allowed.')),
    ("incidents", "GET", "Bearer reader", 405, ("client_error", "method_not_allowed",
     'Method "GET" not allowed.')),
    ("incidents/99/", "GET", "Bearer reader", 404, UNSEEN),
    ("incidents/abc/", "GET", "Bearer reader", 404, UNSEEN),
    ("incidents/1/?status=60", "GET", "Bearer reader", 404, UNSEEN),
    ("incidents/99999999999999999999/", "GET", "Bearer reader", 404, UNSEEN),
    ("incidents/?format=xml", "GET", "", 404, UNSEEN),
    ("incidents/?id__iexact=7", "GET", "Bearer reader", 500, ("server_error", "error",
     "Server Error (500)")),
]  # fmt: skip


@pytest.mark.parametrize(("target", "method", "authorization", "status", "error"), REFUSED)
def test_a_refusal(
    site: Site,
    target: str,
    method: str,
    authorization: str,
    status: int,
    error: tuple[str, str, str],
) -> None:
    reply = site.ask(target, method, Authorization=authorization)
    kind, code, detail = error
    assert reply.status_code == status
    assert reply.json() == {
        "type": kind,
        "errors": [{"code": code, "detail": detail, "attr": None}],
    }
    assert reply.headers.get("WWW-Authenticate") == ("Bearer" if status == 401 else None)
    if status == 405:
        assert reply.headers["Allow"] == (
            "POST, OPTIONS" if target == "incidents" else "GET, HEAD, OPTIONS"
        )


def test_the_keyword_of_the_token_is_taken_in_any_case(site: Site) -> None:
    assert site.ask("incidents/1/", Authorization="bEARER reader").status_code == 200


def test_head_is_allowed_even_without_permission(site: Site) -> None:
    reply = site.ask("incidents/", "HEAD", "nobody")
    assert (reply.status_code, reply.content) == (200, b"")


@pytest.mark.parametrize("method", ["GET", "PATCH", "POST"])
def test_a_missing_slash_is_a_redirect_before_the_token(site: Site, method: str) -> None:
    reply = site.ask("incidents/1?a=%20b", method, "unknown")
    assert (reply.status_code, reply.text) == (301, "")
    assert reply.headers["Location"] == f"{API}incidents/1/?a=%20b"


def test_another_accept_is_a_406(site: Site) -> None:
    reply = site.ask("incidents/", Accept="text/html")
    assert (reply.status_code, reply.json()["errors"][0]["code"]) == (406, "not_acceptable")
    assert site.ask("incidents/", Accept="application/json;q=0.9, */*").status_code == 200


@pytest.mark.parametrize("target", ["priorities/", "nothing", "incidents/1//", "incidents/1/x"])
def test_a_path_that_does_not_exist_is_a_page_in_html(site: Site, target: str) -> None:
    reply = site.ask(target)
    assert (reply.status_code, reply.headers["Content-Type"][:9]) == (404, "text/html")
    assert "Page not found" in reply.text


def test_a_request_line_over_4094_bytes_is_a_414_in_html(site: Site) -> None:
    start = f"{API}incidents/?id=1&x="
    room = 4094 - len(f"GET {start} HTTP/1.1")
    assert site.ask(f"{site.url}{start}{'a' * room}").status_code == 200
    reply = site.ask(f"{site.url}{start}{'a' * (room + 1)}")
    assert (reply.status_code, reply.headers["Content-Type"]) == (414, "text/html")
    assert "Request Line is too large (4095 &gt; 4094)" in reply.text


def test_every_answer_ends_its_connection(site: Site) -> None:
    assert site.ask("incidents/1/").headers["Connection"] == "close"


def test_the_shape_of_an_incident(site: Site) -> None:
    shape = site.one(1)
    known = {person["email"]: person["id"] for person in shape["roles"].values()}
    assert shape.pop("priority") | {"created_at": 0, "updated_at": 0} == {
        "id": P1,
        "name": "P1",
        "value": 1,
        "emoji": "🌪️",
        "description": "Critical issue.",
        "order": 0,
        "default": False,
        "needs_postmortem": True,
        "enabled_create": True,
        "enabled_update": True,
        "reminder_time": "01:00:00",
        "postmortem_reminder_time": "2 00:00:00",
        "postmortem_reminder_repeat_time": "2 00:00:00",
        "sla": "01:00:00",
        "recommended_response_type": None,
        "created_at": 0,
        "updated_at": 0,
    }
    category = shape.pop("incident_category")
    assert (category["name"], category["group"]["name"]) == ("Other", "Other")
    assert shape.pop("environment") == {
        "id": PRODUCTION,
        "value": "PRD",
        "name": "Prod",
        "description": "Production environment",
        "order": 0,
        "default": True,
    }
    assert shape.pop("created_by")["email"] == "firefighter-bot@example.test"
    assert shape == {
        "id": 1,
        "title": "Orders stuck #1",
        "status": "Open",
        "description": "Seen",
        "created_at": "2024-01-03T23:59:59+01:00",
        "slack_channel_name": "#20240103-1-other",
        "status_page_url": f"{site.url}/incident/1/",
        "postmortem_url": None,
        "jira_ticket_key": "INC-1",
        "jira_ticket_url": "https://jira/browse/INC-1",
        "tags": [],
        "costs": {},
        "metrics": {},
        "roles": {
            "commander": {"id": known[ADA], "name": "Ada Lovelace", "email": ADA},
            "communication_lead": {"id": known[EDSGER], "name": "Edsger Dijkstra", "email": EDSGER},
        },
        "ignore": False,
    }


def test_list_and_detail_differ_by_the_tags_alone(site: Site) -> None:
    detail = site.one(5)
    assert site.list("id=5&show_tags=true") == [detail]
    del detail["tags"]
    assert site.list("id=5") == [detail]


def test_what_is_missing_is_a_key_less_or_a_null(site: Site) -> None:
    shape = site.one(4)
    assert (shape["roles"], shape["slack_channel_name"]) == ({}, "")
    assert (shape["jira_ticket_key"], shape["jira_ticket_url"]) == (None, None)


def test_the_labels_of_the_statuses(site: Site) -> None:
    labels = [shape["status"] for shape in site.list("order_by=id")]
    assert labels[:6] == [
        "Open", "Investigating", "Mitigating", "Mitigated", "Post-mortem", "Closed"
    ]  # fmt: skip


def test_times_are_in_the_servers_zone_with_microseconds_only_when_there_are_some(
    site: Site,
) -> None:
    assert site.one(3)["created_at"] == "2024-01-04T01:00:00+01:00"
    assert site.one(4)["created_at"] == "2024-01-04T01:00:00.000005+01:00"
    assert site.one(7)["created_at"] == "2024-07-05T10:00:00+02:00"


def test_another_time_zone_is_another_meaning_of_bare_times(site: Site) -> None:
    with serve(site.engine, time_zone="UTC") as server:
        there = Site(server.url, site.engine)
        assert there.one(3)["created_at"] == "2024-01-04T00:00:00Z"
        found = {shape["id"] for shape in there.list("created_at__gte=2024-01-04")}
    assert found == {3, 4, 5, 6, 7}


def test_of_two_commanders_the_newest_row_is_shown(own: Engine) -> None:
    with own.begin() as connection:
        add_incidents(connection, rows()[:2])
        first = select(tables.incident_role).where(tables.incident_role.c.incident_id == 2)
        row = dict(connection.execute(first).mappings().one())
        person = connection.scalar(select(tables.user.c.id).where(tables.user.c.email == EDSGER))
        connection.execute(
            insert(tables.incident_role), {**row, "id": row["id"] + 9, "user_id": person}
        )
    with serve(own) as server:
        assert Site(server.url, own).one(2)["roles"]["commander"]["email"] == EDSGER


def test_metrics_by_their_type(own: Engine) -> None:
    with own.begin() as connection:
        add_incidents(connection, rows()[:1])
        fix = select(tables.metric_type.c.id).where(tables.metric_type.c.type == "time_to_fix")
        connection.execute(
            insert(tables.incident_metric),
            {
                "incident_id": 1,
                "metric_type_id": connection.scalar(fix),
                "duration": timedelta(days=1, minutes=90, microseconds=500),
            },
        )
    with serve(own) as server:
        assert Site(server.url, own).one(1)["metrics"] == {
            "time_to_fix": {
                "duration": "1 01:30:00.000500",
                "duration_seconds": 91800.0005,
                "metric_type": "Time To Fix",
            }
        }


def test_a_change_in_the_tables_is_seen_at_once(own: Engine) -> None:
    with own.begin() as connection:
        add_incidents(connection, rows()[:1])
    with serve(own) as server:
        there = Site(server.url, own)
        assert there.one(1)["status"] == "Open"
        with own.begin() as connection:
            connection.execute(update(tables.incident).values(status=40))
            connection.execute(
                update(tables.priority).values(emoji="!").where(tables.priority.c.value == 1)
            )
        assert (there.one(1)["status"], there.one(1)["priority"]["emoji"]) == ("Mitigated", "!")


def test_an_answer_of_too_many_rows_kills_the_worker(site: Site) -> None:
    with serve(site.engine, kill_after_rows=6) as server:
        there = Site(server.url, site.engine)
        assert len(there.list("id__lte=6")) == 6
        reply = there.ask("incidents/")
    assert (reply.status_code, reply.headers["Content-Type"]) == (500, "text/html")


def test_a_list_takes_as_many_statements_as_one_incident(site: Site) -> None:
    sent: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        sent.append(statement)

    event.listen(site.engine, "before_cursor_execute", note)
    try:
        site.one(1)
        one = len(sent)
        site.list()
    finally:
        event.remove(site.engine, "before_cursor_execute", note)
    assert len(sent) == 2 * one


@pytest.mark.parametrize(
    ("name", "count"),
    [("severities", 6), ("environments", 3), ("groups", 4), ("incident-categories", 4)],
)
def test_reference_lists(site: Site, name: str, count: int) -> None:
    listed = site.ask(f"{name}/").json()
    assert len(listed) == count
    assert site.ask(f"{name}/{listed[1]['id']}/").json() == listed[1]
    assert site.ask(f"{name}/{NOBODY}/").json()["errors"][0]["code"] == "not_found"


def test_health(site: Site) -> None:
    assert site.ask("monitoring/healthcheck", token="unknown").json() == {"status": "ok"}
    assert site.ask("monitoring/readiness").status_code == 503


def test_an_incident_comes_with_the_history_firefighter_gives_it(site: Site) -> None:
    columns = tables.incident_update.c
    wanted = select(columns.status, columns.event_type, columns.event_ts, columns.title).where(
        columns.incident_id == 4
    )
    with site.engine.connect() as connection:
        found = connection.execute(wanted.order_by(columns.id)).all()
        incident = connection.execute(select(tables.incident).where(tables.incident.c.id == 4))
        mitigated = incident.one().mitigated_at
    at = (MIDNIGHT + timedelta(microseconds=5)).replace(tzinfo=None)
    assert [tuple(row) for row in found] == [
        (10, None, at, "Orders stuck #4"),
        (None, "declared", at, None),
        (40, None, at + HOUR, None),
        (None, "recovered", at + HOUR, None),
    ]
    assert mitigated == at + HOUR


def test_bare_incidents_have_roles_and_tickets_alone(own: Engine) -> None:
    many = [
        NewIncident(n, f"No {n}", MIDNIGHT, MIDNIGHT, commander=ADA, jira_key=f"INC-{n}", jira_id=n)
        for n in range(1, 5_003)
    ]
    with own.begin() as connection:
        add_incidents(connection, iter(many), bare=True)

        def count(table: Any) -> int | None:
            return connection.scalar(select(func.count()).select_from(table))

        assert [
            count(table) for table in (tables.incident, tables.incident_role, tables.raid_ticket)
        ] == [5_002] * 3
        assert count(tables.incident_update) == count(tables.conversation) == 0


def test_a_person_that_nobody_added_is_an_error(own: Engine) -> None:
    values = {"id": 1, "title": "T", "created_at": MIDNIGHT, "updated_at": MIDNIGHT}
    with own.begin() as connection, pytest.raises(KeyError):
        add_incident(connection, **values, commander="nobody@example.test")


def test_seeding_twice_adds_nothing(own: Engine) -> None:
    with own.begin() as connection:
        before = connection.scalar(select(func.count()).select_from(tables.user))
        seed_reference(connection)
        assert connection.scalar(select(func.count()).select_from(tables.user)) == before


def test_the_tables_refuse_what_firefighters_refuse(own: Engine) -> None:
    with own.begin() as connection:
        add_incidents(connection, rows()[:2])
    for change in (
        update(tables.incident).values(status=35),
        update(tables.incident_update).values(status=35),
        update(tables.incident).values(dedup_key="same"),
        update(tables.incident_role).values(incident_id=1),
        update(tables.raid_ticket).values(incident_id=1),
        update(tables.user).values(email=ADA),
    ):
        with pytest.raises(IntegrityError), own.begin() as connection:
            connection.execute(change)
    with own.begin() as connection:  # a key may come again once it is no longer open
        connection.execute(update(tables.incident).values(status=50, dedup_key="same"))


# The same, against a real FireFighter and its database.

REAL = [f"RAIDCTL_FIREFIGHTER_{name}" for name in ("URL", "TOKEN", "DATABASE_URL")]
real = pytest.mark.skipif(
    not all(name in os.environ for name in REAL), reason=f"needs {', '.join(REAL)}"
)


@pytest.fixture(scope="module")
def real_engine() -> Iterator[Engine]:
    engine = create_engine(os.environ["RAIDCTL_FIREFIGHTER_DATABASE_URL"])
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def twins(
    real_engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Site, Site]]:
    """The real server, and the sandbox over a copy of its rows."""
    copy = new_engine(tmp_path_factory.mktemp("twin"))
    copy_rows(real_engine, copy)
    token = os.environ["RAIDCTL_FIREFIGHTER_TOKEN"]
    theirs = Site(os.environ["RAIDCTL_FIREFIGHTER_URL"], real_engine, token)
    ticket = next(shape for shape in theirs.list("id__lte=20") if shape["jira_ticket_key"])
    jira = ticket["jira_ticket_url"].removesuffix(f"/browse/{ticket['jira_ticket_key']}")
    answer = impact_answer(copy, {token}, jira_url=jira)
    with LoopbackServer(answer, close_each=True) as server:
        yield theirs, Site(server.url, copy, token)
    copy.dispose()


def told(site: Site, reply: requests.Response, *, ordered: bool) -> tuple[int, object]:
    """Status and body, without the site's own address and, unless asked for, without order."""
    if "json" not in reply.headers.get("Content-Type", ""):
        return reply.status_code, reply.text if reply.status_code == 414 else None
    body = json.loads(reply.text.replace(site.url, "SITE"))
    if isinstance(body, list) and not ordered:
        body.sort(key=lambda shape: str(shape["id"]))
    return reply.status_code, body


# Ties of an order are decided by the heap.
SAME = [
    *(f"incidents/?{query}" for query, _ in FOUND),
    *(f"incidents/?{query}" for query, *_ in INVALID),
    *(f"incidents/?order_by={names}" for names in ("-id", "priority,-id", "title,id")),
    *(f"{name}/" for name in ("severities", "environments", "groups", "components")),
    "incidents/1/",
    "incidents/40/",
    f"incidents/?id=1&x={'a' * 4100}",
    "incidents/?search=orders%20exported",
]


@real
@pytest.mark.integration
@pytest.mark.parametrize("target", SAME)
def test_a_real_firefighter_answers_the_same(twins: tuple[Site, Site], target: str) -> None:
    ordered = "order_by=" in target and not target.endswith("order_by=")
    theirs, ours = (told(site, site.ask(target), ordered=ordered) for site in twins)
    assert ours == theirs


@real
@pytest.mark.integration
@pytest.mark.parametrize(
    ("target", "method", "authorization"),
    [row[:3] for row in REFUSED if not row[2].endswith(("writer", "nobody", "former"))],
)
def test_a_real_firefighter_refuses_the_same(
    twins: tuple[Site, Site], target: str, method: str, authorization: str
) -> None:
    answers = []
    for site in twins:
        header = authorization.replace("reader", site.token)
        reply = site.ask(target, method, Authorization=header)
        challenge = reply.headers.get("WWW-Authenticate")
        answers.append((*told(site, reply, ordered=False), challenge))
    assert answers[1] == answers[0]


@real
@pytest.mark.integration
@pytest.mark.parametrize("table", tables.metadata.sorted_tables, ids=lambda table: table.name)
def test_the_tables_are_those_of_the_real_database(real_engine: Engine, table: Any) -> None:
    dialect = real_engine.dialect
    found = {
        column["name"]: (column["type"].compile(dialect), column["nullable"])
        for column in inspect(real_engine).get_columns(table.name)
    }
    assert {
        column.name: (column.type.compile(dialect), column.nullable) for column in table.columns
    } == found
    unique = inspect(real_engine).get_unique_constraints(table.name)
    keys = {frozenset(constraint["column_names"]) for constraint in unique}
    ours = {
        frozenset(column.name for column in constraint.columns)
        for constraint in table.constraints
        if constraint.__visit_name__ == "unique_constraint"
    }
    assert ours == keys
