"""Files raidctl makes: whole or not at all, also of a text that comes in pieces."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from raidctl.cli.files import write_private


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
