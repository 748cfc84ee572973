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

_NOT_TAKEN = frozenset({Outcome.REFUSED, Outcome.NO_EFFECT})

Key = tuple[int, int | None, Field | None]
"""An incident, its issue, a field of both."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One field, or one link, that waits.

    `since` is when it began to, as far as anything tells; `edits` are each side's last change of
    the field. `marked`: the journal keeps it from being written until it is released. `skip` is
    there where a person has looked at these very values and left them. `tried_again`: it is no
    hold yet, the next run sends it once more. `refused` is raidctl's last write of the field, where
    its target did not take it over these very values.
    """

    item: Item
    since: datetime | None = None
    edits: Mapping[Side, Revision] = field(default_factory=dict)
    marked: bool = False
    skip: Skip | None = None
    tried_again: bool = False
    refused: Write | None = None

    @property
    def skipped(self) -> bool:
        """Whether a person has looked at these very values and left them."""
        return self.skip is not None

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
    left, found = by_field(skips), []
    for item in items:
        key = item.subject.incident, item.subject.issue_id, item.field
        write = last.get(key)
        refused = _refusal(item, write)
        if (isinstance(item, Change) and refused is None) or not may_wait(item):
            continue
        edits = history.get(item.subject.incident, NOTHING_TOLD).lasts(item.field)
        changed = max(filter(None, (edit.known_at for edit in edits.values())), default=None)
        marked = since.get((key, item.reason))
        began = marked or (changed if refused is None else refused.at)
        skip = skip_of(item, left)
        told = item if refused is None else _held(item, refused)
        again = isinstance(item, Change)
        over = write if write and write.outcome in _NOT_TAKEN and write.pair == item.pair else None
        found.append(Waiting(told, began, edits, marked is not None, skip, again, over))
    return found


def by_field(skips: Iterable[Skip]) -> Mapping[Key, Skip]:
    """Skips by what they are of: one field of one link."""
    return {_key(one): one for one in skips}


def skip_of(item: Item, skips: Mapping[Key, Skip]) -> Skip | None:
    """What a person said who left these very values of a field as they are."""
    left = skips.get((item.subject.incident, item.subject.issue_id, item.field))
    return left if left is not None and (left.impact, left.jira) == item.pair else None


def _key(one: Mark | Skip | Write) -> Key:
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
