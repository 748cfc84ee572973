"""The I/O points of a run: counted as they are passed, and at one of them the process dies."""

import io
import os
import re
import signal
import sqlite3
from collections.abc import Callable
from functools import partial
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from filelock import BaseFileLock
from requests.adapters import HTTPAdapter

# What follows a write to the journal or a request is told apart by these endings.
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
    ]
    for owner, name, wrapped in replaced:
        setattr(owner, name, wrapped)


def _send(points: Points, send: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(adapter: HTTPAdapter, request: Any, *args: Any, **options: Any) -> Any:
        what = f"{request.method} {urlsplit(request.url).path}"
        return points.around(what, send, ANSWERED)(adapter, request, *args, **options)

    return wrapped


class _Journal(sqlite3.Connection):
    """A connection whose transactions are points, named by the tables that they write."""

    def __init__(self, points: Points, *args: Any, **options: Any) -> None:
        points.passed("journal opens")
        super().__init__(*args, **options)
        self._points = points
        self._tables: dict[str, None] = {}

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        match sql.split()[:2]:
            case ["PRAGMA", "journal_mode"]:
                set_mode = self._points.around("journal mode", super().execute, " set")
                return set_mode(sql, *parameters)  # type: ignore[no-any-return]  # what it wraps returns a cursor
            case ["PRAGMA", "synchronous"]:
                sql = "PRAGMA synchronous = OFF"  # a kill loses nothing that the kernel has
            case ["BEGIN", *_]:
                self._points.passed("journal begins")
                self._tables.clear()
        self._note(sql)
        return super().execute(sql, *parameters)

    def executemany(self, sql: str, rows: Any, /) -> sqlite3.Cursor:
        self._note(sql)
        return super().executemany(sql, rows)

    def __exit__(self, kind: Any, error: Any, trace: Any, /) -> Any:
        leave = super().__exit__
        if self.in_transaction and kind is None:
            leave = self._points.around(f"journal {'+'.join(self._tables)}", leave, COMMITTED)
        return leave(kind, error, trace)

    def close(self) -> None:
        self._points.around("journal closes", super().close, " done")()

    def _note(self, sql: str) -> None:
        if (found := _TABLE.match(sql)) is not None:
            self._tables[found[1]] = None


class Shown(io.TextIOWrapper):
    """Standard output, with a point before anything is told."""

    points: Points

    def write(self, text: str, /) -> int:
        """Pass a point, then write."""
        self.points.passed("report")
        return super().write(text)
