"""The demo's Impact and JIRA take what `backfill` makes."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from raidctl.errors import ExitCode
from raidctl.sandbox.stage import Drift, Stage, on_stage
from tests.cli.inside import within
from tests.cli.process import Ended, clean_environ


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    folder = tmp_path / "demo"
    folder.mkdir()
    with on_stage(folder) as made:
        yield made


def run(stage: Stage, *arguments: str) -> Ended:
    environ = {**clean_environ(stage.config.parent), **stage.environ}
    environ |= {"RAIDCTL_CONFIG": str(stage.config), "NO_PROXY": "127.0.0.1"}
    return within(*arguments, environ=environ)


def backfill(stage: Stage, *arguments: str) -> Ended:
    return run(stage, "backfill", *arguments, "--yes", "-o", "json")


def lines(ended: Ended) -> list[str]:
    """The lines of a CSV that are told, by a command or by an error."""
    told = " ".join((ended.out + ended.err).split())
    _, found, rest = told.partition("raidctl backfill links --from-csv FILE")
    assert found, told
    return re.findall(r"[0-9]+,[A-Z]+-[0-9]+", rest)


def linked(stage: Stage, told: list[str]) -> Ended:
    """What a CSV of these lines does."""
    file = stage.config.parent / "links.csv"
    file.write_text("\n".join(["incident,key", *told]))
    return backfill(stage, "links", "--from-csv", str(file))


def told(ended: Ended) -> list[tuple[Any, ...]]:
    """Of each change its incident, what was made, and what became of it."""
    return [
        (item["incident"], item["verdict"], item["outcome"])
        for item in ended.report["items"]
        if item["verdict"] != "hold"
    ]


def test_issues_are_created_on_the_demo(stage: Stage) -> None:
    ended = backfill(stage, "issues")
    assert ended.code == ExitCode.OK, ended.err
    assert {(n, "create_issue", "applied") for n in (24, 25)} <= {*told(ended)}
    assert {(n, "create_link", "applied") for n in (24, 25)} <= {*told(ended)}
    assert told(backfill(stage, "issues")) == []


def test_issues_are_created_on_the_demo_of_old_drift(tmp_path: Path) -> None:
    with on_stage(tmp_path, drift=Drift.OLD) as old:
        ended = backfill(old, "issues", "24", "25")
    assert ended.code == ExitCode.OK, ended.err
    assert {(n, "create_issue", "applied") for n in (24, 25)} <= {*told(ended)}


def test_links_are_mended_on_the_demo(stage: Stage) -> None:
    ended = backfill(stage, "links")
    assert ended.code == ExitCode.OK, ended.err
    assert told(ended) == [(19, "create_link", "applied")]
    assert told(backfill(stage, "links")) == []


def test_files_are_attached_on_the_demo(stage: Stage) -> None:
    file = stage.config.parent / "a.log"
    file.write_text("what happened")
    ended = backfill(stage, "attachments", "12", str(file))
    assert ended.code == ExitCode.OK, ended.err
    assert told(ended) == [(12, "attach", "applied")]
    assert told(backfill(stage, "attachments", "12", str(file))) == []


def test_what_took_created_issues_back_says_what_links_them_again(stage: Stage) -> None:
    """No step of the way leads to a command that does nothing."""
    made = backfill(stage, "issues", "24", "25").report["items"]
    keys = {item["incident"]: item["issue"] for item in made if item["verdict"] == "create_issue"}
    wanted = [f"{number},{key}" for number, key in sorted(keys.items())]

    undone = run(stage, "undo", "last", "--yes")
    assert undone.code == ExitCode.OK, undone.err
    assert sorted(lines(undone)) == wanted
    assert "raidctl undo" not in undone.out
    assert lines(run(stage, "undo", "last", "--dry-run")) == wanted

    left = run(stage, "backfill", "issues", "24", "25", "--yes")
    assert "hold: undone" in left.out
    assert lines(left) == wanted
    assert "raidctl resolve" not in left.out

    assert linked(stage, wanted).code == ExitCode.OK
    assert run(stage, "diff", "24", "25", "-o", "json").report["summary"]["unlinked"] == 0


def test_what_took_a_key_back_says_what_corrects_it_again(stage: Stage) -> None:
    backfill(stage, "links")
    undone = run(stage, "undo", "last", "--yes")
    assert undone.code == ExitCode.OK, undone.err
    assert lines(undone) == ["19,OPS-7"]
    assert "raidctl undo" not in undone.out
    again = run(stage, "undo", "last", "--yes")
    assert (again.code, lines(again)) == (ExitCode.USAGE, ["19,OPS-7"])
    assert lines(run(stage, "backfill", "links", "19", "--yes")) == ["19,OPS-7"]
    assert set(told(linked(stage, ["19,OPS-7"]))) == {(19, "create_link", "applied")}
