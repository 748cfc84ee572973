"""A sample of creations that are killed: after everything that changes the world."""

from pathlib import Path

import pytest

from tests.crash.case import changes_something
from tests.crash.creating import CREATIONS, Creation, create, yard
from tests.crash.points import ANSWERED

pytestmark = pytest.mark.slow


def changes(point: str) -> bool:
    return changes_something(point) or (point.startswith("POST") and point.endswith(ANSWERED))


@pytest.mark.parametrize("creation", CREATIONS, ids=lambda one: one.name)
def test_a_killed_creation_makes_one_issue_for_each_incident(
    creation: Creation, tmp_path: Path
) -> None:
    with yard(creation, tmp_path) as place:
        points = place.run().points
        kills = [number for number, point in enumerate(points, 1) if changes(point)]
        assert len(kills) > 10
        wrong = [
            f"killed at {kill} ({points[kill - 1]}): {what}"
            for kill in kills
            for what in create(place, [kill]).wrong
        ]
    assert not wrong
