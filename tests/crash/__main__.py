"""`python -m tests.crash [WORD]`: kill every scenario, or those with that word, everywhere.

Each run is killed at each of its points; then, out of every state which that can leave, the next
run at each of its own. Prints a table; exits with 1 where anything is lost or repeated.
"""

import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.crash.case import Played, play
from tests.crash.creating import CREATIONS, Creation, Made, create, yard
from tests.crash.scenarios import SCENARIOS, Scenario
from tests.crash.stage import staged

WORKERS = 2

Kills = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """What became of all cases of a scenario."""

    points: int
    states: int
    once: int
    twice: int
    runs: int
    wrong: Sequence[str]
    seconds: float


def main(word: str) -> int:
    """Play everything and print the table; 1 where anything is wrong."""
    chosen = [one for one in (*SCENARIOS, *CREATIONS) if word in one.name]
    table = Table("scenario", "points", "states", "killed once", "twice", "runs", "wrong", "s")
    console = Console(width=110)
    wrong: list[str] = []
    for scenario in chosen:
        with console.status(scenario.name):
            figures = created(scenario) if isinstance(scenario, Creation) else everywhere(scenario)
        wrong += figures.wrong
        counts = (figures.points, figures.states, figures.once, figures.twice, figures.runs)
        bad = len(figures.wrong)
        table.add_row(scenario.name, *map(str, counts), str(bad), f"{figures.seconds:.0f}")
    console.print(table)
    for line in wrong:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    return 1 if wrong or not chosen else 0


def everywhere(scenario: Scenario) -> Figures:
    """Kill at every point, and again at every point of the run that follows."""
    start = time.monotonic()
    points = len(_whole(scenario))
    once = _played(scenario, [(kill,) for kill in range(1, points + 1)])
    first: dict[str, Kills] = {}
    for kills, played in once.items():
        first.setdefault(played.state, kills)
    again = [
        (*kills, second)
        for kills in first.values()
        for second in range(1, len(once[kills].next) + 1)
        if scenario.concurrency == 1
    ]
    twice = _played(scenario, again)
    wrong = [
        f"{scenario.name}, killed at {' and '.join(map(str, kills))} ({played.killed[-1]}): {what}"
        for kills, played in {**once, **twice}.items()
        for what in played.wrong
    ]
    runs = sum(played.runs for played in (*once.values(), *twice.values()))
    seconds = time.monotonic() - start
    return Figures(points, len(first), len(once), len(twice), runs, wrong, seconds)


def created(creation: Creation) -> Figures:
    """The same of creations, one after the other: they are few points."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, yard(creation, Path(folder)) as place:
        points = len(place.run().points)
        once: dict[Kills, Made] = {(kill,): create(place, [kill]) for kill in range(1, points + 1)}
        first: dict[str, Kills] = {}
        for kills, made in once.items():
            first.setdefault(made.state, kills)
        again = [
            (*kills, second)
            for kills in first.values()
            for second in range(1, len(once[kills].next) + 1)
        ]
        twice: dict[Kills, Made] = {kills: create(place, kills) for kills in again}
    wrong = [
        f"{creation.name}, killed at {' and '.join(map(str, kills))} ({made.killed[-1]}): {what}"
        for kills, made in {**once, **twice}.items()
        for what in made.wrong
    ]
    runs = sum(len(kills) + 2 for kills in {**once, **twice})
    seconds = time.monotonic() - start
    return Figures(points, len(first), len(once), len(twice), runs, wrong, seconds)


def _whole(scenario: Scenario) -> Sequence[str]:
    with tempfile.TemporaryDirectory() as folder, staged(scenario, Path(folder)) as stage:
        return stage.run(scenario.killed).points


def _played(scenario: Scenario, cases: Sequence[Kills]) -> dict[Kills, Played]:
    """Each case, some side by side, each of those on a stage of its own; in their order."""

    def some(part: int) -> dict[Kills, Played]:
        with tempfile.TemporaryDirectory() as folder, staged(scenario, Path(folder)) as stage:
            return {kills: play(stage, kills) for kills in cases[part::WORKERS]}

    with ThreadPoolExecutor(WORKERS) as pool:
        found: dict[Kills, Played] = {}
        for part in pool.map(some, range(WORKERS)):
            found |= part
    return {kills: found[kills] for kills in cases}


if __name__ == "__main__":
    sys.exit(main(" ".join(sys.argv[1:])))
