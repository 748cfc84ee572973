"""Who changed what when, by the systems' own histories."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from raidctl.core.model import UNREADABLE, Field, Readable, Side

UNKNOWN_TIME = datetime(9998, 1, 1, tzinfo=UTC)
"""The time of a change that cannot be read: after all others, so that nothing goes over it."""
NO_TIME = "at a time that cannot be read"


@dataclass(frozen=True, slots=True)
class Revision:
    """One change of one field by its own system's history.

    `author` is a name to show, `account` what identifies the author (JIRA: as an assignee,
    Impact: an e-mail); None where not told. `old` and `new` are raw values of that side,
    `UNREADABLE` where the history does not tell them. `synced`: an update that Impact itself took
    over from JIRA, by FireFighter's mark of it.
    """

    field: Field
    at: datetime
    author: str | None = None
    account: str | None = None
    old: Readable = UNREADABLE
    new: Readable = UNREADABLE
    synced: bool = False

    @property
    def known_at(self) -> datetime | None:
        """When it was, where that can be read."""
        return None if self.at == UNKNOWN_TIME else self.at

    @property
    def when(self) -> str:
        """When it was, in words."""
        return NO_TIME if self.at == UNKNOWN_TIME else f"at {self.at:%Y-%m-%d %H:%M} UTC"


Revisions = Mapping[int, Sequence[Revision]]
"""What one system tells of each incident, or of each issue, oldest first."""
Told = Callable[[Collection[Field]], Sequence[Revision]]
"""What a system tells of changes of some fields of one incident, worked out when it is asked."""


@dataclass(frozen=True, slots=True)
class OwnWrite:
    """A value that raidctl is journalled to have sent to a side of a link, and between when.

    A status that goes by several hops has one for each.
    """

    incident: int
    issue_id: int
    field: Field
    side: Side
    value: Readable
    begun: datetime
    ended: datetime | None = None


@dataclass(frozen=True, slots=True)
class History:
    """What both systems tell of one link, oldest first; a side that told nothing is not there.

    `own` is what the journal tells of raidctl's part in it, `account` the one that raidctl writes
    to JIRA as, None where that is not known.
    """

    told: Mapping[Side, Sequence[Revision]] = field(default_factory=dict)
    own: Sequence[OwnWrite] = ()
    account: str | None = None

    def last(self, side: Side, name: Field | None) -> Revision | None:
        """The last change of a field on one side, as far as told."""
        told = self.told.get(side, ())
        return next((one for one in reversed(told) if one.field is name), None)

    def of(self, side: Side, name: Field) -> list[Revision]:
        """All changes of a field on one side, as far as told, oldest first."""
        return [one for one in self.told.get(side, ()) if one.field is name]

    def lasts(self, name: Field | None) -> dict[Side, Revision]:
        """The last change of a field on each side that tells of one."""
        return {side: last for side in Side if (last := self.last(side, name)) is not None}


NOTHING_TOLD = History()


def latest(revisions: Sequence[Revision]) -> dict[Field, Revision]:
    """The last change of each field."""
    return {one.field: one for one in revisions}
