"""`raidctl status`: what it finds in the journal after real runs, whatever became of these."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from raidctl.errors import ExitCode
from raidctl.journal import lock
from tests.cli.process import discreet, told_in_one_line
from tests.cli.world import World, world
from tests.schemas import validator
from tests.simulators.server import refuse


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made


def status(place: World, *arguments: str) -> dict[str, object]:
    ended = place.run("status", "-o", "json", *arguments)
    assert ended.code == ExitCode.OK, ended.err
    validator("status").validate(found := json.loads(ended.out))
    return dict(found)


def test_it_tells_what_runs_did_and_what_they_left(place: World) -> None:
    ran = place.reconcile("--yes", "--max-changes", "0")
    assert ran.code == ExitCode.OK, ran.err
    found = status(place)
    last = found["last_run"]
    assert isinstance(last, dict)
    assert (last["id"], last["exit_code"]) == (ran.report["run"], 0)
    assert found["failures_in_a_row"] == 0
    assert found["last_success_at"] == last["finished_at"]
    written = [one for one in ran.report["items"] if one["outcome"]]
    rates = {(o["direction"], o["field"], o["outcome"]): o["count"] for o in found["rates"]}  # type: ignore[attr-defined]
    assert sum(rates.values()) == len(written) > 2
    assert rates["impact_to_jira", "status", "applied"] == 1
    assert found["requests"] == ran.report["summary"]["requests"]
    held = [one for one in ran.report["items"] if one["verdict"] == "hold"]
    unlinked = [one for one in held if one["reason"] == "unlinked"]
    assert found["held"]["count"] == len(held) - len(unlinked)  # type: ignore[index]
    links = found["links"]
    assert isinstance(links, dict)
    again = place.diff().report["summary"]
    assert {name: links[name] for name in ("in_sync", "drifted", "unlinked")} == {
        name: again[name] for name in ("in_sync", "drifted", "unlinked")
    }


def test_what_is_held_is_held_since_the_first_run_that_found_it(place: World) -> None:
    place.reconcile("--yes")
    first = status(place)["held"]
    place.reconcile("--yes")
    place.reconcile("12", "--yes")
    place.reconcile("--field", "title", "--yes")
    assert status(place)["held"] == first


def test_a_part_of_the_scope_says_nothing_of_the_whole(place: World) -> None:
    place.reconcile("--yes", "2")
    place.reconcile("--yes", "--field", "status")
    place.reconcile("--yes", "--status", "mitigated")
    place.reconcile("--yes", "--since", "1d")
    found = status(place)
    assert (found["looked_at"], found["links"]) == (None, {})
    assert found["rates"] != []


def test_runs_that_reached_nothing_or_had_to_wait_are_told_and_counted(place: World) -> None:
    place.reconcile("--yes")
    with place.fault("jira", refuse(401)):
        assert place.reconcile("--yes").code == ExitCode.UNREACHABLE
    with lock(place.journal, lambda: None):
        assert place.reconcile("--yes").code == ExitCode.LOCKED
        found = status(place)
    assert found["failures_in_a_row"] == 1, "one that had to wait is none"
    errors = {(o["system"], o["category"]): o["count"] for o in found["errors"]}  # type: ignore[attr-defined]
    assert errors == {("jira", "auth"): 1, ("raidctl", "conflict"): 1}
    assert "another run is writing" in str(found["last_run"])
    durations = found["durations"]
    assert isinstance(durations, list)
    assert [(o["command"], o["runs"], o["failed"]) for o in durations] == [("reconcile", 3, 1)]


def test_it_asks_neither_system_and_writes_nothing(place: World) -> None:
    place.reconcile("--yes")
    before = place.journal.read_bytes()
    asked = len(place.impact.requests), len(place.jira.requests)
    ended = place.run("status", TZ="UTC")
    assert ended.code == ExitCode.OK
    assert ended.err == ""
    assert "Last run   reconcile" in ended.out
    assert "Next: raidctl held" in ended.out
    assert (len(place.impact.requests), len(place.jira.requests)) == asked
    assert place.journal.read_bytes() == before
    discreet(ended)


def test_the_check_is_one_line_and_one_code(place: World) -> None:
    bad = place.run("status", "--check")
    assert bad.code == ExitCode.INCOMPLETE
    assert bad.out == "failing: reconcile has not run over all links yet\n"
    assert bad.err == ""

    place.reconcile("--yes")
    good = place.run("status", "--check", "--max-age", "1h")
    assert (good.code, good.err) == (ExitCode.OK, "")
    assert re.fullmatch(r"ok: reconcile last ended well \d+ s ago; \d+ held\n", good.out)

    old = (datetime.now(UTC) - timedelta(hours=2)).isoformat()
    with closing(sqlite3.connect(place.journal)) as journal, journal:
        journal.execute("UPDATE runs SET started_at = ?, finished_at = ?", (old, old))
    late = place.run("status", "--check", "--max-age", "1h", "-o", "json")
    assert late.code == ExitCode.INCOMPLETE
    assert late.report["check"]["ok"] is False
    assert "longer than 1 h" in late.report["check"]["why"]
    assert late.err == ""
    assert place.run("status", "--check", "--max-age", "3h").code == ExitCode.OK
    assert place.run("status").code == ExitCode.OK


def test_three_failures_in_a_row_are_bad_however_young_the_success(place: World) -> None:
    place.reconcile("--yes")
    with place.fault("jira", refuse(401)):
        for code in (ExitCode.OK, ExitCode.OK, ExitCode.INCOMPLETE):
            place.reconcile("--yes")
            assert place.run("status", "--check").code == code
    assert (
        "3 runs of reconcile in a row failed; the last: JIRA" in place.run("status", "--check").out
    )


def test_what_somebody_tries_on_a_few_links_is_neither_a_success_nor_a_failure(
    place: World,
) -> None:
    place.reconcile("--yes")
    with place.fault("jira", refuse(401)):
        for _ in range(3):
            place.reconcile("--yes")
    before = place.run("status", "--check").out
    last = status(place)["last_success_at"]
    assert place.reconcile("1", "--yes").code == ExitCode.OK
    assert place.reconcile("--priority", "P1", "--yes").code == ExitCode.OK
    assert place.reconcile("--field", "title", "--yes").code == ExitCode.OK
    place.edit_incident(1, title="Another")
    assert place.run("reconcile", typed="no\n").code == ExitCode.DRIFT
    assert place.run("status", "--check").out == before
    assert status(place)["last_success_at"] == last


def test_a_target_that_is_none_three_times_is_no_trouble(place: World) -> None:
    place.reconcile("--yes")
    for _ in range(3):
        assert place.reconcile("99999", "--yes").code not in {ExitCode.OK, ExitCode.DRIFT}
    assert place.run("status", "--check").code == ExitCode.OK
    found = status(place)
    assert found["failures_in_a_row"] == 0
    assert sum(point["failed"] for point in found["chart"]["points"]) == 0  # type: ignore[index]


def test_what_waits_for_a_person_is_no_failure_though_it_is_told(place: World) -> None:
    assert place.reconcile("--yes", "--fail-on", "held").code == ExitCode.DRIFT
    assert place.run("status", "--check").code == ExitCode.OK
    assert status(place)["last_success_at"] is not None


def test_while_it_is_paused_the_check_says_so_and_is_well(place: World) -> None:
    place.reconcile("--yes")
    place.run("pause", "--for", "2h")
    place.edit_incident(1, title="Another")
    for _ in range(3):
        assert place.reconcile("--yes").code == ExitCode.BLOCKED
    ended = place.run("status", "--check", "--max-age", "1h")
    assert (ended.code, ended.err) == (ExitCode.OK, "")
    assert re.fullmatch(r"paused until \d{4}-.+ by .+; reconcile last ended well .+\n", ended.out)
    assert status(place)["failures_in_a_row"] == 0


@pytest.mark.parametrize("wrong", [("--max-age", "soon"), ("--since", "soon"), ("--max-age", "0h")])
def test_what_is_no_time_is_told(place: World, wrong: tuple[str, str]) -> None:
    assert wrong[1] in told_in_one_line(place.run("status", *wrong), ExitCode.USAGE)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("--max-age", "1h"), "--max-age is for --check"),
        (("--check", "--limit", "3"), "leave out --limit"),
        (("--check", "--since", "7d"), "leave out --limit and --since"),
    ],
)
def test_an_option_that_would_say_nothing_is_refused(
    place: World, asked: tuple[str, ...], said: str
) -> None:
    assert said in told_in_one_line(place.run("status", *asked), ExitCode.USAGE)
    assert place.run("status", *asked, "-o", "json").report["schema"] == "raidctl.status/1"


def test_since_takes_hours_or_days_and_no_more_than_there_are(place: World) -> None:
    place.reconcile("--yes")
    for since, each in (("6h", "hour"), ("9d", "day"), ("3000d", "day")):
        chart = status(place, "--since", since)["chart"]
        assert isinstance(chart, dict)
        assert chart["each"] == each
        assert len(chart["points"]) <= 402
        assert chart["points"][-1]["runs"] == 1


def test_a_journal_that_is_not_there_is_not_made(place: World) -> None:
    place.journal.unlink()
    assert status(place)["last_run"] is None
    assert not place.journal.exists()


def test_columns_are_those_of_the_rates(place: World) -> None:
    place.reconcile("--yes")
    ended = place.run("status", "-o", "csv", "--columns", "field,count")
    assert ended.out.splitlines()[0] == "field,count"


# Pruning


def test_prune_says_what_went_and_leaves_what_wrote(place: World) -> None:
    ran = place.reconcile("--yes").report["run"]
    long_ago = datetime.now(UTC) - timedelta(days=9)
    with closing(sqlite3.connect(place.journal)) as journal, journal:
        journal.execute("UPDATE runs SET started_at = ?", (long_ago.isoformat(),))
        for n in range(9):
            journal.execute(
                "INSERT INTO runs (id, command, started_at, exit_code, outcomes)"
                " VALUES (?, 'reconcile', ?, 0, '[]')",
                (f"{n}", long_ago.isoformat()),
            )
    ended = place.run("history", "--prune")
    assert (ended.code, ended.out) == (ExitCode.OK, "")
    assert ended.err.startswith("raidctl: went: 8 runs that wrote nothing, 0 unsent writes; ")
    runs = place.run("history", "-o", "json").report["runs"]
    assert [one["id"] for one in runs] == ["8", ran]


def test_prune_waits_for_nobody_and_takes_no_names(place: World) -> None:
    with lock(place.journal, lambda: None):
        told_in_one_line(place.run("history", "--prune"), ExitCode.LOCKED)
    told_in_one_line(place.run("history", "--prune", "12"), ExitCode.USAGE)
    place.journal.unlink()
    assert "there is no journal" in told_in_one_line(
        place.run("history", "--prune"), ExitCode.USAGE
    )
