"""The line of progress: it moves with every answer, and says what it waits for."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from raidctl.cli.progress import pace
from raidctl.core.model import Field
from raidctl.errors import ExitCode
from tests.cli.process import PATIENCE_SECONDS, talking
from tests.cli.test_stopping import held_up
from tests.cli.world import Pair, World, world
from tests.simulators.server import Fault, refuse

PAIRS = tuple(Pair(number, impact={Field.PRIORITY: 1}) for number in range(11, 14))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, PAIRS) as made:
        yield made


@pytest.mark.parametrize("command", ["diff", "reconcile"])
def test_it_counts_answers_before_any_link_is_read_and_says_who_is_waited_for(
    place: World, command: str
) -> None:
    with (
        held_up(place, lambda request: request.path.endswith("/bulkfetch")) as holding,
        talking(command, environ=place.ready()) as talk,
    ):
        holding.wait()
        talk.until("waiting for JIRA")
        assert re.search(r"reading: [1-9]\d* answers?, waiting for JIRA", talk.heard)


def test_impact_is_waited_for_as_well(place: World) -> None:
    seen = threading.Event()

    def faults(request: object) -> None:
        seen.wait(PATIENCE_SECONDS)

    place.impact.faults = faults
    with talking("diff", environ=place.ready()) as talk:
        try:
            talk.until("reading: 1 answer, waiting for Impact")
        finally:
            seen.set()
        assert talk.ended().code == ExitCode.DRIFT


def test_it_says_that_a_system_asks_to_wait(place: World) -> None:
    refused = iter([refuse(429, "1")])

    def faults(request: object) -> Fault | None:
        return next(refused, None)

    place.jira.faults = faults
    with talking("diff", environ=place.ready()) as talk:
        talk.until("JIRA asks to wait 2 s")
        assert talk.ended().code == ExitCode.DRIFT


def test_writing_and_undo_move_as_well(place: World) -> None:
    with talking("reconcile", "--yes", environ=place.ready()) as talk:
        written = talk.ended()
    with talking("undo", "last", "--yes", environ=place.ready()) as talk:
        undone = talk.ended()

    assert (written.code, undone.code) == (ExitCode.OK, ExitCode.OK)
    assert re.search(r"writing: [1-3] of 3 links, ", written.err)
    assert re.search(r"reading: [1-9]\d* answers?", undone.err)
    assert re.search(r"writing: [1-3] of 3 links, ", undone.err)


def test_the_database_is_one_that_answers(place: World) -> None:
    config = place.toml(impact='reads = "database"', jira='deployment = "cloud"')
    with (
        held_up(place, lambda request: request.path.endswith("/bulkfetch")) as holding,
        talking("diff", environ=place.ready(config)) as talk,
    ):
        holding.wait()
        talk.until("waiting for JIRA")
        assert re.search(r"reading: [2-9] answers, waiting for JIRA", talk.heard), talk.heard
        assert place.impact.requests == []
        assert len(place.jira.requests) == 1


@pytest.mark.parametrize(
    ("done", "total", "seconds", "words"),
    [
        (0, 1_000, 5.0, ""),
        (40, 1_000, 10.0, "4.0 a second, 4 min left"),
        (990, 1_000, 330.0, "3.0 a second, 3 s left"),
        (1_000, 1_000, 330.0, ""),
        (7, 0, 3.0, ""),
        (1, 2, 0.0, ""),
    ],
)
def test_how_long_it_takes_yet_is_told_where_something_tells(
    done: int, total: int, seconds: float, words: str
) -> None:
    assert pace(done, total, seconds) == words
