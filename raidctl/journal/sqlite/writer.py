"""The journal as a run has it that writes: one file, durable, beside its readers."""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import Any

from raidctl.errors import JournalError
from raidctl.files import UnfitFileError
from raidctl.journal.connection import NONE, Parameters
from raidctl.journal.sqlite.errors import busy
from raidctl.journal.sqlite.file import File, bound, spelled
from raidctl.journal.sqlite.place import real
from raidctl.journal.sqlite.schema import applied_steps, migrate, refuse_newer

BUSY_SECONDS = 5.0  # a pause and a run both write, each for an instant
SQLITE = (3, 39)  # the first that understands `IS DISTINCT FROM`
CREATORS = 20  # how many raidctls may find at once that there is no journal


class WritableFile(File):
    """A `WritableConnection`: a file created private (mode 0600), migrated, in WAL mode."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        if sqlite3.sqlite_version_info < SQLITE:
            raise JournalError(
                f"the journal {path} cannot be written by this Python, whose SQLite is"
                f" {sqlite3.sqlite_version}: use one with SQLite 3.39 or later"
            )
        self._lock = RLock()
        with self.explained():
            self._connection = _opened(self._path)
            self._file = self._path.stat()

    def close(self) -> None:
        """Release the file."""
        with self._lock, self.explained():
            self._connection.close()

    def execute(self, sql: str, parameters: Parameters = NONE) -> list[Any]:
        """The rows that one statement answers."""
        with self._lock, self.explained():
            return self._connection.execute(spelled(sql), bound(parameters)).fetchall()

    def execute_each(self, sql: str, rows: Iterable[Parameters]) -> None:
        """Carry out a statement for each of these rows."""
        with self._lock, self.explained():
            self._connection.executemany(sql, map(bound, rows))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything or nothing, committed at the end; another thread or process waits.

        What is written to a file that has gone, or has another in its place, nobody would find.
        """
        with self._lock, self.explained():
            if self._connection.in_transaction:  # this thread's own: nobody else is in here
                yield
                return
            with self._connection as connection:
                if not os.path.samestat(self._file, self._path.stat()):
                    raise UnfitFileError("another file was put in its place: begin again")
                connection.execute("BEGIN IMMEDIATE")
                yield


def _opened(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with suppress(FileExistsError):  # what SQLite makes beside a file has the file's mode
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    with ExitStack() as undo:
        connection = sqlite3.connect(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        undo.callback(connection.close)
        # Before anything is written: another's database is none to be made a journal of.
        refuse_newer(path, applied_steps(connection, path) or set())
        real(path)  # nothing was put beside it since
        _into_wal_mode(connection)
        # In WAL mode less than FULL may lose the last commits in a power cut: an intent would be
        # gone while its request has acted.
        connection.execute("PRAGMA synchronous = FULL")
        migrate(connection, path)
        undo.pop_all()
    return connection


def _into_wal_mode(connection: sqlite3.Connection) -> None:
    """Readers and a writer do not stop each other there; nothing happens to a file that is in it.

    Two raidctls may make one journal at once, and for this lock SQLite does not wait by itself.
    """
    for others in reversed(range(CREATORS)):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if not (others and busy(error)):
                raise
            with connection:
                connection.execute("BEGIN EXCLUSIVE")
        else:
            return
