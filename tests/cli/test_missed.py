"""`raidctl missed`: which changes in JIRA never arrived in Impact, and why."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from raidctl.core.missed import Why
from raidctl.errors import ExitCode
from tests.cli.events import Events, events, told
from tests.cli.world import ADA, BOT, GRACE, NOW, Sort
from tests.schemas import validator


@pytest.fixture(params=["cloud", "datacenter"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Events]:
    sort: Sort = request.param
    with events(tmp_path, sort=sort) as found:
        yield found


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Events]:
    with events(tmp_path) as found:
        yield found


# What arrived


def test_what_arrived_is_not_listed(place: Events) -> None:
    place.in_jira(1, 60, heard=True, status="Reporter validation")
    place.in_jira(1, 50, heard=True, status="in progress", priority="2")
    place.in_impact(2, 40, pushed=True, status="MITIGATED")
    ended = place.missed()
    assert (ended.code, told(ended), ended.err) == (ExitCode.OK, [], "")
    assert ended.report["summary"]["changes"] == 3, "FireFighter's own is none"
    validator("missed").validate(ended.report)
    assert "Nothing missed of 3 changes made in JIRA since" in place.run("missed").out


def test_what_got_lost_is_told_with_who_when_from_and_to(place: Events) -> None:
    place.in_jira(1, 60, heard=True, status="Reporter validation")
    place.in_jira(1, 50, ADA.account, status="in progress")
    place.in_jira(2, 40, priority="2", title="Worse")
    ended = place.missed()
    assert ended.code == ExitCode.DRIFT
    validator("missed").validate(ended.report)
    assert told(ended) == [
        (1, "status", "in progress", "lost", False),
        (2, "title", "Worse", "not_taken", False),
        (2, "priority", "2", "lost", False),
    ]
    first = ended.report["changes"][0]
    assert (first["author"], first["from"], first["issue"], first["issue_id"]) == (
        "Ada Lovelace", "Reporter validation", "INC-1", "10001",
    )  # fmt: skip
    assert first["outcome"] is None
    assert ended.report["summary"]["links"] == 4


def test_of_a_chain_what_a_later_one_went_over_is_told_as_overtaken(place: Events) -> None:
    place.in_jira(1, 60, status="Reporter validation")
    place.in_jira(1, 50, heard=True, status="Incoming")
    place.in_jira(1, 40, status="in progress")
    place.in_jira(1, 30, status="Reporter validation")
    assert told(place.missed()) == [
        (1, "status", "Reporter validation", "lost", True),
        (1, "status", "in progress", "lost", False),
        (1, "status", "Reporter validation", "lost", False),
    ]


def test_what_impact_holds_by_the_relation_is_not_missed(cloud: Events) -> None:
    """Investigating is "in progress" in JIRA; and a person may have carried it over by hand."""
    cloud.in_impact(1, 60, status="INVESTIGATING")
    cloud.in_jira(1, 50, status="Incoming", heard=True)
    cloud.in_impact(1, 45, status="INVESTIGATING")
    cloud.in_jira(1, 40, status="in progress")
    cloud.in_jira(2, 60, title="Worse")
    cloud.in_impact(2, 30, title="Worse")
    assert told(cloud.missed()) == []


def test_what_is_only_spelled_anew_is_no_change(cloud: Events) -> None:
    cloud.in_jira(1, 60, description="{color:#172b4d}What happened in 1{color}")
    ended = cloud.missed()
    assert (told(ended), ended.report["summary"]["changes"]) == ([], 0)


def test_what_is_younger_than_the_grace_may_be_on_its_way(cloud: Events) -> None:
    cloud.in_jira(1, (NOW - datetime.now(UTC)) / timedelta(minutes=1), priority="2")
    assert told(cloud.missed()) == []


def test_only_changes_since_are_looked_at_seven_days_unless_told(cloud: Events) -> None:
    day = 24 * 60
    cloud.in_jira(1, 2.5 * day, priority="2")
    assert told(cloud.missed("--since", "2d")) == []
    assert len(told(cloud.missed("--since", "3d"))) == 1
    assert len(told(cloud.missed())) == 1
    assert cloud.run("missed", "--since", "soon").code == ExitCode.USAGE


def test_targets_and_fields_narrow_it(cloud: Events) -> None:
    for number in (1, 2, 3):
        cloud.in_jira(number, 60, priority="2", status="Incoming")
    assert {row[0] for row in told(cloud.missed("1", "INC-3"))} == {1, 3}
    assert {row[1] for row in told(cloud.missed("--field", "status"))} == {"status"}
    ended = cloud.missed("77")
    assert ended.code == ExitCode.INCOMPLETE
    assert "incident 77" in ended.err


def test_what_raidctl_itself_wrote_is_not_missed(cloud: Events) -> None:
    assert cloud.run("baseline").code == ExitCode.OK
    cloud.in_impact(1, 60, status="MITIGATED")
    assert cloud.run("reconcile", "--yes").code == ExitCode.OK
    assert cloud.site.state.history(10_001)[-1].author == BOT.account
    assert told(cloud.missed()) == []


def test_what_raidctl_delivered_meanwhile_is_not_missed(cloud: Events) -> None:
    assert cloud.run("baseline").code == ExitCode.OK
    cloud.in_jira(1, 60, priority="2", title="Worse")
    assert len(told(cloud.missed())) == 2
    assert cloud.run("reconcile", "--yes").code == ExitCode.OK
    assert told(cloud.missed()) == []


# Why


def swallowed(site: Events) -> None:
    site.in_impact(1, 60, pushed=True, status="MITIGATED")
    site.in_jira(1, 59.8, heard=True, status="in progress")
    site.in_jira(1, 59.5, heard=True, status="Reporter validation")


def swallowed_unpushed(site: Events) -> None:
    """Nothing of that push is in JIRA's changelog: Impact's own history tells of it."""
    site.in_impact(1, 60, status="INVESTIGATING")
    site.in_jira(1, 59.5, status="Pending resolution")


def moved(site: Events) -> None:
    site.site.state.move(10_001, "OPS-7")
    site.in_jira(1, 60, heard=True, status="Incoming")


def shared(site: Events) -> None:
    site.site.sql("UPDATE jira_app_jiraissue SET key = 'INC-1' WHERE id = 10002")
    site.in_jira(1, 60, status="Incoming")


def refused_close(site: Events) -> None:
    site.in_jira(1, 60, heard=True, status="Closed")


def closed_from_elsewhere(site: Events) -> None:
    site.in_jira(1, 60, heard=True, status="Code Review")
    site.in_jira(1, 50, heard=True, status="Closed")


def unmapped(site: Events) -> None:
    site.in_jira(1, 60, heard=True, status="Code Review")


def in_capitals(site: Events) -> None:
    site.in_jira(1, 70, heard=True, status="Incoming")
    site.in_jira(1, 60, heard=True, status="In Progress")


def emptied(site: Events) -> None:
    site.in_jira(1, 60, heard=True, priority=None)


def no_field_of_its(site: Events) -> None:
    site.in_jira(1, 60, heard=True, description="Quite another thing")


def another_account(site: Events) -> None:
    site.in_jira(1, 60, heard=True, commander=GRACE.account)


def lost(site: Events) -> None:
    site.in_jira(1, 60, status="Incoming")


@pytest.mark.parametrize(
    ("happens", "why", "words"),
    [
        (swallowed, Why.ECHO, "pushed this very value 29 s before"),
        (swallowed_unpushed, Why.ECHO, "30 s before"),
        (moved, Why.MOVED, "FireFighter knows it as INC-1"),
        (shared, Why.SHARED, None),
        (refused_close, Why.REFUSED_CLOSE, "closes only what is mitigated"),
        (unmapped, Why.UNMAPPED, "Code Review"),
        (in_capitals, Why.UNKNOWN_NAME, "'In Progress'"),
        (closed_from_elsewhere, Why.UNKNOWN_NAME, "a close from 'Code Review'"),
        (emptied, Why.UNKNOWN_NAME, "''"),
        (no_field_of_its, Why.NOT_TAKEN, None),
        (another_account, Why.NOT_TAKEN, None),
        (lost, Why.LOST, None),
    ],
)
def test_the_reason_is_the_one_that_applies(
    cloud: Events, happens: Callable[[Events], None], why: Why, words: str | None
) -> None:
    happens(cloud)
    ended = cloud.missed()
    assert ended.code == ExitCode.DRIFT, ended.err
    *_, last = ended.report["changes"]
    assert last["why"] == why
    assert (words or "") in (last["detail"] or "")
