"""Packed values: a list in all but its memory."""

import sys
import tracemalloc
from operator import itemgetter

from hypothesis import given
from hypothesis import strategies as st

from raidctl.core.model import UNREADABLE, Field, Readable, SyncDirection
from raidctl.core.packed import TOGETHER, Packed, in_order, joined
from raidctl.core.plan.item import Change, Subject, Verdict
from raidctl.core.reasons import Reason
from tests.items import change

NUMBERS = st.lists(st.integers(0, 60), max_size=4 * TOGETHER)


@given(NUMBERS, st.integers(-500, 500), st.slices(500))
def test_is_what_a_list_of_the_same_is(numbers: list[int], place: int, some: slice) -> None:
    packed = Packed(numbers[:7])
    packed.extend(numbers[7:])
    assert list(packed) == numbers
    assert packed == numbers
    assert packed != [*numbers, 1]
    assert len(packed) == len(numbers)
    assert bool(packed) == bool(numbers)
    assert list(packed[some]) == numbers[some]
    if -len(numbers) <= place < len(numbers):
        assert packed[place] == numbers[place]


@given(NUMBERS)
def test_is_sorted_as_a_list_is_equal_ones_in_their_order(numbers: list[int]) -> None:
    values = [(number, place) for place, number in enumerate(numbers)]
    first = itemgetter(0)
    assert list(in_order(Packed(values), first)) == sorted(values, key=first)
    assert list(in_order(values, first)) == sorted(values, key=first)


def test_joins_packed_ones_to_packed_ones() -> None:
    assert isinstance(joined([1], Packed([2])), Packed)
    assert list(joined([1], Packed([2]))) == list(joined([1], [2])) == [1, 2]


def _change(number: int = 1, impact: Readable = "Checkout fails") -> Change:
    subject = Subject(number, f"https://impact.example/incident/{number}", f"Checkout {number}")
    way, reason = SyncDirection.IMPACT_TO_JIRA, Reason.IMPACT_CHANGED
    return change(subject, Field.TITLE, impact, "", Verdict.WRITE_JIRA, way, reason, "new")


def test_gives_back_what_items_hold_equal_and_what_may_not_be_seen_the_same() -> None:
    one = _change(impact=UNREADABLE)
    (kept,) = list(Packed([one] * TOGETHER))[:1]
    assert kept == one
    assert kept is not one
    assert kept.pair.impact is UNREADABLE


def test_takes_a_small_part_of_the_memory() -> None:
    tracemalloc.start()
    try:
        packed = Packed(_change(number) for number in range(5_000))
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(packed) == 5_000
    assert taken < 5_000 * 150 + sys.getsizeof([]) + 200_000
