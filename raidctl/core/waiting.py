"""What is held: since when, who changed what last, and whether a person has looked at it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from raidctl.core.history import NOTHING_TOLD, History, Revision
from raidctl.core.model import Field, Side
from raidctl.core.plan.item import Change, Hold, Item, held
from raidctl.core.reasons import Reason
from raidctl.core.writes.log import Mark, Skip, Write
from raidctl.core.writes.marks import refusal_of, refused_before
from raidctl.core.writes.outcome import Outcome

PASSING = frozenset({Reason.COOLING, Reason.SETTLING})
"""Holds that end by themselves; all others when somebody decides, or mends what is in the way."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One field, or one link, that waits.

    `since` is when it began to, as far as anything tells; `edits` are each side's last change of
    the field. `marked`: the journal keeps it from being written until it is released. `skipped`
    says that a person has looked at these very values and left them.
    """

    item: Item
    since: datetime | None = None
    edits: Mapping[Side, Revision] = field(default_factory=dict)
    marked: bool = False
    skipped: bool = False

    @property
    def passing(self) -> bool:
        """Whether it ends by itself: a later run looks again."""
        return self.item.reason in PASSING


def may_wait(item: Item) -> bool:
    """Whether it is held, or was refused before for all that its values tell."""
    return isinstance(item, Change) or any(held([item]))


def waiting(
    items: Iterable[Item],
    marks: Collection[Mark],
    skips: Collection[Skip],
    history: Mapping[int, History],
    writes: Sequence[Write],
) -> list[Waiting]:
    """Those of `items` that are held, in their order.

    A change of which the target refused the same before is one of them: it is held as `refused`
    here, though the next run tries again. `history` is what the systems tell of each incident,
    `writes` are raidctl's own, oldest first.
    """
    last = {_key(one): one for one in writes}
    since = {(_key(mark), mark.reason): mark.since for mark in marks}
    left = {(_key(one), (one.impact, one.jira)) for one in skips}
    found = []
    for item in items:
        key = item.subject.incident, item.subject.issue_id, item.field
        refused = _refusal(item, last.get(key))
        if (isinstance(item, Change) and refused is None) or not may_wait(item):
            continue
        edits = history.get(item.subject.incident, NOTHING_TOLD).lasts(item.field)
        changed = max(filter(None, (edit.known_at for edit in edits.values())), default=None)
        marked = since.get((key, item.reason))
        began = marked or (changed if refused is None else refused.at)
        skipped = (key, tuple(item.pair)) in left
        told = item if refused is None else _held(item, refused)
        found.append(Waiting(told, began, edits, marked is not None, skipped))
    return found


def _key(one: Mark | Skip | Write) -> tuple[int, int | None, Field | None]:
    return one.incident, one.issue_id, one.field


def _refusal(item: Item, write: Write | None) -> Write | None:
    """The last write of a field, where it was this very one and the target refused it."""
    if write is None or (write.outcome, write.direction) != (Outcome.REFUSED, item.direction):
        return None
    return write if refused_before(refusal_of(write), item.pair, item.to) else None


def _held(item: Item, refused: Write) -> Item:
    """The item with what the target said of it, and no longer a change."""
    if isinstance(item, Hold) and item.reason is not Reason.REFUSED:
        return item
    where = item.subject, item.field, item.pair
    return Hold(*where, Reason.REFUSED, item.direction, item.to, refused.detail)
