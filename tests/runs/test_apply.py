"""Carrying out a plan: what is sent, what is not, and what is remembered of it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from raidctl.core.memory import BaselineState
from raidctl.core.model import Field, SyncDirection
from raidctl.core.writes.outcome import Outcome
from raidctl.errors import Category
from raidctl.runs.writing import reconcile
from raidctl.runs.writing.session import write_plan
from raidctl.sandbox.jira.workflows import RAID
from raidctl.sandbox.server import Request
from tests.contract.trackers import BOT
from tests.runs.backfill.trouble import failing
from tests.runs.desk import ADA, GRACE, Office, item_of, office, outcomes
from tests.simulators.server import DROP_AFTER, DROP_BEFORE, Fault, refuse

PLAIN = (Field.TITLE, Field.DESCRIPTION, Field.PRIORITY, Field.COMMANDER)
APPLIED, REFUSED, STALE, FAILED = (
    Outcome.APPLIED,
    Outcome.REFUSED,
    Outcome.STALE,
    Outcome.FAILED,
)


@pytest.fixture(params=["cloud", "datacenter"])
def at(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path, request.param) as made:
        made.reconcile()  # the first run remembers what agrees
        made.seen.clear()
        made.clock.pass_by(hours=1)
        yield made


def drift_everywhere(at: Office, number: int = 1) -> None:
    at.impact(
        number,
        title="A new title",
        description="A new text.",
        priority=1,
        status="MITIGATED",
        commander=GRACE.email,
    )


def once(fault: Fault, method: str, ending: str = "") -> Any:
    """A fault for the first request of that kind alone."""
    left = [fault]

    def spoil(request: Request) -> Fault | None:
        if request.method == method and request.path.endswith(ending) and left:
            return left.pop()
        return None

    return spoil


def test_all_five_fields_are_put_right_and_a_second_run_writes_nothing(at: Office) -> None:
    drift_everywhere(at)
    report = at.reconcile()

    assert outcomes(report) == {(1, field.value): APPLIED for field in Field}
    assert at.issue(1) | {
        "summary": "A new title",
        "description": "A new text.",
        "priority": "Highest",
        "status": "Resolved",
        "assignee": GRACE.account,
    } == at.issue(1)
    assert [one.partition(" ")[0] for one in at.writes()] == ["PUT", "POST"]

    at.seen.clear()
    at.clock.pass_by(hours=1)
    assert at.reconcile().items == ()
    assert at.writes() == []


def test_the_requests_are_those_that_were_promised(at: Office) -> None:
    for number in (1, 2, 3):
        drift_everywhere(at, number)
    report = at.reconcile()
    assert len(outcomes(report)) == 15

    sent = at.sent()
    asked = [one for one in sent if "mypermissions" in one]
    assert len(asked) <= 1
    rest = [one for one in sent if one not in asked]
    reads = 1 if at.state.deployment == "cloud" else 3
    search, histories = 1, 1  # the survey's
    learnt = 1  # that the first of them is still in the status whose ways out are news
    traced = 2 if at.state.deployment == "cloud" else 3  # Cloud tells histories apart
    assert len(rest) == search + histories + traced + reads + 3 * 1 + 3 * 2 + learnt


def test_a_tail_stays_in_jira(at: Office) -> None:
    tail = "🧯 This incident has been created by FireFighter.\nCategory: x"
    at.state.edit(10_001, "somebody", description=f"It is broken.\n\n{tail}")
    at.reconcile()
    at.impact(1, description="It is broken again.")
    at.reconcile()
    assert at.issue(1)["description"] == f"It is broken again.\n\n{tail}"


def test_a_field_that_is_in_quarantine_since_the_plan_was_made_is_stale(at: Office) -> None:
    """Each time somebody sets it back to what the plan saw."""
    at.policy = replace(at.policy, direction=SyncDirection.IMPACT_TO_JIRA)
    at.impact(1, title="Ours")
    orders, question = at.orders(), at.question()
    saved = reconcile.prepare(at.desk, question, orders, ("a", "b"), lambda _: None).report
    old = at.issue(1)["summary"]
    for _ in range(3):
        at.clock.pass_by(minutes=5)
        assert outcomes(at.reconcile()) == {(1, "title"): APPLIED}
        at.state.edit(10_001, "somebody", summary=old)
    at.seen.clear()
    report, _ = write_plan(at.desk, orders, saved, lambda _: None)

    assert outcomes(report) == {(1, "title"): STALE}
    detail = item_of(report, 1, Field.TITLE).result
    assert detail is not None
    assert detail.detail == "it is in quarantine since the plan was made"
    assert (at.writes(), at.issue(1)["summary"]) == ([], old)


def test_what_changes_between_plan_and_write_is_stale(at: Office) -> None:
    at.impact(1, title="A new title", priority=1)
    orders, question = at.orders(), at.question()
    found = reconcile.prepare(at.desk, question, orders, ("a", "b"), lambda _: None)
    at.state.edit(10_001, "somebody", summary="Their title")
    report, _ = write_plan(at.desk, orders, found.report, lambda _: None)

    assert outcomes(report) == {(1, "title"): STALE, (1, "priority"): APPLIED}
    assert at.issue(1)["summary"] == "Their title"


@pytest.mark.parametrize("gone", ["deleted", "forbidden"])
def test_an_issue_that_went_between_plan_and_write_is_stale_and_others_are_written(
    at: Office, gone: str
) -> None:
    at.impact(1, title="A new title")
    at.impact(2, title="Another title")
    orders = at.orders()
    found = reconcile.prepare(at.desk, at.question(), orders, ("a", "b"), lambda _: None)
    at.state.delete(10_001) if gone == "deleted" else at.state.forbid(10_001)
    report, ended = write_plan(at.desk, orders, found.report, lambda _: None)

    assert outcomes(report) == {(1, "title"): STALE, (2, "title"): APPLIED}
    result = item_of(report, 1, Field.TITLE).result
    assert result is not None
    assert result.category == Category.NOT_FOUND
    assert ended is None


def test_a_moved_issue_is_written_by_its_id(at: Office) -> None:
    at.impact(1, title="A new title")
    orders = at.orders()
    found = reconcile.prepare(at.desk, at.question(), orders, ("a", "b"), lambda _: None)
    at.state.move(10_001, "OPS-1")
    report, _ = write_plan(at.desk, orders, found.report, lambda _: None)
    assert outcomes(report) == {(1, "title"): APPLIED}


def test_a_field_that_is_refused_does_not_keep_the_others_back(at: Office) -> None:
    at.state.off_screen.add("summary")
    drift_everywhere(at)
    report = at.reconcile()

    assert outcomes(report) == {
        (1, field.value): REFUSED if field is Field.TITLE else APPLIED for field in Field
    }
    result = item_of(report, 1, Field.TITLE).result
    assert result is not None
    assert "screen" in str(result.detail)
    assert len([one for one in at.writes() if one.startswith("PUT")]) == 2


def test_an_account_that_may_not_be_assigned_is_refused_alone(at: Office) -> None:
    at.state.add_user(replace(GRACE, active=False))
    drift_everywhere(at)
    found = outcomes(at.reconcile())
    assert found.pop((1, "commander")) is REFUSED
    assert set(found.values()) == {APPLIED}


@pytest.mark.parametrize("fault", [DROP_AFTER, DROP_BEFORE, refuse(503)], ids=str)
@pytest.mark.parametrize(("method", "ending"), [("PUT", ""), ("POST", "/transitions")])
def test_a_lost_answer_is_read_and_never_repeated_blindly(
    at: Office, fault: Fault, method: str, ending: str
) -> None:
    drift_everywhere(at)
    at.server.faults = once(fault, method, ending)
    report = at.reconcile()

    assert set(outcomes(report).values()) == {APPLIED}
    history = [item[0] for change in at.state.history(10_001) for item in change.items]
    assert sorted(set(history) - {"resolution"}) == sorted(
        ["summary", "description", "priority", "assignee", "status"]
    )
    assert history.count("status") == 1
    assert len([one for one in at.writes() if one.startswith(method)]) == 1  # that acted


def test_another_transition_that_won_is_decided_anew(at: Office) -> None:
    at.impact(1, status="MITIGATED")
    at.state.race(10_001, "somebody", status="In Review")
    report = at.reconcile()
    assert outcomes(report) == {(1, "status"): STALE}
    assert at.issue(1)["status"] == "In Review"


def test_an_edit_that_won_and_changed_something_else_lets_the_write_through(at: Office) -> None:
    at.impact(1, title="A new title")
    at.state.race(10_001, "somebody", priority="High")
    report = at.reconcile()
    assert outcomes(report) == {(1, "title"): APPLIED}
    assert at.issue(1)["summary"] == "A new title"


def test_hops_are_taken_one_by_one_to_a_status_that_is_not_next(at: Office) -> None:
    at.state.edit(10_001, ADA.account, status="Open")
    at.impact(1, status="MITIGATED")
    report = at.reconcile()
    assert outcomes(report) == {(1, "status"): APPLIED}
    assert at.issue(1)["status"] == "Resolved"
    assert len([one for one in at.writes() if one.startswith("POST")]) == 2


def test_a_status_that_the_workflow_does_not_have_is_refused_before_the_first_hop(
    at: Office,
) -> None:
    statuses = tuple(status for status in RAID.statuses if status.name != "Resolved")
    ways = tuple(
        replace(way, sources=tuple(source for source in way.sources if source != "Resolved"))
        for way in RAID.transitions
        if way.target != "Resolved"
    )
    at.state.workflow = replace(RAID, statuses=statuses, transitions=ways)
    at.impact(1, status="MITIGATED")
    at.impact(2, title="A new title")
    report = at.reconcile()
    assert outcomes(report) == {(1, "status"): REFUSED, (2, "title"): APPLIED}
    assert at.issue(1)["status"] == "In Progress"
    result = item_of(report, 1, Field.STATUS).result
    assert result is not None
    assert "has no status 'Resolved'" in str(result.detail)


def test_a_required_field_that_is_not_configured_is_named(at: Office) -> None:
    at.state.edit(10_001, BOT.account, status="Resolved")
    at.impact(1, status="MITIGATED")
    at.reconcile()
    at.impact(1, status="POST_MORTEM")
    at.clock.pass_by(hours=1)
    report = at.reconcile()
    assert outcomes(report) == {(1, "status"): REFUSED}
    assert at.issue(1)["status"] == "Resolved"
    result = item_of(report, 1, Field.STATUS).result
    assert result is not None
    assert "'Resolution' (resolution)" in str(result.detail)
    assert "[jira.transition_fields.Closed]" in str(result.detail)


def test_a_transition_that_jira_refuses_for_a_field_names_it_and_where_it_is_filled_in(
    at: Office,
) -> None:
    """It told "HTTP 400 (is not one of ours); JIRA does not take it like that"."""
    refused = {"errors": {"resolution": "is not one of ours"}}
    at.state.edit(10_001, BOT.account, status="Resolved")
    at.impact(1, status="MITIGATED")
    at.reconcile()
    at.transition_fields["Closed"] = {"resolution": {"name": "Gone"}}
    at.impact(1, status="POST_MORTEM")
    at.clock.pass_by(hours=1)
    failing(at, "/transitions", refuse(400, body=refused))
    result = item_of(at.reconcile(), 1, Field.STATUS).result
    assert result is not None
    assert result.outcome is REFUSED
    assert str(result.detail).endswith(
        "JIRA says resolution: is not one of ours; correct [jira.transition_fields.Closed]"
    )


def test_a_path_that_stops_half_way_is_remembered_as_unfinished(at: Office) -> None:
    at.impact(1, status="POST_MORTEM")
    at.reconcile()
    assert at.issue(1)["status"] == "Resolved"
    (memory,) = at.journal.memories([(1, 10_001)])
    baseline = memory.baselines[Field.STATUS]
    assert baseline.state is BaselineState.UNFINISHED
    assert baseline.jira == "Resolved"

    at.clock.pass_by(hours=1)
    at.seen.clear()
    again = at.reconcile()
    assert outcomes(again) == {(1, "status"): REFUSED}
    assert at.writes() == []  # by now the missing field is known before the first hop

    at.transition_fields["Closed"] = {"resolution": {"name": "Done"}}
    at.clock.pass_by(hours=1)
    assert outcomes(at.reconcile()) == {(1, "status"): APPLIED}
    assert at.issue(1)["status"] == "Closed"


def test_a_user_that_may_not_edit_is_told_before_the_first_write(at: Office) -> None:
    at.state.may_edit = False
    for number in (1, 2, 3):
        drift_everywhere(at, number)
    found = outcomes(at.reconcile())
    assert {found[n, field.value] for n in (1, 2, 3) for field in PLAIN} == {REFUSED}
    assert not [one for one in at.writes() if one.startswith("PUT")]


def test_a_run_that_is_stopped_leaves_the_rest_for_later(at: Office) -> None:
    drift_everywhere(at)
    at.stopping = True
    report = at.reconcile()
    assert outcomes(report) == {}
    assert at.writes() == []
    assert report.notes == ("Not begun: 5 of 5 changes, because it was told to.",)


def test_the_echo_of_a_write_is_guarded_for_a_while(at: Office) -> None:
    at.impact(1, priority=1)
    at.reconcile()
    (memory,) = at.journal.memories([(1, 10_001)])
    assert {field for _, field in memory.cooling} == {Field.PRIORITY}
    at.clock.pass_by(seconds=31)
    (memory,) = at.journal.memories([(1, 10_001)])
    assert memory.cooling == frozenset()


def test_a_field_that_is_written_again_and_again_is_quarantined(at: Office) -> None:
    at.impact(1, title="Ours")
    at.policy = replace(at.policy, direction=SyncDirection.IMPACT_TO_JIRA)
    for _ in range(3):
        at.clock.pass_by(minutes=5)
        assert outcomes(at.reconcile()) == {(1, "title"): APPLIED}
        at.state.edit(10_001, "somebody", summary="Theirs")
    at.clock.pass_by(minutes=5)
    report = at.reconcile()
    assert [item.reason for item in report.items] == ["flapping"]


def test_a_pair_that_is_relinked_stays_held_until_somebody_says_it_is_right(at: Office) -> None:
    at.state.move(10_001, "OLD-1")
    at.state.add_issue("INC-1", 20_001, summary="Another issue", status="Open")
    for _ in range(2):
        at.clock.pass_by(hours=1)
        reasons = {item.reason for item in at.reconcile().items}
        assert reasons == {"relinked"}
    assert at.writes() == []
    at.journal.forget_links([1], [])
    assert "relinked" not in {item.reason for item in at.reconcile().items}
