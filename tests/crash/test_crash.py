"""A sample of `python -m tests.crash`: kills after what changes the world, and a few twice."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from raidctl.core.model import Field
from tests.cli.world import BOT, GRACE
from tests.crash.case import amiss, changes_something, play
from tests.crash.stage import (
    APPLY_CLOUD,
    CLOUD,
    DATA_CENTER,
    FIRST,
    RECONCILE,
    Scenario,
    Stage,
    staged,
)

pytestmark = pytest.mark.slow

Staged = Callable[[Scenario], Stage]


@pytest.fixture(scope="module")
def on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staged]:
    """The stage of a scenario, the same for all tests that ask for it."""
    stages: dict[str, Stage] = {}
    with ExitStack() as stack:

        def opened(scenario: Scenario) -> Stage:
            if scenario.name not in stages:
                folder: Path = tmp_path_factory.mktemp("crash")
                stages[scenario.name] = stack.enter_context(staged(scenario, folder))
            return stages[scenario.name]

        yield opened


def changing(points: Sequence[str]) -> list[int]:
    """The numbers of those after which the world is another one."""
    return [number for number, point in enumerate(points, 1) if changes_something(point)]


def whole(stage: Stage) -> tuple[str, ...]:
    """The points of a run that nobody kills."""
    stage.reset()
    return stage.run(stage.scenario.killed).points


def wrong(stage: Stage, *kills: int) -> list[str]:
    """What is wrong after runs were killed at these points, one after the other."""
    played = play(stage, kills)
    return [f"killed at {kills} ({played.killed[-1]}): {what}" for what in played.wrong]


def test_a_run_passes_the_same_points_each_time(on: Staged) -> None:
    assert whole(on(CLOUD)) == whole(on(CLOUD))


# Every change to Cloud; of the others, enough to see each kind of step.
@pytest.mark.parametrize(
    ("scenario", "step"), [(CLOUD, 1), (DATA_CENTER, 4), (FIRST, 6), (APPLY_CLOUD, 4)]
)
def test_a_kill_loses_nothing_and_repeats_nothing(
    on: Staged, scenario: Scenario, step: int
) -> None:
    stage = on(scenario)
    points = changing(whole(stage))
    assert len(points) > 10
    assert [what for point in points[::-step] for what in wrong(stage, point)] == []


def test_recovery_may_be_killed_as_well(on: Staged) -> None:
    stage = on(CLOUD)
    points = whole(stage)
    half_way = next(n for n in changing(points) if points[n - 1].endswith("transitions answered"))
    second = changing(play(stage, [half_way]).next)
    assert [what for point in second[::5] for what in wrong(stage, half_way, point)] == []


# What is wrong is seen


def written_twice(stage: Stage) -> None:
    stage.sent += [request for request in stage.sent if request.method == "PUT"]


def changed_twice(stage: Stage) -> None:
    for who in (BOT.account, GRACE.account):
        stage.state.edit(10_001, BOT.account, assignee=who)


def lost(stage: Stage) -> None:
    stage.state.edit(10_002, BOT.account, summary=stage.scenario.links[1].agreed[1][Field.TITLE])


def by_another(stage: Stage) -> None:
    stage.state.edit(10_003, GRACE.account, customfield_10201="payments")


@pytest.mark.parametrize("harm", [written_twice, changed_twice, lost, by_another])
def test_harm_would_be_seen(on: Staged, harm: Callable[[Stage], None]) -> None:
    stage = on(CLOUD)
    stage.reset()
    stage.run(RECONCILE)
    assert list(amiss(stage, 0)) == []
    harm(stage)
    assert list(amiss(stage, 0)) != []
