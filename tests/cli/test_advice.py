"""What `Next` says is what is on the screen: the same links, fields and way, written by it."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from raidctl.core.model import Field
from raidctl.errors import ExitCode
from tests.cli.process import Ended
from tests.cli.world import Pair, World, world

PAIRS = (
    Pair(1),
    Pair(2, impact={Field.STATUS: "MITIGATED", Field.TITLE: "A new title of 2"}),
    Pair(3, jira={Field.PRIORITY: "High"}),
    Pair(4, impact={Field.PRIORITY: 1}, jira={Field.PRIORITY: "Low"}),
    Pair(5, jira={Field.TITLE: "Another title of 5"}, agreed=False),
    Pair(8, impact={Field.STATUS: "CLOSED", Field.TITLE: "A new title of 8"}),
    Pair(7, impact={Field.PRIORITY: 2}, agreed=False),
    *(Pair(n, impact={Field.TITLE: f"A new title of {n}"}) for n in range(20, 30)),
    Pair(40, impact={Field.TITLE: "New, and long closed"}, days=60),
)
DIFFS = (
    "",
    "2",
    "2 3 INC-4",
    "--field status",
    "2 --field title",
    "--field title",
    "--field title --field priority",
    "--prefer impact",
    "--prefer jira",
    "4 5 --prefer impact",
    "--field priority --prefer jira",
    "--direction impact-to-jira",
    "--direction jira-to-impact",
    "3 --direction impact-to-jira",
    "--priority P1 --prefer impact",
    "--priority P3",
    "--status MITIGATED",
    "--since 7d",
    "--all",
    "--all --field title",
    "20 21 22 23 24 25 26 27 28 29",
    "--reason impact_changed",
    "--verdict write_jira",
    "--limit 3",
    "--limit 12 --field title",
    "--reason prefer --prefer impact",
    "--config {config} 2",
)
WRITTEN = ("incident", "field", "verdict", "direction", "to")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Impact and JIRA with more to write than anybody would type the numbers of."""
    with world(tmp_path_factory.mktemp("advice"), PAIRS) as made:
        yield made


def planned(ended: Ended) -> set[tuple[Any, ...]]:
    """What a report would write."""
    items = ended.report["items"]
    return {tuple(i[name] for name in WRITTEN) for i in items if i["verdict"] != "hold"}


def shown(site: World, arguments: list[str]) -> set[tuple[Any, ...]]:
    """What a diff shows that would be written."""
    return planned(site.run("diff", *arguments, "-o", "json"))


def advised(ended: Ended, command: str) -> list[list[str]]:
    """The lines under `Next` that run a command of raidctl, as a shell takes them."""
    lines = re.findall(rf"^  (raidctl {command}\b.*)$", ended.out, re.MULTILINE)
    return [shlex.split(line, comments=True)[1:] for line in lines]


@pytest.mark.parametrize("line", DIFFS)
def test_the_reconcile_that_is_advised_plans_what_was_shown(site: World, line: str) -> None:
    arguments = line.format(config=site.configured()).split()
    told = site.run("diff", *arguments, COLUMNS="200")
    rows = shown(site, arguments)

    without = [one for one in advised(told, "reconcile") if "--allow-close" not in one]

    assert len(without) <= 1
    for command in without:
        assert planned(site.run(*command, "--dry-run", "-o", "json")) == rows
    partly = "--limit" in line and not without
    assert without or not rows or partly, told.out


def test_what_is_to_be_copied_is_broken_nowhere(site: World) -> None:
    asked = ("diff", "--reason", "impact_changed")
    narrow, wide = (
        advised(site.run(*asked, COLUMNS=width), "reconcile") for width in ("70", "200")
    )
    assert narrow == wide
    assert max(map(len, narrow)) > 12


def test_nobody_is_sent_in_a_circle(site: World) -> None:
    """From what only a person decides over what that would do to the line that does it."""
    held = site.run("reconcile", "5", "7", "--dry-run", COLUMNS="200")
    (look,) = advised(held, "diff")
    seen = site.run(*look, COLUMNS="200")
    (write,) = advised(seen, "reconcile")

    assert write == ["reconcile", "5", "7", "--prefer", "impact"]
    assert len(planned(site.run(*write, "--dry-run", "-o", "json"))) == 2


def test_what_would_close_is_closed_by_what_was_asked_for_and_no_more(site: World) -> None:
    asked = ("--field", "status", "--prefer", "impact")
    told = site.run("reconcile", *asked, "--dry-run", COLUMNS="200")
    closing = next(line for line in advised(told, "reconcile") if "--allow-close" in line)
    assert closing == ["reconcile", "8", *asked, "--allow-close"]

    again = site.run(*closing, "--dry-run", COLUMNS="200")
    assert advised(again, "reconcile") == [closing]


def test_the_configuration_is_named_wherever_it_was_typed(site: World) -> None:
    file = str(site.configured())
    for typed in (("--config", file, "diff", "4"), ("diff", "4", "--config", file)):
        told = site.run(*typed, COLUMNS="200")
        assert advised(told, "resolve") == [["resolve", "4", "--config", file]]
    held = site.run("held", "4", "--config", file, COLUMNS="200").out
    assert f"raidctl resolve 4 --config {file} --field priority" in held


def test_a_command_that_lacks_an_option_names_the_incidents_instead(site: World) -> None:
    """`--reason` is of diff alone: without it reconcile would be about more."""
    told = site.run("diff", "--reason", "impact_changed", COLUMNS="200")
    (command,) = [one for one in advised(told, "reconcile") if "--allow-close" not in one]
    assert command == ["reconcile", "2", "8", *map(str, range(20, 30)), "40"]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    """The same, to be written."""
    with world(tmp_path, PAIRS[:7]) as made:
        yield made


def test_what_is_skipped_is_not_to_be_resolved_but_how_a_skip_ends_is_said(place: World) -> None:
    place.run("resolve", "--take", "skip", "--yes", "4", "5", "7")
    told = place.run("diff", COLUMNS="200")

    assert advised(told, "resolve") == [["resolve", "4", "5", "7", "--take", "unskip"]]
    assert advised(told, "diff") == []
    ended = place.run("resolve", "4", "5", "7", "--take", "unskip", "--yes")
    assert ended.code == ExitCode.OK, ended.err
    assert advised(place.run("diff", COLUMNS="200"), "resolve") == [["resolve", "4", "5", "7"]]


def test_after_a_run_of_some_links_what_is_left_is_said(place: World) -> None:
    told = place.run("reconcile", "--field", "title", "--yes", COLUMNS="200")
    assert advised(told, "undo")
    assert ["diff"] in advised(told, "diff"), told.out
    assert ["resolve", "5", "--field", "title"] in advised(told, "resolve")


def test_an_undo_says_what_it_holds_and_what_helps(tmp_path: Path) -> None:
    """What it holds, `raidctl held` does not know; and once it has written, it is the last run."""
    reopened = Pair(1, impact={Field.STATUS: "MITIGATING"}, jira={Field.STATUS: "Closed"})
    resolution = '[jira.transition_fields.Closed]\nresolution = { name = "Done" }'
    with world(tmp_path, (reopened, Pair(2, impact={Field.TITLE: "New"}))) as place:
        config = place.toml(more=resolution)

        def run(*arguments: str) -> Ended:
            return place.run(*arguments, config=config, COLUMNS="200")

        written = run("reconcile", "--direction", "impact-to-jira", "--yes", "-o", "json")
        name = written.report["run"]
        dry, done = run("undo", "last", "--dry-run"), run("undo", "last", "--yes")

        for ended in (dry, done):
            assert "raidctl held" not in ended.out + ended.err
            assert "1 held (1 field), in this undo alone" in ended.out
        assert advised(dry, "undo") == [["undo", name, "--allow-close"], ["undo", name]]
        closes, back = advised(done, "undo")
        assert closes == ["undo", name, "--yes", "--allow-close"]
        assert back[1] != name
        assert "1 of 2 could not be done: held, such as incident 1, status: closing" in done.err
        assert run(*closes).code == ExitCode.OK
        assert place.in_jira(1, Field.STATUS) == "Closed"


@pytest.mark.parametrize("command", ["undo {run}", "resolve --take impact"])
def test_what_was_only_tried_is_told_with_the_line_that_does_it(place: World, command: str) -> None:
    run = place.run("reconcile", "--yes", "-o", "json").report["run"]
    typed = command.format(run=run).split()
    told = place.run(*typed, "--dry-run", COLUMNS="200")
    assert typed in advised(told, typed[0])


def test_a_wrong_approval_is_told_with_the_line_that_is_right(place: World) -> None:
    ended = place.run("reconcile", "3", "--approve", "sha256:" + "0" * 64)
    assert ended.code == ExitCode.BLOCKED
    line = ended.err.strip().rpartition("to write exactly this plan: ")[2]
    assert place.run(*shlex.split(line)[1:]).code == ExitCode.OK


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("pause", "raidctl pause --for 2h"),
        ("diff --prefer impact --prefer jira", "--prefer is given 2 times: give it once"),
        ("diff --prefer=impact --prefer=impact", "--prefer is given 2 times: give it once"),
        ("diff -o json --format csv", "--format is given 2 times: give it once"),
        ("backfill issues --limit 1 --limit 2", "--limit is given 2 times: give it once"),
    ],
)
def test_what_would_be_obeyed_in_part_is_refused(site: World, typed: str, words: str) -> None:
    ended = site.run(*typed.split())
    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert words in ended.err


@pytest.mark.parametrize("typed", [("--config", "", "diff"), ("diff", "--config", "")])
def test_an_empty_name_of_a_file_is_no_folder(site: World, typed: tuple[str, ...]) -> None:
    ended = site.run(*typed)
    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert ended.err == "raidctl: --config: the name of the file is empty\n"
