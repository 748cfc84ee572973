"""The lock: one run at a time, told who holds it, and free as soon as its process is gone."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from raidctl.core.writes.log import Run
from raidctl.errors import ExitCode, JournalError, LockedError
from raidctl.journal import Journal, ReadOnlyJournal, lock
from tests.contract.journal.values import at, clock, run
from tests.journal.files import program
from tests.owners import as_root, given_away

HOLD = """
import sys
from pathlib import Path
from raidctl.journal import lock
with lock(Path(sys.argv[1]), lambda: None):
    print("held", flush=True)
    sys.stdin.read()
"""
TRY = """
import sys
from contextlib import closing
from pathlib import Path
from raidctl.errors import LockedError
from raidctl.journal import ReadOnlyJournal, lock
from tests.contract.journal.values import clock
path = Path(sys.argv[1])
with closing(ReadOnlyJournal(path, clock)) as reader:
    assert reader.running() is not None
try:
    with lock(path, lambda: None):
        print("had it", flush=True)
except LockedError:
    print("locked", flush=True)
"""
FORK = """
import os, sys
from pathlib import Path
from raidctl.errors import LockedError
from raidctl.journal import lock
path = Path(sys.argv[1])
with lock(path, lambda: None):
    if os.fork() == 0:
        try:
            with lock(path, lambda: None):
                answer = "had it"
        except LockedError:
            answer = "locked"
        print(answer, os.getpid(), flush=True)
        sys.stdin.read()
        os._exit(0)
    sys.stdin.read()
"""


def nobody() -> None:
    return None


def line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline()


@contextmanager
def holding(path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that holds the lock until its standard input ends."""
    with program(HOLD, path) as process:
        assert line(process) == "held\n"
        yield process


def refused(path: Path) -> str:
    with pytest.raises(LockedError) as caught, lock(path, nobody):
        pytest.fail("the lock was had twice")
    assert caught.value.exit_code is ExitCode.LOCKED
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_one_process_has_the_lock_at_a_time(path: Path) -> None:
    with holding(path) as other:
        refused(path)
        assert other.stdin is not None
        other.stdin.close()
        assert other.wait(30) == 0
    with lock(path, nobody):
        pass


def test_it_dies_with_its_process(path: Path) -> None:
    with holding(path) as other:
        refused(path)
        other.send_signal(signal.SIGKILL)
        other.wait(30)
        with lock(path, nobody):
            pass


def test_the_process_itself_has_it_once(path: Path) -> None:
    with lock(path, nobody):
        refused(path)
    with lock(path, nobody):
        pass


def test_it_is_free_after_an_error(path: Path) -> None:
    with pytest.raises(ZeroDivisionError), lock(path, nobody):
        raise ZeroDivisionError
    with lock(path, nobody):
        pass


def test_locks_of_two_journals_are_two(path: Path) -> None:
    with lock(path, nobody), lock(path.with_name("other.db"), nobody):
        pass


def test_a_started_program_does_not_keep_it(path: Path) -> None:
    with lock(path, nobody):
        child = subprocess.Popen(
            [sys.executable, "-c", "import sys; sys.stdin.read()"],
            stdin=subprocess.PIPE,
            close_fds=False,
        )
    with child, lock(path, nobody):
        assert child.poll() is None


def test_a_forked_process_neither_has_it_nor_keeps_it(path: Path) -> None:
    """The fork happens in a process of its own: this one may have threads."""
    with program(FORK, path) as parent:
        answer, child = line(parent).split()
        assert answer == "locked"
        refused(path)
        parent.send_signal(signal.SIGKILL)
        parent.wait(30)
        with lock(path, nobody):
            os.kill(int(child), 0)


# It is the journal's, not its name's


def test_it_is_the_same_through_a_link(path: Path) -> None:
    Journal(path).close()
    (link := path.with_name("link.db")).symlink_to(path)
    with holding(link):
        refused(path)
    with holding(path):
        refused(link)


def test_a_lock_that_was_deleted_while_held_admits_nobody(path: Path) -> None:
    """Nor does what its holder does with the journal meanwhile, which has locks of its own."""
    with holding(path) as other:
        path.with_name(f"{path.name}.lock").unlink()
        refused(path)
        other.kill()
        other.wait(30)
    with lock(path, nobody), closing(Journal(path, clock)) as journal:
        journal.begin(run())
        path.with_name(f"{path.name}.lock").unlink()
        with program(TRY, path) as second:
            assert line(second) == "locked\n"


def test_it_does_not_keep_readers_out(path: Path) -> None:
    with closing(Journal(path, clock)) as journal:
        journal.begin(run())
    with holding(path), closing(ReadOnlyJournal(path, clock)) as reader:
        assert reader.running() is not None


# Who holds it


def test_the_refusal_tells_who_holds_it_since_when(path: Path) -> None:
    since = datetime(2026, 11, 23, 14, 0, 5, 999_999, timezone(timedelta(hours=2)))
    with (
        lock(path, nobody),
        pytest.raises(LockedError) as caught,
        lock(path, lambda: run(started=since, pid=os.getpid())),
    ):
        pytest.fail("the lock was had twice")
    assert f"reconcile, process {os.getpid()}, since 2026-11-23 12:00:05 UTC" in str(caught.value)
    assert "\n" not in str(caught.value)


def refusal(path: Path, holder: Run) -> LockedError:
    with lock(path, nobody), pytest.raises(LockedError) as caught, lock(path, lambda: holder):
        pytest.fail("the lock was had twice")
    return caught.value


def test_the_refusal_tells_that_a_person_is_waited_for_since_when_and_where(path: Path) -> None:
    asking = replace(
        run(pid=os.getpid()), host=os.uname().nodename, asking_since=at(2.5), command="resolve"
    )
    told = refusal(path, asking)
    who = f"resolve, process {os.getpid()} on {os.uname().nodename}, since 2026-11-23 12:00:00 UTC"
    assert f"{who}; since 2026-11-23 12:02:30 UTC it waits for a person's answer" in str(told)
    assert f"kill {os.getpid()}" in str(told)
    assert (told.asking, "\n" in str(told)) == (True, False)
    assert not refusal(path, replace(asking, asking_since=None)).asking


def test_a_holder_on_another_host_is_told_of_though_its_process_cannot_be_looked_for(
    path: Path,
) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    told = refusal(path, replace(run(pid=gone.pid), host="another-host"))
    assert f"process {gone.pid} on another-host, since" in str(told)
    assert not refusal(path, replace(run(pid=gone.pid), asking_since=at(1))).asking


def test_the_journal_tells_who_it_is(path: Path) -> None:
    with closing(Journal(path, clock)) as journal:
        journal.begin(run(pid=os.getpid()))
        with (
            lock(path, nobody),
            pytest.raises(LockedError, match=f"reconcile, process {os.getpid()}"),
            lock(path, journal.running),
        ):
            pytest.fail("the lock was had twice")


def test_a_run_that_was_killed_is_not_taken_for_the_holder(path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    with (
        lock(path, nobody),
        pytest.raises(LockedError) as caught,
        lock(path, lambda: run(pid=dead.pid)),
    ):
        pytest.fail("the lock was had twice")
    assert "process" not in str(caught.value)


def test_a_reader_can_tell_too(path: Path) -> None:
    with closing(Journal(path, clock)) as journal:
        journal.begin(run())
    with closing(ReadOnlyJournal(path, clock)) as reader:
        assert reader.running() == run(started=datetime(2026, 11, 23, 12, tzinfo=UTC))


def test_a_holder_nobody_knows_is_another_run(path: Path) -> None:
    with lock(path, nobody):
        assert refused(path).startswith("another run is writing")


def test_a_journal_that_cannot_tell_does_not_hide_that_it_is_locked(path: Path) -> None:
    def unreadable() -> None:
        raise JournalError("the journal is damaged")

    with (
        lock(path, nobody),
        pytest.raises(LockedError, match="another run is writing: try"),
        lock(path, unreadable),
    ):
        pytest.fail("the lock was had twice")


def test_nobody_is_asked_while_the_lock_is_free(path: Path) -> None:
    def asked() -> None:
        pytest.fail("asked who holds a free lock")

    with lock(path, asked):
        pass


# The file


def test_the_file_is_private_stays_and_is_no_lock_by_itself(path: Path) -> None:
    place = path.with_name(f"{path.name}.lock")
    with lock(path, nobody):
        assert place.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
        kept = place.stat().st_ino
    with lock(path, nobody):
        assert place.stat().st_ino == kept
    assert path.stat().st_size == 0, "it is made to be locked, and holds nothing yet"
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("blocked", ["folder", "file", "link"])
def test_a_lock_that_cannot_be_had_is_told(tmp_path: Path, blocked: str) -> None:
    path = tmp_path / "raidctl.db"
    place = tmp_path / "raidctl.db.lock"
    if blocked == "folder":
        place.mkdir()
    elif blocked == "link":
        place.symlink_to(tmp_path / "elsewhere")
    else:
        tmp_path.joinpath("file").write_text("in the way")
        path = tmp_path / "file" / "raidctl.db"
    with pytest.raises(JournalError, match=re.escape(str(path))) as caught, lock(path, nobody):
        pytest.fail("there was something to lock")
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code is ExitCode.USAGE


def pipe(place: Path) -> None:
    place.unlink()
    os.mkfifo(place)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda place: place.chmod(0o666), "others may write it"),
        pytest.param(given_away, "it belongs to nobody", marks=as_root),
        (pipe, "it is a pipe"),
    ],
    ids=["open", "theirs", "pipe"],
)
def test_a_lock_of_somebody_elses_is_none(
    path: Path, spoil: Callable[[Path], object], why: str
) -> None:
    with lock(path, nobody):
        pass
    spoil(path.with_name(f"{path.name}.lock"))

    with pytest.raises(JournalError, match=why) as caught, lock(path, nobody):
        pytest.fail("it was had")

    assert "raidctl makes it anew once it is gone" in str(caught.value)
