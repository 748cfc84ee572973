"""An event that FireFighter answered and did not act on: once more, then never again as it is."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from raidctl.core.firefighter import Rule
from raidctl.core.model import Field, Value
from raidctl.core.reasons import Reason
from raidctl.core.report import Report
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.errors import Category
from tests.runs.desk import ADA, GRACE, Office, item_of, office, outcomes
from tests.runs.writers import SilentWriter, failed, with_both, with_database

STATUS, PRIORITY, TITLE = Field.STATUS, Field.PRIORITY, Field.TITLE
RULE = "FireFighter wants the key events first"


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path) as made:
        made.reconcile()
        made.clock.pass_by(hours=1)
        yield made


@pytest.fixture
def webhook(at: Office) -> SilentWriter:
    """It does not act on the status of the first incident."""
    made, _ = with_both(at)
    made.deaf.add((1, STATUS))
    return made


def jira(at: Office, number: int = 1, by: str = ADA.account, **values: object) -> None:
    at.state.edit(10_000 + number, by, **values)


def run(at: Office) -> Report:
    """The next run, an hour later."""
    at.clock.pass_by(hours=1)
    return at.reconcile()


def told(report: Report, name: Field = STATUS) -> Result:
    result = item_of(report, 1, name).result
    assert result is not None
    return result


def events(webhook: SilentWriter, name: Field = STATUS) -> list[Value]:
    """The values of one field that the first incident's events carried."""
    return [values[name] for number, values in webhook.sent if number == 1 and name in values]


def test_no_effect_once_then_refused_then_held_and_sent_again_when_released(
    at: Office, webhook: SilentWriter
) -> None:
    jira(at, status="Resolved")

    first = run(at)
    assert told(first).outcome is Outcome.NO_EFFECT
    assert "the next run tries once more" in str(told(first).detail)

    second = run(at)
    assert (told(second).outcome, told(second).category) == (Outcome.REFUSED, Category.REFUSED)
    assert "twice" in str(told(second).detail)
    assert events(webhook) == ["MITIGATED", "MITIGATED"]

    for _ in range(2):
        held = run(at)
        assert [(item.field, item.reason) for item in held.items] == [(STATUS, Reason.REFUSED)]
    assert len(events(webhook)) == 2

    webhook.deaf.clear()
    assert at.journal.release(1, 10_001, STATUS, at.clock())
    assert outcomes(run(at)) == {(1, "status"): Outcome.APPLIED}
    assert run(at).items == ()
    assert at.journal.marks() == []


def test_an_event_that_was_swallowed_once_arrives_with_the_next_run(
    at: Office, webhook: SilentWriter
) -> None:
    """As after a push of FireFighter's own."""
    jira(at, status="Resolved")
    run(at)
    webhook.deaf.clear()

    assert outcomes(run(at)) == {(1, "status"): Outcome.APPLIED}
    assert run(at).items == ()


def test_no_effect_is_counted_for_the_very_same_change_alone(
    at: Office, webhook: SilentWriter
) -> None:
    jira(at, status="Resolved")
    assert told(run(at)).outcome is Outcome.NO_EFFECT
    jira(at, status="Done")  # the same for Impact, but another event
    assert told(run(at)).outcome is Outcome.NO_EFFECT
    assert told(run(at)).outcome is Outcome.REFUSED


def test_another_try_between_two_silent_ones_begins_anew(at: Office, webhook: SilentWriter) -> None:
    jira(at, status="Resolved")
    assert told(run(at)).outcome is Outcome.NO_EFFECT
    webhook.fails = [failed(Category.NETWORK)]
    assert told(run(at)).outcome is Outcome.FAILED
    assert told(run(at)).outcome is Outcome.NO_EFFECT


def test_a_change_on_either_side_ends_the_hold(at: Office, webhook: SilentWriter) -> None:
    jira(at, status="Resolved")
    run(at), run(at)
    assert item_of(run(at), 1, STATUS).reason is Reason.REFUSED

    jira(at, status="Closed")
    assert item_of(run(at), 1, STATUS).reason is not Reason.REFUSED


def test_what_was_set_in_jira_again_to_the_same_value_is_sent_again(
    at: Office, webhook: SilentWriter
) -> None:
    """A person has touched the field: it is another edit, though nothing of it is to be seen."""
    jira(at, status="Resolved")
    run(at), run(at)
    assert item_of(run(at), 1, STATUS).reason is Reason.REFUSED
    sent = len(events(webhook))

    at.clock.pass_by(minutes=1)
    jira(at, status="Done")
    at.clock.pass_by(minutes=1)
    jira(at, status="Resolved")
    webhook.deaf.clear()
    assert outcomes(run(at)) == {(1, "status"): Outcome.APPLIED}
    assert len(events(webhook)) == sent + 1
    assert at.journal.marks() == []


def test_an_edit_of_another_field_does_not_end_the_hold(at: Office, webhook: SilentWriter) -> None:
    jira(at, status="Resolved")
    run(at), run(at)
    at.clock.pass_by(minutes=1)
    jira(at, summary="A new title")

    assert item_of(run(at), 1, STATUS).reason is Reason.REFUSED
    assert len(events(webhook)) == 2


def test_what_one_writer_does_not_do_another_may(at: Office, webhook: SilentWriter) -> None:
    jira(at, status="Resolved")
    run(at), run(at)
    with_database(at)
    assert outcomes(run(at)) == {(1, "status"): Outcome.APPLIED}
    assert at.journal.marks() == []


def test_a_rule_that_is_known_is_told_at_once_and_stands(at: Office, webhook: SilentWriter) -> None:
    webhook.rules[STATUS] = Rule(RULE, certain=True)
    jira(at, status="Resolved")
    first = told(run(at))

    assert (first.outcome, first.category, first.detail) == (
        Outcome.REFUSED,
        Category.REFUSED,
        RULE,
    )
    assert item_of(run(at), 1, STATUS).reason is Reason.REFUSED
    assert len(events(webhook)) == 1


def test_a_rule_that_may_be_another_is_tried_once_more_and_then_told(
    at: Office, webhook: SilentWriter
) -> None:
    webhook.rules[STATUS] = Rule(RULE, certain=False)
    webhook.deaf.add((1, STATUS))
    jira(at, status="Resolved")

    assert told(run(at)).outcome is Outcome.NO_EFFECT
    second = told(run(at))
    assert (second.outcome, second.detail) == (Outcome.REFUSED, RULE)
    assert item_of(run(at), 1, STATUS).reason is Reason.REFUSED


def test_the_rule_of_one_field_is_not_that_of_the_other(at: Office, webhook: SilentWriter) -> None:
    webhook.rules[STATUS] = Rule(RULE, certain=True)
    jira(at, status="Resolved", priority="Highest")

    assert outcomes(run(at)) == {
        (1, "status"): Outcome.REFUSED,
        (1, "priority"): Outcome.APPLIED,
    }


def test_a_database_that_kept_the_value_twice_is_not_sent_it_again(at: Office) -> None:
    writer = with_database(at)
    writer.give = lambda number, values: None  # type: ignore[method-assign]
    jira(at, status="Resolved")
    for _ in range(2):
        assert told(run(at)).outcome is Outcome.REFUSED
    assert item_of(run(at), 1, STATUS).reason is Reason.REFUSED
    assert len(writer.sent) == 2


# What FireFighter's own account has done


def test_a_field_that_firefighters_own_account_changed_is_refused_and_the_other_goes_through(
    at: Office,
) -> None:
    webhook, _ = with_both(at)
    webhook.ours = {GRACE.account}
    jira(at, status="Resolved", by=GRACE.account)
    jira(at, priority="Highest")
    report = run(at)

    assert outcomes(report) == {
        (1, "status"): Outcome.REFUSED,
        (1, "priority"): Outcome.APPLIED,
    }
    assert webhook.sent == [(1, {PRIORITY: 1})]
    assert at.ended is None
    assert at.journal.open_writes() == []
    held = run(at)
    assert [(item.field, item.reason) for item in held.items] == [(STATUS, Reason.REFUSED)]
    assert len(webhook.sent) == 1


def test_it_is_tried_again_once_somebody_else_has_touched_it(at: Office) -> None:
    webhook, _ = with_both(at)
    webhook.ours = {GRACE.account}
    jira(at, status="Resolved", by=GRACE.account)
    run(at)
    jira(at, status="Done")
    assert outcomes(run(at)) == {(1, "status"): Outcome.APPLIED}


def test_what_is_ignored_does_not_count_as_a_writer_that_is_down(tmp_path: Path) -> None:
    numbers = tuple(range(1, 11))
    with office(tmp_path, numbers=numbers) as at:
        at.reconcile()
        at.clock.pass_by(hours=1)
        webhook, _ = with_both(at)
        webhook.ours = {GRACE.account}
        for number in numbers:
            jira(at, number, by=GRACE.account, priority="Highest")
        at.clock.pass_by(minutes=1)
        jira(at, 10, priority="High")
        found = outcomes(run(at))

    assert found.pop((10, "priority")) is Outcome.APPLIED
    assert set(found.values()) == {Outcome.REFUSED}


def test_a_title_beside_it_is_none_of_its_business(at: Office) -> None:
    webhook, database = with_both(at)
    webhook.deaf = {(1, STATUS)}
    jira(at, status="Resolved", summary="A new title")
    at.policy = replace(at.policy, allow_close=False)

    assert outcomes(run(at)) == {
        (1, "status"): Outcome.NO_EFFECT,
        (1, "title"): Outcome.APPLIED,
    }
    assert database.sent == [(1, {TITLE: "A new title"})]
