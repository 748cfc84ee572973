"""The file: private, durable, whole on a full disk, made by one of several, and fast to ask."""

import os
import sqlite3
from collections import defaultdict
from contextlib import closing
from pathlib import Path

import pytest

from raidctl.core.memory import Baseline
from raidctl.core.model import Field
from raidctl.core.writes.log import Pause, SeenLink
from raidctl.errors import JournalError
from raidctl.journal import Journal, sql
from raidctl.journal.records import Records
from raidctl.journal.sqlite import writer
from raidctl.journal.sqlite.errors import busy, explained
from raidctl.journal.sqlite.file import spelled
from raidctl.journal.sqlite.schema import migrate
from raidctl.journal.sqlite.writer import WritableFile
from tests.contract.journal.values import LINK, NOW, at, clock, intent, run
from tests.journal.files import program, record, rows, traces

BASELINE = Baseline("a", "b", "t")

NO_ROOM = """
import resource, sys
from pathlib import Path
from raidctl.errors import JournalError
from raidctl.journal import Journal
from tests.contract.journal.values import NOW, intent
journal = Journal(Path(sys.argv[1]))
kept = journal.intend([intent()], "run-1", NOW)
resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, resource.RLIM_INFINITY))
try:
    journal.intend([intent("x" * 200_000)], "run-2", NOW)
except JournalError as error:
    print(error)
assert [write.write for write in journal.open_writes()] == kept
"""

PROBE = """
import resource, sys
from pathlib import Path
from raidctl.errors import JournalError
from raidctl.journal import Journal
path = Path(sys.argv[1])
queue = Journal(path).queue
queue.probe()
size = path.with_name(f"{path.name}-wal").stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
try:
    queue.probe()
except JournalError:
    print("full")
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
queue.probe()
"""


def files(path: Path) -> dict[str, tuple[bytes, int]]:
    """All that is written; the `-shm` holds nothing of the journal, and its readers mark it."""
    found = traces(path.parent)
    found.pop(f"{path.name}-shm", None)
    return found


# Private and durable


def test_every_file_is_private_from_the_first_byte(path: Path) -> None:
    before = os.umask(0)
    try:
        with closing(Journal(path)) as journal:
            journal.begin(run())
            modes = {entry.name: entry.stat().st_mode & 0o777 for entry in path.parent.iterdir()}
            folder = path.parent.stat().st_mode & 0o777
    finally:
        os.umask(before)
    assert modes == dict.fromkeys((path.name, f"{path.name}-wal", f"{path.name}-shm"), 0o600)
    assert folder == 0o700


def test_an_intent_survives_a_power_cut_and_another_writer_is_waited_for(path: Path) -> None:
    with closing(WritableFile(path)) as file:
        assert file.execute("PRAGMA journal_mode") == [("wal",)]
        assert file.execute("PRAGMA synchronous") == [(2,)]  # FULL
        assert file.execute("PRAGMA busy_timeout") == [(5000,)]


def test_what_is_known_is_not_written_again(journal: Journal, path: Path) -> None:
    stored = [(*LINK, field, Baseline("a", None, "t")) for field in Field]
    journal.record_baselines(stored, "run-1", NOW)
    journal.record_links([SeenLink(12, "INC-12", 10012, open=True)], NOW)
    journal.record_accounts({"ada@example.com": "acc-ada"}, NOW)
    before = files(path)
    journal.record_baselines(stored, "run-2", at(1))
    journal.record_links([SeenLink(12, "INC-12", 10012, open=True)], at(1))
    journal.record_accounts({"ada@example.com": "acc-ada"}, at(1))
    assert journal.release(*LINK, Field.TITLE, at(1)) is False
    assert files(path) == before


@pytest.mark.parametrize("again", [True, False])
def test_nothing_is_recorded_in_a_file_that_nobody_would_find(path: Path, again: bool) -> None:
    """It was deleted while it is open, and perhaps another was put in its place."""
    with closing(Journal(path)) as journal:
        journal.begin(run())
        path.unlink()
        if again:
            Journal(path).close()
        with pytest.raises(JournalError, match="another file was put" if again else "No such file"):
            journal.begin(run("run-2"))
        with pytest.raises(JournalError):
            journal.end(run())


def test_opening_and_closing_leaves_the_file_as_it_was(path: Path) -> None:
    record(path, (*LINK, Field.TITLE, BASELINE))
    before = traces(path.parent)
    Journal(path).close()
    assert traces(path.parent) == before


# Made by several at once


def test_one_that_is_being_made_is_waited_for(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other lets go as soon as this one has found the file locked."""
    path.parent.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        def let_go(error: Exception) -> bool:
            other.rollback()
            return busy(error)

        monkeypatch.setattr(writer, "busy", let_go)
        with closing(Journal(path, clock)) as journal:
            journal.begin(run())
        assert not other.in_transaction
    assert rows(path, "PRAGMA journal_mode") == [("wal",)]


def test_one_that_was_made_meanwhile_is_taken_as_it_is(path: Path) -> None:
    """The other makes it after this one has found steps to take, and before it takes them."""
    path.parent.mkdir()
    made: list[str] = []

    def meanwhile(statement: str) -> None:
        if statement.startswith(("BEGIN", "CREATE")) and not made:
            made.append(statement)
            record(path, (*LINK, Field.TITLE, BASELINE))

    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.set_trace_callback(meanwhile)
        migrate(connection, path)
    assert made
    assert len(rows(path, "SELECT * FROM baselines")) == 1


def test_a_writer_that_does_not_let_go_is_told_as_that(path: Path) -> None:
    with (
        closing(WritableFile(path)) as file,
        closing(sqlite3.connect(path, isolation_level=None)) as other,
    ):
        file.execute("PRAGMA busy_timeout = 1")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalError, match="another process is writing it") as caught:
            Records(file, clock).begin(run())
        assert "restore" not in str(caught.value)


# Full and unwritable


def test_a_full_disk_is_told_and_what_was_recorded_stays(path: Path) -> None:
    with closing(WritableFile(path)) as file:
        journal = Records(file, clock)
        journal.begin(run())
        ((pages,),) = file.execute("PRAGMA page_count")
        file.execute(f"PRAGMA max_page_count = {pages + 1}")
        big = [intent("x" * 50_000)]
        with pytest.raises(JournalError, match="make room on its disk") as caught:
            journal.intend(big, "run-1", NOW)
        assert "\n" not in str(caught.value)
        assert str(path) in str(caught.value)
        assert journal.open_writes() == []
        assert journal.memories([LINK])[0].cooling == frozenset()
        assert journal.running() == run()

        file.execute("PRAGMA max_page_count = 1000000")
        assert len(journal.intend(big, "run-1", NOW)) == 1


@pytest.mark.parametrize(
    "code", [sqlite3.SQLITE_IOERR_LOCK, sqlite3.SQLITE_IOERR_SHMMAP, sqlite3.SQLITE_PROTOCOL]
)
def test_a_folder_of_a_network_that_does_not_lock_is_no_broken_journal(
    path: Path, code: int
) -> None:
    error = sqlite3.OperationalError("locking protocol")
    error.sqlite_errorcode = code
    with pytest.raises(JournalError, match="folders of a network") as caught, explained(path):
        raise error
    assert "journal.path" in str(caught.value)
    assert "restore" not in str(caught.value)


def test_a_file_that_may_not_grow_is_told_in_one_line(path: Path) -> None:
    with program(NO_ROOM, path) as process:
        said, _ = process.communicate(timeout=30)
        assert process.returncode == 0
    assert said.startswith(f"the journal {path} cannot be used (")
    assert said.count("\n") == 1
    with closing(Journal(path, clock)) as journal:
        assert len(journal.open_writes()) == 1


def test_a_probe_fails_where_nothing_can_be_written_and_only_there(path: Path) -> None:
    with program(PROBE, path) as process:
        said, _ = process.communicate(timeout=30)
    assert (process.returncode, said) == (0, "full\n")


def test_a_journal_that_may_only_be_read_is_not_written(path: Path) -> None:
    with closing(WritableFile(path)) as file:
        file.execute("PRAGMA query_only = ON")
        journal = Records(file, clock)
        for call in (
            lambda: journal.begin(run()),
            lambda: journal.intend([intent()], "r", NOW),
            lambda: journal.pause(Pause(NOW, at(1), "ada")),
            lambda: journal.record_accounts({"a": "b"}, NOW),
            lambda: journal.learn("INC", "Incident", "Open", (), NOW),
        ):
            with pytest.raises(JournalError, match=r"readonly|read-only"):
                call()


# Fast


def test_no_question_walks_all_of_history(path: Path) -> None:
    Journal(path).close()
    asked = [
        *(sql.OPEN_WRITES, sql.OPEN_HOPS, sql.SETTLE, sql.PUT_HOP, sql.UNDOING),
        *(sql.WRITTEN_LATELY, sql.MARKS_OF_FIELD),
        *(f"{sql.WRITES} WHERE {where}" for where in (sql.OF_RUN, sql.OF_TARGETS)),
    ]
    nothing = defaultdict[str, object](lambda: "[]")  # for every name
    plans = [
        str(step)
        for statement in map(spelled, asked)
        for *_, step in rows(
            path,
            f"EXPLAIN QUERY PLAN {statement}",
            nothing,
        )
    ]
    assert any("writes_of_field" in step for step in plans)
    assert [step for step in plans if step in {"SCAN writes", "SCAN hops"}] == []
