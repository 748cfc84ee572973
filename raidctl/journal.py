"""The journal: what earlier runs left behind, in one local SQLite file.

`ReadOnlyJournal` is what `diff` sees; it cannot write. `Journal` creates the file and writes it.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raidctl.core.memory import Baseline, BaselineState, Memory
from raidctl.core.model import Field, SyncDirection, Value
from raidctl.errors import JournalError
from raidctl.ports import IssueRef

if TYPE_CHECKING:
    from sqlite_utils import Database

MIGRATION_SET = "raidctl"


class ReadOnlyJournal:
    """A `JournalReader` over a file opened read-only; a file that does not exist is empty.

    Raises `JournalError` for a file that is no journal, is damaged, or is of a newer raidctl.
    """

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        self._path = path
        self._now = now
        self._untouched: tuple[int, int] | None = None
        with _explained(path):
            self._connection = self._opened() if path.exists() else None

    def close(self) -> None:
        """Release the file."""
        if self._connection is not None:
            self._connection.close()

    @property
    def has_baselines(self) -> bool:
        """Whether any baseline stands in the journal."""
        return bool(self._rows("SELECT 1 FROM baselines LIMIT 1"))

    def memories(self, links: Sequence[tuple[int, int]]) -> Sequence[Memory]:
        """What is remembered of each (incident id, issue id), in the order asked for."""
        if self._connection is None or not links:
            return [Memory()] * len(links)
        with _explained(self._path):
            return self._remembered(links)

    def _remembered(self, links: Sequence[tuple[int, int]]) -> Sequence[Memory]:
        numbers = json.dumps([incident for incident, _ in links])
        baselines: dict[tuple[int, int], dict[Field, Baseline]] = defaultdict(dict)
        for incident, issue, field, *stored in self._rows(
            "SELECT incident, issue_id, field, impact, jira, tables, state, direction"
            " FROM baselines WHERE incident IN (SELECT value FROM json_each(?))",
            [numbers],
        ):
            baselines[incident, issue][Field(field)] = _baseline(*stored)
        cooling, flapping = self._guarded(numbers)
        return [
            Memory(baselines.get(link, {}), frozenset(cooling[link[0]]), frozenset(flapping[link]))
            for link in links
        ]

    def known_issues(self, incidents: Sequence[int]) -> Mapping[int, IssueRef]:
        """The issue each of these incidents was last linked to."""
        rows = self._rows(
            "SELECT incident, issue_key, issue_id FROM links"
            " WHERE incident IN (SELECT value FROM json_each(?))",
            [json.dumps(incidents)],
        )
        return {incident: IssueRef(key, issue) for incident, key, issue in rows}

    def last_seen_open(self) -> frozenset[int]:
        """Incidents of which either side was open when last seen."""
        return frozenset(row[0] for row in self._rows("SELECT incident FROM links WHERE open"))

    def accounts(self) -> Mapping[str, str]:
        """JIRA accounts found in earlier runs, by e-mail (folded)."""
        return dict(self._rows("SELECT email, account FROM users"))

    def _guarded(
        self, numbers: str
    ) -> tuple[dict[int, set[tuple[SyncDirection, Field]]], dict[tuple[int, int], set[Field]]]:
        cooling: dict[int, set[tuple[SyncDirection, Field]]] = defaultdict(set)
        for incident, direction, field in self._rows(
            "SELECT entity_id, direction, field FROM guards WHERE entity_type = 'incident'"
            " AND expires_at > ? AND entity_id IN (SELECT value FROM json_each(?))",
            [self._now().timestamp(), numbers],
        ):
            cooling[incident].add((SyncDirection(direction), Field(field)))
        flapping: dict[tuple[int, int], set[Field]] = defaultdict(set)
        for incident, issue, field in self._rows(
            "SELECT incident, issue_id, field FROM quarantines"
            " WHERE incident IN (SELECT value FROM json_each(?))",
            [numbers],
        ):
            flapping[incident, issue].add(Field(field))
        return cooling, flapping

    def _opened(self) -> sqlite3.Connection:
        """A connection that cannot write: by its mode, and by SQLite's own switch.

        SQLite makes two small files beside a journal it reads in WAL mode. While nobody else
        has it open they are not needed: the file is then read as immutable, for as long as
        `_rows` finds it untouched.
        """
        self._untouched = self._mark()
        beside = self._untouched is None
        connection = self._connected("mode=ro" if beside else "mode=ro&immutable=1")
        names = connection.execute(
            "SELECT name FROM _sqlite_migrations WHERE migration_set = ?", [MIGRATION_SET]
        )
        _refuse_newer(self._path, {name for (name,) in names})
        return connection

    def _mark(self) -> tuple[int, int] | None:
        """By what it is seen that nobody writes the file; None while somebody has it open."""
        if self._path.with_name(f"{self._path.name}-wal").exists():
            return None
        stat = self._path.stat()
        return stat.st_mtime_ns, stat.st_size

    def _connected(self, mode: str) -> sqlite3.Connection:
        uri = f"{self._path.resolve().as_uri()}?{mode}"
        connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
        connection.execute("PRAGMA query_only = ON")
        return connection

    def _rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Any]:
        if self._connection is None:
            return []
        with _explained(self._path):
            if self._untouched is not None:
                if self._mark() == self._untouched:
                    rows = self._connection.execute(sql, parameters).fetchall()
                    if self._mark() == self._untouched:
                        return rows
                # Another run has opened the journal: from now on read beside it.
                self._untouched = None
                self._connection.close()
                self._connection = self._connected("mode=ro")
            return self._connection.execute(sql, parameters).fetchall()


class Journal:
    """The journal open for writing: created private (mode 0600), migrated, in WAL mode."""

    def __init__(self, path: Path) -> None:
        from sqlite_utils import Database  # noqa: PLC0415 - 0.2 s that readers need not pay

        with _explained(path):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(mode=0o600)
            self._database = Database(path)
            self._database.enable_wal()
            _migrate(self._database, path)

    def close(self) -> None:
        """Release the file."""
        self._database.close()

    def record_baselines(
        self, stored: Iterable[tuple[int, int, Field, Baseline]], run: str, at: datetime
    ) -> None:
        """Store baselines of (incident id, issue id, field), each in place of an older one."""
        rows = (
            {
                "incident": incident,
                "issue_id": issue,
                "field": field.value,
                "impact": json.dumps(baseline.impact),
                "jira": json.dumps(baseline.jira),
                "tables": baseline.tables,
                "state": baseline.state.value,
                "direction": baseline.direction,
                "run": run,
                "at": at.isoformat(),
            }
            for incident, issue, field, baseline in stored
        )
        with self._database.atomic():
            self._database.table("baselines").upsert_all(rows, pk=("incident", "issue_id", "field"))


def _migrate(database: "Database", path: Path) -> None:
    from sqlite_utils.migrations import Migrations  # noqa: PLC0415 - with its package above

    migrations = Migrations(MIGRATION_SET)
    for step in _STEPS:
        migrations()(step)
    table = database.table(migrations.migrations_table)
    if table.exists():
        rows = table.rows_where("migration_set = ?", [MIGRATION_SET])
        _refuse_newer(path, {row["name"] for row in rows})
    migrations.apply(database)


def _001_read_path(database: "Database") -> None:
    """What a plan is made from: baselines, guards, quarantines, links, users."""
    link = {"incident": int, "issue_id": int, "field": str}
    pair = {"impact": str, "jira": str, "tables": str, "state": str, "direction": str}
    key = ("incident", "issue_id", "field")
    database.table("baselines").create({**link, **pair, "run": str, "at": str}, pk=key)
    database.table("guards").create(
        {"entity_type": str, "entity_id": int, "direction": str, "field": str, "expires_at": float},
        pk=("entity_type", "entity_id", "direction", "field"),
    )
    database.table("quarantines").create({**link, "since": str}, pk=key)
    database.table("links").create(
        {"incident": int, "issue_key": str, "issue_id": int, "open": int, "seen_at": str},
        pk="incident",
    )
    database.table("users").create({"email": str, "account": str, "at": str}, pk="email")


_STEPS = (_001_read_path,)


def _refuse_newer(path: Path, applied: set[str]) -> None:
    newer = applied - {step.__name__ for step in _STEPS}
    if newer:
        raise JournalError(
            f"the journal {path} was written by a newer raidctl: upgrade raidctl, or name "
            "another file under journal.path"
        )


def _baseline(impact: str, jira: str, tables: str, state: str, direction: str | None) -> Baseline:
    towards = SyncDirection(direction) if direction else None
    return Baseline(_value(impact), _value(jira), tables, BaselineState(state), towards)


def _value(stored: str) -> Value:
    value = json.loads(stored)
    if value is None or isinstance(value, str | int):
        return value
    raise ValueError(f"{stored!r} is no value of a field")


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """What is wrong with a journal as one line that names the file.

    ValueError and TypeError are rows that raidctl did not write.
    """
    try:
        yield
    except (sqlite3.Error, OSError, ValueError, TypeError) as error:
        said = " ".join(str(getattr(error, "strerror", None) or error).split())
        raise JournalError(
            f"the journal {path} cannot be used ({said}): restore it from a copy, or name "
            "another file under journal.path"
        ) from None
