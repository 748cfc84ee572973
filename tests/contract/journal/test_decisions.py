"""What people decide: releases, skips, refusals that stand, and writes that are taken back."""

from dataclasses import replace
from datetime import datetime

import pytest

from raidctl.core.memory import Baseline, BaselineState, Refusal
from raidctl.core.model import Field, Pair, SyncDirection, Value
from raidctl.core.plan.item import Change, Undone
from raidctl.core.reasons import Kind, Reason
from raidctl.core.writes.log import Mark, Skip
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.core.writes.settlement import PermanentRefusal, Settlement
from raidctl.ports.journal import Journal
from tests.contract.journal.backends import Backend
from tests.contract.journal.values import LINK, TO_IMPACT, TO_JIRA, at, intent, settled, wrote

OTHER = (12, 99)
STATUS = Field.STATUS
AGREED = Baseline("MITIGATED", "Resolved", "t")
UNDONE = replace(AGREED, state=BaselineState.UNDONE, direction=TO_JIRA)


def flapping(journal: Journal) -> frozenset[Field]:
    return journal.memories([LINK])[0].flapping


def flap(journal: Journal, start: float = 0, field: Field = STATUS) -> None:
    for minute in range(3):
        wrote(journal, at(start + minute), intent("x", field))


def by(kind: Kind, change: Change) -> Change:
    """The same, wanted by somebody else."""
    reasons = {Kind.RESOLVE: Reason.RESOLVED, Kind.UNDO: Reason.UNDO}
    return replace(change, reason=reasons[kind])


def undoing(change: Change, write: int) -> Change:
    """The same, to take a write back."""
    return replace(by(Kind.UNDO, change), undoes=Undone(write, change.source))


def ended(
    journal: Journal,
    what: Change,
    when: datetime,
    baseline: Baseline | None = None,
    outcome: Outcome = Outcome.APPLIED,
    *,
    refused: PermanentRefusal | None = None,
) -> int:
    """A write from intent to outcome; its number."""
    (number,) = journal.intend([what], "run-1", when)
    result = Result(outcome, what.to)
    journal.settle([Settlement(what, result, number, baseline, refused)], "run-1", when)
    return number


# Quarantines


def test_a_released_field_counts_anew(journal: Journal) -> None:
    flap(journal)

    assert journal.release(*LINK, STATUS, at(3))
    assert flapping(journal) == frozenset()
    for minute in (4, 5):
        wrote(journal, at(minute), intent("x"))
    assert flapping(journal) == frozenset()
    wrote(journal, at(6), intent("x"))
    assert flapping(journal) == {STATUS}


def test_a_release_is_of_one_field_of_one_link(journal: Journal) -> None:
    flap(journal)
    flap(journal, field=Field.TITLE)
    flap(journal, start=10)
    for minute in range(3):
        wrote(journal, at(minute), intent("x", link=OTHER))

    assert journal.release(*LINK, STATUS, at(20))
    assert [m.flapping for m in journal.memories([LINK, OTHER])] == [{Field.TITLE}, {STATUS}]


def test_nothing_in_the_way_is_nothing_to_release(journal: Journal) -> None:
    for minute in (0, 1):
        wrote(journal, at(minute), intent("x"))
    assert not journal.release(*LINK, STATUS, at(2))
    wrote(journal, at(3), intent("x"))
    assert flapping(journal) == {STATUS}, "a release of nothing forgave what came before"


@pytest.mark.parametrize("kind", [Kind.RESOLVE, Kind.UNDO])
def test_what_a_person_writes_never_counts_as_flapping(journal: Journal, kind: Kind) -> None:
    for minute in range(5):
        wrote(journal, at(minute), by(kind, intent("x")))
    assert flapping(journal) == frozenset()
    for minute in (5, 6):
        wrote(journal, at(minute), intent("x"))
    assert flapping(journal) == frozenset()
    wrote(journal, at(7), intent("x"))
    assert flapping(journal) == {STATUS}


def test_what_a_person_decided_ends_a_quarantine_and_the_count_begins_anew(
    journal: Journal,
) -> None:
    flap(journal)
    ended(journal, by(Kind.RESOLVE, intent()), at(3), AGREED)

    assert flapping(journal) == frozenset()
    for minute in (4, 5):
        wrote(journal, at(minute), intent("x"))
    assert flapping(journal) == frozenset()


@pytest.mark.parametrize(
    ("kind", "baseline", "outcome"),
    [
        (Kind.RESOLVE, None, Outcome.STALE),
        (Kind.RESOLVE, replace(AGREED, state=BaselineState.UNFINISHED), Outcome.FAILED),
        (Kind.UNDO, UNDONE, Outcome.APPLIED),
        (Kind.UNDO, AGREED, Outcome.APPLIED),
    ],
)
def test_nothing_less_ends_a_quarantine(
    journal: Journal, kind: Kind, baseline: Baseline | None, outcome: Outcome
) -> None:
    flap(journal)
    ended(journal, by(kind, intent()), at(3), baseline, outcome)
    assert flapping(journal) == {STATUS}


# Refusals


def to_impact(new: Value = "MITIGATED") -> Change:
    """JIRA's "Resolved" over Impact's "MITIGATING"."""
    made = intent(new, direction=SyncDirection.JIRA_TO_IMPACT)
    return replace(made, pair=Pair("MITIGATING", "Resolved"))


REFUSAL = Refusal("MITIGATING", "Resolved", "MITIGATED")


def refusals(backend: Backend) -> dict[Field, Refusal]:
    with backend.reading() as reader:
        return dict(reader.memories([LINK])[0].refusals)


def test_a_refusal_that_stands_is_remembered_with_both_sides_values(
    backend: Backend, journal: Journal
) -> None:
    ended(journal, to_impact(), at(1), outcome=Outcome.REFUSED, refused=PermanentRefusal())

    assert refusals(backend) == {STATUS: REFUSAL}
    assert journal.memories([LINK, OTHER])[1].refusals == {}
    assert journal.marks() == [Mark(*LINK, STATUS, Reason.REFUSED, at(1))]


def test_a_refusal_knows_when_jira_was_changed_last(backend: Backend, journal: Journal) -> None:
    ended(journal, to_impact(), at(1), outcome=Outcome.REFUSED, refused=PermanentRefusal(at(0)))
    assert refusals(backend) == {STATUS: replace(REFUSAL, edited_at=at(0))}


def test_which_writer_was_refused_is_remembered(backend: Backend, journal: Journal) -> None:
    refused = PermanentRefusal(writer="database")
    ended(journal, to_impact(), at(1), outcome=Outcome.REFUSED, refused=refused)
    (memory,) = journal.memories([LINK])
    assert memory.refusals == {Field.STATUS: replace(REFUSAL, writer="database")}


def test_what_arrived_after_all_is_no_refusal(backend: Backend, journal: Journal) -> None:
    ended(journal, to_impact(), at(1), refused=PermanentRefusal())
    assert refusals(backend) == {}


def test_a_refusal_that_does_not_stand_is_not_remembered(
    backend: Backend, journal: Journal
) -> None:
    ended(journal, to_impact(), at(1), outcome=Outcome.REFUSED)
    result = Result(Outcome.REFUSED, None, "permission", "no grant")
    journal.settle([Settlement(to_impact(), result)], "run-1", at(1))
    assert refusals(backend) == {}


def test_a_later_refusal_takes_the_place_of_an_earlier_one(
    backend: Backend, journal: Journal
) -> None:
    ended(journal, to_impact("CLOSED"), at(1), outcome=Outcome.REFUSED, refused=PermanentRefusal())
    ended(journal, to_impact(), at(2), outcome=Outcome.REFUSED, refused=PermanentRefusal())
    assert refusals(backend) == {STATUS: REFUSAL}
    assert [mark.since for mark in journal.marks()] == [at(2)]


def test_a_write_that_arrives_clears_it_and_one_that_does_not_leaves_it(
    backend: Backend, journal: Journal
) -> None:
    ended(journal, to_impact(), at(1), outcome=Outcome.REFUSED, refused=PermanentRefusal())
    ended(journal, to_impact("OPEN"), at(2), outcome=Outcome.FAILED)
    ended(journal, replace(to_impact(), field=Field.TITLE), at(2), AGREED)
    assert refusals(backend) == {STATUS: REFUSAL}
    ended(journal, to_impact(), at(3), AGREED)
    assert refusals(backend) == {}


def test_a_release_clears_a_refusal(backend: Backend, journal: Journal) -> None:
    ended(journal, to_impact(), at(1), outcome=Outcome.REFUSED, refused=PermanentRefusal())
    assert journal.release(*LINK, STATUS, at(2))
    assert (refusals(backend), journal.marks()) == ({}, [])


# What was taken back


def test_a_released_undo_is_a_write_that_stopped_half_way(
    backend: Backend, journal: Journal
) -> None:
    journal.record_baselines(
        [(*LINK, STATUS, UNDONE), (*LINK, Field.TITLE, UNDONE)], "run-1", at(1)
    )
    assert journal.release(*LINK, STATUS, at(2))

    unfinished = replace(UNDONE, state=BaselineState.UNFINISHED)
    assert journal.memories([LINK])[0].baselines == {STATUS: unfinished, Field.TITLE: UNDONE}
    assert journal.marks() == [Mark(*LINK, Field.TITLE, Reason.UNDONE, at(1))]


@pytest.mark.parametrize("state", [BaselineState.AGREED, BaselineState.UNFINISHED])
def test_a_release_leaves_every_other_baseline(
    backend: Backend, journal: Journal, state: BaselineState
) -> None:
    known = replace(AGREED, state=state)
    journal.record_baselines([(*LINK, STATUS, known)], "run-1", at(1))
    assert not journal.release(*LINK, STATUS, at(2))
    assert journal.memories([LINK])[0].baselines == {STATUS: known}


def test_what_took_a_write_back_is_found_and_what_took_that_back(journal: Journal) -> None:
    first, other = ended(journal, intent(), at(1)), ended(journal, intent("x", link=OTHER), at(1))
    undo = undoing(intent("Open"), first)
    second = ended(journal, undo, at(2))
    third = ended(journal, undoing(undo, second), at(3))
    aside = ended(journal, undoing(undo, other), at(4))

    def found(*writes: int) -> list[tuple[int, int | None]]:
        return [(write.id, write.undoes) for write in journal.undoing(writes)]

    assert found(first) == [(second, first), (third, second)]
    assert found(second) == [(third, second)]
    assert found(third) == found() == []
    assert found(first, other) == [(second, first), (third, second), (aside, other)]
    (told,) = [write for write in journal.writes(run="run-1") if write.id == second]
    assert (told.kind, told.undoes, told.source) == (Kind.UNDO, first, "MITIGATED")


def test_an_undo_that_is_still_open_keeps_what_it_takes_back(journal: Journal) -> None:
    number = ended(journal, intent(), at(1))
    what = undoing(intent("Open"), number)
    journal.intend([what], "run-2", at(2))
    assert [write.change for write in journal.open_writes()] == [what]


# Skips


def skip(impact: Value = "MITIGATED", jira: Value = "Open", field: Field = STATUS) -> Skip:
    return Skip(*LINK, field, impact, jira)


def test_a_skip_is_of_one_pair_and_the_last_one_counts(backend: Backend, journal: Journal) -> None:
    journal.skip(skip(), at(1))
    journal.skip(skip("a\nb", None, Field.DESCRIPTION), at(1))
    journal.skip(skip(jira="Closed"), at(2))

    with backend.reading() as reader:
        told = sorted(reader.skips(), key=lambda one: one.field)
    assert told == [skip("a\nb", None, Field.DESCRIPTION), skip(jira="Closed")]


def test_a_release_forgets_the_skip_of_that_field(journal: Journal) -> None:
    journal.skip(skip(), at(1))
    journal.skip(skip(field=Field.TITLE), at(1))
    journal.release(*LINK, STATUS, at(2))
    assert [one.field for one in journal.skips()] == [Field.TITLE]


def test_a_skip_is_no_mark_and_changes_no_memory(backend: Backend, journal: Journal) -> None:
    before = journal.memories([LINK])
    journal.skip(skip(), at(1))
    assert (journal.memories([LINK]), list(journal.marks())) == (before, [])


def test_a_skip_keeps_its_end_and_its_reason(backend: Backend, journal: Journal) -> None:
    told = replace(skip(), until=at(5), why="the vendor looks at it")
    journal.skip(told, at(1))

    with backend.reading(lambda: at(4)) as reader:
        assert reader.skips() == [told]
    journal.skip(skip(), at(2))
    assert journal.skips() == [skip()], "the last one has no end"


def test_an_ended_skip_is_no_skip(backend: Backend, journal: Journal) -> None:
    journal.skip(replace(skip(), until=at(5)), at(1))
    journal.skip(skip(field=Field.TITLE), at(1))
    with backend.reading(lambda: at(5)) as reader:
        assert [one.field for one in reader.skips()] == [Field.TITLE]


def test_a_skip_is_forgotten_alone(journal: Journal) -> None:
    journal.skip(skip(), at(1))
    journal.skip(skip(field=Field.TITLE), at(1))

    assert journal.unskip(*LINK, STATUS)
    assert not journal.unskip(*LINK, STATUS)
    assert not journal.unskip(*OTHER, Field.TITLE)
    assert [one.field for one in journal.skips()] == [Field.TITLE]


# All together


def test_marks_of_every_reason_with_since_when(backend: Backend, journal: Journal) -> None:
    flap(journal)
    ignored = replace(to_impact(), field=Field.PRIORITY)
    ended(journal, ignored, at(5), outcome=Outcome.REFUSED, refused=PermanentRefusal())
    journal.record_baselines([(*LINK, Field.TITLE, UNDONE)], "run-1", at(6))
    journal.record_baselines([(*LINK, Field.COMMANDER, AGREED)], "run-1", at(7))

    with backend.reading() as reader:
        told = {(mark.field, mark.reason, mark.since) for mark in reader.marks()}
    assert told == {
        (STATUS, Reason.FLAPPING, at(2)),
        (Field.PRIORITY, Reason.REFUSED, at(5)),
        (Field.TITLE, Reason.UNDONE, at(6)),
    }


def test_asking_writes_nothing(backend: Backend, journal: Journal) -> None:
    flap(journal)
    with backend.held_up():
        assert len(journal.marks()) == 1
        assert list(journal.skips()) == []
        journal.undoing([1, 2])


def test_a_write_that_is_settled_twice_refuses_nothing(backend: Backend, journal: Journal) -> None:
    """All or nothing: the refusal beside it is not kept either."""
    number = ended(journal, to_impact(), at(1))
    (second,) = journal.intend([to_impact("OPEN")], "run-1", at(2))
    result = Result(Outcome.REFUSED, "MITIGATING")
    with pytest.raises(LookupError):
        journal.settle(
            [Settlement(to_impact(), result, second, refused=PermanentRefusal()), settled(number)],
            "run-1",
            at(2),
        )
    assert refusals(backend) == {}
    assert list(journal.marks()) == []
    assert [one.change.direction for one in journal.open_writes()] == [TO_IMPACT]
