"""What stands on the screen before and after a yes, and that all commands count alike."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from raidctl.core.model import Field
from raidctl.errors import ExitCode
from raidctl.sandbox.stage import WORKFLOW
from tests.cli.process import Ended, talking
from tests.cli.world import Pair, World, world

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
    assert re.findall(r"^P\d +(\d+) INC", "\n".join(rows), re.MULTILINE) == ["3", "8", "10", "2"]
    assert "hold:" not in before
    assert "Next" not in before


@pytest.mark.parametrize("form", ["json", "csv"])
def test_whatever_the_format_the_changes_are_seen_before_the_question(
    place: World, form: str
) -> None:
    ended = place.run("reconcile", "-o", form, typed="no\n")
    assert "→ Impact: P2" in ended.err.partition(QUESTION)[0]


def test_after_a_yes_the_screen_tells_what_was_written_and_the_rest_in_numbers(
    place: World,
) -> None:
    with talking("reconcile", environ=place.ready(NO_COLOR="1")) as talk:
        talk.until(QUESTION)
        talk.type("yes\n")
        screen = talk.ended().err.partition(QUESTION)[2]

    assert "4 of 4 changes applied." in screen
    assert "3 held (2 fields, 1 link): raidctl held" in screen
    assert "conflict" not in screen
    assert "Incidents without a JIRA issue (1)" not in screen
    assert "raidctl undo 2" in screen


def test_where_nobody_was_shown_the_plan_all_of_it_is_told_afterwards(place: World) -> None:
    ended = place.run("reconcile", "--yes")
    assert "hold: conflict" in ended.out
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


# What is asked for by name


@pytest.mark.parametrize("path", ["/browse/INC-2", "/projects/INC/boards/1?selectedIssue=INC-2"])
def test_an_address_of_another_site_is_no_target(place: World, path: str) -> None:
    ended = place.run("diff", f"https://another.example.test{path}")
    assert ended.code == ExitCode.USAGE
    assert "another site's" in ended.err
    assert place.run("diff", f"{place.jira.url}{path}", "-o", "json").items == {
        (2, "status", "impact_changed")
    }
    assert place.run("history", f"https://another.example.test{path}").code == ExitCode.USAGE


@pytest.mark.parametrize("site", ["another.example.test", ""])
def test_a_password_in_an_address_is_not_repeated(place: World, site: str) -> None:
    host = site or place.jira.url.partition("//")[2]
    ended = place.run("diff", f"https://bot:s3c/r#t@x@{host}/browse/nothing")
    assert ended.code == ExitCode.USAGE
    assert host in ended.err
    assert "s3c" not in ended.err


@pytest.mark.parametrize("command", ["diff", "held", "reconcile"])
@pytest.mark.parametrize("option", ["--status", "--priority"])
def test_a_name_that_nothing_has_is_wrong_usage(place: World, command: str, option: str) -> None:
    ended = place.run(command, option, "Nonesuch", option, "Mitigated")
    assert ended.code == ExitCode.USAGE
    assert "'Nonesuch'" in ended.err
    assert "Mitigated" not in ended.err


@pytest.mark.parametrize("name", ["Closed", "post-mortem", "open", "WAITING"])
def test_a_name_that_only_the_tables_have_finds_nothing(place: World, name: str) -> None:
    assert place.run("diff", "--status", name).code == ExitCode.OK


def test_a_name_that_only_a_link_has_finds_it(tmp_path: Path) -> None:
    """No table has it, and the demo's workflow."""
    pairs = (Pair(1, jira={Field.STATUS: "Code Review"}),)
    with world(tmp_path, pairs, workflow=WORKFLOW) as place:
        assert place.run("diff", "--status", "code REVIEW").code == ExitCode.DRIFT


# Lines on standard error


def test_a_line_is_broken_between_words_and_a_command_stays_in_one_piece(place: World) -> None:
    with talking("reconcile", "--max-changes", "1", environ=place.ready(COLUMNS="60")) as talk:
        screen = talk.ended().err

    told = screen[screen.index("raidctl: nothing was written") :].splitlines()
    assert max(map(len, told[:-1])) < 60
    assert " ".join(told[:-1]).endswith("to write exactly this plan:")
    assert told[-1].strip().startswith("raidctl reconcile --max-changes 1 --approve sha256:")


def test_a_word_stays_in_one_piece_however_long(place: World) -> None:
    name = "the-configuration-of-a-site-that-nobody-has-made-so-far.toml"
    ended = place.run("diff", "--config", name, typed="", COLUMNS="40")
    assert ended.code == ExitCode.USAGE
    assert f"/{name};" in ended.err


def test_no_limit_is_no_percentage_either(tmp_path: Path) -> None:
    many = tuple(Pair(number, impact={Field.PRIORITY: 2}) for number in range(11, 23))
    with world(tmp_path, many) as place:
        assert place.run("reconcile", "--max-changes", "50").code == ExitCode.BLOCKED
        assert place.run("reconcile", "--max-changes", "0").code == ExitCode.OK
