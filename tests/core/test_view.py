"""What is shown is chosen; what was found stays all of it."""

import pytest

from raidctl.core.model import Field
from raidctl.core.near import near
from raidctl.core.order import Sort
from raidctl.core.plan.item import Item
from raidctl.core.reasons import Reason
from raidctl.core.view import View
from raidctl.runs.exit_codes import Fact, shown
from tests.present.believable import ITEMS, report


def of(view: View) -> list[Item]:
    return view.of(ITEMS, lambda item: item)


def test_every_filter_narrows() -> None:
    conflicts = of(View(reasons=frozenset({Reason.CONFLICT, Reason.ECHO})))
    writes = of(View(verdicts=frozenset({"write_impact"})))
    none = of(View(frozenset({Reason.CONFLICT}), frozenset({"write_impact"})))
    assert [item.reason for item in conflicts] == [Reason.CONFLICT, Reason.ECHO]
    assert {item.verdict for item in writes} == {"write_impact"}
    assert none == []


def test_a_limit_takes_the_first_and_what_is_only_listed_last() -> None:
    first, *_ = of(View(limit=1, sort=Sort.INCIDENT))
    rows = [item for item in ITEMS if item.reason not in {Reason.UNLINKED, Reason.NOT_VISIBLE}]
    listed = of(View(limit=len(rows) + 1, sort=Sort.PRIORITY))
    assert (first.subject.incident, first.field) == (12, Field.TITLE)
    assert {item.reason for item in listed[-1:]} <= {Reason.UNLINKED, Reason.NOT_VISIBLE}
    assert len(listed) == len(rows) + 1
    assert of(View(limit=0)) == list(ITEMS)


def test_what_is_not_shown_is_counted_and_is_drift_all_the_same() -> None:
    told = View(frozenset({Reason.CONFLICT}), limit=3).told(report())
    assert [item.reason for item in told.listed] == [Reason.CONFLICT]
    assert told.notes == (f"Not shown, by --reason and --limit: {len(ITEMS) - 1} of {len(ITEMS)}.",)
    assert told.items == ITEMS
    assert list(shown(told)) == [Fact.DRIFT]
    assert View().told(report()).notes == ()


@pytest.mark.parametrize(
    ("typed", "found"),
    [("conflct", "; near it: conflict"), ("Unmaped", "; near it: unmapped"), ("zzzzz", "")],
)
def test_a_near_name_is_named(typed: str, found: str) -> None:
    assert near(typed, map(str, Reason)) == found
