"""What a run leaves for those who watch, and how raidctl is said to do by it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from raidctl.core.events.event import QueueState
from raidctl.core.model import Field, Side
from raidctl.core.plan.item import Change, Item, Verdict, link_hold
from raidctl.core.reasons import Reason
from raidctl.core.report import Report, Unread, summarised
from raidctl.core.watch.ends import failed, is_failure, label, succeeded
from raidctl.core.watch.site import Held, HoldKey, state_of
from raidctl.core.watch.status import Point, Status, Trouble
from raidctl.core.watch.tally import Counted, Period, Tallied
from raidctl.core.writes.log import Pause, Run
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.errors import ExitCode
from tests.core.test_report import item, subject

NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def done(one: Item, outcome: Outcome = Outcome.APPLIED) -> Item:
    assert isinstance(one, Change)
    return replace(one, result=Result(outcome))


def report(*items: Item, links: int = 20, unread: int = 0, whole: bool = True) -> Report:
    parts = (Unread(Side.JIRA, "issue A-1", "timed out", "network"),) * unread
    summary = summarised(items, links, unread, {}, downgraded=3)
    return Report("reconcile", "r", None, NOW, NOW, "", summary, items, parts, whole=whole)


TITLE, STATUS = item(1, Field.TITLE), item(1, Field.STATUS, Verdict.WRITE_IMPACT)
HELD = item(2, Field.TITLE, Verdict.HOLD)


@pytest.mark.parametrize(
    ("items", "drifted", "drift"),
    [
        ((TITLE, STATUS), 1, {Field.TITLE: 1, Field.STATUS: 1}),
        ((done(TITLE), STATUS), 1, {Field.STATUS: 1}),
        ((done(TITLE), done(STATUS)), 0, {}),
        ((done(TITLE), done(STATUS, Outcome.STALE), HELD), 2, {Field.TITLE: 1, Field.STATUS: 1}),
        ((link_hold(subject(3), Reason.UNLINKED),), 0, {}),
    ],
)
def test_what_was_written_drifts_no_more(
    items: tuple[Item, ...], drifted: int, drift: dict[Field, int]
) -> None:
    found = state_of(report(*items))
    assert found is not None
    assert (found.links["drifted"], found.links["in_sync"]) == (drifted, 20 - drifted)
    assert found.links["downgraded"] == 3
    assert {name: count for name, count in found.drift.items() if count} == drift
    assert {*found.drift} == {*Field}


def test_links_are_counted_by_state_and_what_is_held_is_named() -> None:
    hidden = link_hold(subject(4), Reason.NOT_VISIBLE)
    found = state_of(report(HELD, link_hold(subject(3), Reason.UNLINKED), hidden))
    assert found is not None
    assert (found.links["unlinked"], found.links["not_visible"]) == (1, 1)
    assert found.holds == {
        HoldKey(2, Field.TITLE, Reason.DIRECTION),
        HoldKey(4, None, Reason.NOT_VISIBLE),
    }
    assert found.complete


def test_what_was_not_all_read_is_not_complete_and_a_part_is_no_state() -> None:
    found = state_of(report(unread=1))
    assert found is not None
    assert not found.complete
    assert state_of(report(HELD, whole=False)) is None


# Status


def run(hours: float, code: int | None = 0, command: str = "reconcile") -> Run:
    began = NOW - hours * HOUR
    finished = None if code is None else began + timedelta(minutes=1)
    return Run(f"run-{hours}", command, began, 1, finished_at=finished, exit_code=code)


def status(*watched: Run, **given: object) -> Status:
    success = next((one for one in watched if succeeded(one)), None)
    usual = Status(
        at=NOW,
        since=Period.HOUR.began(Period.HOUR.of(NOW - 3 * HOUR)),
        by=Period.HOUR,
        runs=watched,
        watched=watched,
        success=success,
        died=0,
        held=(),
        queue=QueueState(0, 0, None),
        ever=(),
        periods=(),
        paused=None,
    )
    return replace(usual, **given)  # type: ignore[arg-type]


def tallied(
    what: Counted, labels: str, since: str = "", count: int = 1, amount: float = 0
) -> Tallied:
    return Tallied(what, tuple(labels.split("/")), since, count, count * amount, amount, amount)


@pytest.mark.parametrize(
    ("watched", "trouble"),
    [
        ((run(0.5),), None),
        ((run(1.1),), Trouble.OLD),
        ((), Trouble.NEVER),
        ((run(0.5, 7),), Trouble.NEVER),
        ((run(0.1, 4), run(0.2, 7), run(0.5)), None),
        ((run(0.1, 4), run(0.2, 7), run(0.3, 1), run(0.5)), Trouble.FAILING),
        ((run(0.1, 4), run(0.2, 7), run(0.3, 2)), Trouble.FAILING),
        ((run(0.1, 4), run(0.2, 5), run(0.3, 6), run(0.4, 130), run(0.5)), None),
        ((run(0.1, 4), run(0.2, 5), run(0.3, 4), run(0.4, 4), run(0.5)), Trouble.FAILING),
        ((run(0.1, 3), run(1.1)), None),
        ((run(0.1, 3), run(0.2, 3), run(0.3, 3), run(0.5)), None),
        ((run(0.1, 4), run(0.2, 4), run(0.3, 3), run(0.4, 4), run(0.5)), None),
    ],
)
def test_what_somebody_should_see_to(watched: tuple[Run, ...], trouble: Trouble | None) -> None:
    assert status(*watched).trouble(HOUR) is trouble


def test_nobody_has_to_see_to_what_is_paused() -> None:
    failing = [run(n, 7) for n in (0.1, 0.2, 0.3)]
    paused = Pause(NOW - HOUR, NOW + HOUR, "ada")
    for watched in (failing, [run(5)], []):
        assert status(*watched, paused=paused).trouble(HOUR) is None


@pytest.mark.parametrize("code", [*ExitCode, None])
def test_every_end_is_a_success_a_failure_or_neither(code: ExitCode | None) -> None:
    well = code in {ExitCode.OK, ExitCode.DRIFT}
    neither = code in {ExitCode.BLOCKED, ExitCode.LOCKED, ExitCode.INTERRUPTED}
    one = replace(run(1), exit_code=code)
    assert (succeeded(one), failed(one)) == (well, not (well or neither))
    assert is_failure(label(one)) == failed(one)
    uncounted = replace(one, counts=False)
    ends = succeeded(uncounted), failed(uncounted), is_failure(label(uncounted))
    assert ends == (False, False, False)


def test_runs_that_died_have_failed_as_well() -> None:
    found = status(run(0.1, 4), run(0.2, 4), run(0.5), died=1)
    assert found.failures == 3
    assert found.trouble(HOUR) is Trouble.FAILING


def test_failures_that_were_thinned_away_are_counted_all_the_same() -> None:
    ever = (tallied(Counted.STREAK, "reconcile", count=900), tallied(Counted.STREAK, "undo"))
    assert status(run(0.1, 4), run(0.5), ever=ever).failures == 900


def test_rates_are_of_each_direction_and_field_over_all_periods() -> None:
    way = "impact_to_jira/status"
    periods = [
        tallied(Counted.WRITES, f"{way}/applied", "2026-11-23T09", 3),
        tallied(Counted.WRITES, f"{way}/applied", "2026-11-23T10", 2),
        tallied(Counted.WRITES, f"{way}/stale", "2026-11-23T10"),
        tallied(Counted.WRITES, "jira_to_impact/title/normalised", "2026-11-23T10"),
    ]
    first, second = status(periods=periods).rates
    assert (first.direction, first.field, first.done, first.tried) == (
        *("impact_to_jira", "status", 5, 6),
    )
    assert first.outcomes == {"applied": 5, "stale": 1}
    assert (second.done, second.tried) == (1, 1)


def test_durations_are_of_each_command() -> None:
    periods = [
        tallied(Counted.RUNS, "reconcile/0", "2026-11-23T09", 2, 4.0),
        tallied(Counted.RUNS, "reconcile/7", "2026-11-23T10", 1, 40.0),
        tallied(Counted.RUNS, "backfill issues/0", "2026-11-23T10", 1, 9.0),
    ]
    first, second = status(periods=periods).durations
    assert (first.command, first.runs, first.failed) == ("reconcile", 3, 1)
    assert (first.mean, first.longest) == (16.0, 40.0)
    assert (second.command, second.mean) == ("backfill issues", 9.0)


def test_the_chart_has_a_point_for_every_period_ran_or_not() -> None:
    periods = [
        tallied(Counted.RUNS, "reconcile/0", "2026-11-23T10", 2),
        tallied(Counted.RUNS, "reconcile/7", "2026-11-23T10"),
        *(tallied(Counted.RUNS, f"reconcile/{end}", "2026-11-23T10") for end in ("3", "uncounted")),
        tallied(Counted.LINKS, "drifted", "2026-11-23T10", 2, 5.0),
        tallied(Counted.LINKS, "in_sync", "2026-11-23T10", 2, 50.0),
        tallied(Counted.WRITES, "impact_to_jira/status/applied", "2026-11-23T10", 3),
        tallied(Counted.WRITES, "impact_to_jira/status/failed", "2026-11-23T10", 7),
    ]
    at = [datetime(2026, 11, 23, hour, tzinfo=UTC) for hour in (9, 10, 11, 12)]
    assert status(periods=periods).points == [
        Point(at[0]),
        Point(at[1], runs=5, failed=1, corrected=3, drifted=5, most_drifted=5),
        *(Point(at[2]), Point(at[3])),
    ]


def test_what_is_held_is_counted_by_reason_the_oldest_named() -> None:
    held = [
        Held(HoldKey(1, Field.TITLE, Reason.CONFLICT), NOW - HOUR),
        Held(HoldKey(2, None, Reason.MOVED), NOW - 5 * HOUR),
        Held(HoldKey(3, Field.TITLE, Reason.CONFLICT), NOW),
    ]
    found = status(held=held)
    assert found.oldest == held[1]
    assert found.reasons == {"conflict": 2, "moved": 1}
