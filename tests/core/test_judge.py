"""A write is judged by what the target holds afterwards, whatever was answered."""

from collections.abc import Callable

import pytest

from raidctl.core.mapping.book import project_mapping
from raidctl.core.mapping.people import Users
from raidctl.core.mapping.relation import Relation
from raidctl.core.mapping.tables import RAID
from raidctl.core.memory import Baseline, BaselineState
from raidctl.core.model import UNREADABLE, Field, Readable, SyncDirection
from raidctl.core.plan.item import Change
from raidctl.core.writes.judge import Since, judged
from raidctl.core.writes.outcome import Outcome, Result
from tests.items import meant

TO_JIRA, TO_IMPACT = SyncDirection.IMPACT_TO_JIRA, SyncDirection.JIRA_TO_IMPACT
RELATIONS = project_mapping(RAID, (), Users()).relations
STATUS = meant(1, "INC-1", 10_001, Field.STATUS, TO_JIRA, "MITIGATED", "Open", "Resolved", "marks")
TITLE = meant(1, "INC-1", 10_001, Field.TITLE, TO_JIRA, "New", "Old", "New", "marks")
TROUBLE = Result(Outcome.REFUSED, None, "validation", "JIRA says no")
LOST = Result(Outcome.FAILED, None, "network", "no answer")


def untold() -> Since | None:
    return None


def judge(
    intent: Change,
    found: Readable,
    hops: tuple[str, ...] = (),
    trouble: Result | None = None,
    since: Callable[[], Since | None] = untold,
) -> tuple[Result, Baseline | None]:
    relation: Relation = RELATIONS[intent.name]
    return judged(intent, relation, hops, trouble, found, since)


@pytest.mark.parametrize("trouble", [None, LOST, TROUBLE])
def test_what_was_sent_is_applied_whatever_was_answered(trouble: Result | None) -> None:
    result, baseline = judge(STATUS, "Resolved", ("In Progress",), trouble)
    assert result == Result(Outcome.APPLIED, "Resolved")
    assert baseline == Baseline("MITIGATED", "Resolved", "marks")


def test_the_baseline_is_what_was_read_and_not_what_was_sent() -> None:
    _, baseline = judge(TITLE, " New ")
    assert baseline == Baseline("New", " New ", "marks")


def test_a_write_to_impact_leaves_its_baseline_the_other_way_round() -> None:
    intent = meant(1, "INC-1", 10_001, Field.TITLE, TO_IMPACT, "New", "Old", "New", "marks")
    _, baseline = judge(intent, "New  ")
    assert baseline == Baseline("New  ", "New", "marks")


def test_the_old_value_after_a_yes_is_refused() -> None:
    result, baseline = judge(TITLE, "Old")
    assert (result.outcome, result.read_back, result.category) == (
        Outcome.REFUSED,
        "Old",
        "refused",
    )
    assert "JIRA" in str(result.detail)
    assert baseline is None


def test_the_old_value_after_a_failure_is_that_failure() -> None:
    result, baseline = judge(TITLE, "Old", trouble=LOST)
    assert result == Result(Outcome.FAILED, "Old", "network", "no answer")
    assert baseline is None


@pytest.mark.parametrize("trouble", [None, LOST])
def test_another_value_that_nobody_else_wrote_is_the_targets_own_form(
    trouble: Result | None,
) -> None:
    result, baseline = judge(TITLE, "NEW!", trouble=trouble, since=lambda: Since.ALONE)
    assert result.outcome is Outcome.NORMALISED
    assert baseline == Baseline("New", "NEW!", "marks")


def test_another_value_that_somebody_wrote_is_stale() -> None:
    result, baseline = judge(TITLE, "Theirs", since=lambda: Since.OTHERS)
    assert (result.outcome, result.read_back) == (Outcome.STALE, "Theirs")
    assert baseline is None


def test_another_value_after_a_refusal_is_somebody_elses() -> None:
    result, baseline = judge(TITLE, "Theirs", trouble=TROUBLE)
    assert result.outcome is Outcome.STALE
    assert baseline is None


def test_a_path_that_stopped_leaves_an_unfinished_pair() -> None:
    result, baseline = judge(STATUS, "In Progress", ("In Progress",), TROUBLE)
    assert (result.outcome, result.category) == (Outcome.REFUSED, "validation")
    assert result.detail == "stopped half way, at In Progress: JIRA says no"
    assert baseline == Baseline(
        "MITIGATED", "In Progress", "marks", BaselineState.UNFINISHED, TO_JIRA
    )


def test_a_priority_that_stopped_on_its_way_is_known_by_its_text() -> None:
    """As the journal keeps it."""
    intent = meant(1, "INC-1", 10_001, Field.PRIORITY, TO_IMPACT, "2", 4, 2, "marks")
    result, baseline = judge(intent, 3, ("3",))
    assert (result.outcome, result.detail) == (Outcome.FAILED, "stopped half way, at 3")
    assert baseline == Baseline(3, "2", "marks", BaselineState.UNFINISHED, TO_IMPACT)


def test_a_value_that_cannot_be_read_back_leaves_no_baseline() -> None:
    result, baseline = judge(TITLE, UNREADABLE)
    assert (result.outcome, result.category) == (Outcome.FAILED, "permission")
    assert baseline is None


def test_what_arrived_and_was_changed_at_once_leaves_what_arrived() -> None:
    """So that the next run knows whose change it was, also where the old value is back."""
    for found in ("Open", "Closed", "In Progress"):
        hops = ("In Progress", "Resolved")
        result, baseline = judge(STATUS, found, hops, since=lambda: Since.REPLACED)
        assert (result.outcome, result.read_back) == (Outcome.STALE, found)
        assert baseline == Baseline("MITIGATED", "Resolved", "marks")


def test_where_somebody_else_has_led_it_is_no_stop_on_the_way() -> None:
    result, baseline = judge(STATUS, "In Progress", ("In Progress",), since=lambda: Since.OTHERS)
    assert result.outcome is Outcome.STALE
    assert baseline is None


@pytest.mark.parametrize(("found", "outcome"), [("Closed", "failed"), ("In Review", "failed")])
def test_another_status_is_no_form_of_the_one_that_was_sent(found: str, outcome: str) -> None:
    result, baseline = judge(STATUS, found, since=lambda: Since.ALONE)
    assert (result.outcome, result.read_back) == (outcome, found)
    assert result.detail == f"JIRA took the write and made {found} of it"
    assert baseline is None


def test_a_related_one_is() -> None:
    result, baseline = judge(STATUS, "Done", since=lambda: Since.ALONE)
    assert result.outcome is Outcome.NORMALISED
    assert baseline == Baseline("MITIGATED", "Done", "marks")
