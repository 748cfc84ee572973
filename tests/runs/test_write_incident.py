"""Changes that go to Impact: what is sent by which writer, and what reading it back tells."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from raidctl.core.memory import Baseline, BaselineState
from raidctl.core.model import Field, Incident, Link, Side, SyncDirection
from raidctl.core.scope import Scope
from raidctl.core.writes.outcome import Outcome
from raidctl.errors import Category, FieldsRefusedError, ServiceError
from raidctl.runs.context import RunContext
from raidctl.runs.writing import reconcile
from raidctl.runs.writing.session import write_plan
from tests.runs.desk import GRACE, SITES, Office, office, outcomes
from tests.runs.fakes import FakeSource
from tests.runs.past import remembered
from tests.runs.writers import (
    SOMEBODY,
    KilledError,
    failed,
    incident,
    jira,
    jira_everywhere,
    lost,
    told,
    why,
    with_both,
    with_database,
)
from tests.simulators.server import refuse

APPLIED, REFUSED, STALE, FAILED = (
    Outcome.APPLIED,
    Outcome.REFUSED,
    Outcome.STALE,
    Outcome.FAILED,
)
RECOVERED = Outcome.RECOVERED


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Office]:
    """A JIRA Cloud; what agrees is remembered."""
    with office(tmp_path) as made:
        made.reconcile()
        made.seen.clear()
        made.clock.pass_by(hours=1)
        yield made


def baseline(at: Office, number: int, name: Field) -> Baseline:
    (memory,) = at.journal.memories([(number, 10_000 + number)])
    return memory.baselines[name]


def planned(at: Office) -> tuple[RunContext, reconcile.Prepared]:
    """A plan that waits to be carried out."""
    orders = at.orders()
    return orders, reconcile.prepare(at.desk, at.question(), orders, SITES, lambda _: None)


@dataclass
class Busy(FakeSource):
    """An Impact in which something `happens` before each of the next readings."""

    happens: list[Callable[[], None]] = field(default_factory=list)

    def incidents(self, scope: Scope) -> Iterator[Incident]:
        if self.happens:
            self.happens.pop(0)()
        yield from FakeSource.incidents(self, scope)


# What is sent, and judged by reading


def test_all_five_fields_go_in_one_transaction_and_a_second_run_sends_nothing(at: Office) -> None:
    writer = with_database(at)
    jira_everywhere(at)
    report = at.reconcile()

    assert outcomes(report) == {(1, name.value): APPLIED for name in Field}
    assert writer.sent == [
        (
            1,
            {
                Field.TITLE: "A new title",
                Field.DESCRIPTION: "A new text.",
                Field.PRIORITY: 1,
                Field.STATUS: "MITIGATED",
                Field.COMMANDER: GRACE.email,
            },
        )
    ]
    assert at.writes() == []
    assert baseline(at, 1, Field.STATUS).impact == "MITIGATED"
    assert baseline(at, 1, Field.STATUS).state is BaselineState.AGREED
    at.clock.pass_by(hours=1)
    assert at.reconcile().items == ()
    assert len(writer.sent) == 1


def test_each_field_goes_by_its_own_writer_and_the_webhook_hears_who_changed_it(
    at: Office,
) -> None:
    webhook, database = with_both(at)
    jira_everywhere(at)
    report = at.reconcile()

    assert set(outcomes(report).values()) == {APPLIED}
    assert [set(values) for _, values in webhook.sent] == [{Field.STATUS, Field.PRIORITY}]
    assert [set(values) for _, values in database.sent] == [
        {Field.TITLE, Field.DESCRIPTION, Field.COMMANDER}
    ]
    assert {webhook.heard[0][name].account for name in (Field.STATUS, Field.PRIORITY)} == {SOMEBODY}
    sent = report.summary.requests
    assert sent[Side.IMPACT] == at.source.requests + webhook.requests + database.requests


def test_what_impact_keeps_is_not_what_was_sent_and_is_refused(at: Office) -> None:
    writer = with_database(at)
    writer.give = lambda number, values: None  # type: ignore[method-assign]
    jira(at, summary="A new title")
    report = at.reconcile()

    assert told(report, 1, Field.TITLE).outcome is REFUSED
    assert "Impact took the write and kept the old value" in why(report, 1, Field.TITLE)
    assert baseline(at, 1, Field.TITLE).jira != "A new title"


def test_a_third_value_in_impact_is_somebody_elses(at: Office) -> None:
    """Impact keeps what it takes as it is: nothing there is a form of its own."""
    writer = with_database(at)
    give = writer.give
    writer.give = lambda number, values: give(number, {Field.TITLE: "Theirs"})  # type: ignore[method-assign]
    jira(at, summary="A new title")

    assert outcomes(at.reconcile()) == {(1, "title"): STALE}


def test_both_sides_of_one_link_change_in_one_run(at: Office) -> None:
    writer = with_database(at)
    at.impact(1, title="Ours", status="MITIGATED")
    jira(at, priority="Highest")
    report = at.reconcile()

    assert outcomes(report) == dict.fromkeys(
        [(1, "title"), (1, "status"), (1, "priority")], APPLIED
    )
    assert writer.sent == [(1, {Field.PRIORITY: 1})]
    assert (at.issue(1)["summary"], at.issue(1)["status"]) == ("Ours", "Resolved")
    at.clock.pass_by(hours=1)
    assert at.reconcile().items == ()


def test_the_echo_of_a_write_to_impact_is_guarded(at: Office) -> None:
    with_database(at)
    jira(at, priority="Highest")
    at.reconcile()
    (memory,) = at.journal.memories([(1, 10_001)])
    assert memory.cooling == {(SyncDirection.IMPACT_TO_JIRA, Field.PRIORITY)}


# Somebody else was there


def test_a_change_that_the_writer_sees_under_its_lock_is_stale_and_kept(at: Office) -> None:
    writer = with_database(at)
    jira(at, summary="A new title")
    jira(at, 2, summary="Another title")

    def meanwhile(link: Link) -> None:
        if link.incident.id == 1:
            at.impact(1, title="Theirs")

    writer.before = meanwhile
    report = at.reconcile()

    assert outcomes(report) == {(1, "title"): STALE, (2, "title"): APPLIED}
    assert incident(at, 1, Field.TITLE) == "Theirs"
    assert at.ended is None


def test_a_lock_of_somebody_else_leaves_the_old_value_and_has_failed(at: Office) -> None:
    writer = with_database(at)
    writer.fails = [failed(Category.CONFLICT)]
    jira(at, summary="A new title")
    report = at.reconcile()

    result = told(report, 1, Field.TITLE)
    assert (result.outcome, result.category) == (FAILED, Category.CONFLICT)
    assert outcomes(at.reconcile()) == {(1, "title"): APPLIED}


def test_what_changed_before_an_event_is_sent_is_stale_and_not_written_over(at: Office) -> None:
    """The webhook cannot compare: raidctl reads the incident just before."""
    at.source = Busy(at.source.stored)
    at.desk = replace(at.desk, source=at.source)
    webhook, _ = with_both(at)
    jira(at, status="Resolved", priority="Highest")
    orders, found = planned(at)
    at.source.happens = [lambda: None, lambda: at.impact(1, priority=5)]
    report, _ = write_plan(at.desk, orders, found.report, lambda _: None)

    assert outcomes(report) == {(1, "priority"): STALE, (1, "status"): STALE}
    assert "Impact changed its priority since the plan was made" in why(report, 1, Field.STATUS)
    assert webhook.sent == []
    assert incident(at, 1, Field.PRIORITY) == 5


# Answers that were lost


@pytest.mark.parametrize("acted", [True, False])
def test_a_lost_answer_is_read_and_never_repeated(at: Office, acted: bool) -> None:
    webhook, database = with_both(at)
    for writer in (webhook, database):
        (writer.loses if acted else writer.fails).append(lost())
    jira(at, summary="A new title", priority="Highest")
    report = at.reconcile()

    assert outcomes(report) == dict.fromkeys(
        [(1, "title"), (1, "priority")], APPLIED if acted else FAILED
    )
    assert (len(webhook.sent), len(database.sent)) == (1, 1)
    if not acted:
        assert told(report, 1, Field.TITLE).category == Category.NETWORK
        assert outcomes(at.reconcile()) == dict.fromkeys([(1, "title"), (1, "priority")], APPLIED)


@pytest.mark.parametrize("acted", [True, False])
def test_a_run_that_was_killed_at_the_write_is_settled_by_the_next_one(
    at: Office, acted: bool
) -> None:
    writer = with_database(at)
    (writer.loses if acted else writer.fails).append(KilledError())
    jira(at, summary="A new title", priority="Highest")
    with pytest.raises(KilledError):
        at.reconcile()
    assert len(at.journal.open_writes()) == 2
    at.clock.pass_by(hours=1)
    report = at.reconcile()

    settled = [item for item in report.items if item.result and item.result.outcome is RECOVERED]
    assert {item.field for item in settled} == {Field.TITLE, Field.PRIORITY}
    words = "it had been written" if acted else "it had not been written"
    assert all(words in str(i.result and i.result.detail) for i in settled)
    assert len(writer.sent) == (1 if acted else 2)
    assert incident(at, 1, Field.TITLE) == "A new title"
    assert at.journal.open_writes() == []
    assert baseline(at, 1, Field.PRIORITY).impact == 1


def test_what_cannot_be_read_back_stays_open_and_the_next_run_reads_first(at: Office) -> None:
    writer = with_database(at)
    jira(at, summary="A new title")

    def down(_: Link) -> None:
        at.source.fails = failed(Category.NETWORK)

    writer.before = down
    report = at.reconcile()
    assert told(report, 1, Field.TITLE).outcome is FAILED
    assert len(at.journal.open_writes()) == 1
    with pytest.raises(ServiceError):
        at.reconcile()  # nothing is planned while that is not known
    assert len(writer.sent) == 1

    at.source.fails = None
    assert outcomes(at.reconcile()) == {(1, "title"): RECOVERED}
    assert len(writer.sent) == 1


# Who may not


def test_a_grant_that_is_missing_is_named_and_nothing_is_sent(at: Office) -> None:
    webhook, database = with_both(at)
    database.lacks = {Field.TITLE: "UPDATE (title) on incidents_incident"}
    jira_everywhere(at)
    at.impact(2, title="Ours")
    report = at.reconcile()

    for name in (Field.TITLE, Field.DESCRIPTION, Field.COMMANDER):
        result = told(report, 1, name)
        assert (result.outcome, result.category) == (REFUSED, Category.PERMISSION)
        assert "lacks UPDATE (title) on incidents_incident" in str(result.detail)
    assert (database.sent, len(webhook.sent)) == ([], 1)
    assert outcomes(report)[2, "title"] is APPLIED
    assert at.journal.open_writes() == []


def test_a_writer_is_only_asked_about_what_it_is_to_write(at: Office) -> None:
    webhook, database = with_both(at)
    database.lacks = {Field.COMMANDER: "INSERT on incidents_incidentrole"}
    jira(at, summary="A new title", priority="Highest")

    assert set(outcomes(at.reconcile()).values()) == {APPLIED}
    assert (webhook.asked, database.asked) == ([{Field.PRIORITY}], [{Field.TITLE}])


def test_an_impact_that_a_writer_does_not_know_ends_that_writer_before_anything_is_sent(
    at: Office,
) -> None:
    _, database = with_both(at)
    database.unfit = failed(Category.VALIDATION)
    jira(at, summary="A new title", priority="Highest")
    at.impact(2, title="Ours")
    report = at.reconcile()

    assert outcomes(report) == {
        (1, "title"): FAILED,
        (1, "priority"): APPLIED,
        (2, "title"): APPLIED,
    }
    assert database.sent == []
    assert isinstance(at.ended, ServiceError)
    assert [one.sent for one in at.journal.writes(incidents=[1]) if one.field is Field.TITLE] == [
        False
    ]


def test_a_field_without_a_writer_is_refused_and_the_rest_goes_on(at: Office) -> None:
    """A saved plan may be older than the configuration."""
    writer = with_database(at)
    jira(at, summary="A new title", priority="Highest")
    at.desk = replace(at.desk, incident_writers={Field.PRIORITY: writer})
    report = at.reconcile()

    assert outcomes(report) == {(1, "title"): REFUSED, (1, "priority"): APPLIED}
    assert "nothing is configured that writes this" in why(report, 1, Field.TITLE)


# Stopping


def test_a_run_that_is_stopped_leaves_the_rest_of_impact_for_later(at: Office) -> None:
    writer = with_database(at)
    for number in (1, 2, 3):
        jira(at, number, summary="A new title")

    def stop(_: Link) -> None:
        at.stopping = True

    writer.before = stop
    report = at.reconcile()

    assert 1 <= len(writer.sent) <= 2
    assert len(outcomes(report)) == len(writer.sent)
    assert set(outcomes(report).values()) == {APPLIED}
    assert "because it was told to" in report.notes[0]
    assert at.journal.open_writes() == []


def test_where_jira_does_not_tell_who_changed_it_nothing_is_written(at: Office) -> None:
    """It might go over somebody unseen, and FireFighter would be told that nobody did it."""
    webhook, database = with_both(at)
    jira(at, summary="A new title", priority="Highest")
    at.impact(2, title="Ours")
    orders, found = planned(at)
    at.server.faults = lambda request: refuse(400) if "changelog" in request.target else None
    report, ended = write_plan(at.desk, orders, found.report, lambda _: None)

    assert set(outcomes(report).values()) == {FAILED}
    assert "400" in why(report, 1, Field.PRIORITY)
    assert (webhook.sent, database.sent, ended) == ([], [], None)


# One field at fault


NOBODY = FieldsRefusedError(failed(Category.VALIDATION), {"commander": "no such user"})


def test_a_commander_whom_impact_does_not_know_spoils_nothing_else(at: Office) -> None:
    writer = with_database(at)
    writer.fails = [NOBODY]
    jira(at, summary="New", assignee=GRACE.account)
    report = at.reconcile()

    assert outcomes(report) == {(1, "title"): APPLIED, (1, "commander"): REFUSED}
    assert "no such user" in why(report, 1, Field.COMMANDER)
    assert writer.sent == [
        (1, {Field.TITLE: "New", Field.COMMANDER: GRACE.email}),
        (1, {Field.TITLE: "New"}),
    ]
    assert (incident(at, 1, Field.TITLE), at.ended) == ("New", None)
    assert at.journal.open_writes() == []


def test_a_commander_alone_whom_impact_does_not_know_is_sent_once(at: Office) -> None:
    writer = with_database(at)
    writer.fails = [NOBODY]
    jira(at, assignee=GRACE.account)

    assert outcomes(at.reconcile()) == {(1, "commander"): REFUSED}
    assert len(writer.sent) == 1


@pytest.mark.parametrize("category", [Category.VALIDATION, Category.PERMISSION, Category.REFUSED])
def test_fields_of_which_nothing_tells_the_one_at_fault_are_sent_alone(
    at: Office, category: Category
) -> None:
    writer = with_database(at)
    writer.fails = [failed(category), None, failed(category), None]
    jira(at, summary="New", description="A new text.", priority="Highest")
    report = at.reconcile()

    assert outcomes(report) == {
        (1, "title"): APPLIED,
        (1, "description"): REFUSED,
        (1, "priority"): APPLIED,
    }
    assert [list(values) for _, values in writer.sent] == [
        [Field.TITLE, Field.DESCRIPTION, Field.PRIORITY],
        [Field.TITLE],
        [Field.DESCRIPTION],
        [Field.PRIORITY],
    ]
    assert [incident(at, 1, name) for name in (Field.TITLE, Field.PRIORITY)] == ["New", 1]


def test_what_is_no_fault_of_a_field_is_not_sent_field_by_field(at: Office) -> None:
    writer = with_database(at)
    writer.fails = [failed(Category.NETWORK)]
    jira(at, summary="New", priority="Highest")

    assert outcomes(at.reconcile()) == {(1, "title"): FAILED, (1, "priority"): FAILED}
    assert len(writer.sent) == 1


def test_an_undo_of_several_fields_is_split_like_any_other_write(tmp_path: Path) -> None:
    with remembered(tmp_path) as past:
        at = past.at
        writer = with_database(at)
        old = incident(at, 1, Field.TITLE)
        jira(at, summary="New", assignee=GRACE.account)
        run = past.reconcile()
        writer.fails = [NOBODY]

        assert outcomes(past.undo(run)) == {(1, "title"): APPLIED, (1, "commander"): REFUSED}
        assert (incident(at, 1, Field.TITLE), writer.restored) == (old, 2)
