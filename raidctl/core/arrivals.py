"""Which changes in JIRA never arrived in Impact, by both histories of a field.

JIRA tells each change with its author. Impact tells its new values, and of those that it took over
from JIRA that they were. So an update that came from JIRA answers one change: the nearest of its
value. What no update answers has arrived all the same where Impact held that value, by the
relation, at some instant until JIRA's next change. Where Impact tells no history of a field, its
value of now judges the last change alone, and of earlier ones nothing is said.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from raidctl.core.drift import Comparison, Unseen
from raidctl.core.firefighter import SWALLOWED_FOR, TAKEN, closes, closing_rule, holding, pushes
from raidctl.core.history import UNKNOWN_TIME, History, Revision
from raidctl.core.mapping.tables import FIREFIGHTER_PRIORITY_FIELD
from raidctl.core.memory import LONG_AGO, BaselineState
from raidctl.core.missed import Audit, Missed, Why, Window
from raidctl.core.model import Field, Readable, Side, Unreadable, plain
from raidctl.core.plan.authorship import By
from raidctl.core.plan.case import ComparedLink
from raidctl.core.plan.item import subject_of
from raidctl.core.reasons import Reason


def audited(compared: ComparedLink, window: Window) -> Iterator[Audit]:
    """What both histories of a link tell, field by field."""
    for found in compared.fields:
        told = compared.history.of(Side.JIRA, found.field)
        if not any(one.at >= window.since for one in told):
            continue
        if isinstance(found, Unseen):
            changes = sum(map(window.covers, told))
            yield Audit(changes=changes, untold=changes)
        elif unreadable := _unreadable(compared.history, found.field):
            yield Audit(unreadable=unreadable)
        else:
            moved = [one for one in told if not _respells(found, one)]
            impact = compared.history.of(Side.IMPACT, found.field)
            yield _Field(compared, found, window, moved, impact).audit()


def _unreadable(history: History, name: Field) -> frozenset[Side]:
    return frozenset(
        side
        for side in Side
        for one in history.of(side, name)
        if one.at == UNKNOWN_TIME or isinstance(one.new, Unreadable)
    )


def _respells(found: Comparison, one: Revision) -> bool:
    """Whether it left the value that it found, and spelled it anew."""
    if isinstance(one.old, Unreadable) or isinstance(one.new, Unreadable):
        return False
    return found.relation.same(Side.JIRA, one.old, one.new)


@dataclass(frozen=True, slots=True)
class _Field:
    """A field of a link that can be compared, and what both sides tell of it, oldest first."""

    compared: ComparedLink
    found: Comparison
    window: Window
    jira: Sequence[Revision]
    impact: Sequence[Revision]

    def audit(self) -> Audit:
        """What became of each change; one that is too young to be judged overtakes none."""
        told = self.jira
        asked = [n for n, one in enumerate(told) if self._is_asked(one)]
        answered = self._answered()
        arrived = {n: self._arrived(n) if n not in answered else True for n in asked}
        old = [n for n, one in enumerate(told) if one.at <= self.window.until]
        last = max((n for n in old if arrived.get(n, True)), default=-1)
        missed = [
            replace(self._missed(told[n]), overtaken=n < last) for n in asked if arrived[n] is False
        ]
        untold = sum(arrived[n] is None for n in asked)
        taken = self.found.field in self.window.taken
        heard = tuple(told[n].at for n in sorted(answered)) if taken else ()
        return Audit(tuple(missed), len(asked), untold, heard)

    def _is_asked(self, one: Revision) -> bool:
        """Whether it is a person's, and within the window."""
        if not self.window.covers(one):
            return False
        history, relation = self.compared.history, self.found.relation
        by = self.window.accounts.whose(one, Side.JIRA, relation, plain(one.new), history)
        return by not in (By.RAIDCTL, By.FIREFIGHTER)

    def _answered(self) -> set[int]:
        """The changes that an update from JIRA answers, each its own: the nearest of its value.

        By clocks that differ an answer may seem to come before its question.
        """
        skew, answered = self.window.accounts.skew, set[int]()
        for taken in (one for one in self.impact if one.synced):
            alike = [
                (abs(taken.at - one.at), n)
                for n, one in enumerate(self.jira)
                if n not in answered
                if one.at <= taken.at + skew and self._related(taken.new, one.new)
            ]
            answered.update(n for _, n in sorted(alike)[:1])
        return answered

    def _arrived(self, number: int) -> bool | None:
        """Whether Impact held it though no update answers it; None where nothing tells."""
        told, one = self.jira, self.jira[number]
        following = told[number + 1].at if number + 1 < len(told) else None
        if not self.impact:
            if following is not None:
                return None
            return self._related(self.found.impact, one.new) or self._was_seen(one)
        stood = list(self._stood(one.at, following))
        if any(self._related(value, one.new) for value in stood):
            return True
        if following is None and self._was_seen(one):
            return True
        return None if self.impact[0].at > one.at else False

    def _stood(self, begin: datetime, end: datetime | None) -> Iterator[Readable]:
        """The values that Impact held at some instant from then, and until then or now."""
        told = self.impact
        for place, one in enumerate(told):
            left = told[place + 1].at if place + 1 < len(told) else None
            if (left is None or left > begin) and (end is None or one.at < end):
                yield one.new
        if end is None:
            yield self.found.impact

    def _was_seen(self, one: Revision) -> bool:
        """Whether raidctl has seen Impact agree with this value since then."""
        baseline = self.compared.memory.baselines.get(self.found.field)
        if baseline is None or baseline.state is not BaselineState.AGREED:
            return False
        incident = self.compared.link.incident
        seen = self.compared.readings.seen_at(baseline, incident, self.found.field) or LONG_AGO
        same = self.found.relation.same(Side.JIRA, baseline.jira, plain(one.new))
        return same and seen >= one.at

    def _related(self, impact: Readable, jira: Readable) -> bool:
        if isinstance(impact, Unreadable) or isinstance(jira, Unreadable):
            return False
        return Comparison(self.found.field, impact, jira, self.found.relation).related

    def _missed(self, one: Revision) -> Missed:
        why, detail = next(self._whys(one))
        return Missed(subject_of(self.compared.link), one, why, detail)

    def _whys(self, one: Revision) -> Iterator[tuple[Why, str | None]]:
        """Why it did not arrive: all that applies, in the order in which the handler looks."""
        name, told, incident = one.field, str(plain(one.new) or ""), self.compared.link.incident
        if name not in self.window.taken:
            kept = name in TAKEN
            yield Why.NOT_TAKEN, f"only from {FIREFIGHTER_PRIORITY_FIELD}" if kept else None
        if incident.own_link:
            yield Why.OWN_LINK, None
        if (incident.issue_key or "").upper() != self.compared.link.issue.key.upper():
            yield Why.MOVED, f"FireFighter knows it as {incident.issue_key}"
        image = self.found.relation.to_impact(plain(one.new), self.found.impact)
        if image.problem is Reason.UNMAPPED:
            yield Why.UNMAPPED, image.detail
        if TAKEN[name].image(told) is None:
            yield Why.UNKNOWN_NAME, f"its own table has no {told!r}"
        if (pushed := self._pushed(one)) is not None:
            seconds = round((one.at - pushed).total_seconds())
            yield Why.ECHO, f"it had pushed this very value {seconds} s before"
        if closes(name, told):
            yield from self._whys_not_closed(one)
        yield Why.LOST, None

    def _pushed(self, one: Revision) -> datetime | None:
        """When FireFighter last pushed this very value so shortly before that it swallowed it."""
        near = [
            other.at
            for other in self.jira
            if other is not one and other.account == self.window.accounts.service != ""
            if self.found.relation.same(Side.JIRA, plain(other.new), plain(one.new))
        ]
        name, told = one.field, str(plain(one.new) or "")
        near += [
            other.at
            for other in self.impact
            if not other.synced and pushes(name, plain(other.new), told)
        ]
        return max((at for at in near if at <= one.at <= at + SWALLOWED_FOR), default=None)

    def _whys_not_closed(self, one: Revision) -> Iterator[tuple[Why, str | None]]:
        """A close from a name that it does not know is none for it, and others have its rules."""
        left = str(plain(one.old) or "")
        if TAKEN[one.field].image(left) is None:
            yield Why.UNKNOWN_NAME, f"a close from {left!r}, which its own table has not, is none"
        incident = self.compared.link.incident
        if told := [other for other in self.impact if other.at <= one.at]:
            incident = holding(incident, one.field, plain(told[-1].new))
        if (rule := closing_rule(incident)) is not None:
            yield Why.REFUSED_CLOSE, rule.words
