"""A sample of `python -m tests.crash`: kills after what changes the world, and a few twice."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from raidctl.core.model import Field
from tests.cli.world import BOT, GRACE
from tests.crash.case import amiss, changes_something, play
from tests.crash.links import JIRA
from tests.crash.scenarios import (
    APPLY_CLOUD,
    BOTH,
    CLOUD,
    DATA_CENTER,
    FIRST,
    PULL_DATABASE,
    PULL_REST,
    UNDO_PULL,
    UNDO_PUSH,
    Scenario,
)
from tests.crash.stage import Stage, staged

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


def named(value: object) -> str | None:
    """A scenario by its name, in the name of a test; anything else as pytest has it."""
    return value.name if isinstance(value, Scenario) else None


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
    ("scenario", "step"),
    [(CLOUD, 1), (DATA_CENTER, 4), (FIRST, 6), (APPLY_CLOUD, 4)],
    ids=named,
)
def test_a_kill_loses_nothing_and_repeats_nothing(
    on: Staged, scenario: Scenario, step: int
) -> None:
    stage = on(scenario)
    points = changing(whole(stage))
    assert len(points) > 10
    assert [what for point in points[::-step] for what in wrong(stage, point)] == []


@pytest.mark.parametrize(
    "scenario", [PULL_REST, PULL_DATABASE, BOTH, UNDO_PULL, UNDO_PUSH], ids=named
)
def test_nor_does_one_after_a_write_that_no_outcome_is_known_of(
    on: Staged, scenario: Scenario
) -> None:
    stage = on(scenario)
    points = whole(stage)
    written = [n for n in changing(points) if not points[n - 1].startswith("journal ")]
    assert len(written) > 2
    assert [what for point in written for what in wrong(stage, point)] == []


@pytest.mark.parametrize(
    ("scenario", "first"),
    [
        (CLOUD, "transitions answered"),
        (PULL_REST, "jira_update answered"),
        (UNDO_PUSH, "transitions answered"),
    ],
    ids=named,
)
def test_recovery_may_be_killed_as_well(on: Staged, scenario: Scenario, first: str) -> None:
    stage = on(scenario)
    points = whole(stage)
    half_way = next(n for n in changing(points) if points[n - 1].endswith(first))
    second = changing(play(stage, [half_way]).next)
    assert [what for point in second[::5] for what in wrong(stage, half_way, point)] == []


# What is wrong is seen


def written_twice(stage: Stage) -> None:
    stage.sent += [request for request in stage.sent if request.method == "PUT"]


def changed_twice(stage: Stage) -> None:
    for who in (BOT.account, GRACE.account):
        stage.jira.state.edit(10_001, BOT.account, assignee=who)


def lost(stage: Stage) -> None:
    stage.jira.state.edit(
        10_002, BOT.account, summary=stage.scenario.links[1].agreed[JIRA][Field.TITLE]
    )


def by_another(stage: Stage) -> None:
    stage.jira.state.edit(10_003, GRACE.account, customfield_10201="payments")


def told_twice(stage: Stage) -> None:
    stage.sent += [request for request in stage.sent if request.path.endswith("/jira_update")]


def noted_twice(stage: Stage) -> None:
    stage.impact.meddle(
        f"CREATE TEMP TABLE again AS SELECT * FROM incidents_incidentupdate WHERE {LAST};"
        "UPDATE again SET id = 'another';"
        "INSERT INTO incidents_incidentupdate SELECT * FROM again"
    )


def not_noted(stage: Stage) -> None:
    stage.impact.meddle(f"DELETE FROM incidents_incidentupdate WHERE {LAST}")


def noted_by_another(stage: Stage) -> None:
    person = "(SELECT id FROM incidents_user LIMIT 1)"
    stage.impact.meddle(
        f"UPDATE incidents_incidentupdate SET created_by_id = {person} WHERE {LAST}"
    )


def not_written(stage: Stage) -> None:
    stage.impact.meddle("UPDATE incidents_incident SET status = 30 WHERE id = 2")


LAST = "rowid = (SELECT max(rowid) FROM incidents_incidentupdate)"
TO_JIRA = [written_twice, changed_twice, lost, by_another]
TO_IMPACT = [told_twice, noted_twice, not_noted, noted_by_another, not_written]


@pytest.mark.parametrize(
    ("scenario", "harm"),
    [(CLOUD, harm) for harm in TO_JIRA] + [(PULL_REST, harm) for harm in TO_IMPACT],
    ids=named,
)
def test_harm_would_be_seen(on: Staged, scenario: Scenario, harm: Callable[[Stage], None]) -> None:
    stage = on(scenario)
    whole(stage)
    assert list(amiss(stage, 0)) == []
    harm(stage)
    assert list(amiss(stage, 0)) != []
