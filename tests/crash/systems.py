"""Both systems: put back as they were before each case, and asked what became of them."""

import shutil
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, NamedTuple

from sqlalchemy import create_engine, event
from sqlalchemy.pool import NullPool

from raidctl.core.model import Field, IncidentStatus, Value
from raidctl.gateways.impact.database.tables import metadata
from raidctl.sandbox.impact.seed import add_incident, add_user, seed_reference
from raidctl.sandbox.impact.webhook import Webhook
from raidctl.sandbox.server import Reply, Request
from tests.cli.process import IMPACT_TOKEN, JIRA_TOKEN, WEBHOOK_SECRET, clean_environ
from tests.cli.world import ADA, BOT, GRACE, JIRA_FIELDS
from tests.crash.links import IMPACT, JIRA, Linked
from tests.simulators.impact.server import impact_answer
from tests.simulators.jira.server import jira_answer
from tests.simulators.jira.state import JiraState

BEFORE = datetime.now(UTC) - timedelta(days=1)
AGREED = BEFORE + timedelta(minutes=30)  # what people changed since came half an hour later
FIELDS = {**JIRA_FIELDS, Field.PRIORITY: "priority"}
SYNCED, RESTORED = "updated from Jira", "restored to what it was before a sync from Jira"

_NAMES = {key: str(name) for name, key in FIELDS.items()}
_INCIDENT = """
SELECT title, incident.description, priority.value, status,
  (SELECT email FROM incidents_incidentrole AS role
    JOIN incidents_user AS person ON person.id = role.user_id WHERE role.incident_id = incident.id)
FROM incidents_incident AS incident
JOIN incidents_priority AS priority ON priority.id = incident.priority_id WHERE incident.id = ?
"""
_UPDATES = """
SELECT author.email, event_type, message, title, note.description, value, status, commander.email
FROM incidents_incidentupdate AS note
LEFT JOIN incidents_priority AS priority ON priority.id = note.priority_id
LEFT JOIN incidents_user AS commander ON commander.id = note.commander_id
LEFT JOIN incidents_user AS author ON author.id = note.created_by_id
WHERE incident_id = ? AND note.rowid > ? ORDER BY note.rowid
"""


Sort = Literal["cloud", "datacenter"]
Rows = list[tuple[Any, ...]]


class Entry(NamedTuple):
    """One entry of a history: by whom, of which kind, and what the fields became by it."""

    by: str
    kind: str
    values: frozenset[tuple[str, Value]]


def entry(by: str, kind: str, values: Mapping[Any, Any]) -> Entry:
    """An entry with these values by field, or by JIRA's name of what is none."""
    return Entry(by, kind, frozenset((str(name), value) for name, value in values.items()))


class Impact:
    """FireFighter over a database in a file, which raidctl may write as well."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "impact.db"
        self._template = folder / "impact-template.db"
        # A connection that outlived a case would go by what it remembers of another file.
        self.engine = create_engine(f"sqlite:///{self.path}", poolclass=NullPool)
        event.listen(self.engine, "connect", _in_a_hurry)
        webhook = Webhook(self.engine, WEBHOOK_SECRET)
        site = "https://jira.example.test"
        self._ask = impact_answer(self.engine, {IMPACT_TOKEN}, jira_url=site, webhook=webhook)
        self._known: dict[str, Reply] = {}

    def answer(self, request: Request) -> Reply:
        """What it says; while it is as it was in the beginning, the same for less."""
        if request.method != "GET" or self._changes() != self._first:
            return self._ask(request)
        if (reply := self._known.get(request.target)) is None:
            reply = self._ask(request)
            if self._changes() == self._first:  # nobody has written meanwhile
                self._known[request.target] = reply
        return reply

    def make(self, links: Iterable[Linked]) -> None:
        """The incidents as they are before anything has run."""
        metadata.create_all(self.engine)
        with self.engine.begin() as connection:
            seed_reference(connection)
            for person in (ADA, GRACE):
                add_user(connection, person.email, person.name, person.account)
            for link in links:
                add_incident(connection, **_incident(link))
        self.keep()

    def keep(self) -> None:
        """From now on a case begins with what there is now."""
        shutil.copyfile(self.path, self._template)
        self._last = self._rows("SELECT max(rowid) FROM incidents_incidentupdate")[0][0]
        self._first = self._changes()
        self._known.clear()

    def reset(self) -> None:
        """As it was in the beginning, and without what a killed transaction left beside it."""
        self.path.with_name(f"{self.path.name}-journal").unlink(missing_ok=True)
        shutil.copyfile(self._template, self.path)

    def held(self, link: Linked) -> dict[Field, Value]:
        """What an incident holds."""
        found: dict[Field, Any] = dict(zip(Field, *self._rows(_INCIDENT, link.number), strict=True))
        return found | {Field.STATUS: IncidentStatus(found[Field.STATUS]).name}

    def history(self, link: Linked) -> list[Entry]:
        """What was noted of it since the case began."""
        return [
            entry(author or "", kind or _said(message), _given(values))
            for author, kind, message, *values in self._rows(_UPDATES, link.number, self._last)
        ]

    def meddle(self, script: str) -> None:
        """Let somebody do something to the database."""
        with closing(sqlite3.connect(self.path)) as connection:
            connection.executescript(script)

    def _changes(self) -> bytes:
        """How often it was written: SQLite counts that in the file."""
        with self.path.open("rb") as file:
            return file.read(28)[24:]

    def _rows(self, sql: str, *parameters: object) -> list[Any]:
        with closing(sqlite3.connect(self.path)) as connection, connection:
            return connection.execute(sql, parameters).fetchall()


class Jira:
    """A site in memory."""

    state: JiraState

    def __init__(self, sort: Sort) -> None:
        self._sort = sort

    def answer(self, request: Request) -> Reply:
        """What it says."""
        return self._answer(request)

    def reset(self, links: Iterable[Linked]) -> None:
        """As it was in the beginning: people had changed some issues, an hour after the first."""
        self.state = JiraState(deployment=self._sort, users=(ADA, GRACE, BOT), me=BOT.account)
        self.state.now = lambda: BEFORE + timedelta(hours=1)
        for link in links:
            begun, by = link.begun[JIRA], link.people
            seeded = {key: link.agreed[JIRA][key] if key in by else begun[key] for key in Field}
            made: dict[str, Any] = {FIELDS[key]: value for key, value in seeded.items()}
            self.state.add_issue(f"INC-{link.number}", link.issue, created=BEFORE, **made)
            for name, person in by.items():
                edit: dict[str, Any] = {FIELDS[name]: begun[name]}
                self.state.edit(link.issue, person.account, **edit)
        self._first = {link.number: len(self.state.history(link.issue)) for link in links}
        self.state.now = lambda: datetime.now(UTC)
        self._answer = jira_answer(self.state, token=JIRA_TOKEN)

    def held(self, link: Linked) -> dict[Field, Value]:
        """What an issue holds."""
        values = self.state.issue(link.issue).values
        return {name: values[key] for name, key in FIELDS.items()}

    def history(self, link: Linked) -> list[Entry]:
        """What was changed of it since the case began."""
        return [
            entry(change.author, "", {_NAMES.get(key, key): new for key, _, new in change.items})
            for change in self.state.history(link.issue)[self._first[link.number] :]
        ]


def common(jira: str, sort: Sort, journal: Path, concurrency: int = 1) -> str:
    """What the configuration of every scenario says of JIRA, the journal and how many at once."""
    user = f'user = "{BOT.email}"' if sort == "cloud" else ""
    return f"""\
[jira]
url = "{jira}"
{user}
token_env = "JIRA_TOKEN"
project = "INC"
[journal]
path = "{journal}"
[http]
concurrency = {concurrency}
"""


def configured(folder: Path, impact: Impact, text: str) -> dict[str, str]:
    """The environment of somebody with this configuration, and all secrets that one may name."""
    file = folder / "raidctl.toml"
    file.write_text(text)
    return clean_environ(folder) | {
        "RAIDCTL_CONFIG": str(file),
        "IMPACT_TOKEN": IMPACT_TOKEN,
        "IMPACT_DATABASE_URL": f"sqlite:///{impact.path}",
        "JIRA_TOKEN": JIRA_TOKEN,
        "RAID_JIRA_WEBHOOK_SECRET": WEBHOOK_SECRET,
    }


def rows(place: Path, sql: str) -> Rows:
    """Rows of a database in a file; nothing where there is none yet, or no such table."""
    if not place.exists():
        return []
    with closing(sqlite3.connect(place)) as connection:
        try:
            return connection.execute(sql).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []
            raise


def _in_a_hurry(connection: sqlite3.Connection, _: object) -> None:
    connection.execute("PRAGMA synchronous = OFF")  # nobody pulls the plug


def _said(message: str | None) -> str:
    """The words of a message by which it is known what it was about."""
    return next((words for words in (SYNCED, RESTORED) if words in str(message)), str(message))


def _given(row: Iterable[Any]) -> dict[Field, Value]:
    found = {name: value for name, value in zip(Field, row, strict=True) if value is not None}
    if Field.STATUS in found:
        found[Field.STATUS] = IncidentStatus(found[Field.STATUS]).name
    return found


def _incident(link: Linked) -> dict[str, Any]:
    values = link.begun[IMPACT]
    return {
        "id": link.number,
        "title": values[Field.TITLE],
        "description": values[Field.DESCRIPTION],
        "status": IncidentStatus[str(values[Field.STATUS])].value,
        "priority": values[Field.PRIORITY],
        "commander": values[Field.COMMANDER],
        "created_at": BEFORE,
        "updated_at": BEFORE + timedelta(hours=1),
        "jira_key": f"INC-{link.number}",
        "jira_id": link.issue,
    }
