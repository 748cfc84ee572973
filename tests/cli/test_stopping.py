"""Ctrl-C, a kill, and the lock: what a run that ends early leaves, and who may go on."""

import itertools
import random
import re
import signal
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from raidctl.core.model import Field
from raidctl.errors import ExitCode
from raidctl.sandbox.server import Reply, Request
from tests.cli.process import (
    PATIENCE_SECONDS,
    Ended,
    begun,
    over,
    stopped,
    talking,
    told_in_one_line,
)
from tests.cli.world import Pair, Sort, World, world
from tests.schemas import validator
from tests.simulators.server import DROP_AFTER, DROP_BEFORE, Fault, refuse

pytestmark = pytest.mark.slow

PAIRS = tuple(Pair(number, impact={Field.PRIORITY: 1}) for number in range(11, 17))
ONE_AT_A_TIME = "[http]\nconcurrency = 1"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, PAIRS) as made:
        yield made


@pytest.fixture(params=["cloud", "datacenter"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    sort: Sort = request.param
    with world(tmp_path, PAIRS, sort=sort) as made:
        yield made


@dataclass(frozen=True, slots=True)
class Holding:
    """One request that JIRA keeps waiting; then it acts and answers as usual."""

    arrived: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def wait(self) -> None:
        """Until the request is there."""
        assert self.arrived.wait(PATIENCE_SECONDS), "it was never sent"

    def release(self) -> None:
        """Let JIRA go on."""
        self.released.set()


@contextmanager
def held_up(place: World, when: Callable[[Request], bool]) -> Iterator[Holding]:
    """JIRA takes its time over the first such request."""
    holding = Holding()

    def faults(request: Request) -> Fault | None:
        if when(request) and not holding.arrived.is_set():
            holding.arrived.set()
            holding.released.wait(PATIENCE_SECONDS)
        return None

    place.jira.faults = faults
    try:
        yield holding
    finally:
        holding.release()
        place.jira.faults = None


def is_put(request: Request) -> bool:
    return request.method == "PUT"


def written(place: World) -> set[int]:
    """The issues that hold the new value."""
    return {p.number for p in PAIRS if place.in_jira(p.number, Field.PRIORITY) == "Highest"}


def at_most_once(place: World) -> bool:
    """Whether no issue was changed twice."""
    return all(len(place.state.history(10_000 + pair.number)) <= 1 for pair in PAIRS)


def cursor_shown(ended: Ended) -> None:
    """Whatever hid the terminal's cursor has shown it again."""
    hidden, shown = ended.err.rfind("\x1b[?25l"), ended.err.rfind("\x1b[?25h")
    assert hidden <= shown, "the cursor stays hidden"


# The lock


def test_one_run_writes_at_a_time_and_whoever_reads_goes_on(place: World) -> None:
    plan = place.folder / "plan.json"
    with (
        held_up(place, is_put) as holding,
        begun("reconcile", "-o", "json", environ=place.ready()) as process,
    ):
        holding.wait()
        lines = [
            told_in_one_line(place.run(*arguments), ExitCode.LOCKED)
            for arguments in (("reconcile",), ("baseline",))
        ]
        reading = [
            place.run(*arguments).code
            for arguments in (
                ("diff",),
                ("reconcile", "--dry-run"),
                ("reconcile", "--save-plan", str(plan)),
                ("history",),
            )
        ]
        lines.append(told_in_one_line(place.run("apply", str(plan)), ExitCode.LOCKED))
        holding.release()
        ended = over(process)

    for line in lines:
        told = re.fullmatch(
            r"raidctl: another run is writing: reconcile, process (\d+) on \S+, since "
            r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC; try again when it has ended\n",
            line,
        )
        assert told is not None, line
        assert int(told[1]) == process.pid
    assert reading == [ExitCode.DRIFT, ExitCode.DRIFT, ExitCode.DRIFT, ExitCode.OK]
    assert ended.code == ExitCode.OK, ended.err
    assert place.reconcile().code == ExitCode.OK
    assert at_most_once(place)


def test_a_run_without_a_configuration_file_in_common_shares_the_lock_by_the_journal(
    place: World,
) -> None:
    """Another file, the same journal by another path."""
    (place.folder / "link").symlink_to(place.journal.parent, target_is_directory=True)
    other = place.toml().replace("/journal/journal.db", "/link/journal.db")
    with (
        held_up(place, is_put) as holding,
        begun("reconcile", environ=place.ready()) as process,
    ):
        holding.wait()
        second = place.run("reconcile", config=other)
        holding.release()
        over(process)

    assert second.code == ExitCode.LOCKED


@pytest.mark.parametrize(
    ("command", "question"), [("reconcile", "Type yes"), ("resolve", "Which key?")]
)
def test_whoever_is_refused_is_told_that_a_person_is_waited_for(
    tmp_path: Path, command: str, question: str
) -> None:
    held = Pair(4, impact={Field.PRIORITY: 1}, jira={Field.PRIORITY: "Low"})
    with (
        world(tmp_path, (*PAIRS, held)) as place,
        talking(command, environ=place.ready()) as talk,
    ):
        talk.until(question)
        line = told_in_one_line(place.run("baseline"), ExitCode.LOCKED)
        talk.type("\x03")
        talk.ended()

    who = rf"another run is writing: {command}, process {talk.process.pid} on \S+, since .* UTC; "
    assert re.search(who + r"since .* UTC it waits for a person's answer: ", line), line


def test_whoever_is_told_of_is_alive(place: World) -> None:
    """Not a run that ended without saying so, while the one with the lock has only just begun."""
    with talking("reconcile", environ=place.ready()) as talk:
        talk.until("Type yes")
        talk.type("\x03")
        talk.ended()
    with (
        held_up(place, lambda request: request.path.endswith("/serverInfo")) as holding,
        begun("reconcile", environ=place.ready()),
    ):
        holding.wait()
        line = told_in_one_line(place.run("reconcile"), ExitCode.LOCKED)

    assert f"process {talk.process.pid}," not in line


def test_a_killed_run_frees_the_lock_and_the_next_one_reads_what_it_left(either: World) -> None:
    """Killed while a write was under way, which then came through or did not."""
    acts = either.state.deployment == "cloud"

    def lost(request: Request) -> Fault | None:
        if not is_put(request) or arrived.is_set():
            return None
        arrived.set()
        gone.wait(PATIENCE_SECONDS)
        return Fault(acts=acts, drops=True)

    arrived, gone = threading.Event(), threading.Event()
    either.jira.faults = lost
    with begun("reconcile", environ=either.ready(either.toml(more=ONE_AT_A_TIME))) as process:
        assert arrived.wait(PATIENCE_SECONDS)
        process.kill()
        process.wait(PATIENCE_SECONDS)
    gone.set()
    either.jira.faults = None
    left = either.journalled("SELECT COUNT(*) FROM writes WHERE sent AND outcome IS NULL")

    ended = either.reconcile()

    assert left == [(1,)]
    assert ended.code == ExitCode.OK
    validator("report").validate(ended.report)
    recovered = [i for i in ended.report["items"] if i["outcome"] == "recovered"]
    assert [item["incident"] for item in recovered] == [11]
    assert ("it had been written" if acts else "it had not been") in recovered[0]["detail"]
    assert written(either) == {pair.number for pair in PAIRS}
    assert at_most_once(either)
    assert either.sound()
    assert either.run("history").code == ExitCode.OK


def test_the_lock_and_the_journal_are_private(place: World) -> None:
    place.reconcile()

    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode) for path in place.journal.parent.iterdir()
    }
    assert modes["journal.db"] == modes["journal.db.lock"] == 0o600
    assert set(modes.values()) == {0o600}


# Stopping while something is written


def test_a_signal_lets_the_write_in_hand_be_finished_and_judged(either: World) -> None:
    number = {"cloud": signal.SIGINT, "datacenter": signal.SIGTERM}[either.state.deployment]
    environ = either.ready(either.toml(more=ONE_AT_A_TIME))
    with held_up(either, is_put) as holding, begun("reconcile", "-o", "json", environ=environ) as p:
        holding.wait()
        p.send_signal(number)
        said = p.stderr.readline() if p.stderr else ""
        holding.release()
        ended = over(p)

    assert said == "raidctl: stopping after the write in hand; once more ends at once\n"
    assert ended.code == ExitCode.INTERRUPTED
    assert ended.err.startswith("raidctl: interrupted; 5 of 6 changes not done")
    validator("report").validate(ended.report)
    outcomes = {i["incident"]: i["outcome"] for i in ended.report["items"]}
    assert outcomes == {11: "applied"} | dict.fromkeys(range(12, 17))
    assert "Not begun: 5 of 6 changes, because it was interrupted." in ended.report["notes"]
    assert written(either) == {11}
    assert either.sound()

    rest = either.reconcile()
    assert (rest.code, len(rest.report["items"])) == (ExitCode.OK, 5)
    assert written(either) == {pair.number for pair in PAIRS}
    assert at_most_once(either)


def test_a_status_under_way_is_taken_to_its_end(tmp_path: Path) -> None:
    """Half a path would be the worst place to stop."""
    pairs = (
        Pair(11, impact={Field.STATUS: "MITIGATED"}, jira={Field.STATUS: "Open"}, agreed=False),
        Pair(12, impact={Field.PRIORITY: 1}),
    )
    with world(tmp_path, pairs) as place:
        environ = place.ready(place.toml(more=ONE_AT_A_TIME))
        asked = ("reconcile", "--direction", "impact-to-jira", "-o", "json")
        with (
            held_up(place, lambda r: r.method == "POST" and "/transitions" in r.path) as holding,
            begun(*asked, environ=environ) as process,
        ):
            holding.wait()
            process.send_signal(signal.SIGINT)
            assert process.stderr is not None
            process.stderr.readline()
            holding.release()
            ended = over(process)

        assert ended.code == ExitCode.INTERRUPTED
        assert place.in_jira(11, Field.STATUS) == "Resolved"
        assert place.in_jira(12, Field.PRIORITY) == "Medium"
        assert place.sound()


def test_a_second_signal_ends_at_once_and_the_next_run_finds_out(place: World) -> None:
    environ = place.ready(place.toml(more=ONE_AT_A_TIME))
    with held_up(place, is_put) as holding, begun("reconcile", environ=environ) as process:
        holding.wait()
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        process.stderr.readline()
        code, seconds = stopped(process, signal.SIGINT)
        said = process.stderr.readline()
    assert (code, seconds < 2) == (ExitCode.INTERRUPTED, True)
    assert said == "raidctl: interrupted; the next run finds out what was written\n"
    why = "interrupted; the next run finds out what was written"
    assert why_the_last_run_ended(place) == (130, why)

    ended = place.reconcile()

    assert ended.code == ExitCode.OK
    assert written(place) == {pair.number for pair in PAIRS}
    assert at_most_once(place)
    assert place.sound()


# Stopping while something is read, or asked


@pytest.mark.parametrize(
    ("arguments", "plain"),
    [
        (("reconcile",), {}),
        (("reconcile", "--dry-run"), {"NO_COLOR": "1"}),
        (("baseline",), {"NO_COLOR": "1"}),
    ],
)
def test_while_reading_it_ends_at_once(
    place: World, arguments: tuple[str, ...], plain: dict[str, str]
) -> None:
    with (
        held_up(place, lambda request: request.path.endswith("/bulkfetch")) as holding,
        talking(*arguments, environ=place.ready(**plain)) as talk,
    ):
        holding.wait()
        talk.type("\x03")
        ended = talk.ended()

    assert ended.code == ExitCode.INTERRUPTED
    assert ended.err.endswith("raidctl: interrupted; nothing was written\n")
    cursor_shown(ended)
    assert place.writes == []
    assert "Traceback" not in ended.err
    if "--dry-run" not in arguments:
        assert why_the_last_run_ended(place) == (130, "interrupted; nothing was written")


def test_a_kill_ends_a_command_that_only_reads_in_words(place: World) -> None:
    """As process 1 of a container it would not hear a signal that nobody listens for."""
    with (
        held_up(place, lambda request: request.path.endswith("/bulkfetch")) as holding,
        begun("diff", environ=place.ready()) as process,
    ):
        holding.wait()
        process.send_signal(signal.SIGTERM)
        ended = over(process)

    assert ended.code == ExitCode.INTERRUPTED
    assert ended.err == "raidctl: interrupted; nothing was written\n"


def test_a_kill_while_reading_ends_at_once_as_well(place: World) -> None:
    log = place.folder / "raidctl.log"
    with (
        held_up(place, lambda request: request.path.endswith("/bulkfetch")) as holding,
        begun("reconcile", "--log-file", str(log), environ=place.ready()) as process,
    ):
        holding.wait()
        code, seconds = stopped(process, signal.SIGTERM)

    assert (code, seconds < 2) == (ExitCode.INTERRUPTED, True)
    assert place.sound()
    assert why_the_last_run_ended(place) == (130, "interrupted; nothing was written")
    said, end = log.read_text("utf-8").splitlines()[-2:]
    assert "said: interrupted; nothing was written" in said
    assert "process.exit.code=130" in end


def why_the_last_run_ended(place: World) -> tuple[int | None, str | None]:
    """As its row in the journal has it."""
    last = place.run("history", "--limit", "1", "-o", "json").report["runs"][0]
    return last["exit_code"], last["why"]


def test_ctrl_c_at_the_question_says_that_nothing_was_written(place: World) -> None:
    with talking("reconcile", environ=place.ready()) as talk:
        talk.until("Type yes to write this: ")
        talk.type("ye\x03")
        ended = talk.ended()

    assert ended.code == ExitCode.INTERRUPTED
    assert ended.err.endswith("raidctl: interrupted; nothing was written\n")
    assert "\x1b[2K\x1b[?25hraidctl: interrupted; nothing was written" in ended.err
    cursor_shown(ended)
    assert place.writes == []
    assert why_the_last_run_ended(place) == (130, "interrupted; nothing was written")
    assert place.reconcile().code == ExitCode.OK


def test_twice_ctrl_c_at_a_terminal_leaves_the_screen_as_it_was(place: World) -> None:
    environ = place.ready(place.toml(more=ONE_AT_A_TIME))
    with held_up(place, is_put) as holding, talking("reconcile", "-y", environ=environ) as talk:
        holding.wait()
        talk.type("\x03")
        talk.until("stopping after the write in hand")
        talk.type("\x03")
        ended = talk.ended()

    assert ended.code == ExitCode.INTERRUPTED
    cursor_shown(ended)


def test_a_terminal_that_is_closed_at_the_question_is_no_yes(place: World) -> None:
    with talking("reconcile", environ=place.ready()) as talk:
        talk.until("Type yes to write this: ")
        talk.process.send_signal(signal.SIGHUP)
        ended = talk.ended()

    assert ended.code == ExitCode.INTERRUPTED
    assert place.writes == []


# Storms: faults of every kind, over many links and several runs

STORMY = tuple(
    Pair(number, impact={Field.STATUS: "MITIGATED", Field.TITLE: f"New {number}"}, jira=jira)
    for number in range(201, 221)
    for jira in [{Field.STATUS: "Waiting"} if number % 2 else {}]
)
"""Every other one needs two hops."""
NO_LIMITS = """
[policy]
on_conflict = "impact"
[safety]
max_change_percent = 0
[loop_guard]
seconds = 0
[http]
concurrency = 16
"""


def dropped(chance: random.Random, request: Request) -> Fault | None:
    """Some writes get no answer, whether they acted or not."""
    if not writes(request) or chance.random() > 0.3:
        return None
    return chance.choice([DROP_BEFORE, DROP_AFTER])


def unavailable(chance: random.Random, request: Request) -> Fault | None:
    """A proxy that now and then has nobody to ask, or loses what was answered."""
    if chance.random() > 0.15:
        return None
    lost = Fault(reply=Reply(503, "upstream"), acts=chance.random() < 0.5)
    return lost if writes(request) else refuse(503, "0")


def writes(request: Request) -> bool:
    return request.method == "PUT" or (
        request.path.endswith("/transitions") and (request.method == "POST")
    )


@pytest.mark.parametrize(("sort", "weather"), [("cloud", dropped), ("datacenter", unavailable)])
def test_through_a_storm_runs_converge_and_nothing_is_applied_twice(
    tmp_path: Path, sort: Sort, weather: Callable[[random.Random, Request], Fault | None]
) -> None:
    chance = random.Random(20261122)
    with world(tmp_path, STORMY, sort=sort) as place:
        config = place.toml(more=NO_LIMITS)
        acted: list[int] = []
        place.state.after_write = lambda _, issue: acted.append(issue)
        place.jira.faults = lambda request: weather(chance, request)
        codes = [place.reconcile(config=config).code]
        while codes[-1] and len(codes) < 5:
            codes.append(place.reconcile(config=config).code)
        place.jira.faults = None
        calm = place.reconcile("--fail-on", "held", config=config)

        assert set(codes[:-1]) <= {ExitCode.INCOMPLETE, ExitCode.UNREACHABLE}, codes
        assert calm.code == ExitCode.OK, calm.out
        for pair in STORMY:
            changes = [
                (name, new)
                for change in place.state.history(10_000 + pair.number)
                for name, _, new in change.items
                if name in {"summary", "status"}
            ]
            hops = ["In Progress", "Resolved"] if pair.number % 2 else ["Resolved"]
            assert [new for name, new in changes if name == "status"] == hops
            assert [new for name, new in changes if name == "summary"] == [f"New {pair.number}"]
            assert acted.count(10_000 + pair.number) == 1 + len(hops), "something was sent again"
        assert place.sound()


def test_a_storm_of_429_is_waited_out(tmp_path: Path) -> None:
    """JIRA takes a few requests, then none for a second; nothing is lost, nothing sent twice."""
    asked = itertools.count(1)
    with world(tmp_path, STORMY[:4]) as place:
        place.jira.faults = lambda _: refuse(429, "1") if next(asked) % 9 == 8 else None
        start = time.monotonic()
        ended = place.reconcile(config=place.toml(more=NO_LIMITS))
        seconds = time.monotonic() - start

        assert ended.code == ExitCode.OK, ended.out
        assert seconds > 1, "it did not wait as long as it was asked to"
        assert all(len(place.state.history(10_000 + pair.number)) <= 3 for pair in STORMY)


def test_a_write_that_meets_a_503_waits_before_it_is_sent_again(place: World) -> None:
    """For as long as it is asked to: JIRA is back in a second."""
    times: list[float] = []

    def faults(request: Request) -> Fault | None:
        if is_put(request):
            times.append(time.monotonic())
        return refuse(503, "1") if is_put(request) and times[-1] - times[0] < 0.9 else None

    place.jira.faults = faults

    ended = place.reconcile("11")

    assert (ended.code, len(times)) == (ExitCode.OK, 2), ended.out
    assert times[1] - times[0] > 0.9
