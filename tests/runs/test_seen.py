"""No edit that a person made is overwritten unseen: not before, while or after raidctl writes."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from raidctl.core.memory import BaselineState
from raidctl.core.model import Field, Side
from raidctl.core.plan.item import Hold
from raidctl.core.reasons import Reason
from raidctl.core.scope import Scope
from raidctl.core.writes.outcome import Outcome
from raidctl.journal import Journal
from raidctl.runs.context import RunContext
from raidctl.runs.reading.held import held
from raidctl.runs.writing import reconcile
from raidctl.runs.writing.choices import options
from raidctl.runs.writing.session import write_plan
from raidctl.sandbox.jira.state import JiraState
from tests.contract.trackers import BOT
from tests.runs.desk import GRACE, SITES, Office, item_of, office, outcomes
from tests.runs.writers import with_database
from tests.simulators.server import refuse

TITLE, STATUS, COMMANDER = Field.TITLE, Field.STATUS, Field.COMMANDER
APPLIED, STALE, FAILED = Outcome.APPLIED, Outcome.STALE, Outcome.FAILED


@pytest.fixture(params=["cloud", "datacenter"])
def at(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    """In sync, and seen so."""
    with office(tmp_path, request.param) as made:
        with_database(made)
        made.reconcile()
        made.clock.pass_by(hours=1)
        yield made


def person(at: Office, number: int = 1, account: str = GRACE.account, **values: str) -> None:
    """Somebody edits an issue, and changes it back a minute later."""
    before = {name: at.issue(number)[name] for name in values}
    at.state.edit(10_000 + number, account, **values)
    at.clock.pass_by(minutes=1)
    at.state.edit(10_000 + number, account, **before)


def meanwhile(at: Office, act: Callable[[], None]) -> None:
    """Let somebody act right after raidctl's first write."""
    pending = [act]

    def after(state: JiraState, issue: int) -> None:
        if pending:
            pending.pop()()

    at.state.after_write = after


def planned(at: Office) -> tuple[RunContext, reconcile.Prepared]:
    """A plan that waits to be carried out."""
    orders = at.orders()
    return orders, reconcile.prepare(at.desk, at.question(), orders, SITES, lambda _: None)


# Before


def test_what_a_person_turned_back_is_a_conflict_with_the_other_sides_change(at: Office) -> None:
    at.impact(1, title="Ours")
    person(at, summary="Theirs")
    found = item_of(at.reconcile(), 1, TITLE)
    assert found.reason is Reason.CONFLICT
    assert f"changed back by {GRACE.name}" in str(found.detail)
    assert not at.writes()


def test_also_when_the_journal_is_an_old_copy(at: Office, tmp_path: Path) -> None:
    """Since the copy raidctl carried a title over, and a person took it back."""
    with closing(sqlite3.connect(tmp_path / "journal.db")) as journal:
        journal.execute("VACUUM INTO ?", [str(tmp_path / "copy.db")])
    at.impact(1, title="Ours")
    assert outcomes(at.reconcile()) == {(1, "title"): APPLIED}
    at.clock.pass_by(hours=1)
    at.state.edit(10_001, GRACE.account, summary="Orders are not exported")
    at.journal.close()
    at.journal = Journal(tmp_path / "copy.db", at.clock)
    at.desk = replace(at.desk, journal=at.journal)
    at.seen.clear()
    assert item_of(at.reconcile(), 1, TITLE).reason is Reason.CONFLICT
    assert not at.writes()


def test_a_baseline_that_every_run_sees_costs_no_row_a_link(at: Office) -> None:
    def kept() -> object:
        return [
            (one.at, one.seen_at)
            for one in at.journal.memories([(1, 10_001)])[0].baselines.values()
        ]

    before = kept()
    at.clock.pass_by(hours=1)
    at.reconcile()
    assert kept() == before
    seen = at.journal.readings()[TITLE].started_at
    assert seen == at.clock()
    at.clock.pass_by(hours=1)
    at.state.edit(10_001, GRACE.account, summary="Theirs")
    at.impact(1, title="Ours")
    at.reconcile()
    assert at.journal.memories([(1, 10_001)])[0].baselines[TITLE].seen_at == seen
    assert at.journal.readings()[TITLE].started_at == at.clock()


def test_what_is_just_as_raidctl_left_it_is_seen_though_a_guard_covers_it(at: Office) -> None:
    at.impact(1, title="Ours")
    assert outcomes(at.reconcile()) == {(1, "title"): APPLIED}
    at.clock.pass_by(seconds=1)
    at.reconcile()
    assert at.journal.memories([(1, 10_001)])[0].baselines[TITLE].seen_at is None


def test_a_run_about_some_links_is_no_whole_reading(at: Office) -> None:
    before = at.journal.readings()
    at.clock.pass_by(hours=1)
    at.reconcile(Scope(incidents=frozenset({1})))
    assert at.journal.readings() == before


def test_a_link_that_was_hidden_is_not_taken_for_seen(at: Office) -> None:
    seen = at.journal.readings()[TITLE].started_at
    at.state.forbid(10_001)
    at.reconcile()
    assert at.journal.memories([(1, 10_001)])[0].baselines[TITLE].seen_at == seen


def test_what_a_post_function_left_is_held_and_never_copied(at: Office) -> None:
    at.impact(1, status="MITIGATED")
    meanwhile(at, lambda: at.state.edit(10_001, BOT.account, assignee=GRACE.account))
    assert outcomes(at.reconcile()) == {(1, "status"): APPLIED}
    at.clock.pass_by(hours=1)
    found = item_of(at.reconcile(), 1, COMMANDER)
    assert found.reason is Reason.SIDE_EFFECT
    assert isinstance(found, Hold)


def test_a_person_may_take_it_all_the_same(at: Office) -> None:
    at.state.edit(10_001, BOT.account, summary="Theirs")
    wanted = at.question()
    (one,) = options(held(at.desk.readable, wanted, lambda _: None), wanted.policy, wanted.now)
    assert one.waiting.item.reason is Reason.SIDE_EFFECT
    assert set(one.sides) == set(Side)


# While


def test_what_is_changed_there_and_back_after_the_plan_is_stale(at: Office) -> None:
    at.impact(1, title="Ours")
    at.impact(2, title="Ours")
    orders, found = planned(at)
    person(at, summary="Theirs")
    report, _ = write_plan(at.desk, orders, found.report, lambda _: None)
    assert outcomes(report) == {(1, "title"): STALE, (2, "title"): APPLIED}
    result = item_of(report, 1, TITLE).result
    assert result is not None
    why = f"{GRACE.name} changed it there and back since the plan was made"
    assert result.detail == why


def test_what_raidctls_account_or_firefighter_left_since_is_stale_as_well(at: Office) -> None:
    for number, account in ((1, BOT.account), (2, "acc-fire")):
        at.impact(number, title="Ours")
        orders, found = planned(at)
        person(at, number, account, summary="Theirs")
        report, _ = write_plan(at.desk, orders, found.report, lambda _: None)
        assert outcomes(report)[number, "title"] is STALE
        at.clock.pass_by(hours=1)


@pytest.mark.parametrize(
    ("since", "why"),
    [
        ({"status": "CLOSED", "ignored": True}, "downgraded"),
        ({"private": True}, "became private"),
    ],
    ids=["downgraded", "private"],
)
def test_an_incident_that_jira_is_not_to_hear_of_any_more_is_left_alone(
    at: Office, since: dict[str, object], why: str
) -> None:
    at.impact(1, title="Ours")
    at.impact(2, title="Ours")
    orders, found = planned(at)
    at.impact(1, **since)
    report, _ = write_plan(at.desk, orders, found.report, lambda _: None)
    assert outcomes(report) == {(1, "title"): STALE, (2, "title"): APPLIED}
    result = item_of(report, 1, TITLE).result
    assert result is not None
    assert f"{why} since the plan was made" in str(result.detail)


def test_where_nothing_tells_who_wrote_since_nothing_is_written(at: Office) -> None:
    at.impact(1, title="Ours")
    orders, found = planned(at)
    at.server.faults = lambda request: refuse(400) if "changelog" in request.target else None
    report, _ = write_plan(at.desk, orders, found.report, lambda _: None)
    assert outcomes(report) == {(1, "title"): FAILED}


# After


def test_a_move_right_after_raidctls_is_a_persons_and_not_written_over(at: Office) -> None:
    at.impact(1, status="MITIGATED")
    meanwhile(at, lambda: at.state.edit(10_001, GRACE.account, status="In Progress"))
    assert outcomes(at.reconcile()) == {(1, "status"): STALE}
    left = at.journal.memories([(1, 10_001)])[0].baselines[STATUS]
    assert (left.impact, left.jira, left.state) == ("MITIGATED", "Resolved", BaselineState.AGREED)
    at.clock.pass_by(hours=1)
    found = item_of(at.reconcile(), 1, STATUS)
    assert found.direction is not None
    assert found.direction.target == "impact", "the person's move is the later one"
    assert at.issue(1)["status"] == "In Progress"
