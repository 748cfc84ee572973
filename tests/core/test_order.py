"""What matters most comes first: priority, then how open an incident is, then the newest."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from raidctl.core.counts import counted
from raidctl.core.model import UNREADABLE, Field, Readable
from raidctl.core.order import Sort, in_order
from raidctl.core.plan.item import Item, Subject, Verdict
from raidctl.core.reasons import Reason
from raidctl.core.urgency import Urgency
from tests.items import item

NOW = datetime(2026, 11, 22, 21, tzinfo=UTC)


def one(
    number: int,
    priority: Readable = 3,
    status: Readable = "OPEN",
    days: float = 0.5,
    field: Field | None = Field.TITLE,
    reason: Reason = Reason.CONFLICT,
) -> Item:
    urgency = Urgency(priority, status, NOW - timedelta(days=days))
    about = Subject(number, "", "", issue_id=number, urgency=urgency)
    return item(about, field, "a", "b", Verdict.HOLD, None, reason)


def numbers(items: list[Item]) -> list[int]:
    return [found.subject.incident for found in items]


UNREAD = replace(one(1), subject=Subject(1, "", ""))


@pytest.mark.parametrize(
    ("by", "found", "expected"),
    [
        (Sort.PRIORITY, [one(1, 3), one(2, 1), one(3, 2)], [2, 3, 1]),
        (Sort.PRIORITY, [one(1, 20), one(2, UNREADABLE), one(3, 5), UNREAD], [3, 1, 2, 1]),
        (
            Sort.PRIORITY,
            [one(1, status="CLOSED"), one(2, status="Parked"), one(3, status="MITIGATED")],
            [2, 3, 1],
        ),
        (Sort.PRIORITY, [one(1, days=3), one(2, days=1), one(3, days=2)], [2, 3, 1]),
        (Sort.PRIORITY, [one(2), one(1), one(2, field=None)], [1, 2, 2]),
        (Sort.STATUS, [one(1, 1, "CLOSED"), one(2, 5, "OPEN")], [2, 1]),
        (Sort.NEWEST, [one(1, 1, days=2), one(2, 5, days=1)], [2, 1]),
        (Sort.OLDEST, [one(1, 1, days=1), one(2, 5, days=2)], [2, 1]),
        (Sort.INCIDENT, [one(2, 1), one(1, 5)], [1, 2]),
        (Sort.REASON, [one(1, reason=Reason.ECHO), one(2), one(3, 1)], [3, 2, 1]),
    ],
)
def test_what_comes_first(by: Sort, found: list[Item], expected: list[int]) -> None:
    assert numbers(in_order(found, by)) == expected
    assert numbers(in_order(reversed(found), by)) == expected


def test_fields_of_one_incident_stand_in_their_order_behind_what_is_of_its_link() -> None:
    fields = [None, *Field]
    found = in_order([one(1, field=field) for field in reversed(fields)], Sort.PRIORITY)
    assert [each.field for each in found] == fields


def test_items_are_counted_by_reason_field_priority_and_age() -> None:
    found = [one(1), one(1, field=None), one(2, 1, days=5), one(3, 1, days=400, field=None), UNREAD]
    counts = counted(found, NOW)
    assert counts.reason == {"conflict": 5}
    assert counts.field == {"title": 3, "link": 2}
    assert list(counts.priority.items()) == [("1", 2), ("3", 2), ("unknown", 1)]
    assert list(counts.age.items()) == [("1d", 2), ("7d", 1), ("older", 1), ("unknown", 1)]
