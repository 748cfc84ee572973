"""The I/O points of a run: counted as they are passed, and at one of them the process dies."""

import io
import os
import re
import signal
import sqlite3
from collections.abc import Callable
from functools import partial
from sqlite3 import dbapi2
from threading import Lock
from typing import Any, Self
from urllib.parse import urlsplit

from filelock import BaseFileLock
from requests.adapters import HTTPAdapter

# What follows a transaction or a request is told apart by these endings.
COMMITTED = " committed"
ANSWERED = " answered"

_TABLE = re.compile(r"\s*(?:INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM|CREATE TABLE)\s+\W?(\w+)")


class Points:
    """Passed points are written to `trace`, one a line; 0 for `last` lets the process live."""

    def __init__(self, trace: int, last: int) -> None:
        self._trace = trace
        self._last = last
        self._count = 0
        self._lock = Lock()

    def passed(self, name: str) -> None:
        """One more; does not return from the last."""
        with self._lock:
            self._count += 1
            os.write(self._trace, f"{name}\n".encode())
            if self._count == self._last:
                os.kill(os.getpid(), signal.SIGKILL)

    def around(self, what: str, function: Callable[..., Any], after: str) -> Callable[..., Any]:
        """The function, with a point before it and one after it."""

        def wrapped(*args: Any, **options: Any) -> Any:
            self.passed(what)
            answer = function(*args, **options)
            self.passed(f"{what}{after}")
            return answer

        return wrapped


def watch(points: Points) -> None:
    """Make a point before and after everything by which this process touches the world."""
    replaced: list[tuple[Any, str, object]] = [
        (HTTPAdapter, "send", _send(points, HTTPAdapter.send)),
        (BaseFileLock, "acquire", points.around("lock", BaseFileLock.acquire, " taken")),
        (BaseFileLock, "release", points.around("unlock", BaseFileLock.release, " done")),
        (sqlite3, "connect", partial(sqlite3.connect, factory=partial(_Journal, points))),
        (dbapi2, "connect", partial(dbapi2.connect, factory=partial(_Impact, points))),
    ]
    for owner, name, wrapped in replaced:
        setattr(owner, name, wrapped)


def _send(points: Points, send: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(adapter: HTTPAdapter, request: Any, *args: Any, **options: Any) -> Any:
        what = f"{request.method} {urlsplit(request.url).path}"
        return points.around(what, send, ANSWERED)(adapter, request, *args, **options)

    return wrapped


class _Database(sqlite3.Connection):
    """A connection whose transactions are points, named by the tables that they write."""

    name: str

    def __init__(self, points: Points, *args: Any, **options: Any) -> None:
        points.passed(f"{self.name} opens")
        super().__init__(*args, **options)
        self.points = points
        self._tables: dict[str, None] = {}

    def close(self) -> None:
        self.points.around(f"{self.name} closes", super().close, " done")()

    def note(self, sql: str) -> None:
        """Something is about to be executed."""
        if sql.startswith("BEGIN"):
            self.points.passed(f"{self.name} begins")
            self._tables.clear()
        if (found := _TABLE.match(sql)) is not None:
            self._tables[found[1]] = None

    def committing(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, which commits."""
        return self.points.around(f"{self.name} {'+'.join(self._tables)}", function, COMMITTED)


class _Journal(_Database):
    """raidctl's own: `sqlite3.connect` makes it."""

    name = "journal"

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        match sql.split()[:2]:
            case ["PRAGMA", "journal_mode"]:
                set_mode = self.points.around("journal mode", super().execute, " set")
                return set_mode(sql, *parameters)  # type: ignore[no-any-return]  # what it wraps returns a cursor
            case ["PRAGMA", "synchronous"]:
                sql = "PRAGMA synchronous = OFF"  # a kill loses nothing that the kernel has
        self.note(sql)
        return super().execute(sql, *parameters)

    def executemany(self, sql: str, rows: Any, /) -> sqlite3.Cursor:
        self.note(sql)
        return super().executemany(sql, rows)

    def __exit__(self, kind: Any, error: Any, trace: Any, /) -> Any:
        leave = super().__exit__
        if self.in_transaction and kind is None:
            leave = self.committing(leave)
        return leave(kind, error, trace)


class _Impact(_Database):
    """FireFighter's: SQLAlchemy makes it by `sqlite3.dbapi2.connect`, and uses its cursors."""

    name = "impact"

    def __init__(self, points: Points, *args: Any, **options: Any) -> None:
        super().__init__(points, *args, **options)
        super().execute("PRAGMA synchronous = OFF")  # as of the journal

    def cursor(self, factory: Any = None) -> Any:
        return super().cursor(_ImpactCursor)

    def commit(self) -> None:
        commit = super().commit
        (self.committing(commit) if self.in_transaction else commit)()


class _ImpactCursor(sqlite3.Cursor):
    connection: _Impact

    def execute(self, sql: str, *parameters: Any) -> Self:
        self.connection.note(sql)
        return super().execute(sql, *parameters)


class Shown(io.TextIOWrapper):
    """Standard output, with a point before anything is told."""

    points: Points

    def write(self, text: str, /) -> int:
        """Pass a point, then write."""
        self.points.passed("report")
        return super().write(text)
