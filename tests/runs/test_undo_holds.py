"""What an undo is held by, what the target refuses to take back, and what that leaves."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from raidctl.core.memory import BaselineState
from raidctl.core.model import UNREADABLE, Field
from raidctl.core.plan.item import Item, Verdict
from raidctl.core.reasons import Kind, Reason
from raidctl.core.writes.outcome import Outcome
from raidctl.errors import Category
from raidctl.sandbox.jira.workflows import RAID, ScreenField
from tests.runs.desk import ADA, item_of, outcomes
from tests.runs.past import Past, remembered
from tests.runs.writers import AUTO, failed, incident, jira, why, with_both, with_database

APPLIED, REFUSED = Outcome.APPLIED, Outcome.REFUSED
TITLE, STATUS, PRIORITY = Field.TITLE, Field.STATUS, Field.PRIORITY


@pytest.fixture
def past(tmp_path: Path) -> Iterator[Past]:
    with remembered(tmp_path) as made:
        yield made


def test_an_undo_that_would_close_needs_to_be_allowed(past: Past) -> None:
    at = past.at
    at.transition_fields["Closed"] = {"resolution": {"name": "Done"}}
    jira(at, status="Closed")
    at.impact(1, status="POST_MORTEM")
    past.reconcile()
    at.impact(1, status="MITIGATING")
    run = past.reconcile()
    assert at.issue(1)["status"] != "Closed"
    at.policy = replace(at.policy, allow_close=False)
    report = past.undo(run)

    item = item_of(report, 1, STATUS)
    assert (item.reason, item.verdict, item.result) == (Reason.CLOSING, Verdict.HOLD, None)
    assert at.issue(1)["status"] != "Closed"


def test_what_the_writer_of_impact_cannot_say_is_held_as_read_only(past: Past) -> None:
    """The database wrote it; meanwhile the webhook has the status, and has no such word."""
    at = past.at
    at.policy = AUTO
    at.impact(1, status="INVESTIGATING")
    past.reconcile()
    with_database(at)
    jira(at, status="Resolved")
    run = past.reconcile()
    assert incident(at, 1, STATUS) == "MITIGATED"
    webhook, _ = with_both(at)
    report = past.undo(run)

    item = item_of(report, 1, STATUS)
    assert (item.reason, item.verdict, item.to) == (
        Reason.READ_ONLY,
        Verdict.HOLD,
        "INVESTIGATING",
    )
    assert webhook.sent == []


def test_without_any_writer_of_impact_nothing_of_it_is_taken_back(past: Past) -> None:
    at = past.at
    jira(at, summary="New")
    run = past.reconcile()
    at.policy = AUTO
    at.desk = replace(at.desk, incident_writers={})
    report = past.undo(run)

    assert [item.reason for item in report.items] == [Reason.READ_ONLY]
    assert outcomes(report) == {}


def test_an_undo_never_counts_as_flapping_and_names_what_it_takes_back(past: Past) -> None:
    at = past.at
    at.impact(1, title="New")
    run = past.reconcile()
    for _ in range(4):
        at.clock.pass_by(hours=-1)  # all within the hour
        run = str(past.undo(run).run)

    assert at.journal.memories([(1, 10_001)])[0].flapping == frozenset()
    writes = at.journal.writes(incidents=[1])
    assert [write.kind for write in writes] == [Kind.SYNC, *[Kind.UNDO] * 4]
    assert [write.undoes for write in writes[1:]] == [write.id for write in writes[:-1]]


def test_an_undo_of_what_impact_does_not_take_back_is_refused(past: Past) -> None:
    at = past.at
    jira(at, summary="New")
    run = past.reconcile()
    writer = with_database(at)
    writer.give = lambda number, values: None  # type: ignore[method-assign]
    report = past.undo(run)

    assert outcomes(report) == {(1, "title"): REFUSED}
    assert past.state(1, TITLE) is BaselineState.AGREED
    assert outcomes(past.undo(run)) == {(1, "title"): REFUSED}, "it is no undone run yet"


def test_what_firefighter_does_not_act_on_is_tried_once_more_and_then_refused(past: Past) -> None:
    at = past.at
    webhook, _ = with_both(at)
    jira(at, priority="Highest")
    run = past.reconcile()
    webhook.deaf = {(1, PRIORITY)}

    assert outcomes(past.undo(run)) == {(1, "priority"): Outcome.NO_EFFECT}
    again = past.undo(run)
    assert outcomes(again) == {(1, "priority"): REFUSED}
    assert "twice" in why(again, 1, PRIORITY)
    webhook.deaf.clear()
    assert outcomes(past.undo(run)) == {(1, "priority"): APPLIED}
    assert (webhook.restored, incident(at, 1, PRIORITY)) == (3, 3)


def test_an_undo_names_nobody_who_changed_jira(past: Past) -> None:
    at = past.at
    webhook, _ = with_both(at)
    jira(at, priority="Highest")
    run = past.reconcile()
    webhook.ours = {"acc-ada"}  # whose change it was: none of the undo's business
    report = past.undo(run)

    assert outcomes(report) == {(1, "priority"): APPLIED}
    assert [set(heard) for heard in webhook.heard] == [{PRIORITY}, set()]


def test_a_writer_that_is_down_leaves_its_part_to_be_undone_later(past: Past) -> None:
    at = past.at
    writer = with_database(at)
    jira(at, summary="New")
    at.impact(2, title="Ours")
    run = past.reconcile()
    writer.fails = [failed(Category.NETWORK)]
    report = past.undo(run)

    assert outcomes(report) == {(1, "title"): Outcome.FAILED, (2, "title"): APPLIED}
    assert outcomes(past.undo(run)) == {(1, "title"): APPLIED}


def test_an_undo_that_stops_half_way_is_held_and_the_next_one_goes_the_rest_of_the_way(
    past: Past,
) -> None:
    """A transition wants a field that nobody has configured; that shows only when it is near."""
    at = past.at
    asks = (ScreenField("resolution", "Resolution"),)
    ways = [replace(w, screen=asks) if w.target == "Open" else w for w in RAID.transitions]
    at.state.workflow = replace(RAID, transitions=tuple(ways))
    at.impact(1, status="OPEN")
    jira(at, status="Open")
    past.reconcile()
    at.impact(1, status="MITIGATED")
    run = past.reconcile()
    assert at.issue(1)["status"] == "Resolved"

    first = past.undo(run)
    assert (outcomes(first), at.issue(1)["status"]) == ({(1, "status"): REFUSED}, "Reopened")
    assert "stopped half way, at Reopened" in why(first, 1, STATUS)
    assert past.state(1, STATUS) is BaselineState.UNDONE
    assert {item.reason for item in at.reconcile().items} == {Reason.UNDONE}

    at.transition_fields["Open"] = {"resolution": {"name": "Done"}}
    second = past.undo(run)
    assert (outcomes(second), at.issue(1)["status"]) == ({(1, "status"): APPLIED}, "Open")
    assert past.state(1, STATUS) is BaselineState.UNDONE


# Where the incident belongs by now


@pytest.fixture(params=["jira", "impact"])
def written(request: pytest.FixtureRequest, past: Past) -> tuple[Past, str]:
    """A run that wrote the title of the first incident, to either side."""
    if request.param == "jira":
        past.at.impact(1, title="New")
    else:
        jira(past.at, summary="New")
    return past, past.reconcile()


def held_title(past: Past, run: str) -> Item:
    """What an undo says of that title, of which it writes nothing to either side."""
    at = past.at
    stored, sent = list(at.source.stored), len(at.writes())
    report = past.undo(run)
    (item,) = report.items
    assert (item.verdict, item.result) == (Verdict.HOLD, None)
    assert (at.source.stored, len(at.writes())) == (stored, sent)
    assert at.issue(1)["summary"] == "New"
    assert past.state(1, TITLE) is BaselineState.AGREED
    return item


def test_an_incident_of_another_issue_keeps_its_title_and_so_does_the_issue(
    written: tuple[Past, str],
) -> None:
    past, run = written
    at = past.at
    at.state.add_issue(
        "INC-9",
        10_009,
        summary="New",
        description=at.issue(1)["description"],
        priority="Medium",
        status="In Progress",
        assignee=ADA.account,
    )
    at.impact(1, issue_key="INC-9")
    past.reconcile()
    item = held_title(past, run)
    at.clock.pass_by(hours=1)

    assert item.reason is Reason.RELINKED
    assert "it belonged to INC-1 when that run wrote it" in str(item.detail)
    assert at.reconcile().items == ()
    assert (at.issue(9)["summary"], incident(at, 1, TITLE)) == ("New", "New")


def test_an_incident_of_no_issue_any_more_keeps_its_title(written: tuple[Past, str]) -> None:
    past, run = written
    past.at.impact(1, issue_key=None)
    item = held_title(past, run)

    assert item.reason is Reason.UNLINKED
    assert "it belonged to INC-1 when that run wrote it" in str(item.detail)


def test_an_issue_that_another_incident_claims_keeps_its_title(written: tuple[Past, str]) -> None:
    past, run = written
    past.at.impact(2, issue_key="inc-1")
    item = held_title(past, run)

    assert item.reason is Reason.SHARED_ISSUE
    assert "INC-1 also belongs to incident #2" in str(item.detail)


def test_an_issue_that_cannot_be_seen_by_its_new_key_is_held(written: tuple[Past, str]) -> None:
    past, run = written
    past.at.impact(1, issue_key="INC-77")
    assert held_title(past, run).reason is Reason.NOT_VISIBLE


@pytest.mark.parametrize("written", ["jira"], indirect=True)
def test_a_field_of_jira_that_cannot_be_read_is_not_called_changed(
    written: tuple[Past, str],
) -> None:
    past, run = written
    past.at.state.hidden.add("summary")
    item = held_title(past, run)

    assert item.reason is Reason.UNREADABLE
    assert "may not see this field in JIRA" in str(item.detail)


@pytest.mark.parametrize("written", ["impact"], indirect=True)
def test_a_field_of_impact_that_cannot_be_read_is_not_called_changed(
    written: tuple[Past, str],
) -> None:
    past, run = written
    past.at.impact(1, title=UNREADABLE)
    item = held_title(past, run)

    assert item.reason is Reason.UNREADABLE
    assert "may not see this field in Impact" in str(item.detail)
