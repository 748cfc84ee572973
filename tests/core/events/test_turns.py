"""What becomes of an event, by what became of its fields."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raidctl.core.events.event import Event, Queued, State
from raidctl.core.events.turns import Stop, Timing, away, in_vain, judged
from raidctl.core.model import Field, Pair, SyncDirection
from raidctl.core.plan.item import Change, Hold, Item, Subject, target_of
from raidctl.core.reasons import Reason
from raidctl.core.writes.outcome import Outcome, Result

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
TIMING = Timing(NOW, timedelta(seconds=60), lambda: 0.5)
SUBJECT = Subject(12, "", "", issue="INC-12", issue_id=10012)
TO_IMPACT = SyncDirection.JIRA_TO_IMPACT
EVENT = Queued(
    7,
    Event("a", "jira:issue_updated", NOW, None, "INC-12", 10012, frozenset({Field.STATUS})),
    State.WAITING,
    None,
    NOW,
)


def change(
    outcome: Outcome | None = None, category: str | None = None, field: Field = Field.STATUS
) -> Change:
    result = None if outcome is None else Result(outcome, None, category, "what was said")
    target, pair = target_of(field, TO_IMPACT.target), Pair("OPEN", "Closed")
    return Change(SUBJECT, target, field, TO_IMPACT, pair, "x", Reason.JIRA_CHANGED, result=result)


def hold(reason: Reason, field: Field | None = Field.STATUS) -> Hold:
    return Hold(SUBJECT, field, Pair("OPEN", "Closed"), reason)


@pytest.mark.parametrize(
    ("items", "state", "why"),
    [
        ([], State.SETTLED, "nothing to do: both sides agree"),
        ([change(Outcome.APPLIED)], State.SETTLED, "status: written to Impact"),
        ([change(Outcome.NORMALISED)], State.SETTLED, "status: written to Impact"),
        ([change(Outcome.REFUSED)], State.SETTLED, "status: refused (what was said)"),
        ([hold(Reason.CONFLICT)], State.SETTLED, "status is held, conflict"),
        ([hold(Reason.SETTLING)], State.WAITING, "status is held, settling"),
        ([hold(Reason.COOLING)], State.WAITING, "status is held, cooling"),
        ([hold(Reason.UNLINKED, None)], State.IGNORED, "the incident has no issue"),
        ([hold(Reason.NOT_VISIBLE, None)], State.SETTLED, "the link is held, not visible"),
        ([change(None)], State.WAITING, "the run ended before"),
        ([change(Outcome.FAILED, "network")], State.WAITING, "status: failed (what was said)"),
        ([change(Outcome.FAILED, "rate_limit")], State.WAITING, "status: failed (what was said)"),
        ([change(Outcome.STALE, "conflict")], State.WAITING, "status: stale (what was said)"),
        ([change(Outcome.NO_EFFECT)], State.WAITING, "status: no effect (what was said)"),
        ([change(Outcome.FAILED, "permission")], State.DEAD, "status: failed (what was said)"),
        ([change(Outcome.FAILED, "validation")], State.DEAD, "status: failed (what was said)"),
    ],
)
def test_its_fields_tell(items: list[Item], state: State, why: str) -> None:
    turn = judged(EVENT, items, TIMING)
    assert (turn.id, turn.state, turn.why) == (7, state, why)
    assert (turn.due_at is None) == (state is not State.WAITING)


def test_fields_that_it_does_not_name_are_not_its_own() -> None:
    others: list[Item] = [
        change(Outcome.FAILED, "permission", Field.TITLE),
        hold(Reason.SETTLING, Field.TITLE),
    ]
    assert judged(EVENT, others, TIMING).state is State.SETTLED


def test_what_is_too_young_is_looked_at_again_when_it_is_not() -> None:
    turn = judged(EVENT, [hold(Reason.SETTLING)], TIMING)
    assert (turn.due_at, turn.tries) == (NOW + timedelta(seconds=60), 0)


def test_a_run_that_was_stopped_costs_no_try() -> None:
    stop = Stop("JIRA is down", timedelta(minutes=5))
    ended: list[Item] = [change(None), change(Outcome.FAILED, "network")]
    for one in ended:
        turn = judged(EVENT, [one], TIMING, stop)
        assert (turn.state, turn.why, turn.tries) == (State.WAITING, "JIRA is down", 0)
    assert judged(EVENT, [change(None)], TIMING, stop).due_at == NOW + timedelta(minutes=5)
    assert judged(EVENT, [change(Outcome.APPLIED)], TIMING, stop).state is State.SETTLED


def test_what_comes_again_meanwhile_is_another_time() -> None:
    twice = replace(EVENT, times=2)
    for turn in (judged(twice, [], TIMING), in_vain(twice, "x", TIMING), away(twice, "x", TIMING)):
        assert turn.times == 2


def test_a_look_before_its_time_is_no_try() -> None:
    """Another event of its link brings it along, as those of a busy link do all the time."""
    later = NOW + timedelta(minutes=1)
    turn = in_vain(replace(EVENT, tries=1, due_at=later), "stale", TIMING)
    assert (turn.state, turn.tries, turn.due_at) == (State.WAITING, 1, later)


@given(st.lists(st.floats(0, 1), min_size=4, max_size=4))
def test_four_tries_outlast_an_hour(chances: list[float]) -> None:
    """A system that comes and goes for an hour leaves nothing dead that would have passed."""
    event, now, fourth = EVENT, NOW, NOW
    for tries, chance in enumerate(chances, 1):
        fourth = now
        turn = in_vain(event, "JIRA: HTTP 503", Timing(now, timedelta(0), lambda c=chance: c))  # type: ignore[misc]
        assert turn.tries == tries
        assert turn.state is (State.DEAD if tries == 4 else State.WAITING)
        event, now = replace(event, tries=tries), turn.due_at or now
    assert fourth - NOW > timedelta(hours=1)
    assert turn.why == "tried 4 times: JIRA: HTTP 503"


def test_what_failed_together_does_not_come_back_together() -> None:
    first, second = (
        in_vain(EVENT, "x", Timing(NOW, timedelta(0), lambda c=chance: c)).due_at  # type: ignore[misc]
        for chance in (0.0, 1.0)
    )
    assert first is not None
    assert second is not None
    assert first - NOW == timedelta(seconds=42)
    assert second - NOW == timedelta(seconds=78)


def test_a_system_that_is_away_is_nobodys_fault() -> None:
    turn = away(replace(EVENT, tries=3), "JIRA is down", TIMING)
    assert (turn.state, turn.tries, turn.due_at) == (State.WAITING, 3, NOW + timedelta(minutes=1))
