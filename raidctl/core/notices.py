"""What raidctl tells of by itself: what is new since it was told last, each once until it changes.

What can be told of is a *matter*. One that stands and was not told is news; one that was told and
stands no longer is forgotten, so that it is news when it comes back. That a failure is over is
news of its own.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from raidctl.core.events.event import Queued
from raidctl.core.plan.item import Hold
from raidctl.core.reasons import Reason
from raidctl.core.waiting import PASSING
from raidctl.core.writes.log import Run

IN_A_ROW = 3
"""So many failed runs of one command are no accident."""

AGAIN = timedelta(days=1)
"""A failure that goes on is said again after this."""

SOON = timedelta(hours=1)
"""A plan that changes with each run is told no more often than that while a limit stops it."""


class Kind(StrEnum):
    """What a notice is about; the order is that in which they are told."""

    FAILING = "failing"  # runs of a command failed, three in a row or more
    BLOCKED = "blocked"  # a safety limit stood in the way of a run
    FLAPPING = "flapping"  # a field was quarantined
    DEAD = "dead"  # an event was given up
    HELD = "held"  # something waits for a person
    RECOVERED = "recovered"  # what failed, or was blocked, is well again; never a matter
    TEST = "test"  # somebody tries whether it arrives; never a matter
    SAID = "said"  # why a run ended as it did: on standard error alone, never a notice


_ON_STREAMS = frozenset({Kind.FLAPPING, Kind.HELD, Kind.BLOCKED, Kind.SAID})


class Matter(NamedTuple):
    """One thing that is told once: its kind, the command it is of, and what tells it from others.

    `command` is empty where it is no command's.
    """

    kind: Kind
    command: str
    what: str


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run ended, as far as anything is told of it.

    `well` says that it did all that it was to do, `acted` that no limit stood in its way. `failed`
    counts the runs of its command that failed in a row, this one included, `since` is when the
    first of them began; `causes` tell one way to fail from another, `common` that every command
    would fail so. `blocked` says that a limit stood in the way, `approve` is the command that
    approves its plan, `look` the one that shows it. `holds` are None where it did not look for any,
    `whole` says that it could look everywhere. `dead` are None where nobody looked.
    """

    run: Run
    well: bool
    acted: bool
    causes: frozenset[str] = frozenset()
    common: bool = False
    failed: int = 0
    since: datetime | None = None
    blocked: bool = False
    approve: str = ""
    look: str = ""
    holds: tuple[Hold, ...] | None = None
    whole: bool = False
    dead: tuple[Queued, ...] | None = None

    @property
    def at(self) -> datetime:
        """When it ended."""
        return self.run.finished_at or self.run.started_at


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell, with all that is alike.

    `why` is what the run or the event says of itself, from outside and hostile, `do` the command
    that helps, where only the run knows it, `look` one to look with first. `count` and `since` are
    as in `RunEnd`. Of what is well again, `was` is what had been told, `since` then, until `at`.
    """

    kind: Kind
    command: str = ""
    holds: tuple[Hold, ...] = ()
    events: tuple[Queued, ...] = ()
    why: str | None = None
    count: int = 0
    since: datetime | None = None
    do: str = ""
    look: str = ""
    was: tuple[Kind, ...] = ()
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class News:
    """What one receiver is to be told, and what is kept of it once it was.

    `fresh` is then told of, `over` forgotten. `past` needs no telling: forgotten at once.
    """

    notices: tuple[Notice, ...]
    fresh: frozenset[Matter]
    over: frozenset[Matter]
    past: frozenset[Matter]


def hold_matter(hold: Hold) -> Matter:
    """The matter of a hold: an incident, a field (or its link), a reason."""
    kind = Kind.FLAPPING if hold.reason is Reason.FLAPPING else Kind.HELD
    return Matter(kind, "", f"{hold.subject.incident} {hold.field or 'link'} {hold.reason}")


def lasting(holds: Iterable[Hold]) -> Iterator[Hold]:
    """The holds that somebody has to do something about; the others pass by themselves."""
    return (hold for hold in holds if hold.reason not in PASSING)


def standing(end: RunEnd) -> frozenset[Matter]:
    """All that may be told of after this run."""
    command, found = _command(end.run), {hold_matter(one) for one in lasting(end.holds or ())}
    if end.failed >= IN_A_ROW:
        of = "" if end.common else command
        found.update(Matter(Kind.FAILING, of, cause) for cause in end.causes)
    if end.blocked:
        found |= {Matter(Kind.BLOCKED, command, plan) for plan in ("", end.run.plan or "")}
    if end.run.why is not None:
        found.add(Matter(Kind.SAID, command, f"{end.run.exit_code} {end.run.why}"))
    found.update(Matter(Kind.DEAD, "", str(event.id)) for event in end.dead or ())
    return frozenset(found)


def _command(run: Run) -> str:
    """Whose a matter of a run is: what does not count has none of those that do, and ends none."""
    return run.command if run.counts else f"{run.command} of some"


def ended(end: RunEnd, told: Collection[Matter]) -> frozenset[Matter]:
    """What was told of and stands no longer, as far as this run can tell."""
    able = {
        Kind.FAILING: end.well,
        Kind.BLOCKED: end.acted,
        Kind.SAID: True,
        Kind.HELD: end.holds is not None and end.whole,
        Kind.FLAPPING: end.holds is not None and end.whole,
        Kind.DEAD: end.dead is not None,
    }
    gone = frozenset(told) - standing(end)
    return frozenset(
        one for one in gone if able.get(one.kind, True) and one.command in {"", _command(end.run)}
    )


def _untold(end: RunEnd, told: Mapping[Matter, datetime], now: datetime) -> frozenset[Matter]:
    """What stands and was not told.

    That a limit stops a run is one matter, and which plan it stops another: the next is told, but
    not so soon that a plan which changes each time is a flood.
    """
    fresh = standing(end) - told.keys()
    blocks = {one for one in told if one.kind is Kind.BLOCKED and one.command == _command(end.run)}
    if any(now - told[one] < SOON for one in blocks):
        fresh -= {one for one in fresh if one.kind is Kind.BLOCKED}
    return fresh


def replaced(fresh: Collection[Matter], told: Collection[Matter]) -> frozenset[Matter]:
    """The stopped plans that were told of, and that what is told now takes the place of."""
    anew = {one.command for one in fresh if one.kind is Kind.BLOCKED and one.what}
    blocks = (one for one in told if one.kind is Kind.BLOCKED and one.command in anew)
    return frozenset(one for one in blocks if one.what)


def news(end: RunEnd, told: Mapping[Matter, datetime]) -> News:
    """What is new to somebody who was told that much, and when."""
    gone = ended(end, told)
    untold = _untold(end, told, end.at)
    fresh = frozenset(one for one in untold if one.kind is not Kind.SAID)
    over = frozenset(one for one in gone if end.well and one.kind in {Kind.FAILING, Kind.BLOCKED})
    notices = sorted(
        [*_fresh(end, fresh), *_recovered(end, over, told)], key=lambda one: [*Kind].index(one.kind)
    )
    return News(tuple(notices), fresh, over | replaced(fresh, told), gone - over)


def unsaid(end: RunEnd, told: Mapping[Matter, datetime], now: datetime) -> frozenset[Matter]:
    """What a run has to say on its own streams that the runs before it have not said.

    Why it ended as it did is said again when it was said a day ago: a failure must be heard.
    """
    said = {m: at for m, at in told.items() if m.kind is not Kind.SAID or now - at < AGAIN}
    return frozenset(one for one in _untold(end, said, now) if one.kind in _ON_STREAMS)


def unsaid_holds(end: RunEnd, fresh: Collection[Matter]) -> list[Hold]:
    """The holds of a run that are among what is to be said of it."""
    return [one for one in lasting(end.holds or ()) if hold_matter(one) in fresh]


def _fresh(end: RunEnd, fresh: Collection[Matter]) -> Iterator[Notice]:
    kinds, run = {one.kind for one in fresh}, end.run
    if Kind.FAILING in kinds:
        yield Notice(Kind.FAILING, run.command, why=run.why, count=end.failed, since=end.since)
    if Kind.BLOCKED in kinds:
        yield Notice(Kind.BLOCKED, run.command, why=run.why, do=end.approve, look=end.look)
    yield from grouped(unsaid_holds(end, fresh))
    dead = [one for one in end.dead or () if Matter(Kind.DEAD, "", str(one.id)) in fresh]
    if dead:
        yield Notice(Kind.DEAD, events=tuple(dead), why=dead[-1].why, count=len(dead))


def grouped(holds: Iterable[Hold]) -> Iterator[Notice]:
    """A notice for all that is held alike: of one field, for one reason, going one way."""
    groups: dict[object, list[Hold]] = {}
    for one in holds:
        groups.setdefault((one.field, one.reason, one.direction), []).append(one)
    for some in groups.values():
        yield Notice(hold_matter(some[0]).kind, holds=tuple(some), count=len(some))


def _recovered(
    end: RunEnd, over: Collection[Matter], told: Mapping[Matter, datetime]
) -> Iterator[Notice]:
    if over:
        kinds = {one.kind for one in over}
        was = tuple(kind for kind in Kind if kind in kinds)
        since = min(told[one] for one in over)
        yield Notice(Kind.RECOVERED, end.run.command, since=since, was=was, at=end.at)
