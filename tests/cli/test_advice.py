"""What `Next` says is what is on the screen: the same links, fields and way, written by it."""

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest

from raidctl.core.model import Field
from tests.cli.process import Ended
from tests.cli.world import Pair, World, world

PAIRS = (
    Pair(1),
    Pair(2, impact={Field.STATUS: "MITIGATED", Field.TITLE: "A new title of 2"}),
    Pair(3, jira={Field.PRIORITY: "High"}),
    Pair(4, impact={Field.PRIORITY: 1}, jira={Field.PRIORITY: "Low"}),
    Pair(5, jira={Field.TITLE: "Another title of 5"}, agreed=False),
    Pair(6, impact={Field.STATUS: "CLOSED", Field.TITLE: "A new title of 6"}),
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
