"""The map of the code names what is there: its paths, its tests, its words for what they are."""

import re

import pytest

from tests.readme.test_readme import ROOT

MAP = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`([a-z_/]+(?:/|\.py))`", MAP)))
TESTS = sorted(set(re.findall(r"`(test_\w+)`", MAP)))


@pytest.mark.parametrize("name", NAMED)
def test_every_path_it_names_is_there(name: str) -> None:
    """From the top, from the package, or a file of a room named beside it."""
    package = ROOT / "raidctl"
    places = [ROOT / name, package / name, *package.rglob(name)]
    assert any(place.exists() for place in places)


def test_every_test_it_names_is_there() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    assert TESTS
    assert [name for name in TESTS if f"def {name}(" not in text] == []


def test_every_package_is_a_room_of_it() -> None:
    rooms = {path.name for path in (ROOT / "raidctl").iterdir() if (path / "__init__.py").exists()}
    assert {room for room in rooms if f"`{room}/" not in MAP} == set()


def test_the_licence_stands_beside_it() -> None:
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")
