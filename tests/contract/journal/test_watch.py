"""What is counted of runs and writes rises with them, and holds are kept since they were found."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from raidctl.core.model import Field, Side
from raidctl.core.plan.item import CREATE_ISSUE, Target
from raidctl.core.reasons import Reason
from raidctl.core.watch.site import Held, HoldKey, Leaving, SiteState
from raidctl.core.watch.tally import Counted, Period
from raidctl.core.writes.log import Run
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.core.writes.settlement import Settlement
from raidctl.errors import JournalError
from raidctl.ports.journal import Journal
from tests.contract.journal.backends import Backend
from tests.contract.journal.values import NOW, TO_IMPACT, at, attempt, intent, run, settled, wrote

CONFLICT = HoldKey(12, Field.STATUS, Reason.CONFLICT)
MOVED = HoldKey(12, None, Reason.MOVED)
COUNTED = Leaving({Side.IMPACT: 2, Side.JIRA: 3}, {("jira", "network"): 2})


def ended(
    name: str, minutes: float, code: int = 0, command: str = "reconcile", *, counts: bool = True
) -> Run:
    begun = Run(name, command, at(minutes), 4711, counts=counts)
    return replace(begun, finished_at=at(minutes + 0.5), exit_code=code)


def ran(journal: Journal, one: Run, leaving: Leaving = COUNTED) -> None:
    journal.begin(replace(one, finished_at=None, exit_code=None))
    journal.end(one, leaving)


def counts(journal: Journal, what: Counted, by: Period = Period.EVER) -> Mapping[str, int]:
    found = journal.watch.tallies(by, NOW)
    return {"/".join((*one.labels,)): one.count for one in found if one.what is what}


def site(*holds: HoldKey, drifted: int = 0, complete: bool = True) -> Leaving:
    links = {"in_sync": 9, "drifted": drifted}
    return Leaving(site=SiteState(links, {Field.STATUS: drifted}, frozenset(holds), complete))


# Writes


def test_a_settlement_is_counted_by_direction_field_and_outcome(journal: Journal) -> None:
    wrote(journal, NOW, intent())
    wrote(journal, NOW, intent(1, Field.PRIORITY, TO_IMPACT), Outcome.REFUSED)
    journal.settle([attempt(), attempt()], "run-1", NOW)
    assert counts(journal, Counted.WRITES) == {
        "impact_to_jira/status/applied": 1,
        "jira_to_impact/priority/refused": 1,
        "impact_to_jira/status/stale": 2,
    }


def test_what_went_wrong_is_counted_by_the_system_that_was_written(journal: Journal) -> None:
    to_impact = intent(1, Field.PRIORITY, TO_IMPACT)
    lost = Result(Outcome.FAILED, None, "network", "timed out")
    journal.settle([Settlement(to_impact, lost), Settlement(intent(), lost)], "run-1", NOW)
    assert counts(journal, Counted.ERRORS) == {"impact/network": 1, "jira/network": 1}


def test_what_is_no_field_is_counted_by_its_target(journal: Journal) -> None:
    for target in (CREATE_ISSUE, Target("")):
        made = replace(intent(), field=None, target=target)
        (number,) = journal.intend([made], "run-1", NOW)
        journal.settle([Settlement(made, Result(Outcome.APPLIED), number)], "run-1", NOW)
    assert counts(journal, Counted.WRITES) == {
        "impact_to_jira/create_issue/applied": 1,
        "impact_to_jira/other/applied": 1,
    }


def test_a_settlement_that_fails_is_not_counted(journal: Journal) -> None:
    with pytest.raises(LookupError):
        journal.settle([attempt(), settled(99)], "run-1", NOW)
    assert counts(journal, Counted.WRITES) == {}


@pytest.mark.parametrize(("by", "length"), [(Period.DAY, 2), (Period.HOUR, 3)])
def test_each_day_and_each_hour_has_its_own_counts(
    journal: Journal, by: Period, length: int
) -> None:
    for hours in (0, 1, 1, 24):
        wrote(journal, NOW + timedelta(hours=hours), intent())
    found = journal.watch.tallies(by, NOW)
    assert len(found) == length
    assert sum(one.count for one in found) == 4
    assert by.began(found[0].since) <= NOW < by.began(found[1].since)
    assert journal.watch.tallies(by, NOW + timedelta(days=9)) == []


# Runs


def test_a_run_is_counted_once_with_what_it_leaves(journal: Journal) -> None:
    ran(journal, ended("run-1", 0))
    journal.end(ended("run-1", 0, 4), COUNTED)
    assert counts(journal, Counted.RUNS) == {"reconcile/0": 1}
    assert counts(journal, Counted.REQUESTS) == {"impact": 2, "jira": 3}
    assert counts(journal, Counted.ERRORS) == {"jira/network": 2}


def test_how_long_runs_take_is_counted_together_by_command_and_end(journal: Journal) -> None:
    for number, seconds in enumerate((2, 6, 4)):
        one = ended(f"run-{number}", number)
        ran(journal, replace(one, finished_at=one.started_at + timedelta(seconds=seconds)))
    found = [o for o in journal.watch.tallies(Period.DAY, NOW) if o.what is Counted.RUNS]
    assert [(o.count, o.total, o.most, o.last) for o in found] == [(3, 12.0, 6.0, 4.0)]


def test_a_run_that_was_refused_is_counted_as_well(journal: Journal) -> None:
    journal.refuse(ended("run-1", 0, 6), COUNTED)
    assert counts(journal, Counted.RUNS) == {"reconcile/6": 1}
    assert journal.running() is None


def test_failures_are_counted_until_a_run_of_the_command_ends_well(journal: Journal) -> None:
    ran(journal, ended("a", 0, 4))
    ran(journal, ended("b", 1, 7))
    ran(journal, ended("c", 2, 0, "undo"))
    ran(journal, ended("d", 3, 1, "undo"))
    assert counts(journal, Counted.STREAK) == {"reconcile": 2, "undo": 1}
    ran(journal, ended("e", 4))
    assert counts(journal, Counted.STREAK) == {"reconcile": 0, "undo": 1}
    for minute, code in enumerate((5, 6, 130, 3), 5):
        ran(journal, ended(f"neither-{code}", minute, code))
    assert counts(journal, Counted.STREAK) == {"reconcile": 0, "undo": 1}


def test_what_does_not_count_ends_no_streak_and_is_none(journal: Journal) -> None:
    ran(journal, ended("a", 0, 4))
    ran(journal, ended("b", 1, 0, counts=False))
    ran(journal, ended("c", 2, 7, counts=False))
    assert counts(journal, Counted.STREAK) == {"reconcile": 1}
    assert counts(journal, Counted.RUNS) == {"reconcile/4": 1, "reconcile/uncounted": 2}
    assert [one.id for one in journal.watch.ended("reconcile", 9)] == ["a"]
    assert [one.counts for one in journal.runs(9)] == [False, False, True]
    assert journal.watch.last_success("reconcile") is None


def test_what_does_not_count_makes_no_success_of_before_forgotten(journal: Journal) -> None:
    long_ago = -60 * 24 * 5
    ran(journal, ended("a", long_ago))
    ran(journal, ended("b", long_ago + 1, counts=False))
    journal.prune(NOW)
    found = journal.watch.last_success("reconcile")
    assert found is not None
    assert found.id == "a"


def test_runs_are_found_by_command_and_the_last_success(journal: Journal) -> None:
    for number, (command, code) in enumerate(
        [("reconcile", 0), ("reconcile", 4), ("undo", 0), ("reconcile", 3)]
    ):
        ran(journal, ended(f"run-{number}", number, code, command))
    journal.begin(run("run-9", at(9)))
    assert [one.id for one in journal.watch.ended("reconcile", 2)] == ["run-3", "run-1"]
    found = journal.watch.last_success("reconcile")
    assert found is not None
    assert found.id == "run-3", "it did all that is decided"
    assert journal.watch.last_success("apply") is None


def test_a_run_that_never_ended_died_once_another_had_the_lock(journal: Journal) -> None:
    journal.begin(run("run-1", at(1)))
    assert journal.watch.died("reconcile", NOW) == 0
    journal.refuse(ended("run-2", 2, 6))
    assert journal.watch.died("reconcile", NOW) == 0
    journal.begin(run("run-3", at(3)))
    assert journal.watch.died("reconcile", NOW) == 1
    assert journal.watch.died("reconcile", at(1)) == 0
    assert journal.watch.died("apply", NOW) == 0
    journal.begin(replace(run("run-4", at(4)), counts=False))
    journal.begin(run("run-5", at(5)))
    assert journal.watch.died("reconcile", NOW) == 2, "run-1 and run-3"


# What stands


def test_the_last_run_says_what_stands(journal: Journal) -> None:
    ran(journal, ended("a", 0), site(drifted=7))
    ran(journal, ended("b", 1), site(drifted=2))
    ran(journal, ended("c", 2), Leaving())
    found = {(o.what, o.labels): o for o in journal.watch.tallies(Period.EVER, NOW)}
    drifted = found[Counted.LINKS, ("drifted",)]
    assert (drifted.last, drifted.most, drifted.count) == (2.0, 7.0, 2)
    assert found[Counted.DRIFT, ("title",)].last == 0
    assert found[Counted.LOOKED, ()].last == at(1.5).timestamp()


def test_a_hold_is_kept_since_it_was_found_and_ends_when_it_is_not_found(journal: Journal) -> None:
    ran(journal, ended("a", 0), site(CONFLICT))
    ran(journal, ended("b", 1), site(CONFLICT, MOVED))
    assert journal.watch.held() == [Held(CONFLICT, at(0.5)), Held(MOVED, at(1.5))]
    ran(journal, ended("c", 2), Leaving())
    ran(journal, ended("d", 3), site(MOVED))
    assert journal.watch.held() == [Held(MOVED, at(1.5))]


def test_what_could_not_all_be_read_ends_no_hold(journal: Journal) -> None:
    ran(journal, ended("a", 0), site(CONFLICT))
    ran(journal, ended("b", 1), site(MOVED, complete=False))
    assert {one.key for one in journal.watch.held()} == {CONFLICT, MOVED}


def test_what_is_written_is_held_no_more(journal: Journal) -> None:
    title = HoldKey(12, Field.TITLE, Reason.CONFLICT)
    ran(journal, ended("a", 0), site(CONFLICT, title, MOVED))
    wrote(journal, at(2), intent())
    wrote(journal, at(2), intent("x", Field.TITLE), Outcome.REFUSED)
    assert {one.key for one in journal.watch.held()} == {title, MOVED}


def test_a_reader_sees_what_a_run_left_and_nothing_where_there_is_no_journal(
    backend: Backend,
) -> None:
    with backend.reading() as reader:
        assert reader.watch.held() == []
    with backend.writing() as journal:
        ran(journal, ended("a", 0), site(CONFLICT))
    with backend.reading() as reader:
        assert len(reader.watch.held()) == 1
        assert reader.watch.last_success("reconcile") == ended("a", 0)


def test_a_full_transaction_counts_nothing(backend: Backend, journal: Journal) -> None:
    """What is counted of an end is not counted without it."""
    with pytest.raises((LookupError, JournalError)):
        journal.end(ended("nobody", 0), COUNTED)
    assert counts(journal, Counted.RUNS) == {}
