"""What the webhook writer sends, and what it makes of all that may come back."""

import hashlib
import hmac
import json
import socket
import traceback
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
import requests
import responses
from sqlalchemy import Engine, create_engine, select

from raidctl.core.history import Revision
from raidctl.core.model import Field, Incident, Issue, Link, Value
from raidctl.core.policy import WEBHOOK_EXPRESSES
from raidctl.errors import Category, LostAnswerError, ReadOnlyError, ServiceError
from raidctl.gateways.http.client import HttpClient
from raidctl.gateways.impact.database import tables
from raidctl.gateways.impact.rows import incident_of
from raidctl.gateways.impact.webhook import (
    HANDLER,
    JIRA_UPDATE,
    WEBHOOK_SECONDS,
    Handler,
    SignatureAuth,
    WebhookAdapter,
    WebhookWriter,
)
from raidctl.ports.impact import IncidentWriter
from raidctl.sandbox.impact.webhook import Webhook
from raidctl.sandbox.server import Reply, Request
from tests.contract.sources import DAY, new, sqlite_file
from tests.contract.trackers import Naps
from tests.core.strategies import impact_with
from tests.simulators.impact.server import impact_answer
from tests.simulators.server import DROP_AFTER, DROP_BEFORE, Fault, LoopbackServer, refuse, stall

SECRET = "wêbhook-s3cret"
SERVICE, BOT, EVE, ADA = "acc-firefighter", "acc-bot", "acc-eve", "acc-ada"
SITE = "https://impact.example.test"
LINK = Link(
    Incident(7, {Field.PRIORITY: 5, Field.STATUS: "OPEN"}, "INC-7", DAY, ""),
    Issue(10_007, "OPS-3", {Field.PRIORITY: "Lowest", Field.STATUS: "To Do"}, ""),  # moved since
)
STATUS: dict[Field, Value] = {Field.STATUS: "MITIGATING"}
PRIORITY: dict[Field, Value] = {Field.PRIORITY: 4}
BY_EVE = {name: Revision(name, DAY, "Eve Hidden", EVE) for name in (Field.STATUS, Field.PRIORITY)}


def having(**values: Any) -> Link:
    """The link, with other values in Impact."""
    return replace(LINK, incident=impact_with(LINK.incident, **values))


def client(
    url: str,
    naps: Naps | None = None,
    *,
    secret: str = SECRET,
    timeout: float = 5.0,
    handler: Handler = HANDLER,
) -> HttpClient:
    adapter, waiting = WebhookAdapter(4), (naps or Naps()).waiting()
    return HttpClient(handler, url, SignatureAuth(secret), adapter, timeout, waiting)


def writer(url: str = SITE, naps: Naps | None = None, **options: Any) -> WebhookWriter:
    """The gateway as the composition root puts it together."""
    return WebhookWriter(client(url, naps, **options), lambda: BOT, SERVICE)


@dataclass
class Site:
    """A FireFighter with one incident, open and of priority 5, and the writer before it."""

    engine: Engine
    webhook: Webhook
    server: LoopbackServer
    naps: Naps = field(default_factory=Naps)
    seen: list[Request] = field(default_factory=list)

    def write(
        self,
        values: Mapping[Field, Value],
        edits: Mapping[Field, Revision] = BY_EVE,
        link: Link = LINK,
        **options: Any,
    ) -> WebhookWriter:
        """Write through a new gateway, and return that."""
        gateway = writer(self.server.url, self.naps, **options)
        gateway.write(link, values, edits)
        return gateway

    @property
    def state(self) -> tuple[int, int]:
        found = select(tables.incident.c.status, tables.priority.c.value).join(tables.priority)
        with self.engine.connect() as connection:
            status, value = connection.execute(found).one()
        return status, value

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(request.body) for request in self.seen]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the one incident, to be copied: that is quicker than to make it."""
    path = tmp_path_factory.mktemp("fresh") / "impact.db"
    sqlite_file(path, [new(7, priority=5, jira_key="INC-7", jira_id=10_007)])
    return path


@pytest.fixture
def site(fresh: Path, tmp_path: Path) -> Iterator[Site]:
    engine = create_engine(f"sqlite:///{copyfile(fresh, tmp_path / 'impact.db')}")
    webhook = Webhook(engine, SECRET, SERVICE)
    inside = impact_answer(engine, [], webhook=webhook)
    seen: list[Request] = []

    def answer(request: Request) -> Reply:
        seen.append(request)
        return inside(request)

    with LoopbackServer(answer, close_each=True) as server:
        yield Site(engine, webhook, server, seen=seen)
    engine.dispose()


def failure(site: Site, values: Mapping[Field, Value] = STATUS, **options: Any) -> ServiceError:
    """The one error that a write ends in, which shows no secret."""
    with pytest.raises(ServiceError) as caught:
        site.write(values, **options)
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert SECRET not in shown
    assert "sha256=" not in shown
    assert len(str(caught.value).splitlines()) == 1
    assert caught.value.where == f"{site.server.url}{JIRA_UPDATE}"
    return caught.value


# What is sent


def test_it_is_an_incident_writer(site: Site) -> None:
    gateway: IncidentWriter = writer(site.server.url)
    assert (gateway.name, gateway.sees_changes) == ("webhook", False)
    assert gateway.missing(list(WEBHOOK_EXPRESSES)) == ()
    assert gateway.requests == 0


def test_firefighters_web_server_gives_up_before_we_do() -> None:
    assert WEBHOOK_SECONDS > 30


def test_an_event_is_what_jira_would_send(site: Site) -> None:
    gateway = site.write(STATUS)
    assert gateway.requests == 1
    assert site.state == (30, 5)
    assert site.server.requests == [("POST", "/api/v2/firefighter/raid/jira_update")]
    assert site.events == [
        {
            "webhookEvent": "jira:issue_updated",
            "issue": {"id": "10007", "key": "INC-7", "fields": {}},
            "user": {"accountId": "acc-eve", "displayName": "Eve Hidden"},
            "changelog": {
                "items": [
                    {
                        "field": "status",
                        "fieldId": "status",
                        "fromString": "Incoming",
                        "toString": "in progress",
                    }
                ]
            },
        }
    ]


def test_it_is_signed_byte_by_byte(site: Site) -> None:
    site.write(STATUS, {Field.STATUS: Revision(Field.STATUS, DAY, "Zoë “支払い” \\ é", EVE)})
    (request,) = site.seen
    digest = hmac.new(SECRET.encode(), request.body, hashlib.sha256).hexdigest()
    assert request.headers["X-Hub-Signature"] == f"sha256={digest}"
    assert request.headers["Content-Type"] == "application/json"
    assert "Authorization" not in request.headers
    assert site.state == (30, 5)


@pytest.mark.parametrize("body", ['{"é": 1}', '{"é": 1}'.encode(), None])
def test_whatever_leaves_is_signed(body: str | bytes | None) -> None:
    prepared = requests.Request("POST", SITE, data=body, auth=SignatureAuth(SECRET)).prepare()
    sent = prepared.body or b""
    sent = sent.encode() if isinstance(sent, str) else sent
    digest = hmac.new(SECRET.encode(), sent, hashlib.sha256).hexdigest()
    assert prepared.headers["X-Hub-Signature"] == f"sha256={digest}"


def items(site: Site) -> list[tuple[str, str, str]]:
    """Field, from and to of every change that was sent."""
    return [
        (item["field"], item["fromString"], item["toString"])
        for event in site.events
        for item in event["changelog"]["items"]
    ]


@pytest.mark.parametrize(
    ("status", "name"),
    [
        ("OPEN", "Incoming"),
        ("INVESTIGATING", "in progress"),
        ("MITIGATING", "in progress"),
        ("MITIGATED", "Reporter validation"),
        ("POST_MORTEM", "Reporter validation"),
        ("CLOSED", "Closed"),
        ("Frozen", "Frozen"),
    ],
)
def test_a_status_comes_from_what_impact_has_in_firefighters_words(
    site: Site, status: str, name: str
) -> None:
    site.write({Field.STATUS: "CLOSED"}, link=having(status=status))
    assert items(site) == [("status", name, "Closed")]


@pytest.mark.parametrize(
    ("status", "name"),
    [("MITIGATING", "in progress"), ("MITIGATED", "Reporter validation"), ("OPEN", "Incoming")],
)
def test_a_status_goes_out_in_firefighters_words(site: Site, status: str, name: str) -> None:
    site.write({Field.STATUS: status})
    assert items(site) == [("status", "Incoming", name)]


@pytest.mark.parametrize("before", [5, 20, None])
def test_a_priority_goes_out_as_firefighters_option(site: Site, before: int | None) -> None:
    site.write(PRIORITY, link=having(priority=before))
    assert site.events[0]["changelog"]["items"] == [
        {
            "field": "Priority",
            "fieldId": "customfield_11064",
            "fromString": "" if before is None else str(before),
            "toString": "4",
        }
    ]
    assert site.state == (10, 4)


def test_both_by_one_person_are_one_event(site: Site) -> None:
    gateway = site.write({**PRIORITY, **STATUS})
    assert gateway.requests == len(site.seen) == 1
    assert [name for name, _, _ in items(site)] == ["status", "Priority"]
    assert site.state == (30, 4)


def test_two_people_are_two_events_the_status_first(site: Site) -> None:
    edits = {
        Field.STATUS: Revision(Field.STATUS, DAY, "Ada", ADA),
        Field.PRIORITY: BY_EVE[Field.PRIORITY],
    }
    gateway = site.write({**PRIORITY, **STATUS}, edits)
    assert gateway.requests == 2
    assert [event["user"]["accountId"] for event in site.events] == [ADA, EVE]
    assert [name for name, _, _ in items(site)] == ["status", "Priority"]
    assert site.state == (30, 4)


@pytest.mark.parametrize(
    ("edits", "user"),
    [
        ({}, (BOT, "raidctl")),
        ({Field.STATUS: Revision(Field.STATUS, DAY)}, (BOT, "raidctl")),
        ({Field.STATUS: Revision(Field.STATUS, DAY, "Somebody")}, (BOT, "raidctl")),
        ({Field.STATUS: Revision(Field.STATUS, DAY, None, ADA)}, (ADA, ADA)),
        ({Field.PRIORITY: Revision(Field.PRIORITY, DAY, "Ada", ADA)}, (BOT, "raidctl")),
    ],
)
def test_what_nobody_is_known_to_have_changed_we_did(
    site: Site, edits: dict[Field, Revision], user: tuple[str, str]
) -> None:
    site.write(STATUS, edits)
    assert site.events[0]["user"] == {"accountId": user[0], "displayName": user[1]}


def test_who_we_are_is_asked_only_where_it_matters(site: Site) -> None:
    def unknown() -> str:
        raise AssertionError("was asked")

    WebhookWriter(client(site.server.url), unknown, SERVICE).write(LINK, STATUS, BY_EVE)
    assert site.state == (30, 5)


def test_what_is_put_back_nobody_changed_in_jira(site: Site) -> None:
    """Not even raidctl: were it FireFighter's own account, nothing would come of it."""
    gateway = WebhookWriter(client(site.server.url), lambda: SERVICE, SERVICE)
    gateway.restore(LINK, {**STATUS, **PRIORITY})
    assert [event["user"] for event in site.events] == [{"accountId": "", "displayName": "raidctl"}]
    assert site.state == (30, 4)


def test_nothing_to_write_sends_nothing(site: Site) -> None:
    site.write({})
    assert site.seen == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v2/firefighter/raid/jira_comment"),
        ("POST", "/api/v2/firefighter/raid/jira_update/"),
        ("POST", "/api/v2/firefighter/incidents"),
        ("PUT", JIRA_UPDATE),
        ("GET", JIRA_UPDATE),
        ("GET", "/api/v2/firefighter/incidents/"),
        ("DELETE", JIRA_UPDATE),
    ],
)
def test_nothing_else_leaves(site: Site, method: str, path: str) -> None:
    with pytest.raises(ReadOnlyError, match=f"{method} {path}"):
        client(site.server.url)._session.request(method, site.server.url + path, timeout=5)
    assert site.server.connections == 0


def test_the_site_may_lie_below_a_path() -> None:
    with responses.RequestsMock() as mock:
        mock.post(f"{SITE}/ff{JIRA_UPDATE}")
        writer(f"{SITE}/ff/").write(LINK, STATUS, BY_EVE)


# What is not even sent


@pytest.mark.parametrize("field", [Field.STATUS, Field.PRIORITY])
def test_what_firefighters_own_account_did_is_not_sent(site: Site, field: Field) -> None:
    edits = {**BY_EVE, field: Revision(field, DAY, "FireFighter", SERVICE)}
    error = failure(site, {**STATUS, **PRIORITY}, edits=edits)
    assert not isinstance(error, LostAnswerError)
    assert error.category is Category.REFUSED
    assert f"the {field} was changed in JIRA by FireFighter's own service account" in error.seen
    assert site.seen == []


def test_raidctl_that_is_firefighters_account_sends_nothing(site: Site) -> None:
    gateway = WebhookWriter(client(site.server.url), lambda: SERVICE, SERVICE)
    with pytest.raises(ServiceError, match="own service account") as caught:
        gateway.write(LINK, STATUS, {})
    assert caught.value.category is Category.REFUSED
    assert site.seen == []


def test_without_a_known_service_account_everything_is_sent(site: Site) -> None:
    gateway = WebhookWriter(client(site.server.url), lambda: "", "")
    gateway.write(LINK, STATUS, {})
    assert site.state == (30, 5)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (Field.STATUS, "INVESTIGATING"),
        (Field.STATUS, "POST_MORTEM"),
        (Field.STATUS, None),
        (Field.PRIORITY, 20),
        (Field.PRIORITY, None),
        (Field.TITLE, "New"),
    ],
)
def test_what_firefighter_has_no_words_for_is_not_sent(
    site: Site, field: Field, value: Value
) -> None:
    error = failure(site, {Field.STATUS: "MITIGATED", field: value})
    assert error.category is Category.VALIDATION
    assert f"no words for the {field} {value}" in error.seen
    assert f'{field} = "database"' in error.advice
    assert site.seen == []


# What FireFighter refuses


def test_a_wrong_secret_is_told(site: Site) -> None:
    error = failure(site, secret="another-s3cret")
    assert not isinstance(error, LostAnswerError)
    assert error.category is Category.AUTH
    assert error.seen == "HTTP 401 (Invalid webhook signature.)"
    assert "impact.webhook_secret" in error.advice
    assert "another-s3cret" not in str(error)
    assert len(site.seen) == 1
    assert site.state == (10, 5)


def test_a_firefighter_without_a_secret_is_told(site: Site) -> None:
    site.webhook.secret = ""
    error = failure(site)
    assert error.seen == "HTTP 401 (Webhook secret not configured.)"
    assert error.category is Category.AUTH


@pytest.mark.parametrize("status", [404, 405, 410])
def test_a_path_that_is_not_there_is_not_an_incident_that_is_gone(site: Site, status: int) -> None:
    site.server.faults = lambda _: refuse(status, body="<html>Page not found</html>")
    error = failure(site)
    assert not isinstance(error, LostAnswerError)
    assert error.category is Category.NOT_FOUND
    for words in ("not the incident", "impact.url", "ENABLE_RAID"):
        assert words in error.advice


@pytest.mark.parametrize("status", [400, 415, 413, 418])
def test_an_event_that_it_does_not_understand_is_told(site: Site, status: int) -> None:
    told = {"errors": [{"detail": "This field is required."}]}
    site.server.faults = lambda _: refuse(status, body=told)
    error = failure(site)
    assert not isinstance(error, LostAnswerError)
    assert error.category is Category.VALIDATION
    assert error.seen == f"HTTP {status} (This field is required.)"
    assert ("of a version raidctl knows" in error.advice) == (status in {400, 415})


def test_something_in_between_that_forbids_it_is_told(site: Site) -> None:
    site.server.faults = lambda _: refuse(403)
    error = failure(site)
    assert error.category is Category.PERMISSION
    assert "let events through" in error.advice


@pytest.mark.parametrize("status", [301, 302, 308])
def test_a_redirect_is_not_followed(site: Site, status: int) -> None:
    to = f"{site.server.url}{JIRA_UPDATE}"
    reply = Reply(status, headers={"Location": to})
    site.server.faults = lambda _: Fault(acts=False, reply=reply)
    error = failure(site)
    assert error.category is Category.AUTH
    assert "impact.url and impact.webhook_secret" in error.advice
    assert len(site.server.requests) == 1


def test_a_limit_is_waited_out(site: Site) -> None:
    faults = iter([refuse(429, "7")])
    site.server.faults = lambda _: next(faults, None)
    gateway = site.write(STATUS)
    assert site.naps.seconds == [7]
    assert gateway.requests == 2
    assert site.state == (30, 5)


# Answers that tell nothing


@pytest.mark.parametrize(
    "fault",
    [DROP_AFTER, DROP_BEFORE, *map(refuse, (500, 502, 503, 504)),
     Fault(reply=Reply(200, "<html>Log in</html>", "text/html"))],
    ids=repr,
)  # fmt: skip
def test_an_answer_that_is_lost_is_read_not_repeated(site: Site, fault: Fault) -> None:
    site.server.faults = lambda _: fault
    error = failure(site)
    assert isinstance(error, LostAnswerError)
    assert error.category is Category.NETWORK
    assert "so nobody knows whether" in error.seen
    assert len(site.server.requests) == 1
    assert site.state == (30 if fault.acts else 10, 5)


def test_a_quick_crash_is_that_of_something_it_depends_on(site: Site) -> None:
    with site.engine.begin() as connection:
        issue = connection.execute(select(tables.jira_issue)).mappings().one()
        connection.execute(tables.jira_issue.insert(), {**issue, "id": 1})
        connection.execute(tables.raid_ticket.insert(), {"jiraissue_ptr_id": 1})
    error = failure(site)
    assert isinstance(error, LostAnswerError)
    assert error.seen.startswith("HTTP 500 (Server Error (500)), ")
    assert error.advice == (
        "FireFighter failed before it acted: its JIRA or its Slack cannot be reached from it, "
        "or two of its tickets carry this key"
    )


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_slow_crash_is_its_web_server_giving_up(site: Site, status: int) -> None:
    page = Reply(status, "<html>Internal Server Error</html>", "text/html")
    site.server.faults = lambda _: Fault(acts=False, reply=page, stall_seconds=0.1)
    error = failure(site, handler=replace(HANDLER, killed_after=0.05))
    assert isinstance(error, LostAnswerError)
    assert error.advice == (
        "FireFighter waited for its JIRA until its web server gave up: "
        "check that FireFighter reaches its JIRA"
    )


@pytest.mark.parametrize(("seconds", "waited"), [(24.9, False), (25.0, True)])
def test_25_seconds_are_slow(seconds: float, waited: bool) -> None:
    response = requests.Response()
    response.status_code = 500
    response.elapsed = timedelta(seconds=seconds)
    assert ("gave up" in HANDLER.when_broken(response)) == waited


def test_a_crash_after_a_limit_that_was_waited_out_is_a_quick_one(site: Site) -> None:
    faults = iter([refuse(429, "30"), refuse(500)])
    site.server.faults = lambda _: next(faults, None)
    assert "failed before it acted" in failure(site).advice
    assert site.naps.seconds == [30]


@pytest.mark.parametrize("status", [502, 503, 504])
def test_what_a_proxy_says_is_not_firefighters_word(site: Site, status: int) -> None:
    site.server.faults = lambda _: refuse(status)
    assert failure(site).advice == "look at Impact's own log"


def test_a_time_out_is_no_end(site: Site) -> None:
    site.server.faults = lambda _: stall(0.3)
    error = failure(site, timeout=0.05)
    assert isinstance(error, LostAnswerError)
    assert error.category is Category.NETWORK
    assert error.seen.startswith("no answer within 0.05 seconds")
    assert "may still act" in error.advice
    assert "its JIRA" in error.advice


def test_a_dropped_answer_is_no_end_either(site: Site) -> None:
    site.server.faults = lambda _: DROP_AFTER
    error = failure(site)
    assert "dropped" in error.seen
    assert "may still act" in error.advice


def test_a_login_page_is_told_as_one(site: Site) -> None:
    page = Reply(200, "<html>Log in</html>", "text/html")
    site.server.faults = lambda _: Fault(acts=False, reply=page)
    assert "check impact.url and impact.webhook_secret" in failure(site).advice


def test_no_connection_is_no_lost_answer(site: Site) -> None:
    with closing(_closed_port()) as closed:
        gateway = writer(f"http://127.0.0.1:{closed.getsockname()[1]}", site.naps)
        with pytest.raises(ServiceError, match="connection refused") as caught:
            gateway.write(LINK, STATUS, BY_EVE)
    assert not isinstance(caught.value, LostAnswerError)
    assert caught.value.category is Category.NETWORK


def _closed_port() -> socket.socket:
    """A port that is taken, and listens to nobody."""
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    return taken


@pytest.mark.parametrize(
    "second", [refuse(500), refuse(401), refuse(400), refuse(403), DROP_AFTER], ids=repr
)
def test_a_second_event_that_fails_leaves_what_the_first_did(site: Site, second: Fault) -> None:
    """The run is to read: something has been written."""
    faults = iter([None, second])
    site.server.faults = lambda _: next(faults, None)
    edits = {**BY_EVE, Field.STATUS: Revision(Field.STATUS, DAY, "Ada", ADA)}
    error = failure(site, {**STATUS, **PRIORITY}, edits=edits)
    assert isinstance(error, LostAnswerError)
    assert site.state[0] == 30


def test_a_first_event_that_is_refused_keeps_the_second_back(site: Site) -> None:
    site.server.faults = lambda _: refuse(401)
    edits = {**BY_EVE, Field.STATUS: Revision(Field.STATUS, DAY, "Ada", ADA)}
    error = failure(site, {**STATUS, **PRIORITY}, edits=edits)
    assert not isinstance(error, LostAnswerError)
    assert len(site.server.requests) == 1


def test_the_secret_shows_nowhere() -> None:
    gateway = writer()
    assert SECRET not in f"{gateway!r} {vars(gateway)!r} {SignatureAuth(SECRET)!r}"


# Why nothing came of it


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"status": "OPEN"}, "closes only what is mitigated; the incident is Open there"),
        ({"status": "INVESTIGATING"}, "mitigated; the incident is Investigating there"),
        ({"status": "MITIGATING", "needs_postmortem": True}, "the incident is Mitigating there"),
        ({"status": "MITIGATED", "needs_postmortem": True, "priority": 1}, "the post-mortem of"),
        ({"status": "POST_MORTEM", "needs_postmortem": True, "priority": 2}, "the post-mortem of"),
        ({"status": "MITIGATED", "needs_postmortem": False, "priority": 1}, "the key events of"),
        ({"status": "MITIGATED", "priority": 3}, "the key events of"),
        ({"status": "MITIGATED", "priority": 4}, None),
        ({"status": "MITIGATED", "priority": None}, None),
        ({"status": "POST_MORTEM", "needs_postmortem": False}, None),
    ],
)
def test_why_an_incident_was_not_closed(values: dict[str, Any], why: str | None) -> None:
    told = writer().explain_refusal(having(**values), Field.STATUS, "CLOSED")
    assert told is None if why is None else why in str(told)


@pytest.mark.parametrize(
    ("field", "value"), [(Field.STATUS, "MITIGATED"), (Field.PRIORITY, 1), (Field.TITLE, "CLOSED")]
)
def test_no_rule_is_known_for_anything_else(field: Field, value: Value) -> None:
    assert writer().explain_refusal(LINK, field, value) is None


@pytest.mark.parametrize(
    ("priority", "environment", "needed"),
    [
        ({"value": 1, "needs_postmortem": True}, {"value": "PRD"}, True),
        ({"value": 1, "needs_postmortem": True}, {"value": "STG"}, False),
        ({"value": 3, "needs_postmortem": False}, {"value": "PRD"}, False),
        ({"value": 1}, {"value": "PRD"}, None),
        ({"value": 1, "needs_postmortem": True}, {}, None),
        ({"value": 1, "needs_postmortem": True}, None, None),
    ],
)
def test_what_needs_a_postmortem_is_told_by_priority_and_environment(
    priority: dict[str, Any], environment: dict[str, Any] | None, needed: bool | None
) -> None:
    row = {"id": 1, "created_at": DAY.isoformat(), "priority": priority}
    row |= {} if environment is None else {"environment": environment}
    assert incident_of(row, SITE).needs_postmortem is needed
    assert incident_of({"id": 1, "created_at": DAY.isoformat()}, SITE).needs_postmortem is None
