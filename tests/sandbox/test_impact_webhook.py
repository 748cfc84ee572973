"""The embedded Impact's webhook held to what is known of FireFighter's, one fact a row."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copyfile
from typing import Any
from uuid import UUID

import pytest
from requests.structures import CaseInsensitiveDict
from sqlalchemy import Engine, create_engine, delete, insert, select, update

from raidctl.gateways.impact.database import tables
from raidctl.sandbox.impact.seed import NewIncident, add_incidents, add_user, seed_reference
from raidctl.sandbox.impact.webhook import JIRA_UPDATE, signature
from raidctl.sandbox.jira.state import Person
from raidctl.sandbox.server import Reply, Request
from tests.simulators.echo import Echo, delivery, into
from tests.simulators.impact.server import impact_answer
from tests.simulators.impact.webhook import Webhook
from tests.simulators.jira.server import jira_answer
from tests.simulators.jira.state import JiraState
from tests.simulators.jira.workflows import FIREFIGHTER

SECRET = "hush"
SERVICE = "acc-firefighter"
HUMAN = {"accountId": "acc-eve", "displayName": "Eve"}
ADA = "ada@example.test"
BEFORE = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
INCIDENT = 7


def item(to: Any, before: Any = "Incoming", **fields: Any) -> dict[str, Any]:
    """A change of the status."""
    named = {"field": "status", "fieldId": "status", "fromString": before, "toString": to}
    return named | fields


def priority(to: Any, **fields: Any) -> dict[str, Any]:
    """A change of FireFighter's priority."""
    named = {"field": "Priority", "fieldId": "customfield_11064"}
    return named | {"fromString": "5", "toString": to} | fields


def event(*items: Any, **given: Any) -> dict[str, Any]:
    """An event about the incident's issue."""
    issue = {"id": "10007", "key": "INC-7", "fields": {}}
    parts = {"webhookEvent": "jira:issue_updated", "issue": issue, "user": HUMAN}
    return parts | {"changelog": {"id": "1", "items": list(items)}} | given


@dataclass
class Impact:
    """One incident, its webhook, and a clock that tests move."""

    engine: Engine
    time: datetime = NOW
    webhook: Webhook = field(init=False)

    def __post_init__(self) -> None:
        self.webhook = Webhook(self.engine, SECRET, SERVICE, now=lambda: self.time)
        self.answer = impact_answer(self.engine, [], webhook=self.webhook)

    def deliver(self, given: Any) -> Reply:
        return self.answer(delivery(given, SECRET))

    def take(self, *items: Any, **given: Any) -> None:
        """Deliver an event that is answered with 200 and nothing else."""
        reply = self.deliver(event(*items, **given))
        assert (reply.status, reply.encoded()) == (200, b"")

    def has(self, status: int = 10, *, priority: int = 5, environment: str = "PRD") -> None:
        """Give the incident another state, and forget its history."""
        with self.engine.begin() as connection:
            for table in (tables.incident_metric, tables.incident_update):
                connection.execute(delete(table))
            connection.execute(
                update(tables.incident).values(
                    status=status,
                    priority_id=select(tables.priority.c.id)
                    .where(tables.priority.c.value == priority)
                    .scalar_subquery(),
                    environment_id=select(tables.environment.c.id)
                    .where(tables.environment.c.value == environment)
                    .scalar_subquery(),
                    updated_at=BEFORE,
                    mitigated_at=BEFORE if status >= 40 else None,
                )
            )

    def reached(self, *events: str, at: datetime = BEFORE) -> None:
        """Note key events in its history."""
        with self.engine.begin() as connection:
            for number, name in enumerate(events):
                times = dict.fromkeys(("event_ts", "created_at", "updated_at"), at)
                author = connection.scalar(select(tables.user.c.id).limit(1))
                row = {"id": UUID(int=number + 1), "incident_id": INCIDENT, "event_type": name}
                row |= {"created_by_id": author}
                connection.execute(insert(tables.incident_update), {**row, **times})

    def change(self, **values: Any) -> None:
        with self.engine.begin() as connection:
            connection.execute(update(tables.incident).values(**values))

    @property
    def state(self) -> tuple[int, int]:
        """Its status and the value of its priority."""
        found = select(tables.incident.c.status, tables.priority.c.value).join(tables.priority)
        with self.engine.connect() as connection:
            status, value = connection.execute(found).one()
        return status, value

    @property
    def row(self) -> Any:
        with self.engine.connect() as connection:
            return connection.execute(select(tables.incident)).one()

    @property
    def updates(self) -> list[tuple[Any, ...]]:
        """The rows of its history: event type, message, status, priority, author."""
        past = tables.incident_update.c
        found = (
            select(
                past.event_type, past.message, past.status, tables.priority.c.value,
                past.created_by_id,
            )
            .outerjoin(tables.priority, tables.priority.c.id == past.priority_id)
            .order_by(past.event_type)
        )  # fmt: skip
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(found)]

    @property
    def untouched(self) -> bool:
        """Whether nothing was written since `has`."""
        return self.row.updated_at == BEFORE.replace(tzinfo=None) and self.updates == []


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the one incident, to be copied: that is quicker than to make it."""
    path = tmp_path_factory.mktemp("fresh") / "impact.db"
    engine = create_engine(f"sqlite:///{path}")
    tables.metadata.create_all(engine)
    with engine.begin() as connection:
        seed_reference(connection)
        add_user(connection, email=ADA, name="Ada")
        ticket: dict[str, Any] = {"jira_key": "INC-7", "jira_id": 10_007}
        new = NewIncident(INCIDENT, "T", BEFORE, BEFORE, commander=ADA, **ticket)
        add_incidents(connection, [new], bare=True)
    engine.dispose()
    return path


@pytest.fixture
def impact(fresh: Path, tmp_path: Path) -> Iterator[Impact]:
    engine = create_engine(f"sqlite:///{copyfile(fresh, tmp_path / 'impact.db')}")
    made = Impact(engine)
    made.has()
    yield made
    engine.dispose()


# Statuses


@pytest.mark.parametrize(
    ("before", "name", "after"),
    [
        (10, "in progress", 30),
        (20, "in progress", 30),
        (40, "in progress", 30),
        (50, "in progress", 30),
        (60, "in progress", 30),
        (30, "Incoming", 10),
        (60, "Incoming", 10),
        (50, "Pending resolution", 10),
        (30, "Reporter validation", 40),
        (50, "Reporter validation", 40),
        (40, "Closed", 60),
        (50, "Closed", 60),
    ],
)
def test_a_status_is_taken_over(impact: Impact, before: int, name: str, after: int) -> None:
    impact.has(before)
    impact.take(item(name))
    assert impact.state == (after, 5)
    message = f"Status synced from Jira ({name})"
    recovered = [("recovered", None, None, None, None)] if after == 40 else []
    assert impact.updates == [("jira_status_sync", message, after, None, None), *recovered]
    assert impact.row.updated_at == NOW.replace(tzinfo=None)
    assert impact.row.closed_at is None


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (10, "Incoming"),
        (10, "Pending resolution"),
        (30, "in progress"),
        (40, "Reporter validation"),
        (60, "Closed"),
    ],
)
def test_a_status_that_is_there_already_writes_nothing(
    impact: Impact, status: int, name: str
) -> None:
    impact.has(status)
    impact.take(item(name))
    assert impact.untouched


@pytest.mark.parametrize(
    "name", ["Code Review", "In Progress", "incoming", "closed", " in progress", "", None]
)
def test_a_status_that_is_not_in_its_map_in_that_very_spelling_is_ignored(
    impact: Impact, name: str | None
) -> None:
    impact.take(item(name))
    assert impact.untouched


# Closing


@pytest.mark.parametrize("status", [10, 20, 30])
@pytest.mark.parametrize("priority", [4, 5, 20])
def test_what_is_not_mitigated_is_not_closed(impact: Impact, status: int, priority: int) -> None:
    impact.has(status, priority=priority)
    impact.take(item("Closed", "in progress"))
    assert impact.untouched


@pytest.mark.parametrize("before", ["Code Review", "In Progress", "", None])
def test_a_close_from_a_name_it_does_not_know_is_ignored(
    impact: Impact, before: str | None
) -> None:
    impact.has(40)
    impact.take(item("Closed", before))
    assert impact.untouched


@pytest.mark.parametrize("values", [{"ignore": True}, {"closure_reason": "duplicate"}])
@pytest.mark.parametrize("status", [10, 30])
def test_an_ignored_incident_and_one_with_a_reason_are_closed_from_any_status(
    impact: Impact, status: int, values: dict[str, Any]
) -> None:
    impact.has(status, priority=1)
    impact.webhook.postmortems = True
    impact.change(**values)
    impact.take(item("Closed"))
    assert impact.state == (60, 1)


KEY_EVENTS = ("started", "detected", "declared", "recovered")


@pytest.mark.parametrize("priority", [1, 2, 3])
@pytest.mark.parametrize("missing", [None, *KEY_EVENTS])
def test_a_grave_incident_is_closed_once_its_key_events_are_known(
    impact: Impact, priority: int, missing: str | None
) -> None:
    impact.has(40, priority=priority)
    impact.reached(*(name for name in KEY_EVENTS if name != missing))
    impact.take(item("Closed", "Reporter validation"))
    assert impact.state == (40 if missing else 60, priority)


@pytest.mark.parametrize("priority", [4, 5, 20])
def test_a_lesser_incident_is_closed_without_any(impact: Impact, priority: int) -> None:
    impact.has(40, priority=priority)
    impact.take(item("Closed", "Reporter validation"))
    assert impact.state == (60, priority)


@pytest.mark.parametrize("status", [40, 50])
@pytest.mark.parametrize(
    ("priority", "environment", "postmortems", "closed"),
    [
        (1, "PRD", True, False),
        (2, "PRD", True, False),
        (1, "PRD", False, True),
        (1, "STG", True, True),
        (3, "PRD", True, True),
        (4, "PRD", True, True),
    ],
)
def test_what_needs_a_postmortem_is_not_closed_without(
    impact: Impact,
    status: int,
    priority: int,
    environment: str,
    postmortems: bool,
    closed: bool,
) -> None:
    impact.has(status, priority=priority, environment=environment)
    impact.reached(*KEY_EVENTS)
    impact.webhook.postmortems = postmortems
    impact.take(item("Closed", "Reporter validation"))
    assert impact.state[0] == (60 if closed else status)


# Mitigating


def metrics(impact: Impact) -> dict[str, timedelta]:
    found = select(tables.metric_type.c.code, tables.incident_metric.c.duration).join(
        tables.metric_type
    )
    with impact.engine.connect() as connection:
        return {row[0]: row[1] for row in connection.execute(found)}


def test_mitigation_is_noted_and_measured(impact: Impact) -> None:
    impact.has(30)
    impact.reached("started", "declared")
    impact.take(item("Reporter validation"))
    assert impact.row.mitigated_at == NOW.replace(tzinfo=None)
    assert metrics(impact) == {"TTA": timedelta(0), "TTF": HOUR, "TTRec": HOUR}


def test_a_mitigation_before_stays_and_its_event_is_that_of_now(impact: Impact) -> None:
    impact.has(50)
    impact.reached("declared", "recovered")
    impact.take(item("Reporter validation"))
    assert impact.row.mitigated_at == BEFORE.replace(tzinfo=None)
    assert [row for row in impact.updates if row[0] == "recovered"] == [
        ("recovered", None, None, None, None)
    ]
    assert metrics(impact) == {"TTF": HOUR}
    impact.take(item("in progress"))
    impact.time += HOUR
    impact.take(item("Reporter validation"))
    assert metrics(impact) == {"TTF": 2 * HOUR}


def test_of_several_events_of_a_kind_the_newest_is_measured_from(impact: Impact) -> None:
    impact.has(30)
    impact.reached("started", "declared", "started")
    early, late = UUID(int=1), UUID(int=3)
    past = tables.incident_update
    with impact.engine.begin() as connection:
        for number, at in ((early, BEFORE + HOUR / 2), (late, BEFORE - HOUR)):
            connection.execute(update(past).where(past.c.id == number).values(event_ts=at))
    impact.take(item("Reporter validation"))
    assert metrics(impact) == {"TTF": HOUR, "TTRec": HOUR / 2}


def test_a_metric_that_would_be_negative_is_left_out(impact: Impact) -> None:
    impact.has(30)
    impact.reached("declared", at=NOW + HOUR)
    impact.take(item("Reporter validation"))
    assert metrics(impact) == {}


# Priorities


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((str(value), value) for value in range(1, 5)),
        *zip(("Highest", "High", "Medium", "Low"), range(1, 5), strict=True),
        (4, 4),
        (" 4", 4),
    ],
)
def test_a_priority_is_taken_over(impact: Impact, name: object, value: int) -> None:
    impact.take(priority(name))
    assert impact.state == (10, value)
    message = f"Priority synced from Jira ({name})"
    assert impact.updates == [("jira_priority_sync", message, None, value, None)]
    assert impact.row.severity_id is None
    assert impact.row.updated_at == NOW.replace(tzinfo=None)


@pytest.mark.parametrize("name", ["5", "Lowest", "9", "20", "0", "-4", "high", "P4", "", None])
def test_another_priority_is_none_of_its_own_or_there_already(
    impact: Impact, name: str | None
) -> None:
    impact.take(priority(name))
    assert impact.untouched


@pytest.mark.parametrize(
    ("named", "counts"),
    [
        ({"fieldId": "priority", "field": "priority"}, False),
        ({"fieldId": "customfield_10008", "field": "Priority"}, False),
        ({"fieldId": "customfield_10008", "field": "customfield_11064"}, False),
        ({"fieldId": "", "field": "Priority"}, False),
        ({"fieldId": None, "field": "customfield_11064"}, True),
        ({"fieldId": "CUSTOMFIELD_11064", "field": "Urgency"}, True),
    ],
)
def test_the_priority_is_known_by_the_id_of_its_field(
    impact: Impact, named: dict[str, Any], counts: bool
) -> None:
    impact.take(priority("4", **named))
    assert impact.state == (10, 4 if counts else 5)


@pytest.mark.parametrize("name", ["summary", "description", "assignee", "labels"])
def test_no_other_field_is_taken_over(impact: Impact, name: str) -> None:
    impact.take(item("Reporter validation", field=name, fieldId=name))
    assert impact.untouched


def test_both_in_one_event_are_both_taken_over(impact: Impact) -> None:
    impact.take(item("in progress"), priority("4"))
    assert impact.state == (30, 4)
    assert [row[0] for row in impact.updates] == ["jira_priority_sync", "jira_status_sync"]


# What it ignores, and what it cannot bear


def test_what_its_own_account_does_is_ignored(impact: Impact) -> None:
    impact.take(item("in progress"), priority("4"), user={"accountId": SERVICE})
    assert impact.untouched
    impact.webhook.service_account = ""
    impact.take(item("in progress"), user={"accountId": ""})
    assert impact.state == (30, 5)


@pytest.mark.parametrize("key", ["INC-8", "inc-7", "OPS-7"])
def test_an_issue_is_known_by_the_key_it_was_stored_under_alone(impact: Impact, key: str) -> None:
    impact.take(item("in progress"), issue={"id": "10007", "key": key})
    assert impact.untouched


def test_another_number_does_not_matter(impact: Impact) -> None:
    impact.take(item("in progress"), issue={"id": 99, "key": "INC-7"})
    assert impact.state == (30, 5)


def test_a_ticket_without_an_incident_is_ignored(impact: Impact) -> None:
    with impact.engine.begin() as connection:
        connection.execute(update(tables.raid_ticket).values(incident_id=None))
    impact.take(item("in progress"))
    assert impact.untouched


CRASH = {
    "type": "server_error",
    "errors": [{"code": "error", "detail": "Server Error (500)", "attr": None}],
}


def test_two_tickets_with_one_key_crash(impact: Impact) -> None:
    with impact.engine.begin() as connection:
        issue = connection.execute(select(tables.jira_issue)).mappings().one()
        connection.execute(insert(tables.jira_issue), {**issue, "id": 1})
        connection.execute(insert(tables.raid_ticket), {"jiraissue_ptr_id": 1})
    reply = impact.deliver(event(item("in progress")))
    assert (reply.status, reply.body) == (500, CRASH)
    assert impact.untouched


@pytest.mark.parametrize(
    "issue",
    [
        {"key": "INC-7"},
        {"key": "INC-7", "id": None},
        {"key": "INC-7", "id": "abc"},
        {"key": "INC-7", "id": []},
        {"key": "INC-8", "id": "abc"},
        {"id": "10007"},
    ],
)
def test_an_issue_it_cannot_ask_its_jira_about_crashes(
    impact: Impact, issue: dict[str, Any]
) -> None:
    reply = impact.deliver(event(item("in progress"), issue=issue))
    assert (reply.status, reply.body) == (500, CRASH)
    assert impact.untouched
    impact.take(item("New", field="summary", fieldId="summary"), issue=issue)


@pytest.mark.parametrize("items", ["abc", {"field": "status"}, 7, ["x"], [{"field": 7}]])
def test_a_changelog_that_is_none_crashes(impact: Impact, items: object) -> None:
    assert impact.deliver(event(changelog={"items": items})).status == 500
    assert impact.untouched


def test_what_came_before_a_crash_stays(impact: Impact) -> None:
    assert impact.deliver(event(item("in progress"), "x")).status == 500
    assert impact.state == (30, 5)


@pytest.mark.parametrize("changelog", [{}, {"items": []}, {"items": None}])
def test_an_event_without_changes_is_ignored(impact: Impact, changelog: dict[str, Any]) -> None:
    impact.take(changelog=changelog, issue={})
    assert impact.untouched


# Its own pushes


@pytest.mark.parametrize(
    ("field", "pushed", "change"),
    [
        ("status", "In Progress ", item("in progress")),
        ("priority", 4, priority("4")),
        ("priority", 4, priority("Low")),
    ],
)
def test_the_echo_of_its_own_push_is_swallowed_once(
    impact: Impact, field: str, pushed: str | int, change: dict[str, Any]
) -> None:
    impact.webhook.pushes.note(INCIDENT, field, pushed)
    impact.take(change)
    assert impact.untouched
    impact.take(change)
    assert impact.state in {(30, 5), (10, 4)}


@pytest.mark.parametrize(
    ("number", "field", "pushed", "after"),
    [
        (8, "status", "in progress", 0),
        (INCIDENT, "priority", "in progress", 0),
        (INCIDENT, "status", "Incoming", 0),
        (INCIDENT, "status", "in progress", 60),
    ],
)
def test_a_push_of_something_else_or_long_ago_swallows_nothing(
    impact: Impact, number: int, field: str, pushed: str, after: int
) -> None:
    impact.webhook.pushes.note(number, field, pushed)
    impact.time += timedelta(seconds=after)
    impact.take(item("in progress"))
    assert impact.state == (30, 5)


def test_a_push_is_remembered_for_a_minute(impact: Impact) -> None:
    impact.webhook.pushes.note(INCIDENT, "status", "in progress")
    impact.time += timedelta(seconds=59)
    impact.take(item("in progress"))
    assert impact.untouched


# The door


def ask(impact: Impact, body: bytes, method: str = "POST", **headers: str | None) -> Reply:
    """A signed request, but for these headers."""
    fields = {
        "host": "impact",
        "content-type": "application/json",
        "x-hub-signature": signature(SECRET, body),
    }
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    fields = {name: value for name, value in (fields | given).items() if value is not None}
    return impact.answer(
        Request(method, JIRA_UPDATE, {}, CaseInsensitiveDict(fields), body, JIRA_UPDATE)
    )


GOOD = json.dumps(event(item("in progress"))).encode()
DIGEST = signature(SECRET, GOOD).removeprefix("sha256=")
NO_CREDENTIALS = ("not_authenticated", "Authentication credentials were not provided.")
WRONG = ("authentication_failed", "Invalid webhook signature.")


@pytest.mark.parametrize(
    ("header", "code", "detail"),
    [
        (None, *NO_CREDENTIALS),
        ("", *NO_CREDENTIALS),
        (signature("wrong", GOOD), *WRONG),
        (signature(SECRET, GOOD + b" "), *WRONG),
        (f"sha256={DIGEST.upper()}", *WRONG),
        (f"sha256= {DIGEST}", *WRONG),
        ("sha256=é", *WRONG),
        (f"sha1={DIGEST}", WRONG[0], "Unsupported X-Hub-Signature method: 'sha1'"),
        (f"SHA1={DIGEST}", WRONG[0], "Unsupported X-Hub-Signature method: 'SHA1'"),
        (f"={DIGEST}", WRONG[0], "Unsupported X-Hub-Signature method: ''"),
        (DIGEST, WRONG[0], "Malformed X-Hub-Signature header."),
        ("sha256=", WRONG[0], "Malformed X-Hub-Signature header."),
    ],
)
def test_a_signature_that_is_not_jiras_is_a_401(
    impact: Impact, header: str | None, code: str, detail: str
) -> None:
    reply = ask(impact, GOOD, x_hub_signature=header, authorization="Bearer reader")
    assert reply.status == 401
    assert reply.body == {
        "type": "client_error",
        "errors": [{"code": code, "detail": detail, "attr": None}],
    }
    assert reply.headers["WWW-Authenticate"] == 'Signature realm="jira-webhook"'
    assert impact.untouched


def test_the_name_of_the_method_is_taken_in_any_case(impact: Impact) -> None:
    assert ask(impact, GOOD, x_hub_signature=f"SHA256={DIGEST}").status == 200
    assert impact.state == (30, 5)


def test_without_a_secret_it_refuses_everything(impact: Impact) -> None:
    impact.webhook.secret = ""
    for secret in ("", SECRET):
        reply = ask(impact, GOOD, x_hub_signature=signature(secret, GOOD))
        assert reply.status == 401
        assert b"Webhook secret not configured." in reply.encoded()
    without = impact_answer(impact.engine, [])
    assert without(delivery(event(item("in progress")), SECRET)).status == 401
    assert impact.untouched


NO_NAME = (
    "JSON parse error - Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"
)
NO_TEXT = (
    "JSON parse error - 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"
)


@pytest.mark.parametrize(
    ("body", "headers", "status", "code", "detail"),
    [
        (b"{bad", {}, 400, "parse_error", NO_NAME),
        (b"\xff{}", {}, 400, "parse_error", NO_TEXT),
        (GOOD, {"content_type": "text/plain"}, 415, "unsupported_media_type",
         'Unsupported media type "text/plain" in request.'),
        (GOOD, {"content_type": None}, 415, "unsupported_media_type",
         'Unsupported media type "" in request.'),
        (GOOD, {"accept": "text/html"}, 406, "not_acceptable",
         "Could not satisfy the request Accept header."),
        (GOOD, {"method": "PUT"}, 405, "method_not_allowed", 'Method "PUT" not allowed.'),
        (b"", {"method": "GET"}, 405, "method_not_allowed", 'Method "GET" not allowed.'),
    ],
)  # fmt: skip
def test_a_body_that_it_does_not_read(
    impact: Impact, body: bytes, headers: dict[str, Any], status: int, code: str, detail: str
) -> None:
    reply = ask(impact, body, **headers)
    assert reply.status == status
    assert reply.body == {
        "type": "client_error",
        "errors": [{"code": code, "detail": detail, "attr": None}],
    }
    assert reply.headers["Allow"] == "POST, OPTIONS"
    assert impact.untouched


def test_no_body_is_an_event_without_its_parts(impact: Impact) -> None:
    reply = ask(impact, b"", content_type=None)
    assert reply.status == 400
    assert b"This field is required." in reply.encoded()


def test_a_content_type_may_name_its_charset(impact: Impact) -> None:
    assert ask(impact, GOOD, content_type="application/json; charset=utf-8").status == 200


REQUIRED, NULL = "This field is required.", "This field may not be null."
NO_DICT = 'Expected a dictionary of items but got type "{}".'
NO_DATA = "Invalid data. Expected a dictionary, but got {}."


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({}, [("required", REQUIRED, name)
              for name in ("issue", "changelog", "user", "webhookEvent")]),
        (event() | {"issue": [], "user": 5}, [("not_a_dict", NO_DICT.format("list"), "issue"),
                                              ("not_a_dict", NO_DICT.format("int"), "user")]),
        (event() | {"changelog": "x"}, [("not_a_dict", NO_DICT.format("str"), "changelog")]),
        (event() | {"user": None}, [("null", NULL, "user")]),
        (event() | {"webhookEvent": None}, [("null", NULL, "webhookEvent")]),
        (event() | {"webhookEvent": "jira:issue_created"},
         [("invalid_choice", '"jira:issue_created" is not a valid choice.', "webhookEvent")]),
        (event() | {"webhookEvent": 5},
         [("invalid_choice", '"5" is not a valid choice.', "webhookEvent")]),
        ([], [("invalid", NO_DATA.format("list"), "non_field_errors")]),
        ("x", [("invalid", NO_DATA.format("str"), "non_field_errors")]),
        (None, [("null", "No data provided", "non_field_errors")]),
    ],
)  # fmt: skip
def test_a_body_that_is_no_event_is_a_400(
    impact: Impact, given: object, problems: list[tuple[str, str, str]]
) -> None:
    reply = ask(impact, json.dumps(given).encode())
    assert reply.status == 400
    errors = [{"code": code, "detail": detail, "attr": attr} for code, detail, attr in problems]
    assert reply.body == {"type": "validation_error", "errors": errors}


def test_there_is_nothing_behind_another_slash(impact: Impact) -> None:
    request = delivery(event(item("in progress")), SECRET)
    path = f"{JIRA_UPDATE}/"
    reply = impact.answer(Request("POST", path, {}, request.headers, request.body, path))
    assert reply.status == 404
    assert impact.untouched


# JIRA's own events


BOT = Person("acc-bot", "The Bot", "bot@example.test")
EVE = Person("acc-eve", "Eve", "eve@example.test", email_hidden=True)


@pytest.fixture
def jira() -> JiraState:
    state = JiraState(users=(BOT, EVE), me=BOT.account, workflow=FIREFIGHTER, now=lambda: NOW)
    state.add_issue("INC-7", 10_007, summary="T", customfield_11064="5")
    return state


def call(state: JiraState, method: str, path: str, body: dict[str, Any]) -> None:
    target = f"/rest/api/2/issue/10007{path}"
    sent = json.dumps(body).encode()
    assert (
        jira_answer(state)(
            Request(method, target, {}, CaseInsensitiveDict({}), sent, target)
        ).status
        == 204
    )


def test_every_write_is_told_once(jira: JiraState) -> None:
    told: list[Any] = []
    jira.after_write = Echo(told.append)
    call(jira, "PUT", "", {"fields": {"customfield_11064": {"value": "4"}, "summary": "New"}})
    call(jira, "PUT", "", {"fields": {"summary": "New"}})  # changes nothing
    call(jira, "POST", "/transitions", {"transition": {"id": "11"}})
    assert [one["webhookEvent"] for one in told] == ["jira:issue_updated"] * 2
    assert {one["user"]["accountId"] for one in told} == {BOT.account}
    assert {(one["issue"]["id"], one["issue"]["key"]) for one in told} == {("10007", "INC-7")}
    told_items = [one["changelog"]["items"] for one in told]
    names = ("field", "fieldId", "fromString", "toString")
    assert [[tuple(one[name] for name in names) for one in items] for items in told_items] == [
        [("Priority", "customfield_11064", "5", "4"), ("summary", "summary", "T", "New")],
        [("status", "status", "Incoming", "Pending resolution")],
    ]


def test_a_change_of_a_person_is_told_when_asked_for(jira: JiraState) -> None:
    told: list[Any] = []
    echo = Echo(told.append)
    echo(jira, 10_007)
    assert told == []
    jira.edit(10_007, EVE.account, status="in progress")
    echo(jira, 10_007)
    echo(jira, 10_007)
    assert [one["user"] for one in told] == [told[0]["user"]]
    assert (told[0]["user"]["accountId"], told[0]["user"]["displayName"]) == ("acc-eve", "Eve")


def test_an_echo_reaches_the_incident(impact: Impact, jira: JiraState) -> None:
    jira.after_write = Echo(into(impact.answer, SECRET))
    call(jira, "PUT", "", {"fields": {"customfield_11064": {"value": "4"}}})
    assert impact.state == (10, 4)
    jira.edit(10_007, EVE.account, status="in progress")
    jira.after_write(jira, 10_007)
    assert impact.state == (30, 4)
