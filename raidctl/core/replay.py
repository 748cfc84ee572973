"""Both histories of one field, gone back over to the latest instant at which its values agreed.

Each side tells which values it held, one after the other, by a clock of its own. Which pairs stood
beside each other is known as far as the clocks agree: a pair surely stood where what ended it came
at least the skew after what began it, and it may have stood where nothing rules that out. From the
pair of now all that may have stood is looked at, the later first. The first that agreed is the
answer, if it surely stood; there is none where that is not sure, or where a pair after it cannot
be judged: the histories tell what was, and nothing is guessed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from raidctl.core.drift import Comparison
from raidctl.core.history import UNKNOWN_TIME, History, Revision
from raidctl.core.mapping.relation import Relation
from raidctl.core.model import Link, Readable, Side, Unreadable, Value
from raidctl.core.reasons import Reason

MOST_PAIRS = 10_000
"""Pairs that are looked at: only changes without end within one skew make more."""


class Why(StrEnum):
    """Why two histories tell of no agreement."""

    NO_HISTORY = "no_history"  # Impact has noted no change of the field
    CUT = "cut"  # a change of an unknown time: the history is not whole, or cannot be read
    GAP = "gap"  # a value is not the one that the history leads to
    ONE_INSTANT = "one_instant"  # Impact tells of two changes at once, and not which was first
    UNREADABLE = "unreadable"  # a value is not told
    UNMAPPED = "unmapped"  # a value is known to no table, or to nobody who knows the users
    ORDER = "order"  # the clocks cannot tell which side changed first
    TOO_SHORT = "too_short"  # the history begins after what would tell
    NEVER = "never_agreed"  # it is whole, and they never did
    UNREAD = "unread"  # a system would not tell its history
    HELD = "held"  # its link is held as a whole


@dataclass(frozen=True, slots=True)
class Agreement:
    """The pair that agreed last, and `until` when, by the clock of the side that ended it."""

    impact: Value
    jira: Value
    until: datetime


@dataclass(frozen=True, slots=True)
class Untold:
    """That no agreement is known, why, and where and when that shows."""

    why: Why
    side: Side | None = None
    at: datetime | None = None


def replay(found: Comparison, link: Link, history: History, skew: timedelta) -> Agreement | Untold:
    """The latest agreement of a field that has drifted, by the relation of now."""
    lines = [_impact(found, link, history), _jira(found, link, history)]
    for line in lines:
        if isinstance(line, Untold):
            return line
    impact, jira = (line for line in lines if isinstance(line, _Line))
    return _Pairs(found, impact, jira, skew).last_agreed(link.incident.created_at)


@dataclass(frozen=True, slots=True)
class _Line:
    """The values of one side, oldest first, since when each stood, and those that are doubtful."""

    values: Sequence[Readable]
    begun: Sequence[datetime]
    flaws: Mapping[int, Untold] = field(default_factory=dict)

    def end(self, place: int) -> datetime | None:
        """When a value was left; None for the one of now."""
        return self.begun[place + 1] if place + 1 < len(self.begun) else None


def _impact(found: Comparison, link: Link, history: History) -> _Line | Untold:
    """Impact tells new values alone, the first of them when the incident was declared.

    Source: FireFighter's `declare`, whose first update holds all five fields.
    """
    told = history.of(Side.IMPACT, found.field)
    if not told:
        return Untold(Why.NO_HISTORY, Side.IMPACT)
    if (broken := _broken(told, Side.IMPACT, found)) is not None:
        return broken
    flaws: dict[int, Untold] = {}
    for place, (one, following) in enumerate(pairwise(told)):
        tied = one.at == following.at
        if tied and not _alike(found.relation, Side.IMPACT, one.new, following.new):
            tie = Untold(Why.ONE_INSTANT, Side.IMPACT, one.at)
            flaws |= {place: tie, place + 1: tie}
        if isinstance(one.new, Unreadable):
            flaws[place] = Untold(Why.UNREADABLE, Side.IMPACT, one.at)
    flaws.pop(len(told) - 1, None)  # what stands there now is known
    values = [*(one.new for one in told[:-1]), found.impact]
    return _Line(values, [one.at for one in told], flaws)


def _jira(found: Comparison, link: Link, history: History) -> _Line | Untold:
    """JIRA tells what each change found and left, since the issue was created."""
    told, created = history.of(Side.JIRA, found.field), link.issue.created_at
    if created is None:
        return Untold(Why.TOO_SHORT, Side.JIRA)
    if not told:
        return _Line([found.jira], [created])
    if (broken := _broken(told, Side.JIRA, found)) is not None:
        return broken
    flaws: dict[int, Untold] = {}
    values = [told[0].old, *(one.new for one in told[:-1]), found.jira]
    for place, one in enumerate(told):
        if isinstance(one.old, Unreadable) or isinstance(values[place], Unreadable):
            flaws[place] = Untold(Why.UNREADABLE, Side.JIRA, one.at)
        elif not _alike(found.relation, Side.JIRA, one.old, values[place]):
            flaws[place] = Untold(Why.GAP, Side.JIRA, one.at)
    return _Line(values, [min(created, told[0].at), *(one.at for one in told)], flaws)


def _broken(told: Sequence[Revision], side: Side, found: Comparison) -> Untold | None:
    """Why a history as a whole does not lead to what stands there now."""
    if any(one.at == UNKNOWN_TIME for one in told):
        return Untold(Why.CUT, side)
    last = told[-1]
    if isinstance(last.new, Unreadable):
        return Untold(Why.UNREADABLE, side, last.at)
    if not _alike(found.relation, side, last.new, found.pair.of(side)):
        return Untold(Why.GAP, side, last.at)
    return None


def _alike(relation: Relation, side: Side, one: Readable, other: Readable) -> bool:
    if isinstance(one, Unreadable) or isinstance(other, Unreadable):
        return False
    return relation.same(side, one, other)


_Place = tuple[int, int]
"""Which of Impact's values stood beside which of JIRA's."""


@dataclass(frozen=True, slots=True)
class _Pairs:
    """All pairs that may have stood, by the places of their values in the two lines."""

    found: Comparison
    impact: _Line
    jira: _Line
    skew: timedelta

    def last_agreed(self, declared: datetime) -> Agreement | Untold:
        """From now backwards, change by change, in every order that the clocks allow."""
        level, looked_at = {(len(self.impact.values) - 1, len(self.jira.values) - 1)}, 0
        while level:
            for place in level:
                if (told := self._told(place)) is not None:
                    return told
            looked_at += len(level)
            if looked_at > MOST_PAIRS:
                return Untold(Why.ORDER, at=self._end(min(level)))
            before = {place for a, b in level for place in ((a - 1, b), (a, b - 1))}
            level = {place for place in before if min(place) >= 0 and self._may_have_stood(place)}
        first = self.impact.begun[0]
        if first - declared > self.skew:
            return Untold(Why.TOO_SHORT, Side.IMPACT, first)
        return Untold(Why.NEVER)

    def _told(self, place: _Place) -> Agreement | Untold | None:
        """What one pair tells; None where it did not agree."""
        a, b = place
        if (flaw := self.impact.flaws.get(a) or self.jira.flaws.get(b)) is not None:
            return flaw
        impact, jira = self.impact.values[a], self.jira.values[b]
        if isinstance(impact, Unreadable) or isinstance(jira, Unreadable):
            return None  # all of them are flaws
        pair = Comparison(self.found.field, impact, jira, self.found.relation)
        if not pair.related:
            for side, image in ((Side.IMPACT, pair.to_jira), (Side.JIRA, pair.to_impact)):
                if image.problem is Reason.UNMAPPED:
                    line, at = (self.impact, a) if side is Side.IMPACT else (self.jira, b)
                    return Untold(Why.UNMAPPED, side, line.begun[at])
            return None
        end = self._end(place)
        if end is None or not self._surely_stood(place):
            return Untold(Why.ORDER, at=end)
        return Agreement(impact, jira, end)

    def _end(self, place: _Place) -> datetime | None:
        ends = [self.impact.end(place[0]), self.jira.end(place[1])]
        return min((end for end in ends if end is not None), default=None)

    def _may_have_stood(self, place: _Place) -> bool:
        """Whether neither value surely came after the other was left."""
        a, b = place
        return not (
            self._surely_after(self.impact.begun[a], self.jira.end(b))
            or self._surely_after(self.jira.begun[b], self.impact.end(a))
        )

    def _surely_stood(self, place: _Place) -> bool:
        """Whether each value was surely left after the other had come."""
        a, b = place
        ends = (self.impact.end(a), self.jira.begun[b]), (self.jira.end(b), self.impact.begun[a])
        return all(end is None or self._surely_after(end, begun) for end, begun in ends)

    def _surely_after(self, later: datetime, earlier: datetime | None) -> bool:
        return earlier is not None and later > earlier and later - earlier >= self.skew
