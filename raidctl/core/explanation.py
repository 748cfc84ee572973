"""What is known of one link, field by field, and what its verdicts rest on: for `explain`."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from raidctl.core.asked import NOTHING, Asked
from raidctl.core.drift import Comparison
from raidctl.core.history import Revision
from raidctl.core.mapping.named import PriorityRelation, StatusRelation
from raidctl.core.mapping.normal import tail_marker
from raidctl.core.mapping.people import CommanderRelation
from raidctl.core.mapping.relation import Image, Origin
from raidctl.core.mapping.texts import DescriptionRelation
from raidctl.core.memory import Baseline
from raidctl.core.model import Field, Pair, Readable, Side, SyncDirection, Value
from raidctl.core.paths import DeadEnd, Route
from raidctl.core.plan.changed import changed
from raidctl.core.plan.item import Change, Hold, Item, Subject, held
from raidctl.core.reasons import Reason
from raidctl.core.report import Unread
from raidctl.core.writes.log import Pause, Skip, Write

OF_THE_LINK = frozenset(
    {
        Reason.UNLINKED,
        Reason.NOT_VISIBLE,
        Reason.RELINKED,
        Reason.SHARED_ISSUE,
        Reason.DOWNGRADED,
        Reason.GAMEDAY,
        Reason.LOOK_ALIKE,
    }
)
"""Reasons that hold a link as a whole."""


class Standing(StrEnum):
    """How a field of a link stands; `alone` where there is no issue to compare it with."""

    IN_SYNC = "in_sync"
    DRIFTED = "drifted"
    OUT_OF_SCOPE = "out_of_scope"
    NOT_SYNCED = "not_synced"
    ALONE = "alone"


@dataclass(frozen=True, slots=True)
class Counterpart:
    """A value of the side `of` and what it is on the other; no origin where nothing tells."""

    of: Side
    value: Value
    image: Image
    origin: Origin | None


@dataclass(frozen=True, slots=True)
class Path:
    """The way of an issue from the status `start`, where it is now, to `goal`."""

    start: str
    goal: str
    found: Route | DeadEnd


@dataclass(frozen=True, slots=True)
class FieldExplanation:
    """One field of one link with all that its verdict rests on.

    `found` is None where nothing was compared, `item` where there is nothing to do. `writes`
    are raidctl's own, newest first; `guards` the directions an active loop guard covers, and when
    it ends; `skip` is there where a person left these very values as they are.
    `same_tables` tells whether the baseline was recorded under the tables of now.
    """

    field: Field
    pair: Pair[Readable]
    standing: Standing
    edits: Mapping[Side, Revision]
    found: Comparison | None = None
    item: Item | None = None
    baseline: Baseline | None = None
    same_tables: bool = True
    writes: tuple[Write, ...] = ()
    guards: Mapping[SyncDirection, datetime] = dataclasses.field(default_factory=dict)
    quarantined: bool = False
    skip: Skip | None = None
    path: Path | None = None

    @property
    def changed(self) -> frozenset[Side]:
        """The sides that hold another value than the baseline has."""
        if self.found is None or self.baseline is None:
            return frozenset()
        moved = changed(self.found, self.baseline)
        return frozenset(side for side in Side if moved.of(side))

    @property
    def as_written(self) -> Pair[Readable]:
        """Both values; of a description that drifted, the one that moves as it would be written.

        What is only on one side and stays there (a tail) differs not.
        """
        found, item = self.found, self.item
        if found is None or item is None or not isinstance(found.relation, DescriptionRelation):
            return self.pair
        if item.direction is SyncDirection.JIRA_TO_IMPACT:
            return self.pair._replace(jira=found.to_impact.value)
        return self.pair._replace(impact=found.to_jira.value)


@dataclass(frozen=True, slots=True)
class Explanation:
    """One link. `held` is what holds it as a whole, `moved` that its issue has another key than
    Impact knows; `direction` is None for `auto`.

    `histories` are the sides that told of changes, `unread` is what could not be asked for beside
    the values, `now` the time of the run, `asked` what was typed to have it.
    """

    subject: Subject
    held: Item | None
    fields: tuple[FieldExplanation, ...]
    direction: SyncDirection | None
    pause: Pause | None
    has_baselines: bool
    histories: frozenset[Side]
    unread: tuple[Unread, ...]
    now: datetime
    moved: Item | None = None
    asked: Asked = NOTHING

    @property
    def items(self) -> list[Item]:
        """What is to be done with the fields that are not in sync."""
        return [one.item for one in self.fields if one.item is not None]

    @property
    def holds(self) -> Iterator[Hold]:
        """All that is held of it, counted as in every command."""
        of_all = [one for one in (self.held, self.moved) if one is not None and one.field is None]
        return held([*of_all, *self.items])

    @property
    def unsettled(self) -> bool:
        """Whether it is not known what became of a write."""
        return any(write.outcome is None for one in self.fields for write in one.writes)

    @property
    def unattended_holds(self) -> bool:
        """Whether a reconcile that nobody attends holds what is to be written."""
        return not self.has_baselines and any(isinstance(item, Change) for item in self.items)


def counterparts(found: Comparison) -> tuple[Counterpart, ...]:
    """What each side's value is on the other, and what says so; nothing for texts and empties."""
    match found.relation:
        case StatusRelation():
            tells = Pair[Origin | None](Origin.STATUS_TO_JIRA, Origin.STATUS_TO_IMPACT)
        case PriorityRelation():
            tells = Pair(Origin.PRIORITY, Origin.PRIORITY)
        case CommanderRelation() as users:
            tells = Pair(users.origin(found.impact), users.origin(found.to_impact.value))
        case _:
            return ()
    rows = (
        Counterpart(Side.IMPACT, found.impact, found.to_jira, tells.impact),
        Counterpart(Side.JIRA, found.jira, found.to_impact, tells.jira),
    )
    return tuple(row for row in rows if not found.relation.empty(row.value))


def tails(found: Comparison) -> dict[Side, str]:
    """The marker with which each side's description has a tail, which stays on its side."""
    if not isinstance(found.relation, DescriptionRelation):
        return {}
    values = ((Side.IMPACT, found.impact), (Side.JIRA, found.jira))
    begun = {side: tail_marker(str(value or ""), found.relation.markers) for side, value in values}
    return {side: marker for side, marker in begun.items() if marker is not None}
