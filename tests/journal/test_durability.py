"""The file: private, whole after a kill or on a full disk, shared by threads and processes."""

import os
import signal
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from raidctl.core.memory import Baseline
from raidctl.core.model import Field
from raidctl.core.writes.log import Pause, SeenLink
from raidctl.core.writes.outcome import Outcome
from raidctl.errors import JournalError
from raidctl.journal import Journal, ReadOnlyJournal
from raidctl.journal.errors import busy
from raidctl.journal.schema import migrate
from raidctl.journal.sqlite import writer
from tests.journal.files import LINK, NOW, at, clock, program, quiet, record, rows, traces
from tests.journal.writes import intent, run, settled

PARALLEL = 4
BASELINE = Baseline("a", "b", "t")

KILLED = """
import os, signal, sys
from pathlib import Path
from raidctl.journal import Journal
from tests.journal.files import NOW
from tests.journal.writes import intent, run
journal = Journal(Path(sys.argv[1]))
journal.begin(run())
journal.intend([intent()], "run-1", NOW)
os.kill(os.getpid(), signal.SIGKILL)
"""
MADE_AT_ONCE = """
import sys
from pathlib import Path
from raidctl.journal import Journal
from tests.journal.files import NOW
print("ready", flush=True)
sys.stdin.read()
journal = Journal(Path(sys.argv[1]))
journal.record_accounts({sys.argv[2]: "account"}, NOW)
journal.close()
"""
NO_ROOM = """
import resource, sys
from pathlib import Path
from raidctl.errors import JournalError
from raidctl.journal import Journal
from tests.journal.files import NOW
from tests.journal.writes import intent
journal = Journal(Path(sys.argv[1]))
kept = journal.intend([intent()], "run-1", NOW)
resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, resource.RLIM_INFINITY))
try:
    journal.intend([intent("x" * 200_000)], "run-2", NOW)
except JournalError as error:
    print(error)
assert [write.id for write in journal.open_writes()] == kept
"""


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


def test_an_intent_survives_a_power_cut(journal: Journal) -> None:
    pragma = journal._connection.execute
    assert pragma("PRAGMA journal_mode").fetchone() == ("wal",)
    assert pragma("PRAGMA synchronous").fetchone() == (2,)  # FULL


def test_another_writer_is_waited_for(journal: Journal) -> None:
    assert journal._connection.execute("PRAGMA busy_timeout").fetchone() == (5000,)


def test_opening_and_closing_leaves_the_file_as_it_was(path: Path) -> None:
    record(path, (*LINK, Field.TITLE, BASELINE))
    before = traces(path.parent)
    Journal(path).close()
    assert traces(path.parent) == before


def test_nothing_of_a_failed_call_is_kept(journal: Journal, path: Path) -> None:
    (number,) = journal.intend([intent()], "run-1", NOW)
    with pytest.raises(LookupError):
        journal.settle(
            [settled(number, baseline=Baseline("a", "b", "t")), settled(9)], [], "r", NOW
        )
    assert [write.id for write in journal.open_writes()] == [number]
    assert not journal.has_baselines
    with quiet(journal, path):
        assert not journal._connection.in_transaction


def test_a_killed_process_leaves_its_intent_open(path: Path) -> None:
    with program(KILLED, path) as process:
        assert process.wait(30) == -signal.SIGKILL
    with closing(ReadOnlyJournal(path, clock)) as reader:
        assert [write.intent for write in reader.open_writes()] == [intent()]
    with closing(Journal(path, clock)) as journal:
        (open_write,) = journal.open_writes()
        assert (open_write.run, open_write.at, open_write.intent) == ("run-1", NOW, intent())
        assert journal.running() == run()
        journal.settle([settled(open_write.id, Outcome.RECOVERED)], [], "run-2", at(1))
        assert journal.open_writes() == []


# Shared


def test_what_one_connection_commits_the_others_see(journal: Journal, path: Path) -> None:
    with (
        closing(ReadOnlyJournal(path, clock)) as reader,
        closing(Journal(path, clock)) as other,
    ):
        (number,) = journal.intend([intent()], "run-1", NOW)
        assert [write.id for write in reader.open_writes()] == [number]
        assert [write.id for write in other.open_writes()] == [number]
        other.pause(Pause(NOW, at(5), "ada"))
        assert journal.paused() == reader.paused() == Pause(NOW, at(5), "ada")
        journal.settle([settled(number)], [], "run-1", NOW)
        assert list(reader.open_writes()) == list(other.open_writes()) == []


def test_a_reader_that_was_first_sees_a_run_that_begins_later(path: Path) -> None:
    Journal(path).close()
    with closing(ReadOnlyJournal(path, clock)) as reader:
        assert reader.running() is None
        with closing(Journal(path, clock)) as journal:
            journal.begin(run())
            assert reader.running() == run()


def test_threads_share_a_journal(journal: Journal) -> None:
    """Each thread writes and settles its own incidents, and reads the others' meanwhile."""

    def one(incident: int) -> None:
        link = (incident, incident + 10_000)
        (number,) = journal.intend([intent(link=link)], f"run-{incident % PARALLEL}", NOW)
        journal.record_links([SeenLink(incident, f"INC-{incident}", link[1], open=True)], NOW)
        journal.record_accounts({"ada@example.com": f"acc-{incident % 2}"}, NOW)
        journal.memories([link])
        journal.settle([settled(number, baseline=BASELINE)], [], "run", NOW)

    with ThreadPoolExecutor(PARALLEL) as pool:
        for done in [pool.submit(one, incident) for incident in range(100)]:
            done.result()
    assert journal.open_writes() == []
    links = [(incident, incident + 10_000) for incident in range(100)]
    assert all(memory.baselines for memory in journal.memories(links))
    assert sum(len(journal.writes(run=f"run-{number}")) for number in range(PARALLEL)) == 100


def test_processes_may_make_a_journal_at_once(path: Path) -> None:
    with ExitStack() as stack:
        processes = [
            stack.enter_context(program(MADE_AT_ONCE, path, str(number)))
            for number in range(PARALLEL)
        ]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.close()
        assert [process.wait(30) for process in processes] == [0] * PARALLEL
    assert rows(path, "PRAGMA journal_mode") == [("wal",)]
    assert len(rows(path, "SELECT * FROM users")) == PARALLEL


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


@contextmanager
def writing_elsewhere(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def test_a_writer_that_does_not_let_go_is_told_as_that(journal: Journal, path: Path) -> None:
    journal._connection.execute("PRAGMA busy_timeout = 1")
    with writing_elsewhere(path):
        with pytest.raises(JournalError, match="another process is writing it") as caught:
            journal.begin(run())
        assert "restore" not in str(caught.value)
        assert journal.runs(1) == []
        with quiet(journal, path):
            journal.record_accounts({}, NOW)
    journal.begin(run())


# Full and unwritable


def test_a_full_disk_is_told_and_what_was_recorded_stays(journal: Journal, path: Path) -> None:
    journal.begin(run())
    (pages,) = journal._connection.execute("PRAGMA page_count").fetchone()
    journal._connection.execute(f"PRAGMA max_page_count = {pages + 1}")
    big = [intent("x" * 50_000)]
    with pytest.raises(JournalError, match="make room on its disk") as caught:
        journal.intend(big, "run-1", NOW)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    assert journal.open_writes() == []
    assert rows(path, "SELECT COUNT(*) FROM guards") == [(0,)]
    assert journal.running() == run()

    journal._connection.execute("PRAGMA max_page_count = 1000000")
    assert len(journal.intend(big, "run-1", NOW)) == 1


def test_a_file_that_may_not_grow_is_told_in_one_line(path: Path) -> None:
    with program(NO_ROOM, path) as process:
        said, _ = process.communicate(timeout=30)
        assert process.returncode == 0
    assert said.startswith(f"the journal {path} cannot be used (")
    assert said.count("\n") == 1
    with closing(Journal(path, clock)) as journal:
        assert len(journal.open_writes()) == 1


def test_a_journal_that_may_only_be_read_is_not_written(path: Path) -> None:
    with closing(Journal(path, clock)) as journal:
        journal._connection.execute("PRAGMA query_only = ON")
        for call in (
            lambda: journal.begin(run()),
            lambda: journal.intend([intent()], "r", NOW),
            lambda: journal.pause(Pause(NOW, at(1), "ada")),
            lambda: journal.record_accounts({"a": "b"}, NOW),
            lambda: journal.learn("INC", "Incident", "Open", (), NOW),
        ):
            with pytest.raises(JournalError, match=r"readonly|read-only"):
                call()
