"""Files raidctl makes: whole or not at all, also of a text that comes in pieces."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from raidctl.cli.files import refuse_place, write_private
from raidctl.errors import ExitCode, UsageError
from tests.cli.world import world


def test_the_pieces_of_a_text_are_all_in_it(tmp_path: Path) -> None:
    write_private(tmp_path / "report", iter(["one\n", "", "two\n"]))

    assert (tmp_path / "report").read_text() == "one\ntwo\n"


def test_a_text_that_breaks_off_leaves_what_stood_there(tmp_path: Path) -> None:
    """A defect on the way, which is told as one: no half a file, and nothing beside it."""

    def broken() -> Iterator[str]:
        yield "one\n"
        raise ValueError("a defect")

    (tmp_path / "report").write_text("of yesterday\n")

    with pytest.raises(ValueError, match="a defect"):
        write_private(tmp_path / "report", broken())
    assert {each.name: each.read_text() for each in tmp_path.iterdir()} == {
        "report": "of yesterday\n"
    }


# Before a run: what would be refused after it


@pytest.mark.parametrize("command", ["--out", "--save-plan"])
def test_a_place_that_cannot_be_written_is_told_before_anything_is_read(
    tmp_path: Path, command: str
) -> None:
    os.mkfifo(tmp_path / "pipe")
    with world(tmp_path / "world") as place:
        for name, why in (("pipe", "it is a pipe"), (".", "it is a direc"), ("no/x", "No such f")):
            ended = place.run("reconcile", command, str(tmp_path / name))
            assert ended.code == ExitCode.USAGE
            assert f"cannot be written: {why}" in ended.err
        assert place.jira.requests == place.impact.requests == []
    assert (tmp_path / "pipe").is_fifo()


def test_so_is_the_place_of_what_is_made(tmp_path: Path) -> None:
    with world(tmp_path / "world") as place:
        ended = place.run("backfill", "issues", "--yes", "--made", str(tmp_path / "no" / "made"))
        assert ended.code == ExitCode.USAGE
        assert "made cannot be written: No such file" in ended.err
        assert place.jira.requests == []


def test_a_folder_that_is_not_ours_to_write_is_told_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere
    with pytest.raises(UsageError, match="report cannot be written: Permission denied"):
        refuse_place(tmp_path / "report")


def test_a_stream_is_a_place_to_write_to(tmp_path: Path) -> None:
    refuse_place(Path("/dev/stdout"))
    refuse_place(tmp_path / "report")
    refuse_place(None)
    assert not (tmp_path / "report").exists()
