"""`raidctl resolve --take`: what a script decides about what is held."""

import re
import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from raidctl.core.memory import BaselineState
from raidctl.core.model import Field, SyncDirection, Value
from raidctl.errors import ExitCode
from raidctl.journal import Journal, lock
from raidctl.journal.cells import from_time
from raidctl.sandbox.server import Request
from tests.cli.decisions import (
    CONFLICTS,
    both,
    items,
    outcomes,
    paused,
    quarantine,
    untouched,
)
from tests.cli.process import WEBHOOK_SECRET, Ended, told_in_one_line
from tests.cli.world import HIDDEN, MAPPING, NOW, Pair, World, world
from tests.simulators.server import refuse

HELD = {1: Field.PRIORITY, 2: Field.TITLE, 3: Field.STATUS}
BEFORE = {
    1: (1, "Low"),
    2: ("Incident 2", "Another title of 2"),
    3: ("MITIGATED", "Open"),
}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, CONFLICTS) as made:
        yield made


def take(place: World, what: str, *arguments: str) -> Ended:
    """Decide all of it one way, as JSON."""
    return place.run("resolve", "--take", what, "-o", "json", *arguments)


def kinds(place: World) -> set[str]:
    """Who wanted what the journal says was written."""
    return {kind for (kind,) in place.journalled("SELECT DISTINCT kind FROM writes")}


def done_words(ended: Ended, words: str) -> str:
    """What is said of decisions that were noted."""
    return f"raidctl: {words} (run {ended.report['run']})\n"


# The answers


def test_impacts_values_are_taken_of_all_that_is_held_and_of_nothing_else(place: World) -> None:
    ended = take(place, "impact")

    assert (ended.code, ended.err) == (ExitCode.OK, "")
    told = items(ended, "resolve")
    assert set(told) == {(n, name.value) for n, name in HELD.items()}
    assert {(item["reason"], item["outcome"]) for item in told.values()} == {
        ("resolved", "applied")
    }
    assert both(place, HELD) == {
        1: (1, "Highest"),
        2: ("Incident 2", "Incident 2"),
        3: ("MITIGATED", "Resolved"),
    }
    assert place.in_jira(4, Field.TITLE) == "Incident 4"
    assert (place.events, kinds(place)) == ([], {"resolve"})
    assert place.run("held", "--fail-on", "held").code == ExitCode.OK
    assert place.sound()


def test_jiras_values_are_taken_where_impact_can_be_given_them(place: World) -> None:
    """What cannot be taken leaves the answer incomplete."""
    ended = take(place, "jira")

    assert ended.code == ExitCode.INCOMPLETE
    assert outcomes(ended, "resolve") == dict.fromkeys([(1, "priority"), (2, "title")], "applied")
    stuck = items(ended, "resolve")[3, "status"]
    assert (stuck["verdict"], stuck["reason"]) == ("hold", "read_only")
    assert both(place, HELD) == {
        1: (4, "Low"),
        2: ("Another title of 2", "Another title of 2"),
        3: ("MITIGATED", "Open"),
    }
    assert (place.writes, len(place.events)) == ([], 1)
    again = place.run("held", "-o", "json")
    assert [item["incident"] for item in again.report["held"]] == [3]


def test_what_was_skipped_is_not_skipped_again_but_can_still_be_decided(place: World) -> None:
    first = take(place, "skip")
    again = take(place, "skip")
    assert (first.code, both(place, HELD)) == (ExitCode.OK, BEFORE)
    assert first.err == done_words(first, "3 of 3 skipped; nothing was written")
    assert (again.code, items(again, "resolve")) == (ExitCode.OK, {})
    assert again.err == "raidctl: nothing to decide; raidctl held shows what waits\n"

    assert set(items(take(place, "skip", "1"), "resolve")) == {(1, "priority")}  # by its name
    assert outcomes(take(place, "impact"), "resolve") == dict.fromkeys(
        [(1, "priority"), (2, "title"), (3, "status")], "applied"
    )


def test_what_is_released_is_left_to_the_next_run(place: World) -> None:
    quarantine(place, 4, Field.TITLE)
    assert (4, "title") not in outcomes(place.run("reconcile", "--yes", "-o", "json"), "reconcile")
    ended = take(place, "release", "4")

    assert (ended.code, place.writes) == (ExitCode.OK, [])
    assert ended.err == done_words(ended, "1 of 1 released; nothing was written")
    following = place.run("reconcile", "--yes", "-o", "json")
    assert outcomes(following, "reconcile") == {(4, "title"): "applied"}


def test_a_conflict_has_nothing_to_be_released_from(place: World) -> None:
    ended = take(place, "release", "1")
    assert (ended.code, ended.err) == (
        ExitCode.OK,
        done_words(
            ended,
            "0 of 1 released; nothing was written; nothing stands in the way of "
            "these, take a side: incident 1 priority",
        ),
    )
    assert both(place, HELD) == BEFORE


def test_a_skip_has_an_end_and_a_reason_and_can_be_taken_back(place: World) -> None:
    how = ("--for", "7d", "--because", "the vendor looks at it")
    assert take(place, "skip", "1", "2", *how).code == ExitCode.OK
    (told, *_) = place.run("held", "-o", "json").report["held"]
    end = datetime.fromisoformat(told["skipped_until"]) - datetime.now(UTC)
    back = take(place, "unskip")

    assert timedelta(days=6, hours=23) < end < timedelta(days=7)
    assert told["skipped_because"] == "the vendor looks at it"
    assert set(items(back, "resolve")) == {(1, "priority"), (2, "title")}
    assert back.err.startswith("raidctl: 2 of 2 asked about again; nothing was written; of 3 held")
    assert not any(one["skipped"] for one in place.run("held", "-o", "json").report["held"])


def test_a_skip_that_has_ended_is_decided_again(place: World) -> None:
    assert take(place, "skip", "--for", "1m").code == ExitCode.OK
    with closing(sqlite3.connect(place.journal)) as connection, connection:
        connection.execute("UPDATE skips SET until = ?", (from_time(NOW - timedelta(days=1)),))
    assert len(items(take(place, "skip"), "resolve")) == 3


@pytest.mark.parametrize("length", ["soon", "0d", "999999w", "7", "-1d"])
def test_what_is_no_length_of_time_is_wrong_usage(place: World, length: str) -> None:
    ended = place.run("resolve", "--take", "skip", f"--for={length}")
    assert "is no length of time" in told_in_one_line(ended, ExitCode.USAGE)
    assert ended.code == ExitCode.USAGE


def test_an_end_goes_with_a_skip_alone(place: World) -> None:
    ended = place.run("resolve", "--take", "impact", "--for", "7d")
    assert "go with a skip" in told_in_one_line(ended, ExitCode.USAGE)


@pytest.mark.parametrize("what", ["skip", "release"])
def test_on_a_terminal_what_is_only_noted_is_asked_about_as_well(place: World, what: str) -> None:
    declined = place.run("resolve", "1", "--take", what, typed="no\n")
    question = f"Type yes to {what} this field: "

    assert declined.code == ExitCode.DRIFT
    assert "incident 1 · INC-1 · priority: both sides changed" in declined.err
    assert question in declined.err
    assert place.journalled("SELECT * FROM skips") == []
    agreed = place.run("resolve", "1", "--take", what, typed="yes\n")
    unasked = place.run("resolve", "1", "--take", what, "--yes", typed="")
    assert (agreed.code, unasked.code) == (ExitCode.OK, ExitCode.OK)
    assert question in agreed.err
    assert question not in unasked.err


# What is asked for


@pytest.mark.parametrize(
    ("arguments", "reached"),
    [
        (("INC-2", "1"), {(1, "priority"), (2, "title")}),
        (("--field", "status"), {(3, "status")}),
        (("--priority", "Low"), {(1, "priority")}),
        (("4", "5"), set[tuple[int, str]]()),
    ],
)
def test_filters_narrow_it(
    place: World, arguments: tuple[str, ...], reached: set[tuple[int, str]]
) -> None:
    ended = take(place, "impact", *arguments)
    assert (ended.code, set(outcomes(ended, "resolve"))) == (ExitCode.OK, reached)


def test_a_target_nobody_has_leaves_the_answer_incomplete(place: World) -> None:
    ended = take(place, "impact", "99")
    assert (ended.code, items(ended, "resolve")) == (ExitCode.INCOMPLETE, {})
    assert ended.report["unread"][0]["what"] == "incident 99"


def test_closing_needs_to_be_allowed(tmp_path: Path) -> None:
    closed = Pair(1, impact={Field.STATUS: "CLOSED"}, jira={Field.STATUS: "Resolved"})
    resolution = '[jira.transition_fields.Closed]\nresolution = { name = "Done" }'
    with world(tmp_path, (closed,)) as place:
        config = place.toml(more=resolution)
        arguments = ("resolve", "1", "--take", "impact", "-o", "json")
        held = place.run(*arguments, config=config)
        shown = place.run(*arguments[:-2], config=config).out
        allowed = place.run(*arguments, "--allow-close", config=config)

        assert held.code == ExitCode.INCOMPLETE
        assert items(held, "resolve")[1, "status"]["reason"] == "closing"
        assert "raidctl resolve 1 --take impact --allow-close  # closes as well\n" in shown
        assert "raidctl reconcile" not in shown
        assert (allowed.code, place.in_jira(1, Field.STATUS)) == (ExitCode.OK, "Closed")


# What was planned, and refused before


@pytest.fixture
def moved(tmp_path: Path) -> Iterator[World]:
    """The incident has moved to what the issue says already; JIRA's own word would follow it."""
    with world(tmp_path, (Pair(1, jira={Field.STATUS: "Blocked"}, agreed=False),)) as made:
        yield made


def remember(place: World, state: BaselineState) -> None:
    """That incident was INVESTIGATING before, and how that pair came about."""
    direction = SyncDirection.IMPACT_TO_JIRA if state is BaselineState.UNDONE else None
    left = MAPPING.agreed(Field.STATUS, "INVESTIGATING", "Blocked")
    left = replace(left, state=state, direction=direction)
    with closing(Journal(place.journal)) as journal:
        journal.record_baselines([(1, 10_001, Field.STATUS, left)], "test", NOW)


@pytest.mark.parametrize("state", [BaselineState.AGREED, BaselineState.UNDONE])
def test_a_write_that_was_refused_is_not_made_by_taking_the_other_side(
    moved: World, state: BaselineState
) -> None:
    remember(moved, state)
    with moved.fault("jira", refuse(400), moves):
        refused = moved.run("reconcile", "--yes", "-o", "json")
    assert outcomes(refused, "reconcile") == {(1, "status"): "refused"}
    sent = len(moved.writes)
    take(moved, "jira")

    assert (len(moved.writes), moved.events) == (sent, [])
    assert both(moved, {1: Field.STATUS}) == {1: ("MITIGATING", "Blocked")}


def test_where_there_is_nothing_to_take_of_a_side_nothing_is_written(moved: World) -> None:
    """Were it not for what was taken back, both sides would be taken to agree."""
    remember(moved, BaselineState.UNDONE)
    quarantine(moved, 1, Field.STATUS)
    ended = take(moved, "jira")

    assert (ended.code, items(ended, "resolve")) == (ExitCode.OK, {})
    assert ended.err == "raidctl: nothing to write: the other side agrees with jira's already\n"
    assert untouched(moved)


def moves(request: Request) -> bool:
    return request.method == "POST" and request.path.endswith("/transitions")


@pytest.mark.parametrize(
    ("what", "words"),
    [("skip", "1 of 1 skipped"), ("release", "1 of 1 released")],
)
def test_what_was_refused_and_is_only_noted_is_done_with(
    place: World, what: str, words: str
) -> None:
    """The next run plans it again; nothing of it is left undone by this one."""
    place.state.off_screen.add("summary")
    refused = place.run("reconcile", "4", "--yes", "-o", "json")
    assert outcomes(refused, "reconcile") == {(4, "title"): "refused"}
    sent = len(place.writes)
    ended = take(place, what, "4")

    assert ended.code == ExitCode.OK
    assert ended.err == done_words(ended, f"{words}; nothing was written")
    (told,) = items(ended, "resolve").values()
    assert (told["verdict"], told["reason"]) == ("hold", "refused")
    assert (len(place.writes), place.events) == (sent, [])
    assert place.in_jira(4, Field.TITLE) == "Incident 4"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "give --take impact, jira, skip, unskip or release"),
        (("--yes",), "--yes and --approve go with --take"),
        (("--approve", "sha256:0"), "--yes and --approve go with --take"),
        (("--take", "both"), "'both' is not one of"),
        (("--take", "impact", "12x"), "12x"),
    ],
)
def test_without_a_terminal_it_takes_a_decision_that_there_is(
    place: World, arguments: tuple[str, ...], words: str
) -> None:
    ended = place.run("resolve", *arguments)
    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert words in ended.err
    assert (place.impact.requests, place.jira.requests) == ([], [])


# What stands in the way


def test_beyond_a_limit_nothing_is_written_but_by_the_command_that_approves_it(
    place: World,
) -> None:
    """A process, because the command that it prints is the one that was typed."""
    arguments = ("resolve", "--take", "impact", "-o", "json", "--max-changes", "2")
    blocked = place.run(*arguments)
    printed = re.search(r"to write exactly this plan: raidctl (.*)$", blocked.err, re.MULTILINE)
    assert printed is not None, blocked.err

    assert (blocked.code, outcomes(blocked, "resolve")) == (ExitCode.BLOCKED, {})
    assert "3 links would change; max_changes is 2" in blocked.err
    assert untouched(place)
    done = place.run(*shlex.split(printed[1]))
    assert (done.code, len(outcomes(done, "resolve"))) == (ExitCode.OK, 3)


def test_a_pause_stops_it(place: World) -> None:
    paused(place)
    ended = take(place, "impact")
    assert (ended.code, outcomes(ended, "resolve")) == (ExitCode.BLOCKED, {})
    assert "raidctl is paused; raidctl resume ends that" in ended.err
    assert untouched(place)


def test_another_run_that_writes_stops_it(place: World) -> None:
    with lock(place.journal, lambda: None):
        told_in_one_line(take(place, "impact"), ExitCode.LOCKED)
        told_in_one_line(take(place, "skip"), ExitCode.LOCKED)
    assert untouched(place)


def test_an_outage_is_one_line(place: World) -> None:
    with place.fault("jira", refuse(401)):
        told_in_one_line(take(place, "impact"), ExitCode.UNREACHABLE)
    assert untouched(place)


def test_the_table_is_what_a_person_reads(place: World) -> None:
    ended = place.run("resolve", "1", "--take", "jira")
    assert (ended.code, ended.err) == (ExitCode.OK, "")
    assert "1 of 1 change applied." in ended.out
    assert WEBHOOK_SECRET not in ended.out


def test_what_is_held_is_one_number_wherever_one_link_or_side_is_decided(tmp_path: Path) -> None:
    ours: dict[Field, Value] = {Field.PRIORITY: 1, Field.TITLE: "One"}
    theirs: dict[Field, Value] = {Field.PRIORITY: "Low", Field.TITLE: "Two"}
    pairs = (Pair(1, ours, theirs), Pair(2, ours, theirs), Pair(HIDDEN), Pair(4))
    with world(tmp_path, pairs) as place:
        every = [place.run(*words).out for words in (["diff"], ["held"])]
        assert all("5 held (4 fields, 1 link)" in out for out in every)
        assert "3 in sync, 2 held (2 fields)." in place.run("explain", "1").out
        assert "what Impact has; 1 held (1 link)." in place.run("explain", str(HIDDEN)).out
        taken = ("resolve", "--take", "jira")
        shown, skipped = place.run(*taken, "--dry-run").out, place.run("resolve", "--take", "skip")
        assert (skipped.code, place.run("history", "-o", "json").report["runs"][0]["held"]) == (
            0,
            5,
        )
        written = place.run(*taken, "--yes").out
        for out in (shown, written):
            assert "Held, and not decided here: 1 of whole links." in out
        for out in (shown, written, place.run("diff").out):
            assert "1 held (1 link): raidctl held" in out, "what is settled is held no more"
        assert place.run("history", "-o", "json").report["runs"][0]["held"] == 1


def test_why_nothing_was_decided_is_said_once_and_recorded(tmp_path: Path) -> None:
    why = "nothing to decide; raidctl held shows what waits"
    with world(tmp_path, (Pair(HIDDEN),)) as place:
        ended = place.run("resolve", "--take", "jira", "-o", "json")
        (run,) = place.run("history", "-o", "json").report["runs"]
    assert (ended.code, ended.err) == (ExitCode.INCOMPLETE, f"raidctl: {why}\n")
    assert run["why"] == why
