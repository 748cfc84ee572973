"""What a person can decide about what is held, and what is done then, at once."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from raidctl.core.firefighter import Rule
from raidctl.core.memory import BaselineState
from raidctl.core.model import Field, Side, SyncDirection
from raidctl.core.plan.item import Hold, Item
from raidctl.core.policy import ImpactWriter
from raidctl.core.reasons import Kind, Reason
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.core.writes.settlement import Settlement
from raidctl.errors import RaidctlError
from raidctl.runs.context import RunContext
from raidctl.runs.reading.held import Held, held
from raidctl.runs.writing import resolve
from raidctl.runs.writing.apply import apply
from raidctl.runs.writing.choices import Options, options
from tests.items import meant, written
from tests.runs.desk import GRACE, Office, office, outcomes
from tests.runs.writers import FakeWriter, SilentWriter, incident, jira, with_both, with_database

APPLIED, STALE = Outcome.APPLIED, Outcome.STALE
TITLE, STATUS, PRIORITY = Field.TITLE, Field.STATUS, Field.PRIORITY
IMPACT, JIRA = Side.IMPACT, Side.JIRA
TO_JIRA = SyncDirection.IMPACT_TO_JIRA


@dataclass
class Session:
    """What is held, as a person has it before them."""

    at: Office
    orders: RunContext
    held: Held
    open: list[Options]

    def one(self, name: Field = TITLE, number: int = 1) -> Options:
        """What can be decided about one field."""
        (found,) = [
            one
            for one in self.open
            if (one.waiting.item.field, one.waiting.item.subject.incident) == (name, number)
        ]
        return found

    def take(self, side: Side, name: Field = TITLE) -> tuple[Item, RaidctlError | None]:
        """One side's value is right."""
        taken = [self.one(name).taking[side]]
        (done,), ended = apply(self.at.desk, self.orders, taken, lambda _: None)
        return done, ended

    def outcome(self, side: Side, name: Field = TITLE) -> Outcome | None:
        item, ended = self.take(side, name)
        assert ended is None
        return None if item.result is None else item.result.outcome


def session(at: Office) -> Session:
    """An hour later somebody looks."""
    at.clock.pass_by(hours=1)
    return now(at)


def now(at: Office) -> Session:
    found = held(at.desk.readable, at.question(), lambda _: None)
    orders = replace(at.orders(), book=found.survey.book)
    return Session(at, orders, found, options(found, at.policy, at.clock()))


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Office]:
    """A JIRA Cloud; what agrees is remembered, and both sides can be written."""
    with office(tmp_path) as made:
        made.reconcile()
        with_database(made)
        made.clock.pass_by(hours=1)
        yield made


@pytest.fixture
def conflict(at: Office) -> Office:
    """Both sides have another title."""
    at.impact(1, title="Ours")
    jira(at, summary="Theirs")
    return at


def titles(at: Office) -> tuple[object, Any]:
    return incident(at, 1, TITLE), at.issue(1)["summary"]


# Taking a side


@pytest.mark.parametrize(("side", "title"), [(IMPACT, "Ours"), (JIRA, "Theirs")])
def test_a_conflict_is_taken_either_way_over_a_newer_edit(
    conflict: Office, side: Side, title: str
) -> None:
    asked = session(conflict)
    option = asked.one()
    assert (option.sides, option.release) == ([IMPACT, JIRA], False)
    assert option.taking[side].reason is Reason.RESOLVED
    assert written(option.taking[side]).overrides
    assert "overrides the change made in" in str(option.taking[side].detail)

    assert asked.outcome(side) is APPLIED
    assert titles(conflict) == (title, title)
    assert session(conflict).open == []
    assert conflict.reconcile().items == ()
    assert [w.kind for w in conflict.journal.writes(incidents=[1])] == [Kind.RESOLVE]


def test_a_field_that_nobody_remembers_is_taken(tmp_path: Path) -> None:
    with office(tmp_path) as at:
        with_database(at)
        jira(at, summary="Theirs")
        asked = session(at)
        assert asked.one().waiting.item.reason is Reason.UNDECIDED
        assert asked.outcome(JIRA) is APPLIED
        assert titles(at) == ("Theirs", "Theirs")


def test_one_decision_writes_one_field_of_one_link(conflict: Office) -> None:
    at = conflict
    at.impact(1, description="Ours.")
    jira(at, description="Theirs.")
    at.impact(2, priority=1)
    assert session(at).outcome(IMPACT) is APPLIED

    assert at.issue(1)["description"] == "Theirs."
    assert at.issue(2)["priority"] == "Medium"


def test_what_changed_while_the_person_thought_is_stale(conflict: Office) -> None:
    asked = session(conflict)
    jira(conflict, summary="Theirs, but better")

    assert asked.outcome(IMPACT) is STALE
    assert titles(conflict) == ("Ours", "Theirs, but better")


def test_a_decision_does_not_wait_for_what_only_takes_time(conflict: Office) -> None:
    """It is of this minute, a guard stands, and the run would let it settle."""
    at = conflict
    at.policy = replace(at.policy, grace=timedelta(hours=5))
    at.state.edit(10_001, "acc-ada", priority="Highest")
    at.impact(1, priority=1)
    asked = now(at)

    assert asked.one().sides == [IMPACT, JIRA]
    assert asked.outcome(JIRA) is APPLIED
    at.impact(1, title="Ours again")
    jira(at, summary="Theirs again")
    guarded = now(at)  # its echo's guard stands
    assert guarded.outcome(IMPACT) is APPLIED
    assert titles(at) == ("Ours again", "Ours again")


def test_decisions_never_count_as_flapping(conflict: Office) -> None:
    at = conflict
    for count in range(4):
        asked = now(at)
        assert asked.outcome(IMPACT if count % 2 else JIRA) is APPLIED
        at.clock.pass_by(minutes=5)
        at.impact(1, title=f"Ours {count}")
        jira(at, summary=f"Theirs {count}")
    assert at.journal.memories([(1, 10_001)])[0].flapping == frozenset()


def test_what_the_target_refuses_stays_held(conflict: Office) -> None:
    conflict.state.off_screen.add("summary")
    assert session(conflict).outcome(IMPACT) is Outcome.REFUSED
    again = session(conflict).one()
    assert (again.waiting.item.reason, titles(conflict)) == (Reason.CONFLICT, ("Ours", "Theirs"))


# Flapping


@pytest.fixture
def flapping(at: Office) -> Office:
    """A title that went to JIRA three times within an hour."""
    at.impact(1, title="Ours")
    at.policy = replace(at.policy, direction=TO_JIRA)
    for _ in range(3):
        at.clock.pass_by(minutes=5)
        assert outcomes(at.reconcile()) == {(1, "title"): APPLIED}
        jira(at, summary="Theirs")
    at.policy = replace(at.policy, direction=None)
    return at


def test_a_released_quarantine_lets_the_next_run_decide_and_counts_anew(flapping: Office) -> None:
    at = flapping
    asked = now(at)
    assert asked.one().waiting.item.reason is Reason.FLAPPING
    assert asked.one().release
    assert resolve.release(at.desk, asked.orders, asked.one().waiting.item)

    assert titles(at) == ("Ours", "Theirs")
    at.clock.pass_by(minutes=1)
    assert outcomes(at.reconcile()) == {(1, "title"): APPLIED}
    assert titles(at) == ("Theirs", "Theirs")
    assert at.journal.memories([(1, 10_001)])[0].flapping == frozenset()


@pytest.mark.parametrize(("side", "title"), [(IMPACT, "Ours"), (JIRA, "Theirs")])
def test_a_quarantined_field_is_taken_and_free_again(
    flapping: Office, side: Side, title: str
) -> None:
    assert now(flapping).outcome(side) is APPLIED
    assert titles(flapping) == (title, title)
    assert flapping.journal.marks() == []


# What was taken back


@pytest.fixture
def undone(at: Office) -> Office:
    """The first title was written to JIRA, and a person took that back."""
    at.impact(1, title="New")
    at.clock.pass_by(hours=1)
    at.reconcile()
    (write,) = at.journal.writes(incidents=[1])
    (memory,) = at.journal.memories([(1, 10_001)])
    left = replace(
        memory.baselines[TITLE],
        jira=str(write.old),
        state=BaselineState.UNDONE,
        direction=TO_JIRA,
    )
    back = meant(
        *(1, "INC-1", 10_001, TITLE, TO_JIRA, "New", "New", str(write.old), left.tables),
        kind=Kind.UNDO,
        undoes=write.id,
    )
    (number,) = at.journal.intend([back], "undo", at.clock())
    at.state.edit(10_001, "bot", summary=str(write.old))
    at.journal.settle(
        [Settlement(back, Result(Outcome.APPLIED, back.to), number, left)], "undo", at.clock()
    )
    at.clock.pass_by(minutes=1)
    return at


@pytest.mark.parametrize("side", [IMPACT, JIRA])
def test_what_was_undone_is_taken_either_way(undone: Office, side: Side) -> None:
    asked = session(undone)
    old = titles(undone)[1]
    assert asked.one().waiting.item.reason is Reason.UNDONE
    assert asked.outcome(side) is APPLIED

    title = "New" if side is IMPACT else old
    assert titles(undone) == (title, title)
    assert undone.reconcile().items == ()


def test_what_was_undone_and_is_released_goes_on_with_the_next_run(undone: Office) -> None:
    asked = session(undone)
    assert resolve.release(undone.desk, asked.orders, asked.one().waiting.item)

    report = undone.reconcile()
    assert [item.reason for item in report.items] == [Reason.UNFINISHED]
    assert outcomes(report) == {(1, "title"): APPLIED}
    assert titles(undone) == ("New", "New")


# What FireFighter refused


@pytest.fixture
def ignored(at: Office) -> SilentWriter:
    """FireFighter does not act on the status of the first incident."""
    webhook, _ = with_both(at)
    webhook.deaf = {(1, STATUS)}
    webhook.rules = {STATUS: Rule("a rule", certain=True)}
    jira(at, status="Resolved")
    at.clock.pass_by(hours=1)
    assert outcomes(at.reconcile()) == {(1, "status"): Outcome.REFUSED}
    webhook.deaf.clear()
    return webhook


def test_what_was_refused_can_be_tried_at_once_or_released(
    at: Office, ignored: SilentWriter
) -> None:
    asked = session(at)
    option = asked.one(STATUS)
    assert (option.waiting.item.reason, option.release) == (Reason.REFUSED, True)
    assert option.sides == [IMPACT, JIRA]
    assert asked.outcome(JIRA, STATUS) is APPLIED
    assert incident(at, 1, STATUS) == "MITIGATED"
    assert at.journal.marks() == []


def test_what_was_refused_is_put_right_in_jira_as_well(at: Office, ignored: SilentWriter) -> None:
    assert session(at).outcome(IMPACT, STATUS) is APPLIED
    assert at.issue(1)["status"] == "In Progress"
    assert at.reconcile().items == ()
    assert len(ignored.sent) == 1


# Skipping


def test_what_is_skipped_is_marked_until_either_side_changes(conflict: Office) -> None:
    asked = session(conflict)
    resolve.skip(conflict.desk, asked.orders, asked.one().waiting.item)
    assert session(conflict).one().waiting.skipped
    assert titles(conflict) == ("Ours", "Theirs")

    jira(conflict, summary="Theirs, but better")
    assert not session(conflict).one().waiting.skipped


# What stays held whatever a person says


def test_an_issue_of_two_incidents_is_never_writable(conflict: Office) -> None:
    conflict.impact(2, issue_key="INC-1")
    asked = session(conflict)
    assert {one.item.reason for one in asked.held.waiting} == {Reason.SHARED_ISSUE}
    assert asked.open == []


def test_a_link_that_was_relinked_is_never_writable(conflict: Office) -> None:
    conflict.state.move(10_001, "OLD-1")
    conflict.state.add_issue("INC-1", 20_001, summary="Another issue", status="Open")
    asked = session(conflict)
    assert {one.item.reason for one in asked.held.waiting} == {Reason.RELINKED}
    assert asked.open == []


def test_a_link_without_a_visible_issue_waits_and_cannot_be_decided(conflict: Office) -> None:
    conflict.state.forbid(10_001)
    asked = session(conflict)
    assert [one.item.reason for one in asked.held.waiting] == [Reason.NOT_VISIBLE]
    assert asked.open == []


@pytest.mark.parametrize(
    ("impact", "theirs", "name", "side", "reason"),
    [
        ({"title": "Ours"}, {"summary": "x" * 200}, TITLE, JIRA, Reason.LOSSY),
        (
            {"commander": "eve@example.com"},
            {"assignee": GRACE.account},
            Field.COMMANDER,
            IMPACT,
            Reason.UNMAPPED,
        ),
        ({"commander": GRACE.email}, {"assignee": None}, Field.COMMANDER, JIRA, Reason.EMPTY),
    ],
    ids=["lossy", "unmapped", "empty"],
)
def test_what_lies_in_the_value_still_holds_it(
    at: Office,
    impact: dict[str, Any],
    theirs: dict[str, Any],
    name: Field,
    side: Side,
    reason: Reason,
) -> None:
    at.impact(1, **impact)
    jira(at, **theirs)
    option = session(at).one(name)

    assert option.sides == [other for other in Side if other is not side]
    assert option.taking[side].reason is reason
    assert isinstance(option.taking[side], Hold)


def test_nothing_that_writes_impact_leaves_jira_to_be_taken_to(conflict: Office) -> None:
    conflict.policy = replace(conflict.policy, impact_writers={PRIORITY: ImpactWriter.DATABASE})
    option = session(conflict).one()
    assert (option.sides, option.taking[JIRA].reason) == ([IMPACT], Reason.READ_ONLY)


def test_closing_needs_to_be_allowed(at: Office) -> None:
    at.policy = replace(at.policy, allow_close=False)
    at.impact(1, status="CLOSED")
    jira(at, status="Resolved")
    option = session(at).one(STATUS)
    assert (option.sides, option.taking[IMPACT].reason) == ([JIRA], Reason.CLOSING)
    at.policy = replace(at.policy, allow_close=True)
    assert session(at).one(STATUS).sides == [IMPACT, JIRA]


def test_writers_are_asked_for_nothing_before_a_side_is_taken(conflict: Office) -> None:
    writer: FakeWriter = with_database(conflict)
    session(conflict)
    assert (writer.asked, writer.sent, conflict.writes()) == ([], [], [])
