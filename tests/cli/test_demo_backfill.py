"""The demo's Impact and JIRA take what `backfill` makes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from raidctl.errors import ExitCode
from raidctl.sandbox.stage import Stage, on_stage
from tests.cli.inside import within
from tests.cli.process import Ended, clean_environ


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    folder = tmp_path / "demo"
    folder.mkdir()
    with on_stage(folder) as made:
        yield made


def backfill(stage: Stage, *arguments: str) -> Ended:
    environ = {**clean_environ(stage.config.parent), **stage.environ}
    environ |= {"RAIDCTL_CONFIG": str(stage.config), "NO_PROXY": "127.0.0.1"}
    return within("backfill", *arguments, "--yes", "-o", "json", environ=environ)


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
