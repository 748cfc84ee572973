"""Scope and selection: which incidents are read, and which links are shown."""

from dataclasses import replace
from datetime import timedelta

import pytest

from raidctl.core.model import UNREADABLE, Field, IncidentStatus
from raidctl.core.scope import Scope, Selection, selection
from tests.core.strategies import INCIDENT, ISSUE, NOW, impact_with, link_with

CLOSED = impact_with(INCIDENT, status=IncidentStatus.CLOSED.name)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("scope", "covered"),
    [
        (Scope(), False),
        (Scope(everything=True), True),
        (Scope(watched=frozenset({12})), True),
        (Scope(watched=frozenset({13})), False),
        (Scope(closed_since=CLOSED.created_at), True),
        (Scope(closed_since=NOW), False),
        (Scope(incidents=frozenset({12})), True),
        (Scope(incidents=frozenset({13})), False),
        (Scope(incidents=frozenset({13}), everything=True), False),
        (Scope(keys=frozenset({"INC-12"})), True),
        (Scope(keys=frozenset({"INC-13"}), watched=frozenset({12})), False),
        (Scope(incidents=frozenset({13}), keys=frozenset({"INC-12"})), True),
        (Scope(everything=True, created_since=NOW - DAY), True),
        (Scope(everything=True, created_since=NOW), False),
        (Scope(incidents=frozenset({12}), created_since=NOW), False),
        (Scope(watched=frozenset({12}), created_since=NOW), False),
    ],
    ids=str,
)
def test_a_closed_incident_is_in_scope(scope: Scope, covered: bool) -> None:
    assert scope.covers(CLOSED) is covered


@pytest.mark.parametrize("status", [status.name for status in IncidentStatus][:-1])
def test_an_open_one_always_is_unless_others_are_named_or_it_is_too_old(status: str) -> None:
    incident = impact_with(INCIDENT, status=status)
    assert Scope().covers(incident)
    assert not Scope(incidents=frozenset({13})).covers(incident)
    assert not Scope(created_since=NOW).covers(incident)


def test_one_whose_status_cannot_be_told_counts_as_open() -> None:
    assert Scope().covers(impact_with(INCIDENT, status=UNREADABLE))
    assert Scope().covers(impact_with(INCIDENT, status="Archived"))


def test_a_key_is_found_however_impact_spells_it() -> None:
    assert Scope(keys=frozenset({"INC-12"})).covers(replace(INCIDENT, issue_key="inc-12"))
    assert not Scope(keys=frozenset({"INC-12"})).covers(replace(INCIDENT, issue_key=None))


def test_named_is_what_names_incidents_or_issues() -> None:
    assert Scope(incidents=frozenset({1})).named
    assert Scope(keys=frozenset({"A-1"})).named
    assert not Scope(everything=True, watched=frozenset({1})).named


@pytest.mark.parametrize(
    ("field", "impact", "jira", "typed"),
    [
        (Field.STATUS, "POST_MORTEM", "Open", "Post-mortem"),
        (Field.STATUS, "POST_MORTEM", "Open", "post_mortem"),
        (Field.STATUS, "POST_MORTEM", "Open", " OPEN "),
        (Field.STATUS, "MITIGATED", "In Progress", "in progress"),
        (Field.STATUS, "MITIGATED", "Post-Mortem", "post-mortem"),
        (Field.PRIORITY, 2, "Medium", "P2"),
        (Field.PRIORITY, 2, "Medium", "2"),
        (Field.PRIORITY, 2, "Medium", "medium"),
        (Field.PRIORITY, 2, "3", "p3"),
        (Field.PRIORITY, 2, "P3", "P3"),
        (Field.PRIORITY, 20, "High", "20"),
        (Field.PRIORITY, 2, "Premium", "premium"),
    ],
)
def test_a_link_is_taken_when_either_side_has_the_name(
    field: Field, impact: str | int, jira: str, typed: str
) -> None:
    link = link_with(field, impact, jira)
    wanted = selection([typed], []) if field is Field.STATUS else selection([], [typed])
    other = selection(["other"], []) if field is Field.STATUS else selection([], ["other"])
    assert wanted.takes(link.incident, link.issue)
    assert not other.takes(link.incident, link.issue)


def test_both_a_status_and_a_priority_are_wanted_where_both_are_named() -> None:
    assert selection(["Mitigating", "open"], ["P3"]).takes(INCIDENT, ISSUE)
    assert not selection(["Mitigating"], ["P4"]).takes(INCIDENT, ISSUE)
    assert not selection(["open"], ["P3"]).takes(INCIDENT, ISSUE)


def test_nothing_named_takes_everything_and_an_incident_counts_alone() -> None:
    assert selection([], []) == Selection()
    assert Selection().takes(INCIDENT, None)
    assert selection(["mitigating"], []).takes(INCIDENT, None)
    assert not selection(["in progress"], []).takes(INCIDENT, None)
