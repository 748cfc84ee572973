"""What waits for a person: which items, since when, by whose change, and what was skipped."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from raidctl.core.history import History, Revision
from raidctl.core.model import Field, Side, SyncDirection, Value
from raidctl.core.plan.holds import HOLDS
from raidctl.core.plan.item import Item, Subject, Verdict, held, link_hold
from raidctl.core.reasons import Reason
from raidctl.core.waiting import PASSING, Waiting, waiting
from raidctl.core.writes.log import Mark, Skip, Write
from raidctl.core.writes.outcome import Outcome
from tests.core.strategies import NOW
from tests.items import item as made

TO_JIRA, TO_IMPACT = SyncDirection.IMPACT_TO_JIRA, SyncDirection.JIRA_TO_IMPACT
SUBJECT = Subject(12, "https://impact.example.com/12", "Orders", issue="INC-12", issue_id=10_012)


def hold(reason: Reason, name: Field = Field.STATUS, subject: Subject = SUBJECT) -> Item:
    return made(subject, name, "MITIGATING", "Resolved", Verdict.HOLD, TO_IMPACT, reason, None)


def planned(name: Field = Field.STATUS) -> Item:
    """A write that is planned."""
    how = (Verdict.WRITE_IMPACT, TO_IMPACT, Reason.JIRA_CHANGED, "MITIGATED")
    return made(SUBJECT, name, "MITIGATING", "Resolved", *how)


def ago(**length: float) -> Any:
    return NOW - timedelta(**length)


def wrote(
    number: int,
    outcome: Outcome | None,
    name: Field = Field.STATUS,
    link: tuple[int, int] = (12, 10_012),
) -> Write:
    incident, issue = link
    at = ago(hours=24 - number)
    values = ("Resolved", "MITIGATING", "MITIGATED", "MITIGATING")
    told = (outcome, "refused", "it has a rule")
    return Write(number, "r", at, incident, "INC-12", issue, name, TO_IMPACT, *values, *told)


def told(
    *items: Item,
    marks: tuple[Mark, ...] = (),
    skips: tuple[Skip, ...] = (),
    history: Any = None,
    writes: tuple[Write, ...] = (),
) -> list[Waiting]:
    return waiting(items, marks, skips, history or {}, writes)


def test_all_is_told_that_is_held_and_what_of_it_ends_by_itself() -> None:
    """An incident without an issue is no link: nothing of it is held."""
    items = [*map(hold, HOLDS), planned()]
    found = told(*items)

    assert [one.item for one in found] == list(held(items))
    assert {one.item.reason for one in found} == set(HOLDS) - {Reason.UNLINKED}
    assert {one.item.reason for one in found if one.passing} == PASSING


def test_the_order_is_kept_and_a_link_that_is_held_as_a_whole_waits_too() -> None:
    gone = link_hold(SUBJECT, Reason.NOT_VISIBLE)
    items = (gone, hold(Reason.CONFLICT, Field.TITLE), hold(Reason.UNDECIDED, Field.STATUS))

    assert [one.item for one in told(*items)] == list(items)


# Since when.


def test_a_mark_of_the_same_reason_says_since_when() -> None:
    flapping = Mark(12, 10_012, Field.STATUS, Reason.FLAPPING, ago(hours=5))
    edits = {12: History({Side.JIRA: [Revision(Field.STATUS, ago(hours=1))]})}

    quarantined, conflict = told(
        hold(Reason.FLAPPING), hold(Reason.CONFLICT), marks=(flapping,), history=edits
    )
    assert quarantined.since == ago(hours=5)
    assert conflict.since == ago(hours=1)


@pytest.mark.parametrize(
    "other",
    [
        Mark(13, 10_012, Field.STATUS, Reason.UNDONE, ago(hours=5)),
        Mark(12, 10_013, Field.STATUS, Reason.UNDONE, ago(hours=5)),
        Mark(12, 10_012, Field.TITLE, Reason.UNDONE, ago(hours=5)),
        Mark(12, 10_012, Field.STATUS, Reason.REFUSED, ago(hours=5)),
    ],
)
def test_a_mark_of_something_else_says_nothing(other: Mark) -> None:
    (one,) = told(hold(Reason.UNDONE), marks=(other,))
    assert one.since is None


def test_the_later_of_both_sides_last_changes_of_this_field_says_since_when() -> None:
    impact = Revision(Field.STATUS, ago(hours=3), "Ada")
    jira = Revision(Field.STATUS, ago(hours=2), "Grace")
    late = Revision(Field.STATUS, ago(minutes=1), "Eve")
    history = {
        12: History({Side.IMPACT: [impact, replace(late, field=Field.TITLE)], Side.JIRA: [jira]}),
        13: History({Side.JIRA: [late]}),
    }
    (one,) = told(hold(Reason.CONFLICT), history=history)

    assert one.since == jira.at
    assert one.edits == {Side.IMPACT: impact, Side.JIRA: jira}


# Writes that are planned anew though the target refused them.


def test_a_write_that_was_refused_waits_though_it_is_planned_anew() -> None:
    (one,) = told(planned(), writes=(wrote(1, Outcome.APPLIED), wrote(2, Outcome.REFUSED)))

    assert (one.item.reason, one.since) == (Reason.REFUSED, ago(hours=22))
    assert (one.item.verdict, one.item.detail) == (Verdict.HOLD, "it has a rule")


@pytest.mark.parametrize(
    "writes",
    [
        (),
        (wrote(1, Outcome.REFUSED), wrote(2, Outcome.APPLIED)),
        (wrote(1, Outcome.NO_EFFECT),),
        (wrote(1, Outcome.FAILED),),
        (wrote(1, None),),
        (wrote(1, Outcome.REFUSED, Field.TITLE),),
        (wrote(1, Outcome.REFUSED, link=(13, 10_012)),),
        (wrote(1, Outcome.REFUSED, link=(12, 10_013)),),
        (replace(wrote(1, Outcome.REFUSED), direction=TO_JIRA),),
        (replace(wrote(1, Outcome.REFUSED), source="Closed"),),
        (replace(wrote(1, Outcome.REFUSED), old="OPEN"),),
        (replace(wrote(1, Outcome.REFUSED), new="CLOSED"),),
    ],
    ids=[
        *("never", "since", "silent", "failed", "open", "field", "incident", "issue"),
        *("direction", "source", "old", "new"),
    ],
)
def test_a_write_whose_last_try_was_no_refusal_waits_for_nobody(writes: tuple[Write, ...]) -> None:
    assert told(planned(), writes=writes) == []


# What was looked at.


def test_a_skip_is_told_with_its_end_and_its_reason() -> None:
    left = Skip(12, 10_012, Field.STATUS, "MITIGATING", "Resolved", NOW, "the vendor looks at it")
    (one,) = told(hold(Reason.CONFLICT), skips=(left,))
    assert one.skip == left


@pytest.mark.parametrize(
    ("skip", "skipped"),
    [
        (Skip(12, 10_012, Field.STATUS, "MITIGATING", "Resolved"), True),
        (Skip(12, 10_012, Field.STATUS, "MITIGATING", "Closed"), False),
        (Skip(12, 10_012, Field.STATUS, "OPEN", "Resolved"), False),
        (Skip(12, 10_012, Field.TITLE, "MITIGATING", "Resolved"), False),
        (Skip(12, 10_013, Field.STATUS, "MITIGATING", "Resolved"), False),
        (Skip(13, 10_012, Field.STATUS, "MITIGATING", "Resolved"), False),
    ],
    ids=["these", "jira", "impact", "field", "issue", "incident"],
)
def test_skipped_is_what_was_looked_at_with_these_very_values(skip: Skip, skipped: bool) -> None:
    (one,) = told(hold(Reason.CONFLICT), skips=(skip,))
    assert one.skipped is skipped


@pytest.mark.parametrize("value", ["", None])
def test_an_empty_value_that_was_skipped_is_told_from_one_that_is_missing(value: Value) -> None:
    item = made(SUBJECT, Field.COMMANDER, None, "acc", Verdict.HOLD, TO_JIRA, Reason.EMPTY, None)
    (one,) = told(item, skips=(Skip(12, 10_012, Field.COMMANDER, value, "acc"),))
    assert one.skipped is (value is None)
