"""The journals that pass the contract, each for one test: nothing stands in it at first."""

import sqlite3
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Literal

from raidctl.journal import Journal, ReadOnlyJournal
from raidctl.journal.records import GUARD_SECONDS
from raidctl.ports import journal as ports
from tests.contract.journal.values import clock

Kind = Literal["sqlite"]
KINDS: tuple[Kind, ...] = ("sqlite",)


class Backend(ABC):
    """One place that a journal is kept in. `address` is what `at_address` finds it by."""

    address: str

    @abstractmethod
    def writing(
        self, now: Callable[[], datetime] = clock, guard_seconds: float = GUARD_SECONDS
    ) -> AbstractContextManager[ports.Journal]:
        """The journal open for writing, made where there is none."""

    @abstractmethod
    def reading(
        self, now: Callable[[], datetime] = clock
    ) -> AbstractContextManager[ports.WatchedJournal]:
        """The journal as it is for whoever only looks."""

    @abstractmethod
    def held_up(self) -> AbstractContextManager[None]:
        """Somebody else is in the middle of writing: a write in here fails, a read does not."""

    @contextmanager
    def program(self, script: str, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
        """A process of its own that runs a script, with `backend` and `sys` there.

        It does not outlive the block.
        """
        opened = (
            "import sys; from tests.contract.journal.backends import at_address\n"
            "backend = at_address(sys.argv[1])\n"
        )
        with subprocess.Popen(
            [sys.executable, "-c", opened + script, self.address, *arguments],
            cwd=Path(__file__).parents[3],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()


class SqliteFile(Backend):
    """The journal in a file of a folder that is not there yet."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.address = f"sqlite {path}"

    @contextmanager
    def writing(
        self, now: Callable[[], datetime] = clock, guard_seconds: float = GUARD_SECONDS
    ) -> Iterator[ports.Journal]:
        with closing(Journal(self.path, now, guard_seconds)) as journal:
            yield journal

    @contextmanager
    def reading(self, now: Callable[[], datetime] = clock) -> Iterator[ports.WatchedJournal]:
        with closing(ReadOnlyJournal(self.path, now)) as journal:
            yield journal

    @contextmanager
    def held_up(self) -> Iterator[None]:
        with closing(sqlite3.connect(self.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield


def at_address(address: str) -> Backend:
    """A backend as another process finds it."""
    kind, _, place = address.partition(" ")
    assert kind == "sqlite"
    return SqliteFile(Path(place))
