"""What stands on the screen before and after a yes, and that all commands count alike."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from raidctl.errors import ExitCode
from tests.cli.process import Ended, talking
from tests.cli.world import World, world

QUESTION = "Type yes to write this: "


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    """Drift of every kind."""
    with world(tmp_path) as made:
        yield made


def test_at_the_question_the_changes_stand_last_and_alone(place: World) -> None:
    ended = place.run("reconcile", typed="no\n", NO_COLOR="1")

    before, asked, after = ended.err.partition(QUESTION)
    lines = before.splitlines()
    (held,) = (
        at for at, line in enumerate(lines) if "3 held (2 fields, 1 link): raidctl held" in line
    )
    rows = lines[held + 1 :]
    assert asked
    assert "raidctl: nothing was written" in after
    headings = [line[:12] for line in rows if line.startswith("Incident ")]
    assert headings == ["Incident 2 ·", "Incident 3 ·", "Incident 8 ·", "Incident 10 "]
    assert "hold" not in before
    assert "Next" not in before


@pytest.mark.parametrize("form", ["json", "csv"])
def test_whatever_the_format_the_changes_are_seen_before_the_question(
    place: World, form: str
) -> None:
    ended = place.run("reconcile", "-o", form, typed="no\n")
    assert "JIRA → Impact: P2" in ended.err.partition(QUESTION)[0]


def test_after_a_yes_the_screen_tells_what_was_written_and_the_rest_in_numbers(
    place: World,
) -> None:
    with talking("reconcile", environ=place.ready(NO_COLOR="1")) as talk:
        talk.until(QUESTION)
        talk.type("yes\n")
        screen = talk.ended().err.partition(QUESTION)[2]

    assert "4 of 4 changes applied." in screen
    assert "3 held (2 fields, 1 link): raidctl held" in screen
    assert "both sides changed" not in screen
    assert "Incidents without a JIRA issue (1)" not in screen
    assert "raidctl undo 2" in screen


def test_where_nobody_was_shown_the_plan_all_of_it_is_told_afterwards(place: World) -> None:
    ended = place.run("reconcile", "--yes")
    assert "both sides changed" in ended.out
    assert "applied" in ended.out


def held_count(ended: Ended) -> int:
    found = re.search(r"^\s*(?:.*, )?(\d+) held", ended.out, re.MULTILINE)
    assert found is not None, ended.out
    return int(found[1])


def test_every_command_counts_what_is_held_alike(place: World) -> None:
    """Fields and links; an incident without an issue is no link."""
    shown = [place.run("diff"), place.run("held"), place.run("reconcile", "--dry-run")]
    document = place.run("held", "-o", "json").report
    assert place.run("reconcile", "--yes", "-o", "json").code == ExitCode.OK
    past = place.run("history")

    assert [held_count(ended) for ended in (*shown, past)] == [3, 3, 3, 3]
    assert len(document["held"]) == 3
    assert place.run("history", "-o", "json").report["runs"][0]["held"] == 3


def test_what_is_decided_is_followed_by_reconcile_and_what_is_not_by_resolve(
    place: World,
) -> None:
    report = place.run("diff").out
    assert "  raidctl reconcile 2 3 8 10\n  raidctl resolve 4 5\n" in report
