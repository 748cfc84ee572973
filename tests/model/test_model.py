"""A sample of `python -m tests.model`, the same each time; and that it finds what is planted."""

import pytest

from tests.model.machine import Machine
from tests.model.plants import PLANTS
from tests.model.play import play

EXAMPLES, STEPS, SEED = 12, 30, 1


def test_raidctl_does_right_whatever_goes_wrong() -> None:
    play(EXAMPLES, SEED, STEPS)
    assert Machine.seen["examples"] >= EXAMPLES


@pytest.mark.slow
@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_bug_is_found(name: str) -> None:
    with PLANTS[name](), pytest.raises(AssertionError):
        play(examples=300, seeded=SEED, steps=50, shrink=False)
