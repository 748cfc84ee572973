"""The journal as `diff` has it: a file opened so that it cannot be written."""

import sqlite3
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from raidctl.journal.connection import NONE, Parameters
from raidctl.journal.sqlite.file import File, bound, spelled
from raidctl.journal.sqlite.place import real
from raidctl.journal.sqlite.schema import applied_steps, refuse_newer


class ReadOnlyFile(File):
    """A `Connection` over a file opened read-only.

    A file that does not exist, or that nothing stands in yet, is an empty journal. Raises
    `JournalError` for a file that is no journal, is damaged, or is of a newer raidctl.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._untouched: tuple[int, int] | None = None
        with self.explained():
            self._connection = self._opened() if self._path.exists() else None

    def close(self) -> None:
        """Release the file."""
        if self._connection is not None:
            self._connection.close()

    def execute(self, sql: str, parameters: Parameters = NONE) -> list[Any]:
        """The rows that one statement answers; none where there is no journal yet."""
        if self._connection is None:
            return []
        given = spelled(sql), bound(parameters)
        with self.explained():
            if self._untouched is not None:
                if self._mark() == self._untouched:
                    rows = self._connection.execute(*given).fetchall()
                    if self._mark() == self._untouched:
                        return rows
                # Another run has opened the journal: from now on read beside it.
                self._untouched = None
                self._connection.close()
                self._connection = self._connected("mode=ro")
            return self._connection.execute(*given).fetchall()

    def _opened(self) -> sqlite3.Connection | None:
        """A connection that cannot write: by its mode, and by SQLite's own switch.

        SQLite makes two small files beside a journal it reads in WAL mode. While nobody else
        has it open they are not needed: the file is then read as immutable, for as long as
        `execute` finds it untouched.
        """
        self._untouched = self._mark()
        beside = self._untouched is None
        with ExitStack() as undo:
            connection = self._connected("mode=ro" if beside else "mode=ro&immutable=1")
            undo.callback(connection.close)
            applied = applied_steps(connection, self._path)
            real(self._path)  # nothing was put beside it since
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
