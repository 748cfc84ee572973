"""Incident sources under test: REST over `responses` and over sockets, SQLite, PostgreSQL."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, unquote, urlsplit

import requests
import responses
from requests.structures import CaseInsensitiveDict
from sqlalchemy import Connection, Engine, create_engine, event, insert, select

from raidctl.core.model import Field, Incident, IncidentStatus
from raidctl.core.scope import Scope
from raidctl.gateways.http.client import BearerAuth, HttpClient, ReadOnlyAdapter
from raidctl.gateways.impact.database import tables
from raidctl.gateways.impact.database.engine import read_only_engine
from raidctl.gateways.impact.database.reader import DatabaseIncidents
from raidctl.gateways.impact.rest import IMPACT, RestIncidents
from raidctl.ports.impact import IncidentSource
from raidctl.sandbox.impact.seed import NewIncident, add_incidents, add_user, seed_reference
from raidctl.sandbox.server import Answer, Reply, Request
from tests.contract.postgres import Cluster
from tests.contract.trackers import Naps
from tests.simulators.impact.server import impact_answer
from tests.simulators.server import LoopbackServer

Kind = Literal["rest-responses", "rest-sandbox", "sqlite", "postgres"]
Quirk = Callable[[Request, Answer], Reply]

TOKEN = "impact-s3cret"
SITE = "http://impact.example.test"
DAY = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
ADA, EDSGER, GRACE = "ada@example.test", "Edsger@Example.test", "grace@example.test"
PEOPLE = {ADA: ("Ada Lovelace", "acc-ada"), EDSGER: ("Edsger", "acc-edsger"), GRACE: ("", None)}
CONCURRENCY = 4


def new(number: int, **values: Any) -> NewIncident:
    """An open incident of that id, created on `DAY`."""
    created = values.get("created_at", DAY)
    common = {"title": f"Incident {number}", "created_at": created, "updated_at": created}
    return NewIncident(id=number, **{**common, **values})


def fill(
    engine: Engine,
    incidents: Iterable[NewIncident],
    *,
    commanders: Iterable[tuple[int, str]] = (),
    bare: bool = True,
) -> None:
    """Tables, reference rows, people, incidents, and further commanders of incidents."""
    tables.metadata.create_all(engine)
    with engine.begin() as connection:
        seed_reference(connection)
        for email, (name, account) in PEOPLE.items():
            add_user(connection, email, name, account)
        add_incidents(connection, incidents, bare=bare)
        for number, email in commanders:
            _add_commander(connection, number, email)


def _add_commander(connection: Connection, number: int, email: str) -> None:
    user, kind = tables.user.c, tables.incident_role_type.c
    row = {
        "incident_id": number,
        "user_id": connection.scalar(select(user.id).where(user.email == email)),
        "role_type_id": connection.scalar(select(kind.id).where(kind.slug == "commander")),
        "created_at": DAY,
        "updated_at": DAY,
    }
    connection.execute(insert(tables.incident_role), row)


def sqlite_file(path: Path, incidents: Iterable[NewIncident], **options: Any) -> str:
    """The URL of a new SQLite file that is FireFighter's database."""
    url = f"sqlite:///{path}"
    engine = create_engine(url)
    fill(engine, incidents, **options)
    engine.dispose()
    return url


def postgres_database(cluster: Cluster, incidents: Iterable[NewIncident], **options: Any) -> str:
    """The URL of a new PostgreSQL database that is FireFighter's."""
    url = cluster.url(cluster.new_database())
    engine = create_engine(url)
    fill(engine, incidents, **options)
    engine.dispose()
    return url


def rest_source(url: str, *, concurrency: int = CONCURRENCY, timeout: float = 5.0) -> RestIncidents:
    """The REST gateway as the composition root puts it together."""
    adapter, waiting = ReadOnlyAdapter((), concurrency), Naps().waiting()
    http = HttpClient(IMPACT, url, BearerAuth(TOKEN), adapter, timeout, waiting)
    return RestIncidents(http, concurrency)


@dataclass(frozen=True, slots=True)
class Stand:
    """A source, what it sent so far, and where its incidents have their pages."""

    kind: Kind
    source: IncidentSource
    site: str
    asked: Sequence[object]

    @property
    def reads_database(self) -> bool:
        """Whether it shows what REST does not."""
        return self.kind in ("sqlite", "postgres")

    def ids(self, scope: Scope) -> list[int]:
        """The ids of a scope, in the order in which they came."""
        return [incident.id for incident in self.source.incidents(scope)]

    def expected(self, row: NewIncident, commander: str | None) -> Incident:
        """The incident that a row is to be read as."""
        only_database: dict[str, Any] = {
            "issue_id": row.jira_id,
            "updated_at": row.updated_at,
            "private": row.private,
        }
        only_rest = {"needs_postmortem": row.priority < 3 and row.environment == "PRD"}
        return Incident(
            id=row.id,
            values={
                Field.TITLE: row.title,
                Field.DESCRIPTION: row.description,
                Field.PRIORITY: row.priority,
                Field.STATUS: IncidentStatus(row.status).name,
                Field.COMMANDER: commander,
            },
            issue_key=row.jira_key or None,
            created_at=row.created_at,
            url=f"{self.site}/incident/{row.id}/",
            ignored=row.ignore,
            **(only_database if self.reads_database else only_rest),
        )


def asked(statements: list[str], statement: str) -> None:
    """Keep a statement that asks for something: none of a transaction's own settings."""
    if "set_config" not in statement:
        statements.append(statement)


@contextmanager
def stand(kind: Kind, url: str) -> Iterator[Stand]:
    """A source of that kind over the database at `url`."""
    with ExitStack() as stack:
        if kind in ("sqlite", "postgres"):
            engine = read_only_engine(url, "")
            stack.callback(engine.dispose)
            sent: list[str] = []
            event.listen(engine, "before_cursor_execute", lambda *given: asked(sent, given[2]))
            yield Stand(kind, DatabaseIncidents(engine, SITE), SITE, sent)
            return
        engine = create_engine(url)
        stack.callback(engine.dispose)
        if kind == "rest-sandbox":
            site = stack.enter_context(impact(engine))
            yield Stand(kind, site.source, site.server.url, site.seen)
        else:
            seen = stack.enter_context(answered(impact_answer(engine, [TOKEN])))
            yield Stand(kind, rest_source(SITE), SITE, seen)


@contextmanager
def answered(answer: Answer) -> Iterator[list[Request]]:
    """Lets `responses` hand every GET of the site to a function of the sandbox."""
    seen: list[Request] = []

    def callback(prepared: requests.PreparedRequest) -> tuple[int, dict[str, str], bytes]:
        url = urlsplit(prepared.url or "")
        headers = CaseInsensitiveDict({**prepared.headers, "Host": url.netloc})
        headers = CaseInsensitiveDict({name: _text(value) for name, value in headers.items()})
        query = parse_qs(url.query, keep_blank_values=True)
        target = f"{url.path}?{url.query}"
        seen.append(Request("GET", unquote(url.path), query, headers, b"", target))
        reply = answer(seen[-1])
        return reply.status, {"Content-Type": reply.content_type}, reply.encoded()

    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.add_callback("GET", re.compile(f"{re.escape(SITE)}/"), callback, content_type=None)
        yield seen


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


@dataclass(frozen=True, slots=True)
class Site:
    """A simulated Impact over sockets, the gateway before it, and what the server was sent."""

    engine: Engine
    server: LoopbackServer
    source: RestIncidents
    seen: list[Request] = field(default_factory=list)

    def ids(self, scope: Scope) -> list[int]:
        """The ids of a scope, in the order in which they came."""
        return [incident.id for incident in self.source.incidents(scope)]


@contextmanager
def impact(
    engine: Engine,
    quirk: Quirk | None = None,
    *,
    concurrency: int = CONCURRENCY,
    **settings: Any,
) -> Iterator[Site]:
    """A running site over filled tables; `settings` go to `impact_answer`."""
    fixed = "mode" in engine.url.query
    inside = (_remembered if fixed else _fresh)(engine, **settings)
    seen: list[Request] = []

    def answer(request: Request) -> Reply:
        seen.append(request)
        return quirk(request, inside) if quirk else inside(request)

    with LoopbackServer(answer, close_each=True) as server:
        yield Site(engine, server, rest_source(server.url, concurrency=concurrency), seen)


def _fresh(engine: Engine, **settings: Any) -> Answer:
    return impact_answer(engine, [TOKEN], **settings)


@cache
def _remembered(engine: Engine, **settings: Any) -> Answer:
    """Of tables that nobody can write: to the same question the same answer, made once.

    All addresses in it are `SITE`'s, whatever the server's port.
    """
    ask = _fresh(engine, **settings)
    known: dict[str, Reply] = {}

    def answer(request: Request) -> Reply:
        headers = CaseInsensitiveDict({**request.headers, "host": urlsplit(SITE).netloc})
        question = repr((request.method, request.target, request.query, dict(headers)))
        if question not in known:
            known[question] = ask(replace(request, headers=headers))
        return known[question]

    return answer


def days(number: float) -> timedelta:
    """So many days."""
    return timedelta(days=number)
