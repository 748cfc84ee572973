"""What a settled write and a release mean for the marks of a field."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from raidctl.core.memory import Baseline, BaselineState, Refusal
from raidctl.core.model import UNREADABLE, Field, Pair, Readable, SyncDirection
from raidctl.core.reasons import Kind, Reason
from raidctl.core.writes.log import Write
from raidctl.core.writes.marks import (
    FieldMarks,
    MarkChange,
    after_settlement,
    flaps,
    on_release,
    refusal_of,
    refused_before,
)
from raidctl.core.writes.outcome import Outcome
from raidctl.core.writes.settlement import PermanentRefusal

TO_JIRA, TO_IMPACT = SyncDirection.IMPACT_TO_JIRA, SyncDirection.JIRA_TO_IMPACT
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
AGREED = Baseline("MITIGATED", "Resolved", "t")
STOPPED = replace(AGREED, state=BaselineState.UNFINISHED, direction=TO_JIRA)
UNDONE = replace(AGREED, state=BaselineState.UNDONE, direction=TO_JIRA)
EVERYTHING = frozenset({Reason.FLAPPING, Reason.REFUSED, Reason.UNDONE})
LIFTED = [MarkChange.END_QUARANTINE, MarkChange.COUNT_ANEW]


def ago(minutes: float) -> datetime:
    return NOON - timedelta(minutes=minutes)


def wrote(
    minutes: float = 0,
    new: str = "Resolved",
    direction: SyncDirection = TO_JIRA,
    outcome: Outcome = Outcome.APPLIED,
    read_back: Readable = "Resolved",
) -> Write:
    """A write so long ago; each minute has a number of its own."""
    link = 12, "INC-12", 10_012, Field.STATUS
    values = "MITIGATED", "Open", new, read_back
    number = 1000 - int(minutes)
    return Write(number, "r", ago(minutes), *link, direction, *values, outcome, None, None)


def changes(
    write: Write,
    baseline: Baseline | None = None,
    marked: frozenset[Reason] = frozenset(),
    *,
    earlier: Sequence[Write] = (),
    refused: PermanentRefusal | None = None,
    released: datetime | None = None,
) -> list[MarkChange | Refusal]:
    known = FieldMarks(marked, released, [*earlier, write])
    return list(after_settlement(write, baseline, refused, known, NOON))


# Flapping


def test_three_writes_to_and_fro_within_an_hour_flap() -> None:
    writes = [wrote(59, "a"), wrote(30, "b", TO_IMPACT), wrote(0, "c")]
    assert flaps(writes, NOON)
    assert not flaps(writes[1:], NOON)
    assert not flaps([wrote(61, "a"), *writes[1:]], NOON)


def test_the_same_value_three_times_within_an_hour_flaps() -> None:
    writes = [wrote(50, "a"), wrote(20, "a"), wrote(1, "a")]
    assert flaps(writes, NOON)
    assert not flaps([*writes[:2], wrote(0, "b")], NOON)


def test_only_the_last_three_count() -> None:
    directions = (TO_JIRA, TO_IMPACT, TO_JIRA, TO_JIRA)
    minutes = (50, 40, 30, 1)
    assert not flaps([wrote(*one) for one in zip(minutes, "abcd", directions, strict=True)], NOON)


EARLIER = [wrote(20), wrote(10)]


def test_the_third_write_that_goes_in_circles_is_quarantined() -> None:
    assert changes(wrote(), earlier=EARLIER) == [MarkChange.QUARANTINE]
    assert changes(wrote(), earlier=EARLIER[1:]) == []
    assert changes(wrote(new="Closed"), earlier=EARLIER) == []


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        ({"outcome": Outcome.APPLIED}, True),
        ({"outcome": Outcome.NORMALISED, "read_back": "resolved"}, True),
        ({"outcome": Outcome.STALE, "read_back": "Closed"}, True),
        ({"outcome": Outcome.RECOVERED, "read_back": "Resolved"}, True),
        ({"outcome": Outcome.RECOVERED, "read_back": "Closed"}, False),
        ({"outcome": Outcome.RECOVERED, "read_back": UNREADABLE}, False),
        ({"outcome": Outcome.REFUSED}, False),
        ({"outcome": Outcome.FAILED}, False),
        ({"outcome": Outcome.NO_EFFECT}, False),
        ({"outcome": None}, False),
        ({"sent": False}, False),
        ({"kind": Kind.UNDO}, False),
        ({"kind": Kind.RESOLVE}, False),
    ],
)
def test_only_raidctls_own_writes_that_reached_their_target_count(
    change: dict[str, object], counts: bool
) -> None:
    odd = replace(wrote(10), **change)  # type: ignore[arg-type]  # names of its own fields
    found = [MarkChange.QUARANTINE] if counts else []
    assert changes(wrote(), earlier=[wrote(20), odd]) == found
    last = replace(odd, at=NOON, id=1001)
    assert changes(last, earlier=EARLIER) == found, "settled last"


def test_what_was_written_until_a_release_counts_no_more() -> None:
    assert changes(wrote(), earlier=EARLIER, released=ago(20)) == []
    assert changes(wrote(), earlier=EARLIER, released=ago(20.5)) == [MarkChange.QUARANTINE]


def test_one_that_does_not_count_quarantines_nothing_though_the_others_flap() -> None:
    undo = replace(wrote(), kind=Kind.UNDO)
    assert changes(undo, earlier=[wrote(30), *EARLIER]) == []


# What ends


@pytest.mark.parametrize("kind", [Kind.SYNC, Kind.UNDO])
def test_what_agrees_is_refused_no_more(kind: Kind) -> None:
    write = replace(wrote(), kind=kind)
    assert changes(write, AGREED, EVERYTHING) == [MarkChange.FORGET_REFUSAL]
    assert changes(write, AGREED) == []


def test_what_a_person_decided_ends_a_quarantine_too() -> None:
    write = replace(wrote(), kind=Kind.RESOLVE)
    assert changes(write, AGREED, EVERYTHING) == [*LIFTED, MarkChange.FORGET_REFUSAL]
    assert changes(write, AGREED, frozenset({Reason.FLAPPING})) == LIFTED


@pytest.mark.parametrize("left", [None, STOPPED, UNDONE])
@pytest.mark.parametrize("kind", Kind)
def test_nothing_less_than_agreement_ends_anything(left: Baseline | None, kind: Kind) -> None:
    assert changes(replace(wrote(), kind=kind), left, EVERYTHING) == []


@pytest.mark.parametrize(
    ("marked", "also"),
    [
        ((), []),
        ((Reason.FLAPPING,), LIFTED),
        ((Reason.REFUSED,), [MarkChange.FORGET_REFUSAL]),
        ((Reason.UNDONE,), [MarkChange.RESUME]),
        (EVERYTHING, [MarkChange.RESUME, *LIFTED, MarkChange.FORGET_REFUSAL]),
    ],
)
def test_a_release_ends_what_there_is(marked: Sequence[Reason], also: list[MarkChange]) -> None:
    assert on_release(marked) == [MarkChange.FORGET_SKIP, *also]


# Refusals


def test_a_refusal_that_stands_is_of_both_sides_values() -> None:
    edited = PermanentRefusal(ago(90))
    write = wrote(outcome=Outcome.REFUSED)
    to_impact = replace(write, direction=TO_IMPACT)
    assert changes(write, refused=edited) == [Refusal("MITIGATED", "Open", "Resolved", ago(90))]
    assert changes(to_impact, refused=PermanentRefusal()) == [
        Refusal("Open", "MITIGATED", "Resolved")
    ]
    assert changes(write) == [], "tried again next time"
    assert changes(wrote(), refused=edited) == [], "it arrived after all"


PAIR = "MITIGATED", "Open"


@pytest.mark.parametrize(
    ("pair", "new", "same"),
    [
        (PAIR, "Resolved", True),
        (PAIR, "Closed", False),
        (("OPEN", "Open"), "Resolved", False),
        (("MITIGATED", "Closed"), "Resolved", False),
        (("Open", "MITIGATED"), "Resolved", False),
    ],
)
def test_only_the_very_same_was_refused_before(pair: tuple[str, str], new: str, same: bool) -> None:
    assert refused_before(refusal_of(wrote()), Pair(*pair), new) is same
    assert not refused_before(None, Pair(*pair), new)


@pytest.mark.parametrize(
    ("then", "now", "same"),
    [
        (None, None, True),
        (NOON, None, True),
        (None, NOON, True),
        (NOON, NOON, True),
        (NOON, ago(1), False),
        (ago(1), NOON, False),
    ],
)
def test_an_edit_there_and_back_makes_it_another(
    then: datetime | None, now: datetime | None, same: bool
) -> None:
    assert refused_before(refusal_of(wrote(), then), Pair(*PAIR), "Resolved", now) is same
