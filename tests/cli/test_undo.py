"""`raidctl undo`: what a run wrote is taken back, on both sides."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from raidctl.core.model import Field
from raidctl.errors import ExitCode
from raidctl.journal import lock
from tests.cli.decisions import both, items, outcomes, paused
from tests.cli.process import Ended, discreet, talking, told_in_one_line
from tests.cli.world import ADA, GRACE, Pair, World, world

PAIRS = (
    Pair(1, impact={Field.TITLE: "A new title of 1", Field.STATUS: "MITIGATED"}),
    Pair(2, jira={Field.PRIORITY: "High"}),
    Pair(3, jira={Field.TITLE: "Another title of 3"}),
    Pair(4),
)
WRITTEN = {(1, "title"), (1, "status"), (2, "priority"), (3, "title")}
FIELDS = {1: Field.TITLE, 2: Field.PRIORITY, 3: Field.TITLE}
BEFORE = {
    1: ("A new title of 1", "Incident 1"),
    2: (3, "High"),
    3: ("Incident 3", "Another title of 3"),
}
AFTER = {
    1: ("A new title of 1", "A new title of 1"),
    2: (2, "High"),
    3: ("Another title of 3", "Another title of 3"),
}
ACCEPTED = "Type yes to write this: "
UNKNOWN = "20200101T000000Z-beef"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, PAIRS) as made:
        yield made


@pytest.fixture
def run(place: World) -> str:
    """A run that wrote both sides; its name."""
    ended = place.run("reconcile", "--yes", "-o", "json")
    assert outcomes(ended, "reconcile") == dict.fromkeys(WRITTEN, "applied")
    assert both(place, FIELDS) == AFTER
    return str(ended.report["run"])


def undo(place: World, run: str, *arguments: str) -> Ended:
    return place.run("undo", run, "--yes", "-o", "json", *arguments)


def test_both_sides_are_put_back_and_what_was_taken_back_is_held(place: World, run: str) -> None:
    ended = undo(place, run)

    assert (ended.code, ended.err) == (ExitCode.OK, "")
    assert outcomes(ended, "undo") == dict.fromkeys(WRITTEN, "applied")
    assert {item["reason"] for item in items(ended, "undo").values()} == {"undo"}
    assert both(place, FIELDS) == BEFORE
    assert place.in_jira(1, Field.STATUS) == "In Progress"
    again = place.run("reconcile", "--yes", "-o", "json")
    assert (again.code, outcomes(again, "reconcile")) == (ExitCode.OK, {})
    assert {item["reason"] for item in items(again, "reconcile").values()} == {"undone"}
    waits = place.run("held", "-o", "json").report["held"]
    assert {(i["incident"], i["field"], i["reason"]) for i in waits} == {
        (number, name, "undone") for number, name in WRITTEN
    }
    assert all(item["since"] is not None for item in waits)
    assert place.sound()


def test_an_undo_is_a_run_that_history_tells_and_that_can_be_undone(place: World, run: str) -> None:
    second = str(undo(place, run).report["run"])
    told = place.run("history", second, "-o", "json").report
    third = undo(place, second)

    assert [one["command"] for one in told["runs"]] == ["undo"]
    assert len(told["writes"]) == 4
    assert outcomes(third, "undo") == dict.fromkeys(WRITTEN, "applied")
    assert both(place, FIELDS) == AFTER
    assert place.run("held", "--fail-on", "held").code == ExitCode.OK


def test_what_was_undone_can_be_decided(place: World, run: str) -> None:
    undo(place, run)
    ended = place.run("resolve", "1", "--field", "title", "--take", "impact", "-o", "json")
    assert outcomes(ended, "resolve") == {(1, "title"): "applied"}
    released = place.run("resolve", "2", "--take", "release")
    assert re.fullmatch(
        r"raidctl: 1 of 1 released; nothing was written \(run \S+\)\n", released.err
    )
    # the echo's guard still stands
    later = place.run("reconcile", "2", "3", "--yes", "-o", "json")
    assert items(later, "reconcile")[3, "title"]["reason"] == "undone"
    assert items(later, "reconcile")[2, "priority"]["reason"] in {"unfinished", "cooling"}


@pytest.mark.parametrize(
    ("arguments", "reached"),
    [
        (("INC-1", "3"), {(1, "title"), (1, "status"), (3, "title")}),
        (("1", "--field", "status"), {(1, "status")}),
    ],
)
def test_targets_and_fields_narrow_it(
    place: World, run: str, arguments: tuple[str, ...], reached: set[tuple[int, str]]
) -> None:
    ended = undo(place, run, *arguments)
    assert (ended.code, set(outcomes(ended, "undo"))) == (ExitCode.OK, reached)


def test_links_that_agree_are_not_called_drifted(place: World, run: str) -> None:
    place.state.edit(10_003, ADA.account, summary="Somebody's own title")
    dry = place.run("undo", run, "--dry-run", "-o", "json")
    done = undo(place, run)

    for told in (dry, done):
        summary = told.report["summary"]
        assert (summary["links"], summary["in_sync"], summary["drifted"]) == (3, 2, 1)


def test_a_commander_that_agrees_is_not_called_drifted(tmp_path: Path) -> None:
    """Who is who nobody asks for an undo: it was seen to agree."""
    with world(tmp_path, (Pair(1, impact={Field.COMMANDER: GRACE.email}),)) as place:
        run = place.run("reconcile", "--yes", "-o", "json")
        assert outcomes(run, "reconcile") == {(1, "commander"): "applied"}
        summary = undo(place, run.report["run"]).report["summary"]
    assert (summary["in_sync"], summary["drifted"]) == (1, 0)


def test_raidctls_own_later_write_is_not_blamed_on_a_person(place: World, run: str) -> None:
    place.edit_incident(1, title="A yet newer title")
    later = place.run("reconcile", "1", "--yes", "-o", "json")
    assert outcomes(later, "reconcile") == {(1, "title"): "applied"}
    name = later.report["run"]
    told = items(undo(place, run), "undo")[1, "title"]

    assert told["outcome"] == "stale"
    assert told["detail"] == (
        f"run {name} of raidctl has written it since: raidctl undo {name} first"
    )


# What cannot be taken back


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((UNKNOWN,), f"no run {UNKNOWN} in the journal: see raidctl history"),
        (("12",), "'12' is no run: raidctl history names them"),
        (("",), "'' is no run"),
        ((UNKNOWN, "12x"), "12x"),
    ],
)
def test_a_run_that_nobody_knows_is_told_before_anything_is_asked(
    place: World, arguments: tuple[str, ...], words: str
) -> None:
    ended = place.run("undo", *arguments, "--yes")
    assert words in told_in_one_line(ended, ExitCode.USAGE)
    assert (place.impact.requests, place.jira.requests) == ([], [])
    assert place.journalled("SELECT * FROM runs") == []


def test_a_run_that_is_undone_already_is_told_with_what_takes_that_back(
    place: World, run: str
) -> None:
    second = undo(place, run).report["run"]
    before = place.writes, place.events
    line = told_in_one_line(undo(place, run), ExitCode.USAGE)

    assert f"run {run} is taken back already, by {second}" in line
    assert f"raidctl undo {second} takes that back" in line
    assert (place.writes, place.events) == before


def test_a_run_that_wrote_nothing_of_it(place: World, run: str) -> None:
    line = told_in_one_line(undo(place, run, "4"), ExitCode.USAGE)
    assert f"run {run} wrote nothing of this that could be taken back" in line


def test_what_somebody_has_changed_since_is_stale_and_left_alone(place: World, run: str) -> None:
    place.state.edit(10_001, ADA.account, summary="Somebody's own title")
    place.edit_incident(2, priority_id=priority(place, 5))
    ended = undo(place, run)

    assert ended.code == ExitCode.INCOMPLETE
    assert outcomes(ended, "undo") == {
        (1, "title"): "stale",
        (1, "status"): "applied",
        (2, "priority"): "stale",
        (3, "title"): "applied",
    }
    assert place.in_jira(1, Field.TITLE) == "Somebody's own title"
    assert place.in_impact(2, Field.PRIORITY) == 5
    details = {key: item["detail"] for key, item in items(ended, "undo").items()}
    assert "JIRA has changed it since that run wrote it" in details[1, "title"]
    assert "Impact has changed it since" in details[2, "priority"]


def priority(place: World, value: int) -> object:
    """Its id in FireFighter's database."""
    from sqlalchemy import create_engine, select  # noqa: PLC0415 - only here

    from raidctl.gateways.impact.database.tables import priority as table  # noqa: PLC0415 - only here

    engine = create_engine(f"sqlite:///{place.database}")
    with engine.connect() as connection:
        found = connection.execute(select(table.c.id).where(table.c.value == value)).scalar_one()
    engine.dispose()
    return found


def test_closing_again_needs_to_be_allowed(tmp_path: Path) -> None:
    """A run reopened the issue."""
    reopened = Pair(1, impact={Field.STATUS: "MITIGATING"}, jira={Field.STATUS: "Closed"})
    resolution = '[jira.transition_fields.Closed]\nresolution = { name = "Done" }'
    with world(tmp_path, (reopened,)) as place:
        config = place.toml(more=resolution)
        arguments = ("--direction", "impact-to-jira", "-o", "json")
        ended = place.run("reconcile", *arguments, config=config)
        assert outcomes(ended, "reconcile") == {(1, "status"): "applied"}
        run = ended.report["run"]
        held = place.run("undo", run, "-o", "json", config=config)
        shown = place.run("undo", run, config=config).out
        allowed = place.run("undo", run, "-o", "json", "--allow-close", config=config)

        assert items(held, "undo")[1, "status"]["reason"] == "closing"
        assert outcomes(held, "undo") == {}
        assert f"Next\n  raidctl undo {run} --allow-close  # closes as well\n" in shown
        assert "raidctl reconcile" not in shown
        assert outcomes(allowed, "undo") == {(1, "status"): "applied"}
        assert place.in_jira(1, Field.STATUS) == "Closed"


def test_an_undo_that_is_held_entirely_is_not_taken_for_done(place: World, run: str) -> None:
    place.state.hidden.add("summary")
    before = place.writes, place.events
    ended = undo(place, run, "1", "--field", "title")

    assert (ended.code, outcomes(ended, "undo")) == (ExitCode.INCOMPLETE, {})
    told = items(ended, "undo")[1, "title"]
    assert (told["verdict"], told["reason"]) == ("hold", "unreadable")
    assert (place.writes, place.events) == before


def test_an_undo_of_which_a_part_is_held_is_not_taken_for_done_either(
    place: World, run: str
) -> None:
    place.state.hidden.add("summary")
    ended = undo(place, run, "1")

    assert ended.code == ExitCode.INCOMPLETE
    assert outcomes(ended, "undo") == {(1, "status"): "applied"}
    assert place.in_jira(1, Field.STATUS) == "In Progress"


def test_a_table_tells_what_each_field_goes_back_to(place: World, run: str) -> None:
    ended = place.run("undo", run, "1", "--yes")
    table = " ".join(ended.out.split())

    assert ended.code == ExitCode.OK
    assert "Put back, or hold" in table
    assert "applied → JIRA: In Progress" in table


# What stands in the way


def test_beyond_a_limit_nothing_is_written_but_by_the_command_that_approves_it(
    place: World, run: str
) -> None:
    """A process, because the command that it prints is the one that was typed."""
    blocked = place.run("undo", run, "-o", "json", "--max-changes", "2")
    printed = re.search(r"to write exactly this plan: raidctl (.*)$", blocked.err, re.MULTILINE)
    assert printed is not None, blocked.err

    assert (blocked.code, outcomes(blocked, "undo")) == (ExitCode.BLOCKED, {})
    assert "3 links would change; max_changes is 2" in blocked.err
    assert both(place, FIELDS) == AFTER
    other = place.run("undo", run, "--approve", "sha256:0", "-o", "json")
    assert (other.code, both(place, FIELDS)) == (ExitCode.BLOCKED, AFTER)
    done = place.run(*shlex.split(printed[1]))
    assert (done.code, both(place, FIELDS)) == (ExitCode.OK, BEFORE)


def test_the_percentage_of_links_is_no_limit_to_an_undo(tmp_path: Path) -> None:
    """All of a run is what was asked for."""
    pairs = tuple(Pair(number, impact={Field.PRIORITY: 2}) for number in range(11, 23))
    with world(tmp_path, pairs) as place:
        config = place.toml(more="[safety]\nmax_change_percent = 0")
        ended = place.run("reconcile", "--yes", "-o", "json", config=config)
        assert len(outcomes(ended, "reconcile")) == 12
        taken = undo(place, str(ended.report["run"]))
        assert (taken.code, len(outcomes(taken, "undo"))) == (ExitCode.OK, 12), taken.err


def test_a_pause_and_another_run_stop_it(place: World, run: str) -> None:
    with lock(place.journal, lambda: None):
        told_in_one_line(undo(place, run), ExitCode.LOCKED)
    paused(place)
    ended = undo(place, run)
    assert (ended.code, outcomes(ended, "undo")) == (ExitCode.BLOCKED, {})
    assert "raidctl is paused; raidctl resume ends that" in ended.err
    assert both(place, FIELDS) == AFTER


# Somebody is asked


def test_somebody_sees_what_would_be_taken_back_and_is_asked(place: World, run: str) -> None:
    declined = place.run("undo", run, typed="no\n")
    assert (declined.code, both(place, FIELDS)) == (ExitCode.DRIFT, AFTER)
    assert "→ JIRA: In Progress" in declined.out
    assert "This changes 4 fields of 3 links:\n" in declined.err
    assert "  in Impact: 1 title, 1 priority\n" in declined.err
    assert "  in JIRA: 1 title, 1 status\n" in declined.err
    discreet(declined)

    ended = place.run("undo", run, "-o", "json", typed="yes\n")
    assert ACCEPTED in ended.err
    assert outcomes(ended, "undo") == dict.fromkeys(WRITTEN, "applied")
    assert both(place, FIELDS) == BEFORE


@pytest.mark.slow
def test_ctrl_c_at_the_question_writes_nothing(place: World, run: str) -> None:
    with talking("undo", run, environ=place.ready()) as talk:
        talk.until(ACCEPTED)
        talk.type("\x03")
        ended = talk.ended()

    assert (ended.code, both(place, FIELDS)) == (ExitCode.INTERRUPTED, AFTER)
    assert "raidctl: interrupted; nothing was written\n" in ended.err
    assert GRACE.account not in ended.err
    assert place.sound()
