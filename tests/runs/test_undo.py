"""Taking back what a run wrote: what is written again, what is left alone, and what is held."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from raidctl.core.memory import BaselineState
from raidctl.core.model import UNREADABLE, Field, SyncDirection
from raidctl.core.plan.item import Verdict
from raidctl.core.reasons import Reason
from raidctl.core.writes.outcome import Outcome
from raidctl.errors import Category, UsageError
from raidctl.runs.writing import reconcile
from raidctl.runs.writing.session import write_plan
from raidctl.sandbox.jira.workflows import RAID
from tests.runs.desk import GRACE, SITES, outcomes
from tests.runs.past import Past, remembered
from tests.runs.writers import (
    KilledError,
    incident,
    jira,
    jira_everywhere,
    told,
    why,
    with_database,
)

APPLIED, STALE, REFUSED = Outcome.APPLIED, Outcome.STALE, Outcome.REFUSED
TITLE, STATUS, PRIORITY = Field.TITLE, Field.STATUS, Field.PRIORITY


@pytest.fixture
def past(tmp_path: Path) -> Iterator[Past]:
    with remembered(tmp_path) as made:
        yield made


def test_what_went_to_jira_is_put_back_and_held_until_somebody_decides(past: Past) -> None:
    at = past.at
    before = at.issue(1)
    at.impact(
        1,
        title="New",
        description="New text.",
        priority=1,
        status="MITIGATED",
        commander=GRACE.email,
    )
    run = past.reconcile()
    report = past.undo(run)

    assert (report.command, report.direction) == ("undo", None)
    assert outcomes(report) == {(1, name.value): APPLIED for name in Field}
    assert {item.reason for item in report.items} == {Reason.UNDO}
    names = ("summary", "description", "priority", "status", "assignee")
    assert [at.issue(1)[name] for name in names] == [before[name] for name in names]
    assert incident(at, 1, TITLE) == "New"
    assert {past.state(1, name) for name in Field} == {BaselineState.UNDONE}
    at.seen.clear()
    at.clock.pass_by(hours=1)
    held = at.reconcile()
    assert {(item.reason, item.verdict) for item in held.items} == {(Reason.UNDONE, Verdict.HOLD)}
    assert at.writes() == []


def test_what_went_to_impact_is_put_back_in_one_transaction(past: Past) -> None:
    at = past.at
    before = [incident(at, 1, name) for name in Field]
    writer = with_database(at)
    jira_everywhere(at)
    report = past.undo(past.reconcile())

    assert outcomes(report) == {(1, name.value): APPLIED for name in Field}
    assert [incident(at, 1, name) for name in Field] == before
    assert (len(writer.sent), writer.restored) == (2, 1)
    assert {item.direction for item in report.items} == {SyncDirection.JIRA_TO_IMPACT}
    assert {item.reason for item in at.reconcile().items} == {Reason.UNDONE}


def test_a_commander_who_was_nobody_is_nobody_again(past: Past) -> None:
    at = past.at
    for number in (1, 2):
        at.impact(number, commander=None)
        jira(at, number, assignee=None)
    past.reconcile()
    jira(at, assignee=GRACE.account)
    at.impact(2, commander=GRACE.email)
    report = past.undo(past.reconcile())

    assert outcomes(report) == {(1, "commander"): APPLIED, (2, "commander"): APPLIED}
    assert (incident(at, 1, Field.COMMANDER), at.issue(2)["assignee"]) == (None, None)
    assert (incident(at, 2, Field.COMMANDER), at.issue(1)["assignee"]) == (
        GRACE.email,
        GRACE.account,
    )


def test_what_is_undone_goes_on_when_either_side_changes(past: Past) -> None:
    at = past.at
    at.impact(1, title="New")
    at.impact(2, title="New too")
    run = past.reconcile()
    past.undo(run)
    at.impact(1, title="Newer")
    jira(at, 2, summary="Theirs")
    past.reconcile()

    assert at.issue(1)["summary"] == "Newer"
    assert incident(at, 2, TITLE) == "Theirs"


def test_an_undo_can_be_undone_and_that_again(past: Past) -> None:
    at = past.at
    at.impact(1, title="New")
    old = at.issue(1)["summary"]
    first = past.reconcile()
    second = past.undo(first)
    third = past.undo(str(second.run))

    assert outcomes(third) == {(1, "title"): APPLIED}
    assert at.issue(1)["summary"] == "New"
    assert past.state(1, TITLE) is BaselineState.AGREED
    past.reconcile()
    assert at.reconcile().items == ()
    fourth = past.undo(str(third.run))
    assert outcomes(fourth) == {(1, "title"): APPLIED}
    assert at.issue(1)["summary"] == old


def test_an_undone_run_is_not_undone_again_until_its_undo_is(past: Past) -> None:
    at = past.at
    at.impact(1, title="New")
    first = past.reconcile()
    second = str(past.undo(first).run)
    with pytest.raises(UsageError, match=f"taken back already, by {second}; raidctl undo {second}"):
        past.undo(first)
    third = str(past.undo(second).run)
    with pytest.raises(UsageError, match=f"taken back already, by {third}"):
        past.undo(second)

    assert outcomes(past.undo(first)) == {(1, "title"): APPLIED}
    assert at.issue(1)["summary"] != "New"


def test_what_an_undo_did_not_reach_can_still_be_taken_back(past: Past) -> None:
    at = past.at
    at.impact(1, title="New", priority=1)
    run = past.reconcile()
    past.undo(run, fields=frozenset({TITLE}))

    assert outcomes(past.undo(run)) == {(1, "priority"): APPLIED}


def test_no_run_at_all_and_one_that_wrote_nothing(past: Past) -> None:
    nothing = past.reconcile()
    with pytest.raises(UsageError, match="no run run-99 in the journal"):
        past.undo("run-99")
    with pytest.raises(UsageError, match="wrote nothing that could be taken back"):
        past.undo(nothing)


# What is wished for


@pytest.mark.parametrize(
    ("wish", "reached"),
    [
        ({}, {(1, "title"), (1, "priority"), (2, "title")}),
        ({"incidents": frozenset({2})}, {(2, "title")}),
        ({"keys": frozenset({"INC-1"})}, {(1, "title"), (1, "priority")}),
        ({"fields": frozenset({PRIORITY})}, {(1, "priority")}),
        ({"incidents": frozenset({1}), "fields": frozenset({TITLE})}, {(1, "title")}),
    ],
)
def test_targets_and_fields_narrow_it(
    past: Past, wish: dict[str, Any], reached: set[tuple[int, str]]
) -> None:
    past.at.impact(1, title="New", priority=1)
    jira(past.at, 2, summary="Theirs")
    report = past.undo(past.reconcile(), **wish)

    assert outcomes(report) == dict.fromkeys(reached, APPLIED)


def test_what_that_run_did_not_write_of_a_target_is_said(past: Past) -> None:
    past.at.impact(1, title="New")
    run = past.reconcile()
    with pytest.raises(UsageError, match="wrote nothing of this"):
        past.undo(run, incidents=frozenset({2}))
    with pytest.raises(UsageError, match="wrote nothing of this"):
        past.undo(run, fields=frozenset({STATUS}))


# What somebody has changed since


@pytest.mark.parametrize("direction", ["jira", "impact"])
def test_what_was_changed_since_is_stale_and_left_alone_and_the_rest_goes_back(
    past: Past, direction: str
) -> None:
    at = past.at
    if direction == "jira":
        at.impact(1, title="New", priority=1)
        run = past.reconcile()
        jira(at, summary="Theirs")
    else:
        jira(at, summary="New", priority="Highest")
        run = past.reconcile()
        at.impact(1, title="Theirs")
    report = past.undo(run)

    assert outcomes(report) == {(1, "title"): STALE, (1, "priority"): APPLIED}
    assert "changed it since that run wrote it" in why(report, 1, TITLE)
    held = at.issue(1)["summary"] if direction == "jira" else incident(at, 1, TITLE)
    assert held == "Theirs"
    assert report.plan.startswith("sha256:")


def test_the_other_side_may_have_changed(past: Past) -> None:
    """What was written stands there still: it is taken back."""
    at = past.at
    at.impact(1, title="New")
    old = at.issue(1)["summary"]
    run = past.reconcile()
    at.impact(1, title=old)
    report = past.undo(run)

    assert outcomes(report) == {(1, "title"): APPLIED}
    at.clock.pass_by(hours=1)
    assert at.reconcile().items == ()
    assert past.state(1, TITLE) is BaselineState.AGREED


def test_what_the_other_side_has_changed_since_is_no_part_of_it(past: Past) -> None:
    """It is a change like any other, and goes its way once what was written is taken back."""
    at = past.at
    at.impact(1, title="New")
    run = past.reconcile()
    at.impact(1, title="Newer")
    past.undo(run)
    at.clock.pass_by(hours=1)

    assert outcomes(at.reconcile()) == {(1, "title"): APPLIED}
    assert at.issue(1)["summary"] == "Newer"


@pytest.mark.parametrize("again", [False, True])
def test_what_came_back_to_what_was_copied_is_an_edit_too(past: Past, again: bool) -> None:
    """One change in JIRA's history since the undo: it had left that value before."""
    at = past.at
    jira(at, summary="Copied")
    run = past.reconcile()
    jira(at, summary="Theirs")
    undone = past.undo(run)
    if again:
        past.undo(str(undone.run))
    at.clock.pass_by(hours=1)
    jira(at, summary="Copied")
    at.impact(1, title="Ours")
    at.clock.pass_by(hours=1)
    report = at.reconcile()
    assert [(item.field, item.reason) for item in report.items] == [(TITLE, Reason.CONFLICT)]
    assert at.issue(1)["summary"] == "Copied"


@pytest.mark.parametrize("direction", ["jira", "impact"])
def test_a_source_that_cannot_be_read_now_is_no_change_of_it(past: Past, direction: str) -> None:
    """The write is taken back, and held once the field can be read again."""
    at = past.at
    if direction == "jira":
        old = at.issue(1)["summary"]
        at.impact(1, title="New")
        run = past.reconcile()
        at.impact(1, title=UNREADABLE)
    else:
        old = incident(at, 1, TITLE)
        jira(at, summary="New")
        run = past.reconcile()
        at.state.hidden.add("summary")
    report = past.undo(run)
    assert outcomes(report) == {(1, "title"): APPLIED}

    at.state.hidden.clear()
    if direction == "jira":
        at.impact(1, title="New")
    at.clock.pass_by(hours=1)
    held = at.reconcile()
    assert [(item.reason, item.verdict) for item in held.items] == [(Reason.UNDONE, Verdict.HOLD)]
    sides = (incident(at, 1, TITLE), at.issue(1)["summary"])
    assert sides == (("New", old) if direction == "jira" else (old, "New"))


@pytest.mark.parametrize("direction", ["jira", "impact"])
def test_a_plan_from_before_it_does_not_redo_what_was_taken_back(
    past: Past, direction: str
) -> None:
    at = past.at
    if direction == "jira":
        at.impact(1, title="New", priority=1)
    else:
        jira(at, summary="New", priority="Highest")
    at.clock.pass_by(hours=1)
    orders = at.orders()
    saved = reconcile.prepare(at.desk, at.question(), orders, SITES, lambda _: None).report
    past.undo(past.reconcile(), fields=frozenset({TITLE}))
    stored, sent = list(at.source.stored), at.writes()
    report, _ = write_plan(at.desk, orders, saved, lambda _: None)

    assert outcomes(report) == {(1, "title"): STALE, (1, "priority"): STALE}
    assert why(report, 1, TITLE) == "a person took it back since the plan was made"
    assert "changed it since the plan was made" in why(report, 1, PRIORITY)
    assert (at.source.stored, at.writes()) == (stored, sent)
    assert past.state(1, TITLE) is BaselineState.UNDONE


def test_a_plan_of_what_somebody_changed_after_an_undo_is_carried_out(past: Past) -> None:
    at = past.at
    at.impact(1, title="New")
    at.impact(2, title="New too")
    past.undo(past.reconcile())
    at.impact(1, title="Newer")
    jira(at, 2, summary="Theirs")
    at.clock.pass_by(hours=1)

    assert outcomes(at.reconcile()) == {(1, "title"): APPLIED, (2, "title"): APPLIED}
    assert (at.issue(1)["summary"], incident(at, 2, TITLE)) == ("Newer", "Theirs")


def test_an_issue_that_is_gone_is_stale_and_the_others_go_back(past: Past) -> None:
    at = past.at
    for number in (1, 2):
        at.impact(number, title="New")
    at.impact(3, title="New")
    run = past.reconcile()
    at.state.delete(10_001)
    at.source.stored = [one for one in at.source.stored if one.id != 3]
    report = past.undo(run)

    assert outcomes(report) == {(1, "title"): STALE, (2, "title"): APPLIED, (3, "title"): STALE}
    assert told(report, 1, TITLE).category == Category.NOT_FOUND
    assert "the issue is gone" in why(report, 1, TITLE)
    assert "the incident is gone" in why(report, 3, TITLE)


# Runs that ended early


def test_a_run_that_was_killed_is_settled_first_and_then_taken_back(past: Past) -> None:
    at = past.at
    writer = with_database(at)
    writer.loses = [KilledError()]
    old = incident(at, 1, TITLE)
    jira(at, summary="New")
    with pytest.raises(KilledError):
        past.reconcile()
    report = past.undo(f"run-{at.count}")

    assert [str(i.result and i.result.outcome) for i in report.items] == ["recovered", "applied"]
    assert incident(at, 1, TITLE) == old
    assert past.state(1, TITLE) is BaselineState.UNDONE


def test_an_undo_that_was_killed_is_settled_as_an_undo(past: Past) -> None:
    at = past.at
    writer = with_database(at)
    old = incident(at, 1, TITLE)
    jira(at, summary="New")
    run = past.reconcile()
    writer.loses = [KilledError()]
    with pytest.raises(KilledError):
        past.undo(run)
    at.clock.pass_by(hours=1)
    report = at.reconcile()

    assert outcomes(report) == {(1, "title"): Outcome.RECOVERED}
    assert (incident(at, 1, TITLE), past.state(1, TITLE)) == (old, BaselineState.UNDONE)
    assert {item.reason for item in at.reconcile().items} == {Reason.UNDONE}
    with pytest.raises(UsageError, match="taken back already"):
        past.undo(run)


def test_a_write_that_never_arrived_is_nothing_to_take_back(past: Past) -> None:
    at = past.at
    writer = with_database(at)
    writer.fails = [KilledError()]
    jira(at, summary="New")
    with pytest.raises(KilledError):
        past.reconcile()
    run = f"run-{at.count}"
    with pytest.raises(UsageError, match="wrote nothing"):
        past.undo(run)
    assert len(writer.sent) == 1


def test_a_status_that_stopped_half_way_goes_back_to_where_it_was(past: Past) -> None:
    at = past.at
    back = replace(
        RAID,
        transitions=tuple(
            replace(way, sources=(*way.sources, "Resolved")) if way.target == "In Progress" else way
            for way in RAID.transitions
        ),
    )
    at.state.workflow = back
    at.impact(1, status="POST_MORTEM")
    run = past.reconcile()
    assert (at.issue(1)["status"], past.state(1, STATUS)) == (
        "Resolved",
        BaselineState.UNFINISHED,
    )
    report = past.undo(run)

    assert outcomes(report) == {(1, "status"): APPLIED}
    assert at.issue(1)["status"] == "In Progress"
    assert past.state(1, STATUS) is BaselineState.UNDONE
    assert {item.reason for item in at.reconcile().items} == {Reason.UNDONE}
