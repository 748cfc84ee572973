"""Since when pairs are known to have agreed, and what raidctl itself has sent."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from raidctl.core.history import OwnWrite
from raidctl.core.memory import Baseline, Reading
from raidctl.core.model import UNREADABLE, Field, Side
from raidctl.core.paths import Transition
from raidctl.core.plan.item import Change, Undone
from raidctl.core.reasons import Reason
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.core.writes.settlement import Settlement
from raidctl.ports.journal import Journal
from tests.contract.journal.values import (
    LINK,
    NOW,
    TO_IMPACT,
    at,
    attempt,
    intent,
    run,
    settled,
    wrote,
)

PAIR = Baseline("a", "b", "t")
KEY = (*LINK, Field.TITLE)


def times(journal: Journal) -> tuple[datetime | None, datetime | None]:
    """When the title's baseline was recorded, and since when it is not seen any more."""
    baseline = journal.memories([LINK])[0].baselines[Field.TITLE]
    return baseline.at, baseline.seen_at


def undoing(write: int, value: str) -> Change:
    """Take a write back, to this value."""
    change = intent(value, Field.TITLE)
    return replace(change, reason=Reason.UNDO, undoes=Undone(write, change.source))


def test_a_baselines_time_is_the_start_of_its_run(journal: Journal) -> None:
    """By then it was not written yet, so whatever is later may not have been seen."""
    journal.begin(run("run-1", NOW))
    journal.record_baselines([(*KEY, PAIR)], "run-1", at(5))
    assert times(journal) == (NOW, None)
    journal.begin(run("run-2", at(10)))
    (write,) = journal.intend([intent("b", Field.TITLE)], "run-2", at(11))
    journal.settle([settled(write, baseline=PAIR)], "run-2", at(12))
    assert times(journal) == (at(10), None), "though it is the same pair"


def test_a_pair_that_drifts_was_last_seen_by_the_last_whole_reading(journal: Journal) -> None:
    journal.record_baselines([(*KEY, PAIR)], "run-1", NOW)
    journal.record_drift([(12, Field.TITLE, at(20))])
    assert times(journal) == (NOW, at(20))
    journal.record_drift([(12, Field.TITLE, at(40))])
    assert times(journal) == (NOW, at(20)), "it has drifted since"


@pytest.mark.parametrize("covered", [None, NOW - timedelta(days=1)])
def test_or_when_it_was_recorded(journal: Journal, covered: datetime | None) -> None:
    journal.record_baselines([(*KEY, PAIR)], "run-1", NOW)
    journal.record_drift([(12, Field.TITLE, covered), (12, Field.STATUS, at(3))])
    assert times(journal) == (NOW, NOW)


def test_a_pair_that_agrees_again_is_seen_anew(journal: Journal) -> None:
    journal.record_baselines([(*KEY, PAIR)], "run-1", NOW)
    journal.record_drift([(12, Field.TITLE, None)])
    journal.record_baselines([(*KEY, PAIR)], "run-2", at(5))
    assert times(journal) == (at(5), None)
    journal.record_baselines([(*KEY, PAIR)], "run-3", at(9))
    assert times(journal) == (at(5), None), "it stands there just so"


def test_what_agreed_once_is_adopted_with_when_it_last_did(journal: Journal) -> None:
    journal.begin(run("run-1", NOW))
    past = replace(PAIR, seen_at=at(-90))
    journal.adopt_baselines([(*KEY, past)], "run-1", at(5))
    assert journal.memories([LINK])[0].baselines == {Field.TITLE: PAIR}
    assert times(journal) == (NOW, at(-90))
    journal.record_drift([(12, Field.TITLE, at(20))])
    assert times(journal) == (NOW, at(-90)), "no reading has seen it agree since"
    journal.record_baselines([(*KEY, PAIR)], "run-2", at(9))
    assert times(journal) == (at(9), None), "unless one does"


def test_what_stands_there_is_not_replaced_by_what_once_was(journal: Journal) -> None:
    journal.record_baselines([(*KEY, PAIR)], "run-1", NOW)
    other = replace(PAIR, impact="x", seen_at=at(-90))
    status = (*LINK, Field.STATUS, other)
    journal.adopt_baselines([(*KEY, other), status], "run-2", at(5))
    assert times(journal) == (NOW, None)
    assert journal.memories([LINK])[0].baselines == {Field.TITLE: PAIR, Field.STATUS: other}


def test_what_an_undo_leaves_was_last_so_when_the_first_write_copied_it(journal: Journal) -> None:
    """Its source may have moved on since: the pair is what it was then."""
    before = wrote(journal, at(1), intent("b", Field.TITLE))
    undone = wrote(journal, at(30), undoing(before, "a"), baseline=PAIR)
    assert times(journal) == (at(30), at(1))
    wrote(journal, at(60), undoing(undone, "b"), baseline=PAIR)
    assert times(journal) == (at(60), at(1)), "of a chain the first"
    again = Settlement(undoing(undone, "b"), Result(Outcome.APPLIED, "b"), None, PAIR)
    journal.settle([again], "run-1", at(90))
    assert times(journal) == (at(90), at(1)), "nor where it held that value already"
    journal.record_baselines([(*KEY, PAIR)], "run-2", at(99))
    assert times(journal) == (at(99), None), "seen to agree"


def test_the_latest_whole_reading_of_each_field(journal: Journal) -> None:
    assert journal.readings() == {}
    first, second = Reading(NOW, at(-90)), Reading(at(30), at(-60))
    journal.record_reading([Field.TITLE, Field.STATUS], first)
    journal.record_reading([Field.TITLE], second)
    assert journal.readings() == {Field.TITLE: second, Field.STATUS: first}


def test_what_was_sent_is_told_with_the_time_it_took(journal: Journal) -> None:
    title, status = intent("b", Field.TITLE, TO_IMPACT), intent("Closed")
    first, second = journal.intend([title, status], "run-1", NOW)
    journal.hop(second, Transition("31", "Fix", "Resolved", "done"), at(1))
    journal.settle([settled(first, Outcome.NORMALISED, "B"), attempt()], "run-1", at(2))
    place, still = (*LINK, Field.TITLE, Side.IMPACT), (*LINK, Field.STATUS, Side.JIRA)
    assert set(journal.sent([12])) == {
        OwnWrite(*place, "b", NOW, at(2)),
        OwnWrite(*place, "B", NOW, at(2)),
        OwnWrite(*still, "Closed", NOW),
        OwnWrite(*still, "Resolved", at(1)),
    }
    assert list(journal.sent([13])) == []


@pytest.mark.parametrize("outcome", [Outcome.STALE, Outcome.FAILED, Outcome.REFUSED])
def test_what_others_left_is_not_ours(journal: Journal, outcome: Outcome) -> None:
    (write,) = journal.intend([intent("b", Field.TITLE)], "run-1", NOW)
    journal.settle([settled(write, outcome, "c")], "run-1", at(2))
    assert [one.value for one in journal.sent([12])] == ["b"]


def test_a_value_that_was_not_seen_is_none(journal: Journal) -> None:
    (write,) = journal.intend([intent("b", Field.TITLE)], "run-1", NOW)
    journal.settle([settled(write, Outcome.APPLIED, UNREADABLE)], "run-1", at(2))
    assert [one.value for one in journal.sent([12])] == ["b"]
