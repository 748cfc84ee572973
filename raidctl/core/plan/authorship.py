"""Whose edit it was: what the histories tell of a field since it was last seen in agreement.

The rules are DESIGN §3.1. A history is asked since a moment of raidctl's clock, which is not the
system's: so much as the skew between them earlier, whatever is told may have come after it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from functools import partial
from itertools import pairwise

from raidctl.core.history import History, OwnWrite, Revision
from raidctl.core.mapping.relation import Relation
from raidctl.core.model import Field, Readable, Side, Unreadable


class By(Enum):
    """Who made an edit."""

    PERSON = auto()  # or nobody knows who
    RAIDCTL = auto()  # as the journal knows
    SIDE_EFFECT = auto()  # raidctl's account in JIRA, and the journal knows nothing of it
    FIREFIGHTER = auto()  # its service account in JIRA: a push of Impact's, whole or half
    SYNC = auto()  # FireFighter in Impact, which took it over from JIRA


@dataclass(frozen=True, slots=True)
class Edit:
    """The last change of a field on one side since it was seen in agreement, and whose it was."""

    revision: Revision
    by: By


def edit_since(
    history: History, side: Side, name: Field, since: datetime, relation: Relation, *, differs: bool
) -> Revision | None:
    """The last change of a field since a moment, as far as told.

    Of a value that does not differ from what it was then, only one that went away from it since
    and came back: the change that brought it there may have been just before.
    """
    revisions = history.of(side, name)
    if not revisions or revisions[-1].at <= since:
        return None
    last = revisions[-1]
    left = differs or _left(revisions, since, partial(_alike, relation, side))
    return last if left else None


def _left(
    revisions: Sequence[Revision], since: datetime, alike: Callable[[Readable, Readable], bool]
) -> bool:
    """Whether the value that stands there was left since then, and not only spelled anew.

    What an unknown value was before may have been the same, unless it is the only change.
    """
    now = revisions[-1].new
    recent = sum(one.at > since for one in revisions)
    before = [revisions[0].old, *(_old(a, b) for a, b in pairwise(revisions))][-recent:]
    unknown = any(isinstance(old, Unreadable) for old in before)
    was = [alike(old, now) for old in before]
    return recent > 1 and (unknown or (any(was) and not all(was)))


def _alike(relation: Relation, side: Side, one: Readable, other: Readable) -> bool:
    """Whether a history's two values are the same for the field."""
    if isinstance(one, Unreadable) or isinstance(other, Unreadable):
        return one == other
    return relation.same(side, one, other)


def _old(earlier: Revision, one: Revision) -> Readable:
    """The value before a change; Impact tells new ones alone."""
    return earlier.new if isinstance(one.old, Unreadable) else one.old


@dataclass(frozen=True, slots=True)
class Accounts:
    """Who writes as whom: FireFighter's account in JIRA, and how far clocks may differ."""

    service: str
    skew: timedelta

    def whose(
        self, revision: Revision, side: Side, relation: Relation, value: Readable, history: History
    ) -> By:
        """Who made the last change of a field; `value` is what it left there."""
        known = any(
            (one.field, one.side) == (revision.field, side)
            and _made(one, revision, self.skew)
            and not isinstance(one.value, Unreadable)
            and not isinstance(value, Unreadable)
            and relation.same(side, one.value, value)
            for one in history.own
        )
        if side is Side.IMPACT:
            if revision.account is not None or not revision.synced:
                return By.PERSON
            return By.RAIDCTL if known else By.SYNC
        own = history.account is not None and revision.account == history.account
        if known and (own or history.account is None):
            return By.RAIDCTL
        if revision.account is not None and revision.account == self.service:
            return By.FIREFIGHTER
        return By.SIDE_EFFECT if own else By.PERSON


NOBODY = Accounts("", timedelta(seconds=120))
"""No account of FireFighter's is known."""


def _made(one: OwnWrite, revision: Revision, skew: timedelta) -> bool:
    """Whether a write of raidctl's was under way when a change was made."""
    ended = one.ended or revision.at
    return one.begun - skew <= revision.at <= ended + skew
