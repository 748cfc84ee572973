"""A sample of backfills that are killed: after everything that changes the world."""

from pathlib import Path

import pytest

from tests.crash.__main__ import MAKINGS
from tests.crash.case import changes_something
from tests.crash.making import Making, make, yard
from tests.crash.points import ANSWERED

pytestmark = pytest.mark.slow

MOST = 20  # kills of a scenario


def changes(point: str) -> bool:
    return changes_something(point) or (
        point.startswith(("POST", "PUT")) and point.endswith(ANSWERED)
    )


@pytest.mark.parametrize("making", MAKINGS, ids=lambda one: one.name)
def test_a_killed_backfill_makes_everything_once(making: Making, tmp_path: Path) -> None:
    with yard(making, tmp_path) as place:
        points = place.run().points
        kills = [number for number, point in enumerate(points, 1) if changes(point)]
        assert len(kills) > 10
        wrong = [
            f"killed at {kill} ({points[kill - 1]}): {what}"
            for kill in kills[:: 1 + len(kills) // MOST]
            for what in make(place, [kill]).wrong
        ]
    assert not wrong
