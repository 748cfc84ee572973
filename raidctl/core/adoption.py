"""What both histories tell of the fields that drifted and have no baseline."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from raidctl.core.model import Field, Side, SyncDirection
from raidctl.core.reasons import Reason
from raidctl.core.replay import Untold
from raidctl.core.report import Unread


@dataclass(frozen=True, slots=True)
class Place:
    """One field of one link."""

    incident: int
    issue: str
    issue_id: int
    field: Field


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the next run does with a field; `direction` is None where it holds it for a person."""

    verdict: str
    direction: SyncDirection | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class Decided:
    """A field whose pair of `until` is its baseline; no outlook: it is taken to be in sync."""

    place: Place
    until: datetime
    outlook: Outlook | None


@dataclass(frozen=True, slots=True)
class Undecided:
    """A field of which the histories tell nothing for certain."""

    place: Place
    untold: Untold


@dataclass(frozen=True, slots=True)
class Adoption:
    """What a run found: `remembered` counts the pairs that agree now and are new to the journal.

    `links` is the sum of those in sync, those that drifted, `not_visible` and `unread_links`.
    """

    links: int
    in_sync: int
    not_visible: int
    unread_links: int
    remembered: int
    decided: Sequence[Decided]
    undecided: Sequence[Undecided]
    unread: Sequence[Unread]
    requests: Mapping[Side, int]

    @property
    def outlooks(self) -> Sequence[tuple[Field, Outlook | None, int]]:
        """How many fields are decided alike, the most first."""
        counts = Counter((one.place.field, one.outlook) for one in self.decided)
        return [(*alike, count) for alike, count in counts.most_common()]

    @property
    def reasons(self) -> Sequence[tuple[Field, Untold, int]]:
        """How many fields are undecided alike, wherever and whenever that shows, the most first."""
        counts = Counter((one.place.field, Untold(one.untold.why)) for one in self.undecided)
        return [(*alike, count) for alike, count in counts.most_common()]
