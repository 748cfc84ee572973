"""What never arrived in Impact of the changes made in JIRA, as values; `arrivals` finds them."""

from bisect import bisect
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from raidctl.core.firefighter import TAKEN
from raidctl.core.history import Revision
from raidctl.core.model import Field, Side
from raidctl.core.plan.authorship import Accounts
from raidctl.core.plan.item import Item, Subject
from raidctl.core.report import Unread
from raidctl.core.writes.outcome import Result


class Why(StrEnum):
    """Why a change did not arrive, as far as that shows: the first that applies."""

    NOT_TAKEN = "not_taken"  # FireFighter takes nothing of the field from JIRA
    OWN_LINK = "own_link"  # FireFighter does not know the issue
    MOVED = "moved"  # FireFighter knows the issue by another key
    SHARED = "shared_issue"  # several of its tickets have the key
    UNMAPPED = "unmapped"  # no table of raidctl's knows the name
    UNKNOWN_NAME = "unknown_name"  # FireFighter itself does not know the name
    ECHO = "echo"  # FireFighter took it for the echo of its own push
    REFUSED_CLOSE = "refused_close"  # FireFighter has rules against closing it
    OUTAGE = "outage"  # nothing arrived at that time, of whatever incident
    LOST = "lost"  # nothing shows why


@dataclass(frozen=True, slots=True)
class Missed:
    """A change of a field in JIRA that never arrived in Impact.

    `overtaken`: a later one of the field did, or was none of a person's, so that this one is not to
    be delivered any more. `item` is what a plan says of its field now, `result` what became of its
    delivery; None while nobody asked.
    """

    subject: Subject
    revision: Revision
    why: Why
    detail: str | None = None
    overtaken: bool = False
    item: Item | None = None
    result: Result | None = None

    @property
    def field(self) -> Field:
        """The field that was changed."""
        return self.revision.field

    @property
    def place(self) -> tuple[int, Field]:
        """Whose field it is."""
        return self.subject.incident, self.revision.field


@dataclass(frozen=True, slots=True)
class Window:
    """What is asked: changes since, and until then, for what is younger may be on its way.

    `taken` are the fields that FireFighter takes from this JIRA.
    """

    since: datetime
    until: datetime
    accounts: Accounts
    taken: Collection[Field] = frozenset(TAKEN)

    def covers(self, one: Revision) -> bool:
        """Whether it is one of the changes that are asked for."""
        return self.since <= one.at <= self.until


@dataclass(frozen=True, slots=True)
class Audit:
    """What the histories of a field, or of many, tell.

    `changes` are all that people made in the window, `untold` those of which nothing tells whether
    they arrived, `heard` when changes were made that FireFighter took over, and `unreadable` are
    the sides whose history holds what cannot be read.
    """

    missed: tuple[Missed, ...] = ()
    changes: int = 0
    untold: int = 0
    heard: tuple[datetime, ...] = ()
    unreadable: frozenset[Side] = frozenset()


@dataclass(frozen=True, slots=True)
class MissedReport:
    """What a run of `missed` found. `run` is None where nothing is journalled.

    `links` counts the links there are, `looked_at` those that were changed in JIRA since; `changes`
    and `untold` as in `Audit`; `hidden` are links whose issue is not visible.
    """

    since: datetime
    started_at: datetime
    finished_at: datetime
    missed: Sequence[Missed]
    links: int
    looked_at: int
    changes: int
    untold: int
    hidden: int
    requests: Mapping[Side, int]
    unread: Sequence[Unread] = ()
    notes: Sequence[str] = ()
    run: str | None = None

    @property
    def open(self) -> list[Missed]:
        """What nothing has overtaken."""
        return [one for one in self.missed if not one.overtaken]


def shared(missed: Sequence[Missed], claims: Mapping[str, int]) -> list[Missed]:
    """With that several incidents have the key of an issue, by how many have each."""
    return [
        replace(one, why=Why.SHARED, detail=None)
        if one.why in _BEHIND_THE_LINK and claims.get((one.subject.linked_as or "").upper(), 0) > 1
        else one
        for one in missed
    ]


def outages(missed: Sequence[Missed], heard: Sequence[float]) -> list[Missed]:
    """With that nothing arrived at all while several changes of several incidents got lost.

    `heard` are the times of what arrived, in seconds since 1970 and in order.
    """
    gaps: dict[int, list[Missed]] = {}
    for one in missed:
        if one.why is Why.LOST:
            gaps.setdefault(bisect(heard, one.revision.at.timestamp()), []).append(one)
    found: dict[int, str] = {}
    for some in gaps.values():
        if len(some) >= _OUTAGE and len({one.subject.incident for one in some}) > 1:
            first, *_, last = sorted(f"{one.revision.at:%Y-%m-%d %H:%M}" for one in some)
            told = f"{len(some)} changes, {first} to {last} UTC"
            found |= dict.fromkeys(map(id, some), told)
    return [
        replace(one, why=Why.OUTAGE, detail=found[id(one)]) if id(one) in found else one
        for one in missed
    ]


_OUTAGE = 3  # changes; so many hardly get lost one by one
_BEHIND_THE_LINK = frozenset(
    {Why.UNMAPPED, Why.UNKNOWN_NAME, Why.ECHO, Why.REFUSED_CLOSE, Why.LOST}
)
"""What FireFighter comes to only where it has found the incident."""
