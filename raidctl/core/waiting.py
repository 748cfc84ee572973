"""What waits for a person: since when, who changed what last, and whether it was looked at."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from raidctl.core.memory import Edit
from raidctl.core.model import HOLDS, Field, Reason, Side
from raidctl.core.outcome import Outcome
from raidctl.core.record import Mark, Skip, Write
from raidctl.core.verdict import Item

PASSING = frozenset({Reason.COOLING, Reason.SETTLING})
"""Holds that end by themselves."""

FOR_PEOPLE = frozenset(HOLDS) - PASSING - {Reason.UNLINKED}
"""Holds that end only when somebody decides, or mends what stands in the way."""

History = Mapping[tuple[int, Side], Mapping[Field, Edit]]
_Key = tuple[int, int | None, Field | None]


@dataclass(frozen=True, slots=True)
class Waiting:
    """One field, or one link, that waits.

    `since` is when it began to, as far as anything tells; `edits` are each side's last change of
    the field; `refused` is the last write, where the target refused that; `skipped` says that a
    person has looked at these very values and left them.
    """

    item: Item
    since: datetime | None = None
    edits: Mapping[Side, Edit] | None = None
    refused: Write | None = None
    skipped: bool = False

    @property
    def reason(self) -> Reason:
        """Why it waits; a write that is planned anew waits for what refused it last."""
        return Reason.REFUSED if self.item.writes else self.item.reason


def waiting(
    items: Iterable[Item],
    marks: Collection[Mark],
    skips: Collection[Skip],
    history: History,
    writes: Sequence[Write],
) -> list[Waiting]:
    """Those of `items` that wait for a person, in their order.

    `history` has the last changes by incident and side, `writes` are raidctl's own, oldest first.
    """
    last_writes: dict[_Key, Write] = {_key(write): write for write in writes}
    since: dict[tuple[_Key, Reason], datetime] = {
        ((mark.incident, mark.issue_id, mark.field), mark.reason): mark.since for mark in marks
    }
    found = []
    for item in items:
        key = item.subject.incident, item.subject.issue_id, item.field
        refused = _refusal(last_writes.get(key))
        if not (item.reason in FOR_PEOPLE or (item.writes and refused is not None)):
            continue
        edits = {
            side: edit
            for side in Side
            for name, edit in history.get((item.subject.incident, side), {}).items()
            if name is item.field
        }
        began = since.get((key, item.reason)) or (refused.at if item.writes and refused else None)
        changed = max((edit.at for edit in edits.values()), default=None)
        skipped = any(_of(skip, item) for skip in skips)
        found.append(Waiting(item, began or changed, edits, refused, skipped))
    return found


def _key(write: Write) -> _Key:
    return write.incident, write.issue_id, write.field


def _refusal(write: Write | None) -> Write | None:
    return write if write is not None and write.outcome is Outcome.REFUSED else None


def _of(skip: Skip, item: Item) -> bool:
    key = item.subject.incident, item.subject.issue_id, item.field
    pair = item.impact, item.jira
    return (skip.incident, skip.issue_id, skip.field) == key and (skip.impact, skip.jira) == pair
