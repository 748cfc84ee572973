"""The limits of a run: what counts, and from where on somebody has to say yes."""

import pytest

from raidctl.core.model import Field, SyncDirection
from raidctl.core.plan.item import Change, Subject, Verdict
from raidctl.core.plan.safety import Limits, changed_links, excess
from raidctl.core.reasons import Reason
from tests.items import change

NO_LIMITS = Limits(0, 0)


def items(links: int, fields: int = 1) -> list[Change]:
    return [
        change(
            Subject(number, "", "", issue=f"INC-{number}", issue_id=10_000 + number),
            field,
            "a",
            "b",
            Verdict.WRITE_JIRA,
            SyncDirection.IMPACT_TO_JIRA,
            Reason.IMPACT_CHANGED,
            "a",
        )
        for number in range(1, links + 1)
        for field in list(Field)[:fields]
    ]


def test_links_count_and_not_fields() -> None:
    assert changed_links(items(3, fields=4)) == 3


@pytest.mark.parametrize(("changed", "blocked"), [(50, False), (51, True)])
def test_the_most_changes(changed: int, blocked: bool) -> None:
    assert bool(excess(items(changed), 10_000, Limits(50, 0))) is blocked


@pytest.mark.parametrize(
    ("changed", "in_scope", "blocked"),
    [
        (10, 10, False),  # few: all of them may be drifted
        (11, 11, True),
        (20, 100, False),
        (21, 100, True),
        (11, 55, False),
        (11, 54, True),
    ],
)
def test_the_percentage_counts_from_eleven_links_on(
    changed: int, in_scope: int, blocked: bool
) -> None:
    assert bool(excess(items(changed), in_scope, Limits(0, 20))) is blocked


def test_zero_is_no_limit() -> None:
    assert excess(items(500), 500, NO_LIMITS) is None


def test_the_words_name_both_numbers() -> None:
    assert excess(items(51), 10_000, Limits(50, 20)) == "51 links would change; max_changes is 50"
    said = excess(items(30), 100, Limits(0, 20))
    assert said == "30 of 100 links would change (30 %); max_change_percent is 20"
