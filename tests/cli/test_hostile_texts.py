"""Hostile texts, wherever a person can put one, are shown harmlessly in every format."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from raidctl.core.model import Field
from raidctl.errors import ExitCode
from raidctl.present.text.safe import unseen
from raidctl.sandbox.jira.workflows import RAID, Status
from raidctl.sandbox.server import Reply, Request
from tests.cli.world import Pair, World, usual, world

HOSTILE = (
    '=HYPERLINK("http://evil.example","x") \x1b]0;owned\x07\x1b[2J\x9b31m'
    " [bold red]markup[/] [link=file:///etc/passwd]x[/link]"
    " |cell| <script>alert(1)</script> @everyone \u202egnp.exe\u2066 \u200b\x00\x7f\r\nnext\u2028"
    " ' OR 1=1 -- `rm -rf` {0} %s"
)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Hostile texts wherever a person can put one, and a lone surrogate, which JSON can carry."""

    def quirk(_: Request, reply: Reply) -> Reply:
        body = reply.encoded().replace(b"LONE", b"\\ud800")
        return Reply(reply.status, body, reply.content_type, reply.headers)

    pairs = (
        Pair(1, jira={Field.TITLE: f"{HOSTILE}LONE", Field.DESCRIPTION: HOSTILE}),
        Pair(2, impact={Field.TITLE: f"LONE{HOSTILE[:100]}"}),
        Pair(3, jira={Field.STATUS: HOSTILE}),
    )
    flow = replace(RAID, statuses=(*RAID.statuses, Status("77", HOSTILE, "new")))
    folder = tmp_path_factory.mktemp("hostile")
    with world(folder, pairs, workflow=flow, quirk=quirk) as made:
        yield made


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv", "markdown"])
def test_hostile_texts_are_shown_harmlessly(hostile: World, form: str) -> None:
    ended = hostile.run("diff", "-o", form)

    assert (ended.code, ended.err) == (ExitCode.DRIFT, "")
    assert [c for c in ended.out if unseen(c) and c != "\n"] == []
    if form == "csv":
        assert "\n=" not in ended.out
        assert ',"=' not in ended.out
    if form == "markdown":
        assert "<script>" not in ended.out
        assert "@everyone" not in ended.out


def test_a_report_in_json_keeps_hostile_texts_exactly(hostile: World) -> None:
    ended = hostile.diff()

    items = {(item["incident"], item["field"]): item for item in ended.report["items"]}
    assert items[1, "title"]["jira"].startswith(HOSTILE[:40])
    assert items[1, "title"]["jira"].endswith("\ud800")
    assert items[2, "title"]["impact"].startswith("\ud800=HYPER")
    assert usual(1)[0][Field.TITLE] == items[1, "title"]["impact"]
