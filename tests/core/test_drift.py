"""Drift: which fields are compared, and which cannot be."""

from dataclasses import replace

import pytest

from raidctl.core.drift import Comparison, Unseen, compare
from raidctl.core.model import (
    UNREADABLE,
    Field,
    Link,
    values,
)
from tests.core.strategies import IN_SYNC, link_with, mapping_of


def test_every_field_asked_for_is_compared_in_the_order_asked() -> None:
    fields = [Field.STATUS, Field.TITLE, Field.COMMANDER, Field.PRIORITY, Field.DESCRIPTION]
    found = compare(IN_SYNC, mapping_of(), fields)
    assert [comparison.field for comparison in found] == fields
    assert all(isinstance(each, Comparison) and each.related for each in found)
    assert compare(IN_SYNC, mapping_of(), []) == []


@pytest.mark.parametrize("field", Field)
def test_each_field_is_read_from_its_own_place(field: Field) -> None:
    link = link_with(field, "left", "right")
    assert values(link, field) == ("left", "right")


@pytest.mark.parametrize("field", Field)
def test_a_value_that_may_not_be_seen_is_not_compared(field: Field) -> None:
    unseen = [
        compare(link_with(field, *pair), mapping_of(), [field])
        for pair in ((UNREADABLE, None), (None, UNREADABLE))
    ]
    assert unseen == [[Unseen(field, UNREADABLE, None)], [Unseen(field, None, UNREADABLE)]]


def test_a_priority_out_of_scope_is_not_even_unreadable() -> None:
    """DESIGN §2: GAMEDAY is out of scope, whatever JIRA lets us see."""
    assert compare(link_with(Field.PRIORITY, 20, UNREADABLE), mapping_of(), [Field.PRIORITY]) == []


def test_the_assignees_visible_e_mail_tells_who_it_is() -> None:
    link = link_with(Field.COMMANDER, "eve@example.com", "acc-eve")
    told = Link(link.incident, replace(link.issue, assignee_email="Eve@Example.com"))
    for seen, related in ((link, False), (told, True)):
        found = compare(seen, mapping_of(), [Field.COMMANDER])
        assert isinstance(found[0], Comparison)
        assert found[0].related is related
