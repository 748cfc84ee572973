"""Hostile texts where people decide: in held, resolve and undo, in every format and asked about."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from raidctl.core.model import Field
from raidctl.errors import ExitCode
from raidctl.present.text.safe import unseen
from raidctl.sandbox.jira.state import Person
from raidctl.sandbox.server import Reply, Request
from tests.cli.decisions import items, outcomes
from tests.cli.process import Ended, discreet, talking
from tests.cli.test_hostile_texts import HOSTILE
from tests.cli.world import Pair, World, world

EVE = Person("712020:eve", HOSTILE, "eve@example.test")
FORMATS = ("table", "json", "jsonl", "csv", "markdown")
ONE_LINE = " ".join(HOSTILE.replace("\u2028", " ").split())


@pytest.fixture
def hostile(tmp_path: Path) -> Iterator[World]:
    with hostile_world(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One for the tests that leave it as it is."""
    with hostile_world(tmp_path_factory.mktemp("hostile")) as made:
        yield made


@contextmanager
def hostile_world(folder: Path) -> Iterator[World]:
    """Hostile texts on either side, a hostile author, and half a character, as JSON can carry."""

    def quirk(_: Request, reply: Reply) -> Reply:
        body = reply.encoded().replace(b"LONE", b"\\ud800")
        return Reply(reply.status, body, reply.content_type, reply.headers)

    pairs = (
        Pair(1, jira={Field.TITLE: HOSTILE}, agreed=False),
        Pair(2, impact={Field.TITLE: HOSTILE[:100]}, agreed=False),
        Pair(3, impact={Field.DESCRIPTION: HOSTILE}),
    )
    with world(folder, pairs, quirk=quirk) as made:
        made.state.add_user(EVE)
        made.state.edit(10_001, EVE.account, summary=f"{HOSTILE[:40]} LONE")
        yield made


def harmless(ended: Ended, form: str) -> None:
    assert [c for c in ended.out + ended.err if unseen(c) and c != "\n"] == []
    if form == "csv":
        assert "\n=" not in ended.out
        assert ',"=' not in ended.out
    if form == "markdown":
        assert "<script>" not in ended.out
        assert "@everyone" not in ended.out
    discreet(ended)


@pytest.mark.parametrize("form", FORMATS)
def test_what_waits_is_shown_harmlessly(untouched: World, form: str) -> None:
    ended = untouched.run("held", "-o", form)

    assert ended.code == ExitCode.OK
    assert "HYPERLINK" in ended.out
    harmless(ended, form)
    if form == "json":
        told = {item["incident"]: item for item in ended.report["held"]}
        assert told[1]["jira"].startswith(HOSTILE[:40])
        assert told[1]["jira_changed_by"] == HOSTILE


@pytest.mark.parametrize("form", ["table", "json", "csv", "markdown"])
def test_what_is_decided_and_taken_back_is_shown_harmlessly(hostile: World, form: str) -> None:
    run = hostile.run("reconcile", "--yes", "-o", "json").report["run"]
    decided = hostile.run("resolve", "--take", "impact", "-o", form)
    undone = hostile.run("undo", run, "--yes", "-o", form)

    assert undone.code == ExitCode.OK, undone.err
    for ended in (decided, undone):
        harmless(ended, form)
    if form == "json":
        assert set(outcomes(decided, "resolve")) == {(1, "title"), (2, "title")}
        assert items(undone, "undo")[3, "description"]["outcome"] == "applied"
        assert "HYPERLINK" in items(undone, "undo")[3, "description"]["impact"]


def test_half_a_character_is_no_text_that_impact_takes(hostile: World) -> None:
    ended = hostile.run("resolve", "1", "--take", "jira", "-o", "json")

    assert (ended.code, outcomes(ended, "resolve")) == (
        ExitCode.INCOMPLETE,
        {(1, "title"): "refused"},
    )
    assert hostile.in_impact(1, Field.TITLE) == "Incident 1"
    assert hostile.sound()


def test_a_hostile_title_is_taken_exactly(hostile: World) -> None:
    hostile.state.edit(10_001, EVE.account, summary=ONE_LINE[:120])
    ended = hostile.run("resolve", "1", "--take", "jira", "-o", "json")

    assert outcomes(ended, "resolve") == {(1, "title"): "applied"}
    assert hostile.in_impact(1, Field.TITLE) == hostile.in_jira(1, Field.TITLE)
    assert hostile.sound()


def test_at_a_terminal_nothing_but_raidctls_own_sequences_is_sent(hostile: World) -> None:
    with talking("resolve", "1", environ=hostile.ready(TERM="dumb")) as talk:
        talk.until("Which key? ")
        talk.type("\x1b[2J\n")
        talk.until("Which key? ", 2)
        talk.type("q\n")
        ended = talk.ended()

    heard = ended.err.replace("^[[2J", "")  # what the terminal itself echoes
    assert [c for c in heard if unseen(c) and c not in "\n\ufffd"] == []
    assert "HYPERLINK" in heard
    assert ended.code == ExitCode.OK


@pytest.mark.slow
@pytest.mark.parametrize("columns", ["40", "200"])
def test_whatever_the_width_of_the_terminal(hostile: World, columns: str) -> None:
    for command in ("held", "resolve"):
        more = ("--take", "skip") if command == "resolve" else ()
        ended = hostile.run(command, *more, COLUMNS=columns)
        harmless(ended, "table")
        assert max(map(len, ended.out.split("\n"))) <= int(columns)
