"""The README says what is so: its commands, options, output, reasons and codes."""

import html
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from raidctl.config import load
from raidctl.errors import ExitCode
from tests.cli.inside import within
from tests.cli.process import clean_environ

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TOPICS = {file.stem: file.read_text("utf-8") for file in (ROOT / "raidctl/help").glob("*.md")}
ALL = "\n".join([README, *TOPICS.values()])


def blocks(language: str, text: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def commands() -> list[list[str]]:
    lines = [line for block in blocks("console", ALL) for line in block.splitlines()]
    assert all(line.startswith("$ ") for line in lines)
    shell = dict.fromkeys(line.removeprefix("$ ").partition(" | ")[0] for line in lines)
    return [shlex.split(line) for line in shell]


def raidctl(*arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "raidctl", *arguments],
        env={**os.environ, "COLUMNS": "80", **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_demo_prints_what_is_shown_of_it() -> None:
    shown = raidctl("demo")
    assert shown.returncode == 0
    for block in blocks("text", README):
        assert block in shown.stdout


def test_the_picture_shows_the_demo() -> None:
    """Drawn anew by `python -m tests.readme.picture`; its words are those of the demo."""
    picture = (ROOT / "tests" / "readme" / "demo.svg").read_text(encoding="utf-8")
    words = html.unescape(re.sub(r"<[^>]+>", " ", picture)).replace("\xa0", " ")
    shown = raidctl("demo", COLUMNS="116").stdout
    rows = re.findall(r"^P\d .*$", shown, re.MULTILINE)
    assert len(rows) > 20
    for row in rows:  # what differs has a style of its own, and blanks around it there
        assert re.sub(r"\s+", "", row) in re.sub(r"\s+", "", words), row


@pytest.mark.parametrize("command", [c for c in commands() if c[0] == "make"], ids=" ".join)
def test_every_make_target_exists(command: list[str]) -> None:
    done = subprocess.run(
        ["make", "--dry-run", *command[1:]], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", [c for c in commands() if c[0] == "raidctl"], ids=" ".join)
def test_every_command_is_understood(command: list[str], tmp_path: Path) -> None:
    """Up to the configuration, which names a site that is not there."""
    config = tmp_path / "none.toml"
    arguments = command[1:]
    if arguments[0] == "init":
        arguments = [*arguments, str(tmp_path / "made.toml")]
    environ = {**clean_environ(tmp_path), "RAIDCTL_CONFIG": str(config)}
    ended = within(*arguments, environ=environ)
    assert "Usage" not in ended.err
    if arguments[0] in {"init", "help"}:
        assert ended.code == ExitCode.OK
    else:
        assert ended.code == ExitCode.USAGE
        assert str(config) in ended.err


def test_the_least_configuration_works(tmp_path: Path) -> None:
    (least,) = blocks("toml", README)
    same, gate = blocks("toml", TOPICS["configuration"])
    (writes,) = blocks("toml", TOPICS["writing-impact"])
    assert same == least
    assert tomllib.loads(gate)["jira"]["headers"]
    file = tmp_path / "raidctl.toml"
    file.write_text(least)
    environ = {"IMPACT_TOKEN": "x", "JIRA_TOKEN": "y"}
    assert load(file, environ).impact.reads == "rest"
    file.write_text(least + writes)
    secrets = {"RAID_JIRA_WEBHOOK_SECRET": "z", "IMPACT_DATABASE_URL": "postgresql://impact/ff"}
    assert set(load(file, {**environ, **secrets}).impact.writes.values()) == {"webhook", "database"}


def test_what_it_links_to_is_there() -> None:
    links = re.findall(r"\]\((?!https?:)([^)]+)\)", README)
    assert "raidctl/help/reasons.md" in links
    assert [link for link in links if not (ROOT / link).is_file()] == []


def test_a_user_reads_first_what_fits_few_screens() -> None:
    """All else is a topic of `raidctl help`."""
    before_the_first_diff = README.split("$ raidctl diff\n")[0]
    assert len(before_the_first_diff.splitlines()) <= 50
    assert len(README.splitlines()) <= 200
