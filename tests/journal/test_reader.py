"""That a reader cannot write, and reads where it may not."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from raidctl.core.memory import Baseline, Memory
from raidctl.core.model import Field
from raidctl.errors import JournalError
from raidctl.journal import ReadOnlyJournal
from raidctl.journal.sqlite.reader import ReadOnlyFile
from tests.contract.journal.values import LINK, clock
from tests.journal.files import memories, read_everything, record, refused, traces

WRITES = [
    "INSERT INTO users VALUES ('a', 'b', 'c')",
    "UPDATE users SET account = 'x'",
    "DELETE FROM users",
    "REPLACE INTO users VALUES ('ada@example.com', 'x', 'c')",
    "CREATE TABLE more (id)",
    "CREATE INDEX more ON users (account)",
    "ALTER TABLE users ADD COLUMN more TEXT",
    "DROP TABLE users",
    "PRAGMA user_version = 7",
    "VACUUM",
]


@pytest.mark.parametrize("statement", WRITES)
@pytest.mark.parametrize("switch", ["ON", "OFF"])
def test_the_readers_connection_refuses_every_kind_of_write(
    written: Path, statement: str, switch: str
) -> None:
    """By its mode, and by SQLite's own switch."""
    with closing(ReadOnlyFile(written)) as file:
        assert file.execute("PRAGMA query_only") == [(1,)]
        file.execute(f"PRAGMA query_only = {switch}")
        with pytest.raises(JournalError, match=r"readonly|read-only|query_only"):
            file.execute(statement)


def test_no_file_is_an_empty_journal_and_stays_no_file(path: Path) -> None:
    read_everything(path)
    assert not path.parent.exists()


def test_a_journal_beside_others_under_an_odd_name_is_found(tmp_path: Path) -> None:
    odd = tmp_path / "50% #1? é&mode=rw" / "a b.db"
    record(odd, (*LINK, Field.TITLE, Baseline("a", "b", "t")))
    assert memories(odd, LINK)[0].baselines


def test_reading_a_closed_journal_leaves_its_file_as_it_was(written: Path) -> None:
    before = traces(written.parent)
    read_everything(written)
    assert traces(written.parent)[written.name] == before[written.name]


def test_reading_beside_a_writer_sees_what_is_committed_and_leaves_it_alone(written: Path) -> None:
    with closing(sqlite3.connect(written)) as writer:
        assert writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        with writer:
            writer.execute("INSERT INTO users VALUES ('bob@example.com', 'acc-bob', '')")
        names = (written.name, f"{written.name}-wal")
        before = traces(written.parent)
        read_everything(written)
        with closing(ReadOnlyJournal(written, clock)) as journal:
            assert journal.accounts()["bob@example.com"] == "acc-bob"
        after = traces(written.parent)
        assert {name: after[name] for name in names} == {name: before[name] for name in names}


@pytest.fixture
def shared_directory() -> Iterator[Path]:
    """A directory everybody may enter (pytest's own are private)."""
    with TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        yield Path(made)


@contextmanager
def unprivileged(directory: Path) -> Iterator[None]:
    """As somebody who may read a directory and not write in it, root too."""
    root = os.geteuid() == 0
    directory.chmod(0o555)
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        directory.chmod(0o755)


def test_a_journal_is_read_where_its_reader_may_not_write(shared_directory: Path) -> None:
    path = shared_directory / "raidctl.db"
    stored = Baseline("a", "b", "t")
    record(path, (*LINK, Field.TITLE, stored))
    path.chmod(0o444)
    with unprivileged(shared_directory):
        assert memories(path, LINK) == [Memory({Field.TITLE: stored})]


def test_a_journal_its_reader_may_not_read_is_refused(shared_directory: Path) -> None:
    path = shared_directory / "raidctl.db"
    record(path)
    path.chmod(0o000)
    with unprivileged(shared_directory):
        refused(path)


def test_so_is_one_in_a_directory_its_reader_may_not_enter(shared_directory: Path) -> None:
    path = shared_directory / "private" / "raidctl.db"
    record(path)
    path.parent.chmod(0o000)
    with unprivileged(shared_directory):
        refused(path)
    path.parent.chmod(0o700)
