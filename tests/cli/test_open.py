"""`raidctl open`: both pages in a browser, those of the configured sites alone."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from raidctl.errors import ExitCode
from raidctl.sandbox.server import Reply, Request
from tests.cli.process import Ended, discreet, raidctl, told_in_one_line
from tests.cli.world import World, world
from tests.simulators.server import refuse


@pytest.fixture
def browser(tmp_path: Path) -> Path:
    """A browser that notes what it is given, a line each."""
    file = tmp_path / "browser"
    file.write_text(f'#!/bin/sh\necho "$1" >> "{tmp_path}/opened"\n')
    file.chmod(stat.S_IRWXU)
    return file


def opened(place: World, browser: Path, *arguments: str) -> tuple[Ended, list[str]]:
    """How it ended, and what the browser was given."""
    ended = raidctl("open", *arguments, environ=place.ready(BROWSER=f"{browser} %s"))
    discreet(ended)
    seen = browser.with_name("opened")
    return ended, seen.read_text().splitlines() if seen.exists() else []


@pytest.mark.parametrize("target", ["2", "inc-2"])
def test_both_pages_are_opened_and_printed(site: World, browser: Path, target: str) -> None:
    ended, seen = opened(site, browser, target)
    pages = [f"{site.impact.url}/incident/2/", f"{site.jira.url}/browse/INC-2"]
    assert seen == pages
    assert (ended.code, ended.err) == (ExitCode.OK, "")
    assert ended.out == f"Impact  {pages[0]}\nJIRA    {pages[1]}\n"


def test_an_incident_without_an_issue_has_one_page(site: World, browser: Path) -> None:
    ended, seen = opened(site, browser, "7")
    assert seen == [f"{site.impact.url}/incident/7/"]
    assert (ended.code, ended.out.splitlines()[1]) == (ExitCode.OK, "JIRA    no issue is linked")


def test_where_no_browser_is_they_are_printed(site: World) -> None:
    ended = site.run("open", "1")
    assert ended.code == ExitCode.OK
    assert ended.out.count("http://") == 2
    assert ended.err == "raidctl: there is no browser here: open them elsewhere\n"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[World]:
    """An Impact that gives odd addresses for its incidents."""
    odd = {1: "https://evil.example/\x1b[31m", 2: "javascript:alert(1)", 3: "--help"}

    def moved(_: Request, reply: Reply) -> Reply:
        if isinstance(reply.body, list):
            for row in reply.body:
                row["status_page_url"] = odd.get(row["id"], row["status_page_url"])
        return reply

    with world(tmp_path / "elsewhere", quirk=moved) as made:
        yield made


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("1", "it is no site of the configuration: https://evil.example/%1B%5B31m"),
        ("2", "cannot be opened: javascript:alert(1)"),
        ("3", "cannot be opened: --help"),
    ],
)
def test_what_is_no_page_of_the_two_sites_is_not_opened(
    elsewhere: World, browser: Path, target: str, said: str
) -> None:
    ended, seen = opened(elsewhere, browser, target)
    assert seen == [f"{elsewhere.jira.url}/browse/INC-{target}"]
    assert said in ended.err
    assert "\x1b" not in ended.out + ended.err


def test_an_incident_that_is_not_there_is_told(site: World, browser: Path) -> None:
    ended, seen = opened(site, browser, "4711")
    assert seen == []
    assert "4711" in told_in_one_line(ended, ExitCode.INCOMPLETE)


def test_a_system_that_is_away_is_told(site: World, browser: Path) -> None:
    with site.fault("impact", refuse(401)):
        ended, seen = opened(site, browser, "1")
    assert seen == []
    told_in_one_line(ended, ExitCode.UNREACHABLE)
