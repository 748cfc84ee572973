"""What is asked before anything is written: counted right, and nothing dangerous left out."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raidctl.core.model import Field, Pair
from raidctl.core.plan.item import Item, Verdict
from raidctl.core.reasons import Reason
from raidctl.present.report.approval import question
from raidctl.present.report.table import render_table
from raidctl.present.report.texts import long_texts
from raidctl.present.text.safe import visible, width_of
from tests.items import written
from tests.present.believable import ITEMS, TO_IMPACT, TO_JIRA, item, report, subject
from tests.present.strategies import changes, holds, steady

STATUS = item(
    subject(1), Field.STATUS, ("CLOSED", "Open"), Reason.IMPACT_CHANGED, TO_JIRA, to="Closed"
)
TITLE = item(subject(1), Field.TITLE, ("New", "Old"), Reason.DIRECTION, TO_JIRA, to="New")
PRIORITY = item(subject(2), Field.PRIORITY, (3, "High"), Reason.JIRA_CHANGED, TO_IMPACT, to=2)


def test_counts_are_by_side_and_kind_and_links_are_counted_once() -> None:
    assert question(report((STATUS, TITLE, PRIORITY))) == [
        "This changes 3 fields of 2 links:",
        "  in Impact: 1 priority",
        "  in JIRA: 1 title, 1 status",
    ]


def test_one_field_of_one_link() -> None:
    assert question(report((PRIORITY,))) == [
        "This changes 1 field of 1 link:",
        "  in Impact: 1 priority",
    ]


def test_what_the_table_cuts_can_be_read_first() -> None:
    """Also a title that is long for its cell alone, at 80 columns."""
    cut = replace(TITLE, pair=Pair("Orders are late since noon", "Orders are late"), to="Orders")
    plan = report((TITLE, cut, PRIORITY))
    table = render_table(plan, width=80, colour=False, hyperlinks=False)
    assert "Orders are late since noon" not in table
    assert long_texts(plan) == [cut]


def test_what_is_held_is_no_part_of_the_question() -> None:
    held = tuple(i for i in ITEMS if i.verdict is Verdict.HOLD)

    assert question(report((*held, PRIORITY))) == question(report((PRIORITY,)))
    assert len(held) > 10


def test_closings_and_overridden_edits_are_named_one_by_one() -> None:
    why = "the change made in JIRA by Grace Hopper at 2026-11-22 20:58 UTC"
    closing = replace(written(STATUS), closes=True)
    overriding = replace(written(TITLE), overrides=True, detail=f"overrides {why}")

    assert question(report((closing, overriding)))[2:] == [
        "Closes: incident 1 · INC-1 · status",
        f"Overrides a newer edit: incident 1 · INC-1 · title: {why}",
    ]


def test_a_closing_that_overrides_is_named_under_both() -> None:
    both = replace(written(STATUS), closes=True, overrides=True)

    titles = [line.partition(":")[0] for line in question(report((both,)))[2:]]

    assert titles == ["Closes", "Overrides a newer edit"]


@pytest.mark.parametrize(("count", "more"), [(20, None), (21, 1), (500, 480)])
def test_a_long_list_says_how_many_more_there_are(count: int, more: int | None) -> None:
    closing = tuple(replace(written(STATUS), subject=subject(n), closes=True) for n in range(count))

    lines = [line for line in question(report(closing)) if line.startswith("Closes: ")]

    assert len(lines) == 20 + (more is not None)
    assert (f"Closes: and {more} more" in lines) is (more is not None)


@steady
@given(
    found=st.lists(
        holds | st.builds(replace, changes, closes=st.booleans(), overrides=st.booleans())
    )
)
def test_no_text_from_outside_obeys_or_breaks_a_line(found: list[Item]) -> None:
    lines = question(report(tuple(found)))

    assert lines
    for line in lines:
        assert visible(line) == line
        assert width_of(line) <= 240
