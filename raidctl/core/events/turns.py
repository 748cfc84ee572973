"""What becomes of an event once both sides were read, or could not be.

    settled       what was decided of its fields is done, or held with its reason
    waiting       somebody has to say yes, or a change is too young: no try is counted;
                  or something failed that may pass: tried four times
    dead          it failed four times, or for a reason that does not pass
    ignored       there is no link that it could be about

A system that is down is down for all of them: that counts as no try of any.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from raidctl.core.events.event import Queued, State, Turn
from raidctl.core.model import Side
from raidctl.core.plan.item import Change, Item, changes, held
from raidctl.core.reasons import Reason
from raidctl.core.waiting import PASSING
from raidctl.core.writes.outcome import DONE, Outcome, Result

TRIES = 4
BACKOFF = (timedelta(minutes=1), timedelta(minutes=10), timedelta(minutes=90))
"""Between the tries: more than an hour in all, whatever the jitter, so that nothing is dead which
a system that comes and goes for an hour would have let pass."""
JITTER = 0.3  # either way: what failed together does not come back together
_ENDS = {*DONE, Outcome.REFUSED}  # what was refused once is held by the next look
_MAY_PASS = frozenset({"network", "rate_limit", "conflict"})
_SOON_TOLD = frozenset({Outcome.STALE, Outcome.NO_EFFECT})
"""The next look tells another thing: somebody was faster, or FireFighter was asked once more."""
_SYSTEMS = {Side.IMPACT: "Impact", Side.JIRA: "JIRA"}


@dataclass(frozen=True, slots=True)
class Timing:
    """When it is, and how long a change is left alone; `random` is from 0 to 1, by chance."""

    now: datetime
    passing: timedelta
    random: Callable[[], float]

    def after(self, wait: timedelta) -> datetime:
        """About then."""
        return self.now + wait * (1 - JITTER + 2 * JITTER * self.random())


class Stop(NamedTuple):
    """Why a run ended before it had done all, and how long to leave what it did not do."""

    why: str
    wait: timedelta = BACKOFF[0]


NOT_BEGUN = Stop("the run ended before")


def in_vain(event: Queued, why: str, timing: Timing) -> Turn:
    """It failed by itself, and may not fail the next time.

    One that was looked at before its time, because another of its link came in, was not tried: a
    link that somebody edits all the time would be dead within seconds.
    """
    if event.due_at is not None and event.due_at > timing.now:
        return put_off(event, why, event.due_at)
    tries = event.tries + 1
    if tries >= TRIES:
        return replace(event.turn(State.DEAD, f"tried {tries} times: {why}"), tries=tries)
    return replace(put_off(event, why, timing.after(BACKOFF[tries - 1])), tries=tries)


def put_off(event: Queued, why: str, until: datetime) -> Turn:
    """It waits, for no fault of its own."""
    return replace(event.turn(State.WAITING, why), due_at=until)


def away(event: Queued, why: str, timing: Timing) -> Turn:
    """A whole system is."""
    return put_off(event, why, timing.after(BACKOFF[0]))


def judged(
    event: Queued, items: Iterable[Item], timing: Timing, stopped: Stop | None = None
) -> Turn:
    """By what became of its fields, of all items of its link.

    `stopped` is what ended the run before it had done all, where that was so.
    """
    mine = [item for item in items if _concerns(event, item)]
    ends = list(changes(mine))
    if any(one.result is None for one in ends):
        stop = stopped or NOT_BEGUN
        return put_off(event, stop.why, timing.after(stop.wait))
    if any(one.result and one.result.outcome not in _ENDS for one in ends):
        return _failed(event, ends, timing, stopped)
    told = "; ".join(map(_told, mine))
    if any(item.reason in PASSING for item in held(mine)):
        return put_off(event, told, timing.now + timing.passing)
    if mine and not ends and all(item.reason is Reason.UNLINKED for item in mine):
        return event.turn(State.IGNORED, "the incident has no issue")
    return event.turn(State.SETTLED, told or "nothing to do: both sides agree")


def _failed(
    event: Queued, ends: Iterable[Change], timing: Timing, stopped: Stop | None = None
) -> Turn:
    failed = [(one, one.result) for one in ends if one.result and one.result.outcome not in _ENDS]
    passing = [one for one, result in failed if _may_pass(result)]
    if passing and stopped is not None:
        return away(event, stopped.why, timing)
    if passing:
        return in_vain(event, _ended(passing[0]), timing)
    return event.turn(State.DEAD, _ended(failed[0][0]))


def _may_pass(result: Result) -> bool:
    return result.outcome in _SOON_TOLD or result.category in _MAY_PASS


def _concerns(event: Queued, item: Item) -> bool:
    named = event.event
    return named.creation or item.field is None or item.field in named.fields


def _told(item: Item) -> str:
    """What there is to say of it, in a few words."""
    if isinstance(item, Change):
        return _ended(item)
    what = "the link" if item.field is None else item.field.value
    said = f": {item.detail}" if item.detail and item.field is None else ""
    return f"{what} is held, {item.reason.replace('_', ' ')}{said}"


def _ended(change: Change) -> str:
    """What became of a change."""
    what = change.verdict.replace("_", " ") if change.field is None else change.field.value
    result = change.result
    if result is None or result.outcome in DONE:
        return f"{what}: written to {_SYSTEMS[change.side]}"
    said = f" ({result.detail})" if result.detail else ""
    return f"{what}: {result.outcome.replace('_', ' ')}{said}"
