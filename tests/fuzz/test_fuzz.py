"""A slice of `make fuzz`; and what it found, by the seed that made it."""

import re
from argparse import Namespace
from pathlib import Path
from random import Random

import pytest

from raidctl.gateways.impact.rows import incident_of
from tests.fuzz import __main__ as fuzz
from tests.fuzz.kinds import KINDS
from tests.fuzz.mutate import mutant
from tests.fuzz.play import Part, defects

SLOW = {
    **dict.fromkeys(("impact-database", "journal-rows", "journal-bytes"), 40),
    **dict.fromkeys(("listen-bytes", "events"), 100),
}


@pytest.mark.parametrize("kind", KINDS)
def test_no_mutant_is_a_defect_or_stops_another_row(kind: str) -> None:
    found = list(defects(Part(kind, 1, 0, SLOW.get(kind, 300))))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("number", [1734, 4981])
def test_a_time_at_the_end_of_the_calendar_in_a_journal_is_no_defect(number: int) -> None:
    """Found by seed 2: a run that began in the year 9999, west of Greenwich."""
    assert not list(defects(Part("journal-rows", 2, number, 1)))


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
    found = list(defects(Part("impact-rest", 1, 0, 200)))
    assert found
    assert found[0].startswith("python -m tests.fuzz impact-rest --seed 1 --first ")
    first = int(found[0].split("--first ")[1].split()[0])
    assert len(list(defects(Part("impact-rest", 1, first, 1)))) == 1


def test_an_interrupted_run_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fuzz, "CHUNK", 5)
    done = tmp_path / "done"
    done.write_text("plans 1 0 5\nplans 9 5 5\nplans 1 5 5\n")
    asked = Namespace(kinds=["plans"], mutants=13, first=0, seed=1, jobs=1, done=done)

    assert fuzz.main(asked) == 0

    played, summed = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"plans 10 to 12: \d+ s, nothing was found", played)
    assert summed == "plans: 13 mutants, 0 defects"
    assert done.read_text().splitlines()[-1] == "plans 1 10 3"
    assert fuzz.main(asked) == 0
    assert capsys.readouterr().out == f"{summed}\n"


def test_a_chunk_with_a_defect_is_played_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("nobody foresaw this")

    monkeypatch.setattr(KINDS["plans"], "play", broken)
    done = tmp_path / "done"
    asked = Namespace(kinds=["plans"], mutants=2, first=0, seed=1, jobs=1, done=done)

    for _ in range(2):
        assert fuzz.main(asked) == 1
        assert "plans: 2 mutants, 2 defects\n" in capsys.readouterr().out
    assert not done.exists()


def test_mutants_are_the_same_for_the_same_seed() -> None:
    rows = [{"id": n, "values": [n, {"name": "x"}]} for n in range(5)]
    made = [repr([mutant(Random(seed), rows) for seed in range(50)]) for _ in range(2)]
    assert made[0] == made[1]
    assert len({repr(mutant(Random(seed), rows)) for seed in range(50)}) > 30
