"""A slice of `make fuzz`; and what it found, by the seed that made it."""

from random import Random

import pytest

from raidctl.gateways.impact.rows import incident_of
from tests.fuzz.kinds import KINDS
from tests.fuzz.mutate import mutant
from tests.fuzz.play import defects

SLOW = {"impact-database": 40, "journal-rows": 40, "journal-bytes": 40}


@pytest.mark.parametrize("kind", KINDS)
def test_no_mutant_is_a_defect_or_stops_another_row(kind: str) -> None:
    found = list(defects(kind, 1, 0, SLOW.get(kind, 300)))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("number", [1734, 4981])
def test_a_time_at_the_end_of_the_calendar_in_a_journal_is_no_defect(number: int) -> None:
    """Found by seed 2: a run that began in the year 9999, west of Greenwich."""
    assert not list(defects("journal-rows", 2, number, 1))


def test_a_defect_is_named_by_the_command_that_makes_it_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A row that stops the others is found, whatever it is."""
    rows = "raidctl.gateways.impact.rest.incident_of"

    def careless(row: object, base_url: str) -> object:
        assert isinstance(row, dict)
        assert isinstance(row.get("status"), str)
        return incident_of(row, base_url)

    monkeypatch.setattr(rows, careless)
    found = list(defects("impact-rest", 1, 0, 200))
    assert found
    assert found[0].startswith("python -m tests.fuzz impact-rest --seed 1 --first ")
    first = int(found[0].split("--first ")[1].split()[0])
    assert len(list(defects("impact-rest", 1, first, 1))) == 1


def test_mutants_are_the_same_for_the_same_seed() -> None:
    rows = [{"id": n, "values": [n, {"name": "x"}]} for n in range(5)]
    made = [repr([mutant(Random(seed), rows) for seed in range(50)]) for _ in range(2)]
    assert made[0] == made[1]
    assert len({repr(mutant(Random(seed), rows)) for seed in range(50)}) > 30
