"""`raidctl missed --deliver`: what never arrived is told to FireFighter after all, in order."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from raidctl.core.model import Field
from raidctl.errors import ExitCode
from raidctl.gateways.impact.webhook import WebhookWriter
from tests.cli.events import Events, events, told
from tests.cli.process import Ended
from tests.cli.world import ADA, Sort
from tests.schemas import validator
from tests.simulators.server import DROP_AFTER, refuse

STATUS, PRIORITY, TITLE = Field.STATUS, Field.PRIORITY, Field.TITLE


@contextmanager
def known(folder: Path, sort: Sort = "cloud") -> Iterator[Events]:
    """Two systems of which raidctl remembers that they agree."""
    with events(folder, sort=sort) as found:
        assert found.run("baseline").code == ExitCode.OK
        yield found


@pytest.fixture(params=["cloud", "datacenter"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Events]:
    sort: Sort = request.param
    with known(tmp_path, sort) as found:
        yield found


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Events]:
    with known(tmp_path) as found:
        yield found


def deliver(site: Events, *arguments: str, **more: Any) -> Ended:
    """`--deliver`, of which the document is as the schema has it."""
    ended = site.missed("--deliver", *arguments, **more)
    if ended.out:
        validator("missed").validate(ended.report)
    return ended


def ends(ended: Ended) -> list[tuple[Any, ...]]:
    return [(one["incident"], one["to"], one["outcome"]) for one in ended.report["changes"]]


def held(site: Events, number: int, *names: Field) -> list[Any]:
    return [site.site.in_impact(number, name) for name in names]


def lose(site: Events) -> None:
    """Two links that missed changes, one of them two of one field."""
    site.in_jira(1, 60, status="Reporter validation", priority="2")
    site.in_jira(1, 50, ADA.account, status="Incoming")
    site.in_jira(2, 30, title="Worse")


def noted(site: Events, number: int) -> list[tuple[Any, ...]]:
    """What FireFighter noted of what came from JIRA, oldest first."""
    return site.site.rows(
        "SELECT message FROM incidents_incidentupdate WHERE created_by_id IS NULL "
        f"AND message LIKE '%from Jira%' AND incident_id = {number} ORDER BY created_at"
    )


def test_a_chain_is_told_oldest_first_and_each_is_read_back(place: Events) -> None:
    lose(place)
    ended = deliver(place, "--yes")
    assert ended.code == ExitCode.OK, ended.err
    assert ends(ended) == [
        (1, "2", "applied"),
        (1, "Reporter validation", "applied"),
        (1, "Incoming", "applied"),
        (2, "Worse", "applied"),
    ]
    assert held(place, 1, STATUS, PRIORITY) == ["OPEN", 2]
    assert held(place, 2, TITLE) == ["Worse"]
    assert [message for (message,) in noted(place, 1)] == [
        "Status synced from Jira (Reporter validation)",
        "Status synced from Jira (Incoming)",
        "Priority synced from Jira (2)",
    ]
    assert place.site.writes == [], "JIRA is not written"
    assert place.site.sound()


def test_a_second_run_finds_nothing_and_reconcile_neither(place: Events) -> None:
    lose(place)
    deliver(place, "--yes")
    before = place.site.database.read_bytes()
    again = deliver(place, "--yes")
    assert (again.code, told(again), again.err) == (ExitCode.OK, [], "")
    assert told(place.missed()) == []
    assert place.run("diff").code == ExitCode.OK
    assert place.site.database.read_bytes() == before


def test_a_dry_run_tells_the_same_and_writes_nothing(place: Events) -> None:
    lose(place)
    files = place.site.journal.read_bytes(), place.site.database.read_bytes()
    ended = deliver(place, "--dry-run", "--yes")
    assert ended.code == ExitCode.DRIFT
    assert {(one["verdict"], one["reason"]) for one in ended.report["changes"]} == {
        ("write_impact", "jira_changed")
    }
    assert (place.site.events, place.site.writes) == ([], [])
    assert (place.site.journal.read_bytes(), place.site.database.read_bytes()) == files
    shown = place.run("missed", "--deliver", "--dry-run").out
    many = len(ended.report["changes"])
    assert f"never arrived in Impact; {many} to be delivered." in " ".join(shown.split())
    assert "Next:\n  raidctl missed 1 2 --deliver" in shown, "what does what was looked at"


def test_what_is_for_a_delivery_is_refused_without_it(place: Events) -> None:
    """Nobody is to believe that something was delivered."""
    for given in (["--yes"], ["--allow-close"], ["--approve", "abc"], ["--max-changes", "0"]):
        ended = place.run("missed", *given)
        assert (ended.code, ended.out) == (ExitCode.USAGE, "")
        assert ended.err.endswith(" are for --deliver\n")


def test_it_is_a_run_that_history_tells_and_undo_takes_back(cloud: Events) -> None:
    lose(cloud)
    run = deliver(cloud, "--yes").report["run"]
    assert "missed" in cloud.run("history").out
    assert cloud.run("undo", run, "--yes").code == ExitCode.OK
    assert held(cloud, 1, STATUS, PRIORITY) == ["MITIGATING", 4], "what stood there before it"


def test_somebody_at_the_terminal_is_asked(cloud: Events) -> None:
    lose(cloud)
    no = cloud.run("missed", "--deliver", typed="no\n")
    assert no.code == ExitCode.DRIFT
    assert "Type yes to write this" in no.err
    assert "in Impact: 1 title, 1 priority, 1 status" in no.err
    assert held(cloud, 1, STATUS) == ["MITIGATING"]
    assert cloud.run("missed", "--deliver", typed="yes\n").code == ExitCode.OK
    assert held(cloud, 1, STATUS) == ["OPEN"]


# What is not delivered


def test_what_a_later_one_went_over_is_never_delivered(cloud: Events) -> None:
    cloud.in_jira(1, 60, status="Reporter validation")
    cloud.in_jira(1, 50, heard=True, status="Incoming")
    ended = deliver(cloud, "--yes")
    assert (ended.code, ends(ended)) == (ExitCode.OK, [(1, "Reporter validation", None)])
    assert cloud.site.events == []
    assert told(ended)[0][-1], "it is told as overtaken"


@pytest.mark.parametrize(
    ("newer", "reason"),
    [({"status": "CLOSED"}, "conflict"), ({"status": "INVESTIGATING"}, "jira_changed")],
)
def test_nothing_goes_over_a_newer_edit_of_impact(
    cloud: Events, newer: dict[str, Any], reason: str
) -> None:
    """Neither where both have moved, nor where only the table says that Impact has not."""
    cloud.in_jira(1, 60, status="Reporter validation")
    cloud.in_impact(1, 30, **newer)
    ended = deliver(cloud, "--yes")
    assert ended.code == ExitCode.OK
    (one,) = ended.report["changes"]
    assert (one["reason"], one["outcome"]) == (reason, None)
    assert "not delivered" in one["said"]
    assert held(cloud, 1, STATUS) == [newer["status"]]


def test_on_a_journal_that_knows_nothing_all_of_it_is_held(tmp_path: Path) -> None:
    with events(tmp_path) as site:
        site.in_jira(1, 60, status="Reporter validation")
        ended = deliver(site, "--yes")
        assert ended.code == ExitCode.OK
        assert ended.report["changes"][0]["reason"] == "undecided"
        assert any("baseline --from-history" in note for note in ended.report["notes"])
        assert site.run("baseline", "--from-history").code == ExitCode.OK
        assert ends(deliver(site, "--yes")) == [(1, "Reporter validation", "applied")]


def test_a_close_waits_for_whoever_allows_it(cloud: Events) -> None:
    cloud.in_impact(1, 90, pushed=True, status="MITIGATED")
    assert cloud.run("baseline").code == ExitCode.OK
    cloud.in_jira(1, 60, status="Closed")
    ended = deliver(cloud, "--yes")
    assert ended.report["changes"][0]["reason"] == "closing"
    assert cloud.site.events == []
    assert deliver(cloud, "--yes", "--allow-close").code == ExitCode.OK
    assert held(cloud, 1, STATUS) == ["CLOSED"]


def test_a_close_within_a_chain_is_left_out_unless_it_is_allowed(cloud: Events) -> None:
    cloud.in_impact(1, 90, pushed=True, status="MITIGATED")
    assert cloud.run("baseline").code == ExitCode.OK
    cloud.in_jira(1, 60, status="Closed")
    cloud.in_jira(1, 50, status="Incoming")
    ended = deliver(cloud, "--yes")
    assert (ended.code, ends(ended)) == (
        ExitCode.OK,
        [(1, "Closed", None), (1, "Incoming", "applied")],
    )
    assert told(ended)[0][-1], "what came after it has arrived"
    assert held(cloud, 1, STATUS) == ["OPEN"]


# What goes wrong


def test_a_limit_stops_it_and_says_what_approves_it(cloud: Events) -> None:
    lose(cloud)
    ended = cloud.run("missed", "--deliver", "--yes", "--max-changes", "1")
    assert ended.code == ExitCode.BLOCKED
    assert cloud.site.events == []
    command = ended.err.strip().splitlines()[-1].partition("raidctl missed ")[2].split()
    assert cloud.run("missed", *command).code == ExitCode.OK
    assert held(cloud, 1, STATUS) == ["OPEN"]


def test_a_pause_stops_it(cloud: Events) -> None:
    lose(cloud)
    assert cloud.run("pause", "--for", "1h").code == ExitCode.OK
    assert deliver(cloud, "--yes").code == ExitCode.BLOCKED
    assert cloud.site.events == []


def test_what_firefighter_refuses_on_the_way_is_told_and_the_rest_goes_on(cloud: Events) -> None:
    """It closes nothing that is not mitigated; the change after that is another matter."""
    cloud.in_jira(1, 60, status="Closed")
    cloud.in_jira(1, 50, status="Reporter validation")
    ended = deliver(cloud, "--yes", "--allow-close")
    assert ends(ended) == [(1, "Closed", "refused"), (1, "Reporter validation", "applied")]
    assert ended.code == ExitCode.INCOMPLETE
    assert (
        ended.err
        == "raidctl: not every change that was replayed arrived: see what became of each\n"
    )
    assert held(cloud, 1, STATUS) == ["MITIGATED"]


def test_what_it_swallows_is_told_and_goes_through_the_next_time(cloud: Events) -> None:
    lose(cloud)
    with cloud.site.fault("impact", refuse(200, body=""), lambda r: r.method == "POST"):
        ended = deliver(cloud, "--yes", "1")
    assert ended.code == ExitCode.INCOMPLETE
    assert {one["outcome"] for one in ended.report["changes"]} == {"no_effect"}
    assert cloud.site.sound()
    assert deliver(cloud, "--yes", "1").code == ExitCode.OK
    assert held(cloud, 1, STATUS, PRIORITY) == ["OPEN", 2]


def test_where_an_answer_is_lost_within_a_chain_the_next_run_goes_on(cloud: Events) -> None:
    """The first step acted and nobody knows: it is read, and not told again."""
    lose(cloud)
    with cloud.site.fault("impact", DROP_AFTER, lambda r: r.method == "POST"):
        ended = deliver(cloud, "--yes", "1")
    assert ended.code == ExitCode.INCOMPLETE
    assert held(cloud, 1, STATUS) == ["MITIGATED"]
    assert cloud.site.sound()
    again = deliver(cloud, "--yes", "1")
    assert (again.code, ends(again)) == (
        ExitCode.OK,
        [(1, "2", "applied"), (1, "Incoming", "applied")],
    )
    assert held(cloud, 1, STATUS, PRIORITY) == ["OPEN", 2]
    assert len(noted(cloud, 1)) == 3


def test_who_edits_impact_within_a_chain_is_not_overruled(cloud: Events) -> None:
    lose(cloud)
    posts = list[Any]()
    real = cloud.site.impact._answer

    def answer(request: Any) -> Any:
        reply = real(request)
        if request.method == "POST" and not posts:
            posts.append(request)
            cloud.in_impact(1, 0, status="POST_MORTEM")
        return reply

    cloud.site.impact._answer = answer
    ended = deliver(cloud, "--yes", "1")
    assert ended.code == ExitCode.INCOMPLETE
    assert held(cloud, 1, STATUS) == ["POST_MORTEM"]
    assert (1, "Incoming", "stale") in ends(ended)


class KilledError(BaseException):
    """The process is gone."""


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [("status", "Reporter validation", "Incoming"), ("priority", "3", "2")],
)
def test_a_run_that_is_killed_within_a_chain_is_settled_by_the_next_one(
    cloud: Events, monkeypatch: pytest.MonkeyPatch, name: str, first: str, last: str
) -> None:
    before, after = {name: first}, {name: last}
    cloud.in_jira(1, 60, heard=False, **before)
    cloud.in_jira(1, 50, heard=False, **after)
    real, told_of = WebhookWriter.write, list[Any]()

    def write(self: WebhookWriter, link: Any, values: Any, edits: Any) -> None:
        told_of.append(values)
        if len(told_of) > 1:
            raise KilledError
        real(self, link, values, edits)

    with monkeypatch.context() as patch:
        patch.setattr(WebhookWriter, "write", write)
        with pytest.raises(KilledError):
            deliver(cloud, "--yes")
    there = held(cloud, 1, STATUS, PRIORITY)
    assert there in (["MITIGATED", 4], ["MITIGATING", 3])
    ended = deliver(cloud, "--yes")
    assert (ended.code, ends(ended)) == (ExitCode.OK, [(1, last, "applied")])
    assert ended.report["changes"][0]["reason"] == "unfinished"
    assert len(noted(cloud, 1)) == 2, "nothing is told twice"
    assert cloud.site.sound()
