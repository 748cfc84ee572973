"""`raidctl missed`: which changes in JIRA never arrived in Impact, and why."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest

from raidctl.core.missed import Why
from raidctl.errors import ExitCode
from raidctl.sandbox.jira.state import Person
from tests.cli.events import Events, events, told
from tests.cli.process import told_in_one_line
from tests.cli.world import ADA, BOT, GRACE, NOW, Pair, Sort, world
from tests.schemas import validator
from tests.simulators.server import refuse

QUICK = "[safety]\ngrace_seconds = 0\n"


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
    line = " ".join(place.run("missed").out.split())
    assert "Nothing missed of 3 changes made in JIRA since" in line
    assert "(4 of 4 linked issues edited there; what FireFighter or raidctl wrote" in line


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


def test_over_rest_the_last_change_alone_is_judged_by_what_impact_holds_now(place: Events) -> None:
    place.in_jira(1, 60, status="Reporter validation")
    place.in_jira(1, 50, heard=True, status="Incoming")
    place.in_jira(2, 40, heard=True, priority="2")
    place.in_jira(3, 40, priority="2")
    ended = place.missed(reads="rest")
    assert told(ended) == [(3, "priority", "2", "lost", False)]
    assert ended.report["summary"]["untold"] == 1
    assert any("impact.reads" in note for note in ended.report["notes"])


def test_an_issue_that_is_hidden_is_counted_and_spoils_no_other(cloud: Events) -> None:
    cloud.in_jira(1, 60, priority="2")
    cloud.in_jira(2, 60, priority="2")
    cloud.site.state.forbid(10_002)
    ended = cloud.missed(reads="rest")
    assert {row[0] for row in told(ended)} == {1}
    assert ended.report["summary"]["not_visible"] == 1


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


def outage(site: Events) -> None:
    site.in_jira(3, 90, heard=True, priority="2")
    for number, ago in ((1, 80), (2, 70), (1, 60)):
        site.in_jira(number, ago, priority=str(ago // 10 - 5))
    site.in_jira(3, 30, heard=True, priority="5")


def lost(site: Events) -> None:
    """Of three one after the other, something arrived between."""
    for number, ago in ((1, 80), (2, 70)):
        site.in_jira(number, ago, priority="2")
    site.in_jira(3, 65, heard=True, priority="2")
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
        (outage, Why.OUTAGE, "3 changes, "),
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


def test_a_priority_that_jira_keeps_elsewhere_is_not_taken(tmp_path: Path) -> None:
    with world(tmp_path, (Pair(1),)) as site:
        site.state.edit(10_001, GRACE.account, priority="Low")
        ended = site.run("missed", "-o", "json", config=site.toml(more=QUICK))
        (one,) = ended.report["changes"]
        assert (one["why"], one["detail"]) == ("not_taken", "only from customfield_11064")


# How it is told


def test_it_reads_as_sentences_on_eighty_columns(cloud: Events) -> None:
    cloud.in_jira(1, 60, status="Code Review")
    cloud.in_jira(1, 50, title="Worse than anybody could have known, and than all that was before")
    ended = cloud.run("missed")
    assert "2 of 2 changes made in JIRA since" in ended.out
    assert "      1  raidctl's tables do not know this name" in ended.out
    assert "status: in progress → Code Review, by Grace Hopper" in ended.out
    assert "raidctl missed 1 --deliver" in ended.out
    assert max(map(len, ended.out.splitlines())) <= 80


@pytest.mark.parametrize("form", ["csv", "jsonl", "markdown"])
def test_it_comes_in_every_format(cloud: Events, form: str) -> None:
    cloud.in_jira(1, 60, status="Incoming", priority="2")
    ended = cloud.run("missed", "-o", form)
    assert ended.code == ExitCode.DRIFT
    heads = {"csv": 1, "jsonl": 0, "markdown": 2}
    assert len(ended.out.splitlines()) == heads[form] + 2
    picked = cloud.run("missed", "-o", "csv", "--columns", "incident,to,why")
    assert picked.out.splitlines() == ["incident,to,why", "1,2,lost", "1,Incoming,lost"]
    assert cloud.run("missed", "-o", "csv", "--columns", "who").code == ExitCode.USAGE


def test_hostile_texts_do_no_harm(cloud: Events) -> None:
    evil = "\x1b[31m=cmd|'/c calc'!A0 @everyone \u202e [x](http://evil) <b>"
    cloud.site.state.add_user(Person("acc-evil", evil, "evil@example.test"))
    cloud.in_jira(1, 60, "acc-evil", title=evil)
    for form in ("table", "csv", "json", "jsonl", "markdown"):
        out = cloud.run("missed", "-o", form).out
        assert "\x1b" not in out
        assert "\u202e" not in out
    rows = cloud.run("missed", "-o", "csv", "--columns", "author,to").out.splitlines()
    assert all(cell.startswith(("\\x1b", '"\\x1b')) for cell in rows[1:])


# What goes wrong


def test_few_requests_whatever_there_is(tmp_path: Path) -> None:
    with events(tmp_path, 150) as site:
        for number in range(1, 120):
            site.in_jira(number, 60, priority="2")
        site.site.state.now = lambda: NOW
        site.site.jira.forget()
        ended = site.missed()
        assert ended.report["summary"]["missed"] == 118, "one of them is hidden"
        paths = [path.rpartition("/rest/api/2/")[2] for _, path in site.site.jira.requests]
        assert sorted(paths) == [
            "changelog/bulkfetch", "issue/bulkfetch", "issue/bulkfetch", "myself", "search/jql",
            "serverInfo",
        ]  # fmt: skip


@pytest.mark.parametrize("side", ["impact", "jira"])
def test_a_system_that_is_away_is_said_in_one_line(
    cloud: Events, side: Literal["impact", "jira"]
) -> None:
    with cloud.site.fault(side, refuse(401)):
        ended = cloud.run("missed", reads="rest")
    assert told_in_one_line(ended, ExitCode.UNREACHABLE)


def test_a_search_that_is_refused_costs_only_requests(cloud: Events) -> None:
    cloud.in_jira(1, 60, priority="2")
    with cloud.site.fault("jira", refuse(400), lambda r: r.path.endswith("/search/jql")):
        assert told(cloud.missed()) == [(1, "priority", "2", "lost", False)]


def test_a_changelog_that_is_not_given_is_said(cloud: Events) -> None:
    cloud.in_jira(1, 60, priority="2")
    with cloud.site.fault("jira", refuse(400), lambda r: r.path.endswith("/changelog/bulkfetch")):
        ended = cloud.missed()
    assert ended.code == ExitCode.INCOMPLETE
    assert "the history of" in ended.err
    assert told(ended) == []
