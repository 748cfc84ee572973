"""A plan that is only shown tells who could not write it now, and is the same plan for all that."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from raidctl.core.model import Field
from raidctl.errors import ExitCode
from tests.cli.decisions import untouched
from tests.cli.world import Pair, World, world

PAIRS = (
    Pair(1, jira={Field.PRIORITY: "High"}),
    Pair(2, jira={Field.TITLE: "Another title of 2"}),
    Pair(3, impact={Field.TITLE: "A new title of 3"}),
)
NOWHERE = {"IMPACT_DATABASE_URL": "sqlite:////nowhere/at/all.sqlite"}
SHOWN = [("diff",), ("reconcile", "--dry-run"), ("reconcile", "--save-plan", "plan.json")]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    """A change for each writer, and one that needs neither."""
    with world(tmp_path, PAIRS) as made:
        yield made


@pytest.mark.parametrize("command", SHOWN, ids=" ".join)
def test_a_database_out_of_reach_is_told_of_the_fields_it_would_write(
    place: World, command: tuple[str, ...]
) -> None:
    fine = place.run(*command, "-o", "json")
    ended = place.run(*command, "-o", "json", **NOWHERE)

    assert (fine.code, fine.report["unread"]) == (ExitCode.DRIFT, [])
    assert ended.code == ExitCode.INCOMPLETE
    assert "not read: whether title can be written: Impact's database" in ended.err
    details = {(item["incident"], item["field"]): item["detail"] for item in ended.report["items"]}
    assert "cannot be written now: Impact's database" in details.pop((2, "title"))
    assert details == {(1, "priority"): None, (3, "title"): None}
    assert ended.report["plan"] == fine.report["plan"]
    assert ended.items == fine.items
    assert untouched(place)


def test_a_secret_that_is_not_there_is_a_note_and_the_answer_is_whole(place: World) -> None:
    ended = place.diff(RAID_JIRA_WEBHOOK_SECRET="")

    assert ended.code == ExitCode.DRIFT
    (note,) = [note for note in ended.report["notes"] if "Nothing can write" in note]
    assert note.startswith("Nothing can write priority to Impact now: impact.webhook_secret: ")
    details = {item["incident"]: item["detail"] for item in ended.report["items"]}
    assert "impact.webhook_secret" in details[1]
    assert (details[2], details[3]) == (None, None)


def test_nobody_is_asked_where_nothing_is_to_be_written_there(place: World) -> None:
    ended = place.diff("3", **NOWHERE)
    assert (ended.code, ended.report["unread"]) == (ExitCode.DRIFT, [])


def test_a_file_that_may_not_be_written_is_told(
    place: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = os.access

    def access(path: str, mode: int, **more: bool) -> bool:
        return str(path) != str(place.database) and asked(path, mode, **more)

    monkeypatch.setattr(os, "access", access)  # root may write whatever its mode
    ended = place.diff()
    assert ended.code == ExitCode.DRIFT
    assert any("lacks write access to the file" in note for note in ended.report["notes"])


def test_what_would_be_taken_back_and_applied_tells_it_as_well(place: World) -> None:
    plan = str(place.folder / "plan.json")
    place.run("reconcile", "--save-plan", plan)
    looked = place.run("apply", plan, "--dry-run", "-o", "json", **NOWHERE)
    assert looked.code == ExitCode.INCOMPLETE, looked.err
    assert place.reconcile().code == ExitCode.OK
    undone = place.run("undo", "last", "--dry-run", "-o", "json", **NOWHERE)
    assert undone.code == ExitCode.INCOMPLETE, undone.err
    for ended in (looked, undone):
        assert "whether title can be written" in ended.err
