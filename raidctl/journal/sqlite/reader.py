"""The journal as `diff` has it: a file opened so that it cannot be written."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

from raidctl.journal.errors import explained
from raidctl.journal.queries import Queries
from raidctl.journal.schema import applied_steps, refuse_newer


class ReadOnlyJournal(Queries):
    """A `JournalReader` over a file opened read-only.

    A file that does not exist, or that nothing stands in yet, is an empty journal. Raises
    `JournalError` for a file that is no journal, is damaged, or is of a newer raidctl.
    """

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        super().__init__(path, now)
        self._untouched: tuple[int, int] | None = None
        with explained(path):
            self._connection = self._opened() if path.exists() else None

    def close(self) -> None:
        """Release the file."""
        if self._connection is not None:
            self._connection.close()

    def _opened(self) -> sqlite3.Connection | None:
        """A connection that cannot write: by its mode, and by SQLite's own switch.

        SQLite makes two small files beside a journal it reads in WAL mode. While nobody else
        has it open they are not needed: the file is then read as immutable, for as long as
        `_rows` finds it untouched.
        """
        self._untouched = self._mark()
        beside = self._untouched is None
        with ExitStack() as undo:
            connection = self._connected("mode=ro" if beside else "mode=ro&immutable=1")
            undo.callback(connection.close)
            applied = applied_steps(connection)
            if applied is None:
                return None
            refuse_newer(self._path, applied)
            undo.pop_all()
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
        with explained(self._path):
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
