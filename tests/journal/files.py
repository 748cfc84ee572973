"""Journal files for the tests, and hands that look into them past raidctl."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from raidctl.core.memory import Baseline, Memory
from raidctl.core.model import Field
from raidctl.errors import ExitCode, JournalError
from raidctl.journal import Journal, ReadOnlyJournal
from tests.contract.journal.values import LINK, NOW, clock


def record(path: Path, *stored: tuple[int, int, Field, Baseline]) -> None:
    with closing(Journal(path)) as journal:
        journal.record_baselines(stored, "run-1", NOW)


def insert(path: Path, table: str, row: tuple[object, ...]) -> None:
    execute(path, f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)


def execute(path: Path, sql: str, row: tuple[object, ...] = ()) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(sql, row)


def memories(path: Path, *links: tuple[int, int]) -> list[Memory]:
    with closing(ReadOnlyJournal(path, clock)) as journal:
        return list(journal.memories(links))


def rows(
    path: Path, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()
) -> list[tuple[object, ...]]:
    """What stands in the file, seen through a connection of its own."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql, parameters).fetchall()


def traces(directory: Path) -> dict[str, tuple[bytes, int]]:
    """Every file of a directory: its bytes and when it was last written."""
    return {
        entry.name: (Path(entry).read_bytes(), entry.stat().st_mtime_ns)
        for entry in os.scandir(directory)
    }


def read_everything(path: Path) -> None:
    with closing(ReadOnlyJournal(path, clock)) as journal:
        assert isinstance(journal.has_baselines, bool)
        assert len(journal.memories([LINK])) == 1
        journal.known_issues([12])
        journal.last_seen_open()
        journal.accounts()
        journal.claimants([10012])
        journal.paused()
        journal.runs(10)
        journal.running()
        journal.writes(incidents=[12], keys=["INC-12"])
        journal.open_writes()
        journal.learnt("INC", "Incident")
        journal.marks()
        journal.skips()
        journal.own_links()
        journal.preset("a")
        journal.own_links_of([12])
        journal.undoing([1])


@contextmanager
def program(script: str, path: Path, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """A process of its own that runs a script, given the journal; it does not outlive the block."""
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path), *arguments],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def refused(path: Path) -> str:
    """The one line that says why a journal cannot be used."""
    with pytest.raises(JournalError) as caught:
        read_everything(path)
    said = str(caught.value)
    assert str(path) in said
    assert "\n" not in said
    assert caught.value.exit_code is ExitCode.USAGE
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return said
