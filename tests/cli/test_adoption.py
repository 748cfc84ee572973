"""`raidctl baseline --from-history`: what both histories tell of what does not agree."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, insert, select, update

from raidctl.core.model import Field
from raidctl.core.replay import Why
from raidctl.core.writes.log import SeenLink
from raidctl.errors import ExitCode
from raidctl.gateways.impact.database import tables
from raidctl.gateways.jira.cloud import CloudDialect
from raidctl.journal import Journal
from raidctl.sandbox.server import Reply, Request
from tests.cli.process import Ended, begun, over, told_in_one_line, until
from tests.cli.world import ADA, GRACE, NOW, Pair, Sort, World, world
from tests.schemas import schema, validator
from tests.simulators.server import refuse, stall


def ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


def in_impact(site: World, number: int, hours: float, told: bool = True, **values: Any) -> None:
    """Ada changes an incident so long ago; `told` False: by FireFighter's admin pages."""
    engine, at = create_engine(f"sqlite:///{site.database}"), ago(hours)
    with engine.begin() as connection:
        who = select(tables.user.c.id).where(tables.user.c.email == ADA.email)
        row: dict[str, Any] = {"created_by_id": connection.scalar(who), **values}
        if "priority" in values:
            value = row.pop("priority")
            known = select(tables.priority.c.id).where(tables.priority.c.value == value)
            row["priority_id"] = values["priority_id"] = connection.scalar(known)
            del values["priority"]
        connection.execute(
            update(tables.incident).where(tables.incident.c.id == number).values(**values)
        )
        times = dict.fromkeys(("event_ts", "created_at", "updated_at"), at)
        if told:
            row |= {"id": uuid4(), "incident_id": number, **times}
            connection.execute(insert(tables.incident_update), row)
    engine.dispose()


def in_jira(site: World, number: int, hours: float, **values: Any) -> None:
    """Grace changes an issue so long ago."""
    before, site.state.now = site.state.now, lambda: ago(hours)
    site.state.edit(10_000 + number, GRACE.account, **values)
    site.state.now = before


def drift(site: World) -> None:
    """Of four incidents that agreed for days, each in a way of its own."""
    in_impact(site, 1, 20, status=40)
    in_jira(site, 2, 20, summary="Worse than we thought")
    in_impact(site, 3, 20, priority=1)
    in_jira(site, 3, 10, priority="Low")
    in_impact(site, 4, 20, told=False, title="By an administrator")


@pytest.fixture(params=["cloud", "datacenter"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """Two systems that have drifted, and no journal."""
    sort: Sort = request.param
    with made(tmp_path, sort) as found:
        drift(found)
        yield found


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[World]:
    with made(tmp_path, "cloud") as found:
        drift(found)
        yield found


def made(
    folder: Path, sort: Sort, quirk: Callable[[Request, Reply], Reply] = lambda _, reply: reply
) -> Any:
    pairs = tuple(Pair(number, agreed=False, days=9) for number in range(1, 6))
    return world(folder, pairs, sort=sort, quirk=quirk)


def settings(site: World) -> str:
    return site.toml(impact='reads = "database"\ndatabase_url_env = "IMPACT_DATABASE_URL"')


def adopt(site: World, *arguments: str, **more: Any) -> Ended:
    return site.run("baseline", "--from-history", *arguments, config=settings(site), **more)


def told(site: World, *arguments: str) -> dict[str, Any]:
    """The document, which is as the schema has it."""
    ended = adopt(site, "-o", "json", *arguments)
    validator("adoption").validate(ended.report)
    found: dict[str, Any] = ended.report
    return found


def fields(document: dict[str, Any], *names: str) -> set[tuple[Any, ...]]:
    return {tuple(item[name] for name in names) for item in document["items"]}


def asked(site: World) -> int:
    """How many requests for changelogs JIRA has seen."""
    return sum("changelog" in path or "search" in path for _, path in site.jira.requests)


def test_what_moved_since_the_last_agreement_is_decided_as_it_was_made(place: World) -> None:
    found = told(place)
    assert fields(found, "incident", "field", "decided", "direction", "reason") == {
        (1, "status", True, "impact_to_jira", "impact_changed"),
        (2, "title", True, "jira_to_impact", "jira_changed"),
        (3, "priority", True, None, "conflict"),
        (4, "title", False, None, "gap"),
    }
    assert found["summary"]["remembered"] == 21
    assert (found["summary"]["decided"], found["summary"]["undecided"]) == (3, 1)
    assert (place.writes, place.events) == ([], [])
    until = {i["incident"]: i["agreed_until"] for i in found["items"] if i["decided"]}
    assert until == {n: f"{ago(20):%Y-%m-%dT%H:%M:%SZ}" for n in (1, 2, 3)}

    ended = place.reconcile(config=settings(place))
    assert {item[2] for item in ended.items} == {
        *("impact_changed", "jira_changed", "conflict", "undecided")
    }
    assert place.in_jira(1, Field.STATUS) == "Resolved"
    assert place.in_impact(2, Field.TITLE) == "Worse than we thought"
    assert place.in_jira(3, Field.PRIORITY) == "Low"


def test_it_reads_as_sentences(place: World) -> None:
    ended = adopt(place, "-o", "detail")
    assert ended.code == ExitCode.OK, ended.err
    assert "Decided by both histories: 3 fields.\n" in ended.out
    assert "      1  status       Impact → JIRA: Impact changed\n" in ended.out
    assert "      1  priority     hold: both sides changed\n" in ended.out
    assert "Not decided: 1 field.\n" in ended.out
    assert "#1 INC-1 status: agreed until 20" in ended.out
    assert "#4 INC-4 title: the history does not lead to the values" in ended.out
    assert "remembered 21 values of 5 links that agree now" in ended.err
    assert "raidctl resolve" in ended.err
    assert "#" not in adopt(place).out, "a list that nobody asked for"
    assert max(map(len, ended.out.splitlines())) <= 80


@pytest.mark.parametrize("form", ["csv", "jsonl", "markdown"])
def test_it_comes_in_every_format(cloud: World, form: str) -> None:
    ended = adopt(cloud, "-o", form)
    heads = {"csv": 1, "jsonl": 0, "markdown": 2}
    assert len(ended.out.splitlines()) == heads[form] + 4
    assert "INC-3" in ended.out
    picked = adopt(cloud, "-o", "csv", "--columns", "incident,reason")
    assert picked.out.splitlines() == ["incident,reason", "4,gap"]


def test_a_dry_run_tells_the_same_and_keeps_nothing(place: World) -> None:
    place.journal.unlink()
    ended = adopt(place, "--dry-run", "-o", "json")
    assert ended.code == ExitCode.DRIFT
    assert not place.journal.exists()
    kept = told(place)
    for name in ("decided", "undecided", "items"):
        assert ended.report[name] == kept[name]
    assert (ended.report["run"], kept["run"] is None) == (None, False)
    files = place.journal.read_bytes(), place.database.read_bytes()
    assert adopt(place, "--dry-run").code == ExitCode.OK, "there is nothing new to keep"
    assert (place.journal.read_bytes(), place.database.read_bytes()) == files


def test_it_needs_impacts_history(cloud: World) -> None:
    ended = cloud.run("baseline", "--from-history")
    assert 'impact.reads = "database"' in told_in_one_line(ended, ExitCode.USAGE)
    for option in (["--out", "here"], ["-o", "json"]):
        assert "--from-history" in told_in_one_line(cloud.run("baseline", *option), ExitCode.USAGE)


def test_who_led_it_is_known_on_both_sides(place: World) -> None:
    """A Data Center's changelog tells of users by keys; their names stand on other issues."""
    in_jira(place, 5, 20, assignee=GRACE.account)
    found = fields(told(place), "incident", "field", "decided", "direction")
    assert (5, "commander", True, "jira_to_impact") in found


# Going on


def test_a_link_whose_baselines_stand_is_not_asked_again(place: World) -> None:
    told(place, "1", "2", "3")
    before = asked(place)
    again = told(place, "1", "2", "3")
    assert asked(place) == before + (0 if place.state.deployment == "cloud" else 1)  # its issues
    assert again["items"] == []
    assert [item["incident"] for item in told(place)["items"]] == [4]


def test_what_a_baseline_tells_already_is_left_alone(cloud: World) -> None:
    with closing(Journal(cloud.journal)) as journal:
        journal.record_links([SeenLink(1, "INC-1", 10_001, True, None)], datetime.now(UTC))
    cloud.run("baseline", "5")
    in_impact(cloud, 5, 1, title="Later")
    rows = "SELECT impact, jira, seen_at FROM baselines WHERE incident = 5 AND field = 'title'"
    before = cloud.journalled(rows)[0][:2]
    assert 5 not in {item["incident"] for item in told(cloud)["items"]}
    assert cloud.journalled(rows)[0][:2] == before


def test_what_was_found_is_kept_when_the_rest_cannot_be_read(
    cloud: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two links a request; the second request is refused."""
    monkeypatch.setattr(CloudDialect, "history_size", 2)

    def second(request: Request) -> bool:
        return "changelog" in request.path and b"10003" in request.body

    with cloud.fault("jira", refuse(401), second):
        ended = adopt(cloud)
    assert ended.code == ExitCode.UNREACHABLE, ended.err
    kept = cloud.journalled("SELECT DISTINCT incident FROM baselines WHERE seen_at IS NOT NULL")
    assert kept == [(1,), (2,)]
    again = told(cloud)
    assert {item["incident"] for item in again["items"] if item["decided"]} == {3}


@pytest.mark.slow
def test_an_interrupted_run_says_that_it_goes_on_and_does(
    cloud: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = cloud.ready(settings(cloud))
    with (
        cloud.fault("jira", stall(30), lambda request: "changelog" in request.path),
        begun("baseline", "--from-history", environ=environ) as process,
    ):
        until(lambda: asked(cloud))
        process.terminate()
        ended = over(process)
    assert ended.code == ExitCode.INTERRUPTED
    assert "interrupted; what was found so far is kept: run it again, and it goes on" in ended.err
    assert cloud.journalled("SELECT COUNT(*) FROM baselines") == [(21,)]
    assert told(cloud)["summary"]["remembered"] == 0
    assert cloud.sound()


# Histories that are not whole


def test_a_changelog_that_jira_cut_decides_nothing(tmp_path: Path) -> None:
    def cutting(_: Request, reply: Reply) -> Reply:
        body = reply.body
        if isinstance(body, dict):
            for log in (row.get("changelog") for row in body.get("issues", ())):
                if log is not None:
                    log["total"] += 1
        return reply

    with made(tmp_path, "datacenter", cutting) as site:
        drift(site)
        found = told(site)
    assert fields(found, "decided") == {(False,)}
    assert {(item["reason"], item["side"]) for item in found["items"] if item["incident"] < 4} == {
        ("cut", "jira")
    }


def test_the_histories_of_some_that_cannot_be_read_leave_those_undecided(cloud: World) -> None:
    with cloud.fault("jira", refuse(500), lambda request: "changelog" in request.path):
        ended = adopt(cloud, "-o", "json")
    assert ended.code == ExitCode.INCOMPLETE
    assert "not read: the history of " in ended.err
    assert fields(ended.report, "incident", "reason") == {(n, "unread") for n in range(1, 5)}
    assert ended.report["summary"]["remembered"] == 21


def test_an_update_that_cannot_be_read_leaves_its_incident_undecided_alone(cloud: World) -> None:
    cloud.sql("UPDATE incidents_incidentupdate SET created_at = 'infinity' WHERE incident_id = 2")
    found = told(cloud)
    assert fields(found, "incident", "decided", "reason") == {
        *((1, True, "impact_changed"), (2, False, "cut"), (3, True, "conflict"), (4, False, "gap"))
    }


def test_two_updates_at_one_instant_decide_nothing(cloud: World) -> None:
    for hours, title in ((30, "One"), (30, "Other"), (20, "Third")):
        in_impact(cloud, 5, hours, title=title)
    found = told(cloud, "5")
    assert fields(found, "field", "reason", "side") == {("title", "one_instant", "impact")}


def test_former_commanders_are_looked_up_and_those_nobody_knows_decide_nothing(
    cloud: World,
) -> None:
    """Grace led it, then Ada in Impact alone; FireFighter knows neither's account."""
    cloud.sql("DELETE FROM jira_app_jirauser")
    cloud.sql(
        "UPDATE incidents_incidentrole SET user_id = (SELECT id FROM incidents_user WHERE "
        f"email = '{GRACE.email}') WHERE incident_id = 5"
    )
    people = "SELECT id FROM incidents_user WHERE email = '{}'"
    cloud.sql(
        "INSERT INTO incidents_incidentupdate (id, incident_id, commander_id, created_at, "
        f"updated_at, event_ts) SELECT '{uuid4().hex}', 5, ({people.format(GRACE.email)}), at, at, "
        f"at FROM (SELECT '{ago(20).replace(tzinfo=None)}' AS at)"
    )
    found = told(cloud, "5")
    assert fields(found, "field", "decided", "direction") == {("commander", True, "impact_to_jira")}
    assert cloud.journalled("SELECT COUNT(*) FROM users") == [(2,)]


def test_a_link_that_is_held_as_a_whole_is_left_alone(tmp_path: Path) -> None:
    """Downgraded: its issue goes on without it."""
    closed = {Field.STATUS: "CLOSED", Field.TITLE: "Another"}
    with world(tmp_path, (Pair(1, impact=closed, agreed=False, ignored=True),)) as site:
        found = told(site, "1")
        assert asked(site) == 0
    assert fields(found, "field", "reason") == {("status", "held"), ("title", "held")}


def test_every_reason_is_one_of_the_schemas() -> None:
    item = schema("adoption")["$defs"]["item"]["properties"]
    assert {why.value for why in Why} <= set(item["reason"]["enum"])
