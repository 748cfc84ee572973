"""Items counted by what people ask first: why, of which field, how urgent, how old."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from raidctl.core.model import Field
from raidctl.core.plan.item import Item

AGES = {"1d": timedelta(days=1), "7d": timedelta(days=7), "30d": timedelta(days=30)}
"""How old an incident is at most, by name."""
OLDER, LINK, UNKNOWN = "older", "link", "unknown"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many items there are of each; only what there is any of, most first but in `age`.

    `field` has `link` for what is of no field, `priority` the incident's own in Impact, `age`
    the names of `AGES` and `older`.
    """

    reason: Mapping[str, int]
    field: Mapping[str, int]
    priority: Mapping[str, int]
    age: Mapping[str, int]


def counted(items: Iterable[Item], now: datetime) -> Counts:
    """The counts of some items, ages as they are now."""
    reasons, fields, priorities, ages = (Counter[str]() for _ in range(4))
    for item in items:
        reasons[item.reason] += 1
        fields[item.field or LINK] += 1
        priorities[_priority(item)] += 1
        ages[_age(item, now)] += 1
    return Counts(
        reason={str(reason): count for reason, count in reasons.most_common()},
        field=_in([*map(str, Field), LINK], fields),
        priority=_in(sorted(priorities, key=lambda name: (len(name), name)), priorities),
        age=_in([*AGES, OLDER, UNKNOWN], ages),
    )


def by_field_and_age(items: Iterable[Item], now: datetime) -> dict[str, dict[str, int]]:
    """How many there are of each field, by their ages; both in the order of `Counts`."""
    counts = Counter((str(item.field or LINK), _age(item, now)) for item in items)
    fields = _in([*map(str, Field), LINK], Counter(field for field, _ in counts.elements()))
    ages = [*AGES, OLDER, UNKNOWN]
    return {field: _in(ages, {age: counts[field, age] for age in ages}) for field in fields}


def _in(order: Iterable[str], counts: Mapping[str, int]) -> dict[str, int]:
    return {name: counts[name] for name in order if counts.get(name)}


def _priority(item: Item) -> str:
    urgency = item.subject.urgency
    known = urgency is not None and isinstance(urgency.priority, int)
    return str(urgency.priority) if urgency is not None and known else UNKNOWN


def _age(item: Item, now: datetime) -> str:
    urgency = item.subject.urgency
    if urgency is None:
        return UNKNOWN
    age = now - urgency.created_at
    return next((name for name, most in AGES.items() if age < most), OLDER)
