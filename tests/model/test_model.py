"""A sample of `python -m tests.model`, the same each time; and that it finds what is planted."""

import pytest

from tests.model import creating
from tests.model.creating import play_creations
from tests.model.machine import Machine
from tests.model.plants import CREATION_PLANTS, PLANTS
from tests.model.play import play

EXAMPLES, STEPS, SEED = 12, 30, 1


def test_raidctl_does_right_whatever_goes_wrong() -> None:
    play(EXAMPLES, SEED, STEPS)
    assert Machine.seen["examples"] >= EXAMPLES


@pytest.mark.slow
@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_bug_is_found(name: str) -> None:
    def played() -> None:
        for seed in (SEED, 2, 3):  # what is rare, one of them may not meet
            play(examples=300, seeded=seed, steps=50, shrink=False)

    with PLANTS[name](), pytest.raises(AssertionError):
        played()


def test_no_incident_gets_two_issues_whatever_goes_wrong() -> None:
    play_creations(EXAMPLES, SEED, STEPS)
    assert creating.Machine.seen["issues made"] >= EXAMPLES


@pytest.mark.slow
@pytest.mark.parametrize("name", CREATION_PLANTS)
def test_a_planted_bug_of_creations_is_found(name: str) -> None:
    with CREATION_PLANTS[name](), pytest.raises(AssertionError):
        play_creations(examples=1_500, seeded=SEED, steps=25, shrink=False)
