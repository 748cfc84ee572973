"""The issue that an incident is to have, and what it may have none for."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from raidctl.core.backfill.backlink import PROPERTY
from raidctl.core.backfill.declaration import CustomFields, Declaration
from raidctl.core.backfill.draft import Blueprint, Draft, drafted, holds_of, too_long
from raidctl.core.backfill.making import (
    creation,
    first_baselines,
    subject_alone,
    way_to_status,
)
from raidctl.core.drift import Comparison
from raidctl.core.mapping.book import MappingBook, project_mapping
from raidctl.core.mapping.people import Users
from raidctl.core.mapping.tables import RAID
from raidctl.core.memory import BaselineState
from raidctl.core.model import UNREADABLE, Field, Incident, Issue, Link, Readable
from raidctl.core.plan.item import subject_of
from raidctl.core.reasons import Reason
from raidctl.gateways.jira.fields import ROWS

MARKERS = ("🧯 This incident has been created", "*Additional Information*")
BOOK = MappingBook(project_mapping(RAID, MARKERS, Users({"grace@example.com": "acc-grace"})))
SITE = "https://impact.example.com:8443"
IDS = {name: row.id for name, row in ROWS.items()}
BLUEPRINT = Blueprint(SITE, "INC", "Incident", IDS)
DECLARED = Declaration(
    12, "ada@example.com", "PRD", "Payment Performance", "Payments", "P2", "⛈️", "x-12"
)
VALUES: dict[Field, Readable] = {
    Field.TITLE: "Checkout answers\n502",
    Field.DESCRIPTION: "Since noon.",
    Field.PRIORITY: 2,
    Field.STATUS: "MITIGATED",
    Field.COMMANDER: "grace@example.com",
}
CREATED = datetime(2026, 11, 24, 12, tzinfo=UTC)
INCIDENT = Incident(12, VALUES, None, CREATED, f"{SITE}/incident/12/", private=False)
ACCOUNTS = {"ada@example.com": "acc-ada", "grace@example.com": "acc-grace"}


def incident(**given: Any) -> Incident:
    values = {Field(name): given.pop(name) for name in [*given] if name in set(Field)}
    return replace(INCIDENT, values={**VALUES, **values}, **given)


def draft(
    one: Incident = INCIDENT,
    declared: Declaration = DECLARED,
    accounts: dict[str, str | None] | None = None,
    **blueprint: Any,
) -> Draft:
    known = ACCOUNTS if accounts is None else accounts
    return drafted(one, declared, BOOK, replace(BLUEPRINT, **blueprint), known)


def holds(one: Incident, **blueprint: Any) -> dict[Reason, str]:
    return dict(holds_of(one, BOOK.of("INC"), replace(BLUEPRINT, **blueprint)))


def test_it_is_what_firefighters_own_creation_makes_of_it() -> None:
    made = draft()
    assert (made.issue.project, made.issue.issue_type, made.issue.reporter) == (
        "INC",
        "Incident",
        "acc-ada",
    )
    assert made.issue.values == {
        Field.TITLE: "Checkout answers 502",  # a summary has no line breaks
        Field.DESCRIPTION: (
            "Since noon.\n\n🧯 This incident has been created for a critical incident.\n"
            "📦 Incident category: Payment Performance\n⛈️ Priority: P2\n"
        ),
        Field.PRIORITY: "High",
        Field.COMMANDER: "acc-grace",
    }
    assert (made.status, made.notes) == ("Resolved", ())
    assert made.issue.properties == {
        PROPERTY: {"globalId": "impact:impact.example.com:8443:12", "incident": 12}
    }
    assert made.link.global_id == "impact:impact.example.com:8443:12"


def test_its_description_agrees_from_the_first_day_on() -> None:
    """What FireFighter adds to it is a tail to the tables: nothing of it gets to Impact."""
    written = str(draft().issue.values[Field.DESCRIPTION])
    relation = BOOK.common.relations[Field.DESCRIPTION]
    assert Comparison(Field.DESCRIPTION, "Since noon.", written, relation).related
    assert "🧯" not in str(relation.to_impact(written, "").value)


def test_who_has_no_account_is_never_guessed_and_said() -> None:
    made = draft(accounts={}, reporter="acc-bot")
    assert made.issue.reporter == "acc-bot"
    assert made.issue.values[Field.COMMANDER] is None
    assert made.notes == (
        "nobody is assigned: no JIRA account is known for grace@example.com",
        "reported by [backfill] reporter: no JIRA account is known for ada@example.com",
    )
    assert draft(accounts={}).issue.reporter is None
    assert "the owner of jira.token" in draft(accounts={}).notes[1]


@pytest.mark.parametrize(
    ("projects", "team", "project"),
    [
        ({}, "", "INC"),
        ({}, "TEAM", "TEAM"),
        ({"incident": "TYPE"}, "TEAM", "TYPE"),
        ({"payments": "PAY", "incident": "TYPE"}, "", "PAY"),
        ({"payment performance": "PERF", "payments": "PAY"}, "", "PERF"),
    ],
)
def test_the_project_is_that_of_its_category_its_group_its_type_or_its_team(
    projects: dict[str, str], team: str, project: str
) -> None:
    declared = replace(DECLARED, custom=CustomFields(project=team))
    assert draft(declared=declared, projects=projects).issue.project == project


def test_configured_fields_win_and_false_leaves_one_out() -> None:
    fields = {
        "reporter": {"accountId": "acc-x"},
        "priority": False,
        "labels": False,
        "customfield_11049": False,
        "customfield_1": "x",
    }
    made = draft(fields=fields, labels=("backfill",)).issue
    assert (made.reporter, made.labels) == (None, ())
    assert Field.PRIORITY not in made.values
    assert made.more == {
        "customfield_10201": {"value": "All"},
        "reporter": {"accountId": "acc-x"},
        "customfield_1": "x",
    }


def test_an_incident_that_nothing_holds_has_no_holds() -> None:
    assert holds(INCIDENT) == {}
    assert holds(incident(priority=None, commander=None)) == {}


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (incident(ignored=True), Reason.DOWNGRADED),
        (incident(private=True), Reason.PRIVATE),
        (incident(private=None), Reason.PRIVATE),
        (incident(priority=20), Reason.GAMEDAY),
        (incident(status="CLOSED"), Reason.CLOSING),
        (incident(status="Parked"), Reason.UNMAPPED),
        (incident(title=UNREADABLE), Reason.UNREADABLE),
        (incident(status=UNREADABLE), Reason.UNREADABLE),
        (incident(title="x" * 300), Reason.LOSSY),
    ],
)
def test_what_it_has_no_issue_for(one: Incident, reason: Reason) -> None:
    assert reason in holds(one)


def test_private_and_closed_ones_are_allowed_by_the_configuration_alone() -> None:
    assert holds(incident(private=True), private_to_jira=True) == {}
    assert holds(incident(private=None), private_to_jira=True) == {}
    assert holds(incident(status="CLOSED"), allow_close=True) == {}


def test_a_description_that_grows_too_long_by_its_tail_is_held() -> None:
    assert too_long(draft(incident(description="x" * 32_600))) is None
    found = too_long(draft(incident(description="x" * 32_700)))
    assert found is not None
    assert found[0] is Reason.LOSSY


def test_whatever_would_be_sent_changes_the_fingerprint_and_the_plan() -> None:
    made = creation(draft())
    others = [
        creation(draft(incident(description="Else"))),
        creation(draft(incident(status="MITIGATING"))),
        creation(draft(declared=replace(DECLARED, environment="STG"))),
        creation(draft(projects={"payments": "PAY"})),
        creation(draft(labels=("a",))),
    ]
    assert len({one.tables for one in [made, *others]}) == len(others) + 1
    assert made.tables == creation(draft()).tables
    assert made.detail == "Incident; then Resolved"


def issue(**values: Any) -> Issue:
    given = {Field(name): value for name, value in values.items()}
    held = {**draft().issue.values, Field.STATUS: "Open", **given}
    return Issue(10_012, "INC-12", held, "https://jira.example.com/browse/INC-12")


def test_a_new_issue_agrees_and_its_status_has_its_way_before_it() -> None:
    link = Link(INCIDENT, issue())
    created = creation(draft())
    change = way_to_status(link, created.subject, BOOK.common)
    assert change is not None
    assert change.subject == subject_of(link)
    assert change.subject.title is created.subject.title  # held once for both
    assert (change.pair.jira, change.to, change.closes) == ("Open", "Resolved", False)
    states = {name: baseline.state for name, baseline in first_baselines(link, BOOK.common)}
    agreed, half_way = BaselineState.AGREED, BaselineState.UNFINISHED
    assert states == {**dict.fromkeys(Field, agreed), Field.STATUS: half_way}


def test_one_that_begins_where_it_belongs_has_no_way_to_go() -> None:
    link = Link(incident(status="OPEN"), issue())
    assert way_to_status(link, subject_alone(link.incident), BOOK.common) is None
    first = dict(first_baselines(link, BOOK.common))
    assert first[Field.STATUS].state is BaselineState.AGREED


def test_what_jira_made_of_a_value_is_not_taken_for_agreed() -> None:
    """A summary that an automation has changed meanwhile: nobody knows whose is right."""
    link = Link(INCIDENT, issue(title="[AUTO] Checkout", priority=UNREADABLE))
    assert {Field.TITLE, Field.PRIORITY} & {
        n for n, _ in first_baselines(link, BOOK.common)
    } == set()
