"""What comes in is worked off in the background, with the lock for as long as a batch takes."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from raidctl.bootstrap.journal import alone, in_turns
from raidctl.config import Config, load
from raidctl.core.events.event import State, Turn
from raidctl.errors import Category, LockedError, ServiceError
from raidctl.journal import Journal, RunLock, lock
from raidctl.listen import worker as workers
from raidctl.listen.health import Health
from raidctl.listen.worker import Worker
from tests.cli.process import until
from tests.listen.place import NOW, PARSER, Broken, Clock, journal_queue, webhook

AWAY = ServiceError("JIRA", "https://jira", "it does not answer", "try later", Category.NETWORK)


class Bench:
    """A worker before a queue; `batch` settles what is due, unless `trouble` stands in its way."""

    def __init__(self, journal: Journal) -> None:
        self.queue = Broken(journal.queue)
        self.clock, self.said = Clock(), list[str]()
        self.batches: list[list[int]] = []
        self.trouble: list[Exception | str] = []
        self.health = Health(self.said.append)
        self.locked, self.asking = 0, False
        self.worker = Worker(self.queue, self.lock, self.batch, self.health, self.clock)

    def keep(self, *numbers: int) -> None:
        seen = [PARSER.jira(webhook(number), f"event {number}") for number in numbers]
        self.queue.keep(seen, self.clock())
        self.worker.wake()

    @contextmanager
    def lock(self) -> Iterator[None]:
        if self.locked:
            self.locked -= 1
            raise LockedError("reconcile is writing", asking=self.asking)
        yield

    def batch(self) -> str | None:
        if self.trouble and isinstance(trouble := self.trouble.pop(0), Exception):
            raise trouble
        due = self.queue.due(self.clock(), 100)
        self.batches.append([one.id for one in due])
        self.queue.turn([one.turn(State.SETTLED) for one in due])
        return None

    @contextmanager
    def working(self) -> Iterator[None]:
        thread = threading.Thread(target=self.worker.run)
        thread.start()
        try:
            yield
        finally:
            self.worker.end()
            thread.join(30)
            assert not thread.is_alive()

    def settled(self) -> bool:
        return not self.queue.state().waiting


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    for name in ("LOCKED_SECONDS", "REST_SECONDS", "FAILED_SECONDS"):
        monkeypatch.setattr(workers, name, 0.01)
    monkeypatch.setattr(workers, "LOOK_SECONDS", 30.0)
    with journal_queue(tmp_path) as journal:
        yield Bench(journal)


def test_it_begins_with_what_waited_when_it_started(bench: Bench) -> None:
    bench.keep(1, 2)
    with bench.working():
        until(bench.settled)
    assert bench.batches == [[1, 2]]


def test_it_is_woken_by_what_comes_in(bench: Bench) -> None:
    with bench.working():
        for number in (1, 2, 3):
            bench.keep(number)
            until(bench.settled)
    assert [number for batch in bench.batches for number in batch] == [1, 2, 3]


def test_where_nothing_is_due_no_lock_is_taken(bench: Bench) -> None:
    bench.keep(1)
    queued = bench.queue.due(NOW, 1)[0]
    bench.queue.turn([Turn(queued.id, State.WAITING, "away", 1, NOW + timedelta(minutes=5))])
    bench.locked = 1
    assert bench.worker._turn() is None
    assert bench.locked == 1


def test_what_waits_for_its_time_is_tried_then_though_nothing_comes_in(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "LOOK_SECONDS", 0.01)
    bench.keep(1)
    queued = bench.queue.due(NOW, 1)[0]
    bench.queue.turn([Turn(queued.id, State.WAITING, "away", 1, NOW + timedelta(minutes=5))])
    with bench.working():
        bench.clock.jump(minutes=6)
        until(bench.settled)


def test_a_lock_that_another_run_holds_only_delays(bench: Bench) -> None:
    bench.keep(1)
    bench.locked = 3
    with bench.working():
        until(bench.settled)
    assert (bench.batches, bench.said) == ([[1]], [])


def test_that_a_person_is_waited_for_is_told_once_and_nothing_is_unwell(bench: Bench) -> None:
    bench.asking = True
    for number in (1, 2):
        bench.keep(number)
        bench.locked = 3
        turns = [bench.worker._turn() for _ in range(4)]
        assert turns == [workers.LOCKED_SECONDS] * 3 + [workers.REST_SECONDS]
        assert bench.said == ["events wait: reconcile is writing"] * number
        assert bench.health.unwell == []


@pytest.mark.parametrize(
    ("trouble", "why"),
    [
        (AWAY, str(AWAY)),
        (ZeroDivisionError("x"), "a defect of raidctl: ZeroDivisionError; please report it"),
    ],
)
def test_whatever_goes_wrong_is_told_once_and_tried_again(
    bench: Bench, trouble: Exception, why: str
) -> None:
    bench.keep(1)
    bench.trouble = [trouble, trouble]
    with bench.working():
        until(bench.settled)
    assert bench.said == [f"events cannot be settled: {why}", "events are settled again"]
    assert bench.health.unwell == []


def test_what_another_run_settled_meanwhile_stands_still_no_more(bench: Bench) -> None:
    """Else it were unwell until the next event."""
    bench.keep(1)
    bench.trouble = [AWAY]
    assert bench.worker._turn() == workers.FAILED_SECONDS
    (due,) = bench.queue.due(NOW, 1)
    bench.queue.turn([Turn(due.id, State.WAITING, "away", 1, NOW + timedelta(minutes=5))])
    assert (bench.worker._turn(), len(bench.health.unwell)) == (None, 1), "it is put off alone"
    bench.queue.turn([due.turn(State.SETTLED)])
    assert (bench.worker._turn(), bench.health.unwell) == (None, [])
    assert bench.said[-1] == "events are settled again"


def test_after_a_failure_nothing_that_comes_in_hurries_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A JIRA that is down is not asked at each webhook."""
    monkeypatch.setattr(workers, "FAILED_SECONDS", 30.0)
    bench.keep(1)
    bench.trouble = [AWAY, AWAY]
    with bench.working():
        until(lambda: bench.said)
        bench.keep(2)
        bench.keep(3)
    assert bench.batches == []
    assert bench.trouble == [AWAY]


def test_it_ends_after_the_batch_in_hand(bench: Bench) -> None:
    begun, go_on = threading.Event(), threading.Event()
    batch = bench.batch

    def slow() -> str | None:
        begun.set()
        assert go_on.wait(30)
        return batch()

    bench.worker.batch = slow
    bench.keep(1)
    with bench.working():
        assert begun.wait(30)
        bench.keep(2)
        bench.worker.end()
        go_on.set()
    assert bench.batches == [[1, 2]]


# The lock of the journal itself


def nobody() -> None:
    return None


def taken(path: Path, wait: Callable[[], object]) -> LockedError | None:
    """What somebody else is told who tries to take the lock."""
    try:
        with lock(path, nobody):
            wait()
    except LockedError as error:
        return error
    return None


def test_who_is_refused_is_told_whether_the_lock_is_about_to_be_free(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with closing(RunLock(path, nobody, brief=True)) as ours:
        for _ in range(2):
            with ours.held():
                error = taken(path, nobody)
                assert error is not None
                assert error.brief
            assert taken(path, nobody) is None
        with lock(path, nobody):
            error = taken(path, nobody)
            assert error is not None
            assert not error.brief
            with pytest.raises(LockedError) as caught, ours.held():
                pass
            assert not caught.value.brief
        assert taken(path, nobody) is None


def test_a_run_that_comes_during_a_batch_waits_for_its_turn_and_has_it(tmp_path: Path) -> None:
    """However many batches follow each other."""
    config = settings(tmp_path)
    began, given_back = threading.Event(), threading.Event()

    def batches(ours: RunLock) -> None:
        while not given_back.is_set():
            try:
                with ours.held():
                    began.set()
                    given_back.wait(0.2)
            except LockedError:
                given_back.set()  # the run has it
            given_back.wait(workers.REST_SECONDS)

    with closing(in_turns(config)) as ours:
        with ours.held():
            error = taken(config.journal_path, nobody)
            assert error is not None
        thread = threading.Thread(target=batches, args=(ours,))
        thread.start()
        assert began.wait(30)  # looking whether it is taken would take it
        with alone(config):
            assert given_back.wait(30)
        thread.join(30)


def test_a_run_does_not_wait_for_another_run(tmp_path: Path) -> None:
    config = settings(tmp_path)
    with alone(config), pytest.raises(LockedError), alone(config):
        pass


def test_no_run_waits_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("raidctl.bootstrap.journal.PATIENCE_SECONDS", 0.1)
    config = settings(tmp_path)
    with (
        closing(in_turns(config)) as ours,
        ours.held(),
        pytest.raises(LockedError, match="another run is writing"),
        alone(config),
    ):
        pass


def settings(folder: Path) -> Config:
    file = folder / "raidctl.toml"
    file.write_text(
        f'impact.url = "https://i"\njira.url = "https://j"\njournal.path = "{folder}/journal.db"\n'
    )
    return load(file, {"IMPACT_TOKEN": "x", "JIRA_TOKEN": "y"})


def test_giving_the_lock_back_takes_none_of_an_open_journals_locks_away(tmp_path: Path) -> None:
    """Closing any file of a journal frees what SQLite holds: others would take its log away.

    A process that ends its work as the last one that has the journal open removes the log; to this
    one its own must not be gone.
    """
    path = tmp_path / "journal.db"
    with (
        closing(RunLock(path, nobody, brief=True)) as ours,
        closing(Journal(path, lambda: NOW)) as journal,
    ):
        with ours.held():
            pass
        journal.queue.keep([PARSER.jira(webhook(1), "one")], NOW)
        other_raidctl(path)
        journal.queue.keep([PARSER.jira(webhook(2), "two")], NOW)
        assert path.with_name("journal.db-wal").exists()
    with closing(Journal(path, lambda: NOW)) as journal:
        assert journal.queue.state().waiting == 2


def other_raidctl(path: Path) -> None:
    """A process that opens the journal, writes, and is done."""
    script = (
        "import sys; from pathlib import Path; from datetime import UTC, datetime\n"
        "from raidctl.journal import Journal\n"
        "journal = Journal(Path(sys.argv[1]), lambda: datetime.now(UTC))\n"
        "journal.queue.retry([7], datetime.now(UTC))\n"
        "journal.close()\n"
    )
    done = subprocess.run([sys.executable, "-c", script, path], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
