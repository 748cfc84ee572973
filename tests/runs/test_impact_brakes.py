"""A writer of Impact that is down, or refused, stops by itself: not the other one, not JIRA."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from raidctl.core.model import Field
from raidctl.core.reasons import Reason
from raidctl.core.writes.outcome import Outcome
from raidctl.errors import Category, ExitCode
from tests.runs.desk import Office, office, outcomes
from tests.runs.writers import failed, jira, why, with_both, with_database

APPLIED, REFUSED, FAILED = Outcome.APPLIED, Outcome.REFUSED, Outcome.FAILED
NUMBERS = tuple(range(1, 13))


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path, numbers=NUMBERS) as made:
        made.reconcile()
        made.clock.pass_by(hours=1)
        yield made


def test_a_writer_that_is_down_does_not_stop_the_other_one(at: Office) -> None:
    webhook, database = with_both(at)
    webhook.fails = [failed(Category.NETWORK) for _ in NUMBERS]
    for number in NUMBERS:
        jira(at, number, summary=f"New {number}", priority="Highest")
    at.impact(12, description="Ours.")
    found = outcomes(at.reconcile())

    assert {found[n, "title"] for n in NUMBERS} == {APPLIED}
    assert {found[n, "priority"] for n in NUMBERS} == {FAILED}
    assert found[12, "description"] is APPLIED
    assert len(database.sent) == 12
    assert 4 <= len(webhook.sent) <= 5  # the patience of a run two links wide
    assert at.ended is not None
    assert at.ended.category is Category.NETWORK


def test_an_answer_in_between_lets_a_writer_go_on(at: Office) -> None:
    webhook, _ = with_both(at)
    down = failed(Category.NETWORK)
    webhook.fails = [down, down, None, down, down, None, down, down]
    for number in NUMBERS:
        jira(at, number, priority="Highest")
    found = list(outcomes(at.reconcile()).values())

    assert (found.count(FAILED), found.count(APPLIED)) == (6, 6)
    assert at.ended is None


def test_credentials_that_are_refused_end_that_writer_at_once_and_the_run_answers_so(
    at: Office,
) -> None:
    webhook, _ = with_both(at)
    webhook.fails = [failed(Category.AUTH) for _ in NUMBERS]
    for number in NUMBERS:
        jira(at, number, priority="Highest")
    at.impact(1, title="Ours")
    at.impact(12, title="Ours")
    jira(at, 12, description="Theirs.")
    report = at.reconcile()

    found = outcomes(report)
    assert {found.pop((n, "priority")) for n in NUMBERS} == {FAILED}
    assert found == dict.fromkeys([(1, "title"), (12, "title"), (12, "description")], APPLIED)
    assert len(webhook.sent) <= 2  # those side by side
    assert at.ended is not None
    assert at.ended.exit_code is ExitCode.UNREACHABLE
    assert "not tried: " in why(report, 12, Field.PRIORITY)


def test_a_permission_that_is_refused_is_that_of_one_field_and_no_outage(at: Office) -> None:
    """What `missing` cannot know beforehand is a right that one change in a hundred takes."""
    webhook, database = with_both(at)
    database.fails = [failed(Category.PERMISSION)]
    for number in NUMBERS:
        jira(at, number, summary=f"New {number}", priority="Highest")
    report = at.reconcile()
    found = outcomes(report)

    assert {found[n, "priority"] for n in NUMBERS} == {APPLIED}
    titles = [found[n, "title"] for n in NUMBERS]
    assert (titles.count(REFUSED), titles.count(APPLIED)) == (1, len(NUMBERS) - 1)
    assert len(webhook.sent) == 12
    assert at.ended is None
    assert at.journal.open_writes() == []


def test_a_value_that_impact_does_not_take_is_refused_and_stops_nobody(at: Office) -> None:
    writer = with_database(at)
    writer.fails = [failed(Category.VALIDATION) for _ in range(11)]
    for number in NUMBERS:
        jira(at, number, summary=f"New {number}")
    found = list(outcomes(at.reconcile()).values())

    assert (found.count(REFUSED), found.count(APPLIED)) == (11, 1)
    assert at.ended is None


def test_what_the_database_refused_twice_is_held_and_another_writer_may_write_it(
    at: Office,
) -> None:
    database = with_database(at)
    database.fails = [failed(Category.VALIDATION) for _ in range(2)]
    jira(at, 1, priority="Highest")
    for _ in range(2):
        assert outcomes(at.reconcile()) == {(1, "priority"): REFUSED}
        at.clock.pass_by(hours=1)
    assert [item.reason for item in at.reconcile().items] == [Reason.REFUSED]
    assert len(database.sent) == 2

    with_both(at)
    assert outcomes(at.reconcile()) == {(1, "priority"): APPLIED}
