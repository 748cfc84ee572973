"""Every exit code but 0 and 3 has a line on standard error, and a run's row says the same."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from itertools import cycle
from pathlib import Path

import pytest

from raidctl.core.model import Field
from raidctl.errors import ExitCode
from raidctl.gateways.http import client
from raidctl.journal import Journal, lock
from raidctl.present.format import Format
from raidctl.sandbox.server import Reply, Request
from tests.cli.decisions import paused
from tests.cli.process import discreet
from tests.cli.world import HIDDEN, Pair, World, world
from tests.simulators.server import Fault

PAIRS = (
    Pair(1, impact={Field.TITLE: "A new title of 1"}),
    Pair(2, jira={Field.TITLE: "Another title of 2"}, agreed=False),
    Pair(3, impact={Field.PRIORITY: 1}, jira={Field.PRIORITY: "Low"}),
    Pair(HIDDEN),
)
Trouble = Callable[[World], AbstractContextManager[object]]
Case = tuple[tuple[str, ...], Trouble, ExitCode]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """One link that reconcile writes, and one of which nothing is known; nobody waits long."""
    monkeypatch.setattr(client, "FIRST_WAIT_SECONDS", 0.01)
    with world(tmp_path, PAIRS) as made:
        yield made


def down(place: World) -> AbstractContextManager[object]:
    return place.fault("jira", Fault(reply=Reply(503)))


def unauthorised(place: World) -> AbstractContextManager[object]:
    return place.fault("jira", Fault(reply=Reply(401)))


def half(place: World) -> AbstractContextManager[object]:
    """JIRA tells nothing of any history."""
    return place.fault("jira", Fault(reply=Reply(500)), lambda r: "changelog" in r.path)


def swallowed(place: World) -> AbstractContextManager[object]:
    return place.fault("jira", Fault(acts=False, reply=Reply(204)), _puts)


def _puts(request: Request) -> bool:
    return request.method == "PUT"


@contextmanager
def locked(place: World) -> Iterator[None]:
    with closing(Journal(place.journal)) as journal, lock(place.journal, journal.running):
        yield


@contextmanager
def on_pause(place: World) -> Iterator[None]:
    paused(place)
    yield


def calm(_: World) -> AbstractContextManager[object]:
    return nullcontext()


READS: list[Case] = [
    (("diff",), down, ExitCode.UNREACHABLE),
    (("diff", "nonsense"), calm, ExitCode.USAGE),
    (("diff", "987654"), calm, ExitCode.INCOMPLETE),
    (("held",), unauthorised, ExitCode.UNREACHABLE),
    (("held",), half, ExitCode.INCOMPLETE),
    (("reconcile", "987654", "--dry-run"), calm, ExitCode.INCOMPLETE),
]
WRITES: list[Case] = [
    (("reconcile",), down, ExitCode.UNREACHABLE),
    (("reconcile",), unauthorised, ExitCode.UNREACHABLE),
    (("reconcile",), locked, ExitCode.LOCKED),
    (("reconcile",), on_pause, ExitCode.BLOCKED),
    (("reconcile",), swallowed, ExitCode.INCOMPLETE),
    (("reconcile", "987654"), calm, ExitCode.INCOMPLETE),
    (("reconcile", "--approve", "sha256:0"), calm, ExitCode.BLOCKED),
    (("resolve", "--take", "jira", "--yes"), locked, ExitCode.LOCKED),
    (("resolve", "--take", "jira", "--yes"), on_pause, ExitCode.BLOCKED),
    (("resolve", "3", "--take", "impact", "--yes"), swallowed, ExitCode.INCOMPLETE),
]


# Each in one format or another, and one of each sort in all of them.
SAID = [(case, form) for case, form in zip([*READS, *WRITES], cycle(Format), strict=False)]
SAID += [
    (case, form) for case in (READS[2], WRITES[5]) for form in Format if (case, form) not in SAID
]


@pytest.mark.parametrize(("case", "form"), SAID)
def test_every_code_but_0_and_3_is_said_on_standard_error(
    place: World, case: Case, form: Format
) -> None:
    arguments, trouble, code = case
    with trouble(place):
        ended = place.run(*arguments, "-o", form)

    assert ended.code == code, ended.err
    assert ended.err.splitlines()[-1].startswith("raidctl: ")
    discreet(ended)


@pytest.mark.parametrize("arguments", [("explain", "987654"), ("baseline", "987654")])
def test_so_it_is_where_no_format_can_be_chosen(place: World, arguments: tuple[str, ...]) -> None:
    ended = place.run(*arguments)
    assert ended.code == ExitCode.INCOMPLETE
    assert "raidctl: not read: incident 987654: " in ended.err


@pytest.mark.parametrize(("arguments", "trouble", "code"), WRITES)
def test_every_run_that_may_write_is_recorded_with_why_it_ended(
    place: World, arguments: tuple[str, ...], trouble: Trouble, code: ExitCode
) -> None:
    with trouble(place):
        ended = place.run(*arguments, "-o", "json")

    assert ended.code == code, ended.err
    (run,) = place.run("history", "--limit", "1", "-o", "json").report["runs"]
    assert (run["command"], run["exit_code"]) == (arguments[0], code)
    assert run["why"]
    assert ended.err.splitlines()[-1].startswith(f"raidctl: {run['why']}")
    table = place.run("history", "--limit", "1").out
    assert " ".join(run["why"].split())[:60] in " ".join(table.split())
    assert place.sound()


def test_a_run_that_went_well_has_nothing_to_say(place: World) -> None:
    assert place.run("reconcile", "1").code == ExitCode.OK
    (run,) = place.run("history", "-o", "json").report["runs"]
    assert (run["exit_code"], run["why"]) == (0, None)
