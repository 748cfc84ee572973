"""What the tests of the command line share: both systems on loopback, and raidctl before them."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from sqlalchemy import Connection, create_engine, update

from raidctl.core.mapping.book import project_mapping
from raidctl.core.mapping.people import Users
from raidctl.core.mapping.tables import RAID
from raidctl.core.model import Field, Value
from raidctl.gateways.impact.database.tables import incident, metadata
from raidctl.journal import Journal
from raidctl.sandbox.impact.seed import NewIncident, add_incidents, add_user, seed_reference
from raidctl.sandbox.impact.webhook import Webhook
from raidctl.sandbox.jira import workflows as jira_workflows
from raidctl.sandbox.jira.state import Person
from raidctl.sandbox.server import Reply, Request
from tests.cli.inside import within
from tests.cli.process import IMPACT_TOKEN, JIRA_TOKEN, WEBHOOK_SECRET, Ended, clean_environ
from tests.fresh import fresh_journal
from tests.simulators.impact.server import impact_answer
from tests.simulators.jira.server import jira_answer
from tests.simulators.jira.state import JiraState
from tests.simulators.server import Fault, LoopbackServer

ADA = Person("712020:ada", "Ada Lovelace", "ada@example.test")
GRACE = Person("712020:grace", "Grace Hopper", "grace@example.test")
BOT = Person("712020:bot", "The Bot", "bot@example.test")

NOW = datetime.now(UTC)

TAILS = ("🧯 This incident has been created", "*Additional Information*")
MAPPING = project_mapping(RAID, TAILS, Users())
"""What a configuration without rows of its own says."""

Sort = Literal["cloud", "datacenter"]


@dataclass(frozen=True, slots=True)
class Pair:
    """An incident, its issue, and what both were when they last agreed.

    `impact` and `jira` differ from "incident N, mitigating, P3, commanded by Ada" in these
    fields, each in its own spelling; `linked` False leaves out the issue.
    """

    number: int
    impact: Mapping[Field, Value] = field(default_factory=dict, hash=False)
    jira: Mapping[Field, Value] = field(default_factory=dict, hash=False)
    agreed: bool = True
    linked: bool = True
    private: bool = False
    ignored: bool = False
    days: int = 3
    project: str = "INC"

    @property
    def key(self) -> str:
        """The key of its issue."""
        return f"{self.project}-{self.number}"


def usual(number: int) -> tuple[dict[Field, Value], dict[Field, Value]]:
    """Both sides of an incident when nobody has changed anything."""
    text = {Field.TITLE: f"Incident {number}", Field.DESCRIPTION: f"What happened in {number}"}
    return (
        {
            **text,
            Field.PRIORITY: 3,
            Field.STATUS: "MITIGATING",
            Field.COMMANDER: ADA.email,
        },
        {
            **text,
            Field.PRIORITY: "Medium",
            Field.STATUS: "In Progress",
            Field.COMMANDER: ADA.account,
        },
    )


PAIRS = (
    Pair(1),
    Pair(2, impact={Field.STATUS: "MITIGATED"}),
    Pair(3, jira={Field.PRIORITY: "High"}),
    Pair(4, impact={Field.PRIORITY: 1}, jira={Field.PRIORITY: "Low"}),
    Pair(5, jira={Field.TITLE: "Another title of 5"}, agreed=False),
    Pair(6),
    Pair(7, linked=False),
    Pair(8, impact={Field.TITLE: "A secret matter"}, private=True),
    Pair(
        9,
        impact={Field.STATUS: "CLOSED"},
        jira={Field.STATUS: "Closed", Field.TITLE: "Closed long ago"},
        days=400,
    ),
    Pair(10, impact={Field.COMMANDER: GRACE.email}),
)
HIDDEN = 6
DRIFT = {
    (2, "status", "impact_changed"),
    (3, "priority", "jira_changed"),
    (4, "priority", "conflict"),
    (5, "title", "undecided"),
    (6, None, "not_visible"),
    (7, None, "unlinked"),
    (8, "title", "impact_changed"),
    (10, "commander", "impact_changed"),
}
"""What `raidctl diff` finds in `PAIRS` (without `--all`)."""

NUMBERS = {"OPEN": 10, "INVESTIGATING": 20, "MITIGATING": 30, "MITIGATED": 40}
NUMBERS |= {"POST_MORTEM": 50, "CLOSED": 60}
JIRA_FIELDS = {
    Field.TITLE: "summary",
    Field.DESCRIPTION: "description",
    Field.STATUS: "status",
    Field.COMMANDER: "assignee",
}

_IN_IMPACT = """
SELECT title, incident.description, priority.value, status,
  (SELECT email FROM incidents_incidentrole AS role
    JOIN incidents_incidentroletype AS type ON type.id = role.role_type_id
    JOIN incidents_user AS person ON person.id = role.user_id
    WHERE role.incident_id = incident.id AND type.slug = 'commander' ORDER BY role.id DESC LIMIT 1)
FROM incidents_incident AS incident JOIN incidents_priority AS priority
  ON priority.id = incident.priority_id WHERE incident.id = ?
"""


@dataclass
class World:
    """Both systems, a configuration for them, and a place for a user's files."""

    folder: Path
    impact: LoopbackServer
    jira: LoopbackServer
    state: JiraState
    priority_field: str = "priority"

    @property
    def database(self) -> Path:
        """FireFighter's database."""
        return self.folder / "impact.db"

    @property
    def journal(self) -> Path:
        """raidctl's journal."""
        return self.folder / "journal" / "journal.db"

    @property
    def environ(self) -> dict[str, str]:
        """A user's environment, with the secrets that `toml` names."""
        return {
            **clean_environ(self.folder),
            "IMPACT_TOKEN": IMPACT_TOKEN,
            "JIRA_TOKEN": JIRA_TOKEN,
            "RAID_JIRA_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "IMPACT_DATABASE_URL": f"sqlite:///{self.database}",
        }

    def toml(self, *, impact: str = "", jira: str = "", more: str = "") -> str:
        """The configuration as text, with more lines for its tables."""
        user = f'user = "{BOT.email}"' if self.state.deployment == "cloud" else ""
        preset = "" if "[mapping]" in more else '[mapping]\npreset = "raid"'
        return f"""\
[impact]
url = "{self.impact.url}"
token_env = "IMPACT_TOKEN"
{impact}
[impact.writes]
status = "webhook"
priority = "webhook"
title = "database"
[jira]
url = "{self.jira.url}"
{user}
token_env = "JIRA_TOKEN"
project = "INC"
priority_field = "{self.priority_field}"
{jira}
[journal]
path = "{self.journal}"
{preset}
{more}
"""

    def configured(self, text: str | None = None) -> Path:
        """A file of its own with that configuration, the same for the same."""
        text = self.toml() if text is None else text
        known = list(self.folder.glob("config-*.toml"))
        for file in known:
            if file.read_text(encoding="utf-8") == text:
                return file
        file = self.folder / f"config-{len(known)}.toml"
        file.write_text(text, encoding="utf-8")
        return file

    def run(
        self,
        *arguments: str,
        config: str | None = None,
        typed: str | None = None,
        **environ: str,
    ) -> Ended:
        """What raidctl answers with a configuration, by default `toml`; see `inside.within`."""
        return within(*arguments, environ=self.ready(config, **environ), typed=typed)

    def diff(self, *arguments: str, config: str | None = None, **environ: str) -> Ended:
        """`raidctl diff` as JSON."""
        return self.run("diff", "-o", "json", *arguments, config=config, **environ)

    def reconcile(self, *arguments: str, config: str | None = None, **environ: str) -> Ended:
        """`raidctl reconcile` as JSON."""
        return self.run("reconcile", "-o", "json", *arguments, config=config, **environ)

    def ready(self, config: str | None = None, **environ: str) -> dict[str, str]:
        """The environment of a run with a configuration, by default `toml`."""
        return {**self.environ, "RAIDCTL_CONFIG": str(self.configured(config)), **environ}

    @property
    def writes(self) -> list[tuple[str, str]]:
        """What JIRA was sent that writes: method and the path from the issue's id on."""
        return [
            (method, path.rpartition("/issue/")[2])
            for method, path in self.jira.requests
            if method == "PUT" or (method == "POST" and path.endswith("/transitions"))
        ]

    @property
    def events(self) -> list[str]:
        """What Impact was sent that writes: the paths, all of them the webhook's."""
        return [path for method, path in self.impact.requests if method != "GET"]

    def in_impact(self, number: int, name: Field) -> Value:
        """What an incident holds now, in Impact's own words."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            row = connection.execute(_IN_IMPACT, [number]).fetchone()
        found: dict[Field, Value] = dict(zip(Field, row, strict=True))
        if name is Field.STATUS:
            return next(word for word, value in NUMBERS.items() if value == found[name])
        return found[name]

    def in_jira(self, number: int, name: Field) -> Any:
        """What the issue of an incident holds now."""
        names = {**JIRA_FIELDS, Field.PRIORITY: self.priority_field}
        return self.state.issue(10_000 + number).values.get(names[name])

    def edit_incident(self, number: int, **columns: Any) -> None:
        """Let somebody change an incident; its history stays as old as it was."""
        statement = update(incident).where(incident.c.id == number).values(**columns)
        engine = create_engine(f"sqlite:///{self.database}")
        with engine.begin() as connection:
            connection.execute(statement)
        engine.dispose()

    def sql(self, statement: str) -> None:
        """Let FireFighter's database hold what no FireFighter writes."""
        with closing(sqlite3.connect(self.database)) as connection, connection:
            connection.execute(statement)

    def rows(self, sql: str) -> list[Any]:
        """Rows of FireFighter's database."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            return connection.execute(sql).fetchall()

    def journalled(self, sql: str) -> list[Any]:
        """Rows of the journal."""
        with closing(sqlite3.connect(f"file:{self.journal}?mode=ro", uri=True)) as connection:
            return connection.execute(sql).fetchall()

    def sound(self) -> bool:
        """Whether the journal is whole, and no write is open in it."""
        return self.journalled("PRAGMA integrity_check") == [("ok",)] and not self.journalled(
            "SELECT * FROM writes WHERE sent AND outcome IS NULL"
        )

    @contextmanager
    def fault(
        self,
        side: Literal["impact", "jira"],
        fault: Fault,
        when: Callable[[Request], bool] = lambda _: True,
    ) -> Iterator[None]:
        """One system misbehaves for a while."""
        server = self.impact if side == "impact" else self.jira
        server.faults = lambda request: fault if when(request) else None
        try:
            yield
        finally:
            server.faults = None


@contextmanager
def world(
    folder: Path,
    pairs: tuple[Pair, ...] = PAIRS,
    *,
    sort: Sort = "cloud",
    priority_field: str = "priority",
    workflow: jira_workflows.Workflow = jira_workflows.RAID,
    quirk: Callable[[Request, Reply], Reply] = lambda _, reply: reply,
) -> Iterator[World]:
    """Both systems with these incidents, until the context ends; `quirk` may change any answer."""
    folder.mkdir(exist_ok=True)
    (folder / "impact.db").write_bytes(_impact_of(pairs))
    engine = create_engine(f"sqlite:///{folder / 'impact.db'}")
    state = JiraState(deployment=sort, users=(ADA, GRACE, BOT), me=BOT.account, workflow=workflow)
    ask_impact, ask_jira = (
        impact_answer(
            engine,
            {IMPACT_TOKEN},
            jira_url="https://jira.example.test",
            webhook=Webhook(engine, WEBHOOK_SECRET),
        ),
        jira_answer(state, token=JIRA_TOKEN),
    )
    with ExitStack() as stack:
        stack.callback(engine.dispose)
        impact = stack.enter_context(
            LoopbackServer(lambda r: quirk(r, ask_impact(r)), close_each=True)
        )
        jira = stack.enter_context(LoopbackServer(lambda r: quirk(r, ask_jira(r))))
        made = World(folder, impact, jira, state, priority_field)
        for pair in pairs:
            if pair.linked:
                _add_issue(state, pair, priority_field)
        if any(pair.number == HIDDEN for pair in pairs):
            state.forbid(10_000 + HIDDEN)
        fresh_journal(made.journal).write_bytes(_journal_of(pairs))
        yield made


@cache
def _empty_impact() -> bytes:
    """FireFighter's database before the first incident, made once and copied."""

    def fill(connection: Connection) -> None:
        metadata.create_all(connection)
        seed_reference(connection)
        for person in (ADA, GRACE):
            add_user(connection, person.email, person.name, person.account)

    return _filled(b"", fill)


@lru_cache(maxsize=32)
def _impact_of(pairs: tuple[Pair, ...]) -> bytes:
    """FireFighter's database with these incidents: most worlds have those of another."""
    incidents = [NewIncident(**_incident(pair)) for pair in pairs]
    return _filled(_empty_impact(), lambda connection: add_incidents(connection, incidents))


def _filled(before: bytes, fill: Callable[[Connection], None]) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder, "impact.db")
        path.write_bytes(before)
        engine = create_engine(f"sqlite:///{path}")
        with engine.begin() as connection:
            fill(connection)
        engine.dispose()
        return path.read_bytes()


def _incident(pair: Pair) -> dict[str, Any]:
    values = {**usual(pair.number)[0], **pair.impact}
    created = NOW - timedelta(days=pair.days)
    return {
        "id": pair.number,
        "title": values[Field.TITLE],
        "description": values[Field.DESCRIPTION],
        "status": NUMBERS[str(values[Field.STATUS])],
        "priority": values[Field.PRIORITY],
        "commander": values[Field.COMMANDER],
        "created_at": created,
        "updated_at": created + timedelta(hours=1),
        "jira_key": pair.key if pair.linked else None,
        "jira_id": 10_000 + pair.number if pair.linked else None,
        "private": pair.private,
        "ignore": pair.ignored,
    }


def _add_issue(state: JiraState, pair: Pair, priority_field: str) -> None:
    values = {**usual(pair.number)[1], **pair.jira}
    names = {**JIRA_FIELDS, Field.PRIORITY: priority_field}
    created = NOW - timedelta(days=pair.days)
    seeded: dict[str, Any] = {names[name]: value for name, value in values.items()}
    state.add_issue(pair.key, 10_000 + pair.number, created=created, **seeded)


@lru_cache(maxsize=32)
def _journal_of(pairs: tuple[Pair, ...]) -> bytes:
    """A journal with baselines of what both sides were before anybody changed anything."""
    with TemporaryDirectory() as folder:
        path = fresh_journal(Path(folder, "journal.db"))
        journal = Journal(path)
        journal.record_baselines(
            (
                (
                    pair.number,
                    10_000 + pair.number,
                    name,
                    MAPPING.agreed(name, impact[name], jira[name]),
                )
                for pair in pairs
                if pair.agreed and pair.linked
                for impact, jira in [usual(pair.number)]
                for name in Field
            ),
            "test",
            NOW,
        )
        journal.close()
        return path.read_bytes()
