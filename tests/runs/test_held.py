"""Finding what waits for a person: it is asked by the rules of a run, and writes nothing."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from raidctl.core.history import Revision
from raidctl.core.model import Field, Side
from raidctl.core.plan.item import Hold
from raidctl.core.reasons import Reason
from raidctl.core.scope import Scope
from raidctl.errors import Category, ServiceError
from raidctl.runs.reading.held import Held, held
from tests.runs.desk import ADA, Office, office
from tests.runs.fakes import EVERYTHING
from tests.runs.writers import failed, jira, with_database
from tests.simulators.server import refuse

TITLE = Field.TITLE


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Office]:
    """A conflict about the first title, and a priority of the second that is simply to be written.

    An hour has passed since.
    """
    with office(tmp_path) as made:
        made.reconcile()
        with_database(made)
        made.clock.pass_by(hours=1)
        made.impact(1, title="Ours")
        jira(made, summary="Theirs")
        jira(made, 2, priority="Highest")
        made.clock.pass_by(hours=1)
        yield made


def found(at: Office, scope: Scope = EVERYTHING) -> Held:
    return held(at.desk.readable, at.question(scope), lambda _: None)


def reasons(told: Held) -> list[tuple[int, Field | None, Reason]]:
    return [(one.item.subject.incident, one.item.field, one.item.reason) for one in told.waiting]


def test_conflicts_wait_and_what_is_decided_does_not(at: Office) -> None:
    told = found(at)

    assert reasons(told) == [(1, TITLE, Reason.CONFLICT)]
    assert set(told.seen) == {1, 2}
    assert told.unread == ()


def test_nothing_is_written_nor_recorded(at: Office) -> None:
    before = at.journal.memories([(1, 10_001), (2, 10_002)]), at.journal.runs(9)
    at.seen.clear()
    found(at)
    assert at.writes() == []
    assert (at.journal.memories([(1, 10_001), (2, 10_002)]), at.journal.runs(9)) == before


def test_who_changed_what_last_is_asked_of_both_sides_about_what_waits_alone(at: Office) -> None:
    ours = Revision(TITLE, at.clock(), "Grace Hopper")
    at.source.history = {1: [ours]}
    (one,) = found(at).waiting

    assert one.edits is not None
    assert one.edits[Side.IMPACT] == ours
    assert one.edits[Side.JIRA].author == ADA.name
    assert one.since == ours.at
    assert at.source.histories[-1] == [1]


def test_without_a_history_the_rest_is_told_and_that_is_said(at: Office) -> None:
    at.source.history_fails = failed(Category.NETWORK)
    told = found(at)

    assert reasons(told) == [(1, TITLE, Reason.CONFLICT)]
    assert {(part.system, part.category) for part in told.unread} == {(Side.IMPACT, "network")}
    at.source.history_fails = None
    at.server.faults = lambda request: refuse(403) if "changelog" in request.target else None
    told = found(at)
    assert {part.system for part in told.unread} == {Side.JIRA}


def test_credentials_that_are_refused_end_it(at: Office) -> None:
    at.server.faults = lambda request: refuse(401) if "changelog" in request.target else None
    with pytest.raises(ServiceError):
        found(at)
    at.server.faults = None
    at.source.history_fails = failed(Category.AUTH)
    with pytest.raises(ServiceError):
        found(at)


def test_a_write_that_jira_refused_waits_though_the_next_run_plans_it_anew(at: Office) -> None:
    at.state.off_screen.add("summary")
    at.impact(3, title="Ours too")
    at.reconcile()
    at.clock.pass_by(hours=1)
    told = found(at)

    assert reasons(told) == [(1, TITLE, Reason.CONFLICT), (3, TITLE, Reason.REFUSED)]
    again = told.waiting[1]
    assert isinstance(again.item, Hold)
    assert "screen" in str(again.item.detail)
    at.impact(3, title=str(at.issue(3)["summary"]))
    assert reasons(found(at)) == [(1, TITLE, Reason.CONFLICT)]


def test_the_policy_and_the_scope_are_those_of_a_run(at: Office) -> None:
    assert found(at, Scope(incidents=frozenset({2}))).waiting == ()
    at.policy = replace(at.policy, fields={Field.STATUS: at.policy.fields[Field.STATUS]})
    assert found(at).waiting == ()
