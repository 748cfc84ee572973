"""In which order items are told, planned and written: what matters most first."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import TypeVar

from raidctl.core.model import Field
from raidctl.core.plan.item import Item, Subject

T = TypeVar("T")
_UNREAD = (10_000, 0, 0.0)


class Sort(StrEnum):
    """By what items can be sorted; items of one incident stay together but for `reason`."""

    PRIORITY = "priority"
    STATUS = "status"
    NEWEST = "newest"
    OLDEST = "oldest"
    INCIDENT = "incident"
    REASON = "reason"


def in_order(items: Iterable[Item], by: Sort) -> list[Item]:
    """Items sorted: what is equal by that goes by priority, then by incident and field."""
    return ordered(items, by, lambda item: item)


def ordered(things: Iterable[T], by: Sort, item_of: Callable[[T], Item]) -> list[T]:
    """The same for what has an item."""
    first, fields = _KEYS[by], list(Field)

    def key(thing: T) -> tuple[object, ...]:
        item = item_of(thing)
        subject = item.subject
        place = -1 if item.field is None else fields.index(item.field)
        return (*first(item), *_rank(subject), subject.incident, place)

    return sorted(things, key=key)


def _rank(subject: Subject) -> tuple[int, int, float]:
    """An incident of which nothing was read comes last."""
    return _UNREAD if subject.urgency is None else subject.urgency.rank


def _age(item: Item) -> float:
    return _rank(item.subject)[2]


_KEYS: dict[Sort, Callable[[Item], tuple[object, ...]]] = {
    Sort.PRIORITY: lambda item: (),
    Sort.STATUS: lambda item: (_rank(item.subject)[1],),
    Sort.NEWEST: lambda item: (_age(item),),
    Sort.OLDEST: lambda item: (-_age(item),),
    Sort.INCIDENT: lambda item: (item.subject.incident,),
    Sort.REASON: lambda item: (item.reason,),
}
