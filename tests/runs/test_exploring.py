"""The ways of a workflow are learnt by reading issues that stand in its statuses."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from raidctl.core.model import Field
from raidctl.core.writes.outcome import Outcome
from raidctl.sandbox.jira.workflows import RAID, Transition, Workflow
from tests.contract.trackers import BOT, Deployment
from tests.runs.desk import Office, item_of, office, outcomes
from tests.simulators.jira.state import JiraState

APPLIED, REFUSED = Outcome.APPLIED, Outcome.REFUSED
LONG_WAY = replace(
    RAID,
    transitions=(
        Transition("1", "Wait", ("In Progress",), "Waiting"),
        Transition("2", "Block", ("In Progress",), "Blocked"),
        Transition("3", "Review", ("In Progress",), "In Review"),
        Transition("4", "Answered", ("Waiting",), "Resolved"),
        Transition("5", "Go on", ("Blocked", "In Review"), "In Progress"),
    ),
)


@pytest.fixture(params=["cloud", "datacenter"])
def at(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    """Resolved is two hops from In Progress, and nothing tells by which of three statuses."""
    with office(tmp_path, request.param, tuple(range(1, 6)), workflow=LONG_WAY) as made:
        yield made


def stand(at: Office, number: int, status: str) -> None:
    at.state.edit(10_000 + number, BOT.account, status=status)


def asked(at: Office) -> list[int]:
    """The issues whose ways out were asked for."""
    gets = [one for one in at.sent("GET") if one.endswith("/transitions")]
    return [int(one.split("/")[1]) - 10_000 for one in gets]


def test_a_status_two_hops_away_is_reached_on_a_fresh_journal(at: Office) -> None:
    stand(at, 2, "Waiting")
    stand(at, 3, "Blocked")
    at.impact(1, status="MITIGATED")
    assert outcomes(at.reconcile())[1, "status"] is APPLIED
    assert at.issue(1)["status"] == "Resolved"
    assert asked(at) == [1, 2, 3, 1]  # before the first hop, those between, and after it


def test_a_workflow_is_explored_once_and_remembered(at: Office) -> None:
    stand(at, 2, "Waiting")
    stand(at, 3, "Blocked")
    at.impact(1, status="MITIGATED")
    at.reconcile()
    at.clock.pass_by(hours=1)
    at.seen.clear()
    at.impact(4, status="MITIGATED")
    at.impact(5, status="MITIGATED")
    found = outcomes(at.reconcile())
    assert (found[4, "status"], found[5, "status"]) == (APPLIED, APPLIED)
    assert set(asked(at)) == {4, 5}


def test_a_refusal_for_want_of_a_way_is_no_hold_and_ends_when_a_way_is_learnt(at: Office) -> None:
    at.impact(1, status="MITIGATED")
    for _ in range(3):
        report = at.reconcile()
        assert outcomes(report) == {(1, "status"): REFUSED}
        result = item_of(report, 1, Field.STATUS).result
        assert result is not None
        assert "no way is known from 'In Progress' to 'Resolved'" in str(result.detail)
        at.clock.pass_by(hours=1)
    assert at.journal.marks() == []
    assert at.writes() == []

    stand(at, 2, "Waiting")
    assert outcomes(at.reconcile()) == {(1, "status"): APPLIED}


def test_an_issue_of_another_type_tells_nothing(at: Office) -> None:
    other = replace(RAID, transitions=(Transition("9", "Skip", ("Waiting",), "Done"),))
    at.state.workflows = {("INC", "Bug"): other}
    at.state.delete(10_002)
    at.state.add_issue("INC-2", 10_002, issue_type="Bug", summary="A bug", status="Waiting")
    at.impact(1, status="MITIGATED")
    assert outcomes(at.reconcile())[1, "status"] is REFUSED
    assert "waiting" not in at.journal.learnt("INC", "Incident")


def test_ways_out_are_not_learnt_under_the_status_that_the_issue_just_left(at: Office) -> None:
    """Automation moves the issue on, just after raidctl's own hop."""
    at.state.workflow = RAID
    stand(at, 1, "Open")
    at.impact(1, status="MITIGATED")

    def block(state: JiraState, issue: int) -> None:
        if state.issue(issue).values["status"] == "In Progress":
            state.edit(issue, "automation", status="Blocked")

    at.state.after_write = block
    report = at.reconcile()
    assert outcomes(report)[1, "status"] in (Outcome.FAILED, Outcome.STALE)
    assert at.issue(1)["status"] == "Blocked"
    ways = at.journal.learnt("INC", "Incident")
    assert [way.name for way in ways["open"]] == ["Start work"]
    assert "Go on" not in [way.name for way in ways["in progress"]]  # that is Blocked's


# Names in another language


GERMAN = {"In Progress": "In Arbeit", "Waiting": "Wartet", "Resolved": "Erledigt"}


def german(flow: Workflow) -> Workflow:
    """As a German sees it; what no language changes stands beside it where JIRA tells that."""
    statuses = tuple(
        replace(one, name=GERMAN.get(one.name, one.name), untranslated=one.name)
        for one in flow.statuses
    )
    ways = tuple(
        replace(
            way,
            sources=tuple(GERMAN.get(name, name) for name in way.sources),
            target=GERMAN.get(way.target, way.target),
        )
        for way in flow.transitions
    )
    return replace(flow, statuses=statuses, transitions=ways)


@pytest.mark.parametrize("kind", ["cloud", "datacenter"])
def test_a_transition_that_names_its_target_in_another_language_is_known_by_the_id(
    tmp_path: Path, kind: Deployment
) -> None:
    given: dict[str, Any] = {"workflow": german(LONG_WAY), "translates_targets": True}
    with office(tmp_path, kind, status="In Arbeit", **given) as at:
        stand(at, 2, "Wartet")
        at.impact(1, status="MITIGATED")
        assert outcomes(at.reconcile())[1, "status"] is APPLIED
        assert at.issue(1)["status"] == "Erledigt"
        last = at.desk.tracker.revisions([10_001])[10_001][-1]
        assert (last.old, last.new) == ("Waiting", "Resolved")
