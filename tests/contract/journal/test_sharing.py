"""Whole after a failure or a kill, and shared by threads, processes and whoever looks on."""

import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from raidctl.core.memory import Baseline
from raidctl.core.model import Field
from raidctl.core.writes.log import Pause, SeenLink
from raidctl.core.writes.outcome import Outcome
from raidctl.errors import JournalError
from raidctl.ports.journal import Journal
from tests.contract.journal.backends import Backend
from tests.contract.journal.values import LINK, NOW, at, intent, run, settled

PARALLEL = 4
BASELINE = Baseline("a", "b", "t")

KILLED = """
import os, signal
from tests.contract.journal.values import NOW, intent, run
with backend.writing() as journal:
    journal.begin(run())
    journal.intend([intent()], "run-1", NOW)
    os.kill(os.getpid(), signal.SIGKILL)
"""
MADE_AT_ONCE = """
from tests.contract.journal.values import NOW
print("ready", flush=True)
sys.stdin.read()
with backend.writing() as journal:
    journal.record_accounts({sys.argv[2]: "account"}, NOW)
"""


def test_nothing_of_a_failed_call_is_kept(backend: Backend, journal: Journal) -> None:
    (number,) = journal.intend([intent()], "run-1", NOW)
    with pytest.raises(LookupError):
        journal.settle([settled(number, baseline=BASELINE), settled(9)], "r", NOW)
    assert [write.write for write in journal.open_writes()] == [number]
    assert not journal.has_baselines
    with backend.writing() as other:  # which nobody holds up
        other.settle([settled(number, baseline=BASELINE)], "r", NOW)
    assert list(journal.open_writes()) == []


def test_a_killed_process_leaves_its_intent_open(backend: Backend) -> None:
    with backend.program(KILLED) as process:
        assert process.wait(30) == -signal.SIGKILL
    with backend.reading() as reader:
        assert [write.outcome for write in reader.writes(run="run-1")] == [None]
    with backend.writing() as journal:
        (open_write,) = journal.open_writes()
        assert (open_write.run, open_write.at, open_write.change) == ("run-1", NOW, intent())
        assert journal.running() == run()
        journal.settle([settled(open_write.write, Outcome.RECOVERED)], "run-2", at(1))
        assert journal.open_writes() == []


def test_what_one_commits_the_others_see(backend: Backend, journal: Journal) -> None:
    with backend.reading() as reader, backend.writing() as other:
        (number,) = journal.intend([intent()], "run-1", NOW)
        assert [write.id for write in reader.writes(run="run-1")] == [number]
        assert [write.write for write in other.open_writes()] == [number]
        other.pause(Pause(NOW, at(5), "ada"))
        assert journal.paused() == reader.paused() == Pause(NOW, at(5), "ada")
        journal.settle([settled(number)], "run-1", NOW)
        assert [write.outcome for write in reader.writes(run="run-1")] == [Outcome.APPLIED]
        assert list(other.open_writes()) == []


def test_a_reader_that_was_first_sees_a_run_that_begins_later(backend: Backend) -> None:
    with backend.writing():
        pass
    with backend.reading() as reader:
        assert list(reader.runs(1)) == []
        with backend.writing() as journal:
            journal.begin(run())
            assert reader.runs(1) == [run()]
        assert reader.runs(1) == [run()]


def test_threads_share_a_journal(journal: Journal) -> None:
    """Each thread writes and settles its own incidents, and reads the others' meanwhile."""

    def one(incident: int) -> None:
        link = (incident, incident + 10_000)
        (number,) = journal.intend([intent(link=link)], f"run-{incident % PARALLEL}", NOW)
        journal.record_links([SeenLink(incident, f"INC-{incident}", link[1], open=True)], NOW)
        journal.record_accounts({"ada@example.com": f"acc-{incident % 2}"}, NOW)
        journal.memories([link])
        journal.settle([settled(number, baseline=BASELINE)], "run", NOW)

    with ThreadPoolExecutor(PARALLEL) as pool:
        for done in [pool.submit(one, incident) for incident in range(100)]:
            done.result()
    assert journal.open_writes() == []
    links = [(incident, incident + 10_000) for incident in range(100)]
    assert all(memory.baselines for memory in journal.memories(links))
    assert sum(len(journal.writes(run=f"run-{number}")) for number in range(PARALLEL)) == 100


def test_what_is_recorded_together_is_seen_together_or_not_at_all(
    backend: Backend, journal: Journal
) -> None:
    def failing() -> None:
        with journal.together():
            journal.record_accounts({"ada@example.com": "acc-new"}, NOW)
            journal.record_drift([(LINK[0], Field.TITLE, None)])
            journal.settle([settled(9)], "run-1", NOW)

    with backend.reading() as reader:
        with journal.together():
            journal.record_baselines([(*LINK, Field.TITLE, BASELINE)], "run-1", NOW)
            journal.record_accounts({"ada@example.com": "acc-ada"}, NOW)
            assert journal.accounts()
            assert (reader.has_baselines, reader.accounts()) == (False, {})
        assert reader.has_baselines
        assert reader.accounts() == {"ada@example.com": "acc-ada"}
        with pytest.raises(LookupError):
            failing()
        assert reader.accounts() == {"ada@example.com": "acc-ada"}
        assert journal.memories([LINK])[0].baselines[Field.TITLE].seen_at is None
        journal.record_accounts({"ada@example.com": "acc-new"}, NOW)
        assert reader.accounts() == {"ada@example.com": "acc-new"}


def test_processes_may_make_a_journal_at_once(backend: Backend) -> None:
    with ExitStack() as stack:
        processes = [
            stack.enter_context(backend.program(MADE_AT_ONCE, str(number)))
            for number in range(PARALLEL)
        ]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.close()
        assert [process.wait(30) for process in processes] == [0] * PARALLEL
    with backend.reading() as reader:
        assert reader.accounts().keys() == {str(number) for number in range(PARALLEL)}


@pytest.mark.slow
def test_a_writer_that_does_not_let_go_is_told_and_readers_go_on(
    backend: Backend, journal: Journal
) -> None:
    with backend.held_up():
        with pytest.raises(JournalError) as caught:
            journal.begin(run())
        assert "\n" not in str(caught.value)
        assert list(journal.runs(1)) == []
        assert journal.memories([LINK])[0].baselines == {}
    journal.begin(run())
    assert journal.runs(1) == [run()]
