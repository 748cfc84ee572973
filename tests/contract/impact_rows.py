"""A database of FireFighter's to write to, and every row of it before and after."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, create_engine, event, insert, select, text
from sqlalchemy.engine import make_url

from raidctl.core.model import Field, Incident, Issue, Link
from raidctl.core.scope import Scope
from raidctl.gateways.impact.database import tables
from raidctl.gateways.impact.database.engine import read_only_engine, writing_engine
from raidctl.gateways.impact.database.reader import DatabaseIncidents
from raidctl.gateways.impact.database.writer import DatabaseWriter
from tests.contract.sources import ADA, DAY, SITE, days, new

LED, ELSE, UNLED, RECOVERED = 1, 2, 3, 4
INCIDENTS = [
    new(LED, commander=ADA, description="As it was", jira_key="INC-1", jira_id=10001),
    new(ELSE, commander=ADA, jira_key="INC-2", jira_id=10002),
    new(UNLED),
    new(RECOVERED, status=50, updated_at=DAY + days(1)),
]
NOW = DAY + days(4)  # of a file; PostgreSQL has a clock of its own
PATIENCE = 0.05

Row = dict[str, Any]
Rows = Mapping[str, Mapping[Any, Row]]


@dataclass(frozen=True, slots=True)
class Changes:
    """What became of the rows: by table, the new ones without their ids, and the changed values."""

    added: dict[str, list[Row]]
    changed: dict[str, dict[Any, Row]]
    gone: dict[str, list[Any]]


@dataclass(frozen=True, slots=True)
class Impact:
    """A database, the writer before it, and what is needed to look at it from the side."""

    url: str
    engine: Engine
    writer: DatabaseWriter
    schema: str = ""

    @property
    def is_file(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @property
    def database(self) -> str:
        return make_url(self.url).database or ""

    @contextmanager
    def editing(self) -> Iterator[Connection]:
        """A transaction of somebody else's."""
        engine = create_engine(self.url)
        try:
            with engine.begin() as connection:
                yield connection
        finally:
            engine.dispose()

    def incident(self, number: int) -> Incident:
        """An incident as raidctl reads it."""
        engine = read_only_engine(self.url, self.schema)
        try:
            source = DatabaseIncidents(engine, SITE)
            (found,) = source.incidents(Scope(incidents=frozenset({number})))
        finally:
            engine.dispose()
        return found

    def link(self, number: int) -> Link:
        """An incident as it is now, and an issue that says something else in every field."""
        return Link(self.incident(number), ISSUE)

    def rows(self) -> Rows:
        """Every row there is, by table and key; times in UTC."""
        with self.editing() as connection:
            return {
                table.name: {
                    tuple(row[c.name] for c in table.primary_key): _plain(row)
                    for row in connection.execute(select(table)).mappings()
                }
                for table in tables.metadata.sorted_tables
            }

    @contextmanager
    def watched(self) -> Iterator["Watch"]:
        """Look at the rows before and after."""
        watch = Watch(self.rows())
        yield watch
        watch.after = self.rows()

    @contextmanager
    def untouched(self) -> Iterator[None]:
        """See to it that no row differs afterwards."""
        before = self.rows()
        yield
        assert self.rows() == before


ISSUE = Issue(
    id=10001,
    key="INC-1",
    values={
        Field.TITLE: "A title of JIRA's",
        Field.DESCRIPTION: "A description of JIRA's",
        Field.PRIORITY: "Highest",
        Field.STATUS: "Resolved",
        Field.COMMANDER: "acc-grace",
    },
    url="",
)


class Watch:
    """Rows before, and after."""

    def __init__(self, before: Rows) -> None:
        self.before = before
        self.after: Rows = {}

    @property
    def changes(self) -> Changes:
        """The difference, tables without any left out; new rows by the time they were made."""
        added, changed, gone = {}, {}, {}
        for table, before in self.before.items():
            after = self.after[table]
            new = [_but(after[key], "id") for key in after.keys() - before.keys()]
            if new:
                added[table] = sorted(new, key=lambda row: row.get("created_at", 0))
            differing = {
                key: {name: value for name, value in row.items() if before[key][name] != value}
                for key, row in after.items()
                if key in before and before[key] != row
            }
            if differing:
                changed[table] = {key[0]: row for key, row in differing.items()}
            if lost := sorted(key[0] for key in before.keys() - after.keys()):
                gone[table] = lost
        return Changes(added, changed, gone)


def _but(row: Row, *names: str) -> Row:
    return {name: value for name, value in row.items() if name not in names}


def _plain(row: Mapping[Any, Any]) -> Row:
    return {str(name): _utc(value) for name, value in row.items()}


def _utc(value: Any) -> Any:
    if not isinstance(value, datetime):
        return value
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def update_row(number: int, at: datetime, **values: Any) -> Row:
    """A row of an incident's history as it is to be, without its id."""
    empty = dict.fromkeys(c.name for c in tables.incident_update.c if c.name != "id")
    times = dict.fromkeys(("event_ts", "created_at", "updated_at"), at)
    return {**empty, **times, "incident_id": number, **values}


@contextmanager
def opened(url: str, schema: str = "", lock_seconds: float = PATIENCE) -> Iterator[Impact]:
    """A writer to that database that does not wait long for anybody."""
    engine = writing_engine(url, schema)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda raw, _: _hurry(raw, lock_seconds))
    try:
        yield Impact(url, engine, DatabaseWriter(engine, lock_seconds, lambda: NOW), schema)
    finally:
        engine.dispose()


def _hurry(connection: Any, seconds: float) -> None:
    connection.execute(f"PRAGMA busy_timeout = {round(seconds * 1_000)}")


def key_of(connection: Connection, table: str, **where: Any) -> Any:
    """The id of the row of a table with that value."""
    ((column, value),) = where.items()
    found = tables.metadata.tables[table]
    return connection.execute(select(found.c.id).where(found.c[column] == value)).scalar_one()


def add_event(connection: Connection, number: int, key: int, kind: str, at: datetime) -> None:
    """A key event that somebody noted of an incident."""
    row = update_row(number, at, id=UUID(int=key), event_type=kind)
    connection.execute(insert(tables.incident_update), row)


def run(connection: Connection, *statements: str) -> None:
    """Run statements as they are."""
    for statement in statements:
        connection.execute(text(statement))
