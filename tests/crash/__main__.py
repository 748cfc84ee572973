"""`python -m tests.crash [WORD]`: kill every scenario, or those with that word, everywhere.

Each run is killed at each of its points; then, out of every state which that can leave, the next
run at each of its own. Prints a table; exits with 1 where anything is lost or repeated.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.crash.attaching import ATTACHINGS
from tests.crash.case import Played, play
from tests.crash.creating import CREATIONS
from tests.crash.linking import LINKINGS
from tests.crash.making import Making, make, yard
from tests.crash.scenarios import SCENARIOS, Scenario
from tests.crash.stage import staged

WORKERS = 2

MAKINGS = (*CREATIONS, *LINKINGS, *ATTACHINGS)

Kills = tuple[int, ...]
Play = Callable[[Kills], Played]


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
    chosen = [one for one in (*SCENARIOS, *MAKINGS) if word in one.name]
    table = Table("scenario", "points", "states", "killed once", "twice", "runs", "wrong", "s")
    console = Console(width=130)
    wrong: list[str] = []
    for scenario in chosen:
        with console.status(scenario.name):
            figures = everywhere(scenario)
        wrong += figures.wrong
        counts = (figures.points, figures.states, figures.once, figures.twice, figures.runs)
        bad = len(figures.wrong)
        table.add_row(scenario.name, *map(str, counts), str(bad), f"{figures.seconds:.0f}")
    console.print(table)
    for line in wrong:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    return 1 if wrong or not chosen else 0


def everywhere(scenario: Scenario | Making) -> Figures:
    """Kill at every point, and again at every point of the run that follows."""
    start = time.monotonic()
    with ready(scenario) as (whole, _):
        points = len(whole())
    once = _played(scenario, [(kill,) for kill in range(1, points + 1)])
    first: dict[str, Kills] = {}
    for kills, played in once.items():
        first.setdefault(played.state, kills)
    again = [
        (*kills, second)
        for kills in first.values()
        for second in range(1, len(once[kills].next) + 1)
        if isinstance(scenario, Making) or scenario.concurrency == 1
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


@contextmanager
def ready(scenario: Scenario | Making) -> Iterator[tuple[Callable[[], Sequence[str]], Play]]:
    """What tells the points of a run that nobody kills, and what plays a case."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if isinstance(scenario, Scenario):
            with staged(scenario, folder) as stage:
                yield lambda: stage.run(scenario.killed).points, partial(play, stage)
        else:
            with yard(scenario, folder) as place:
                yield lambda: place.run().points, partial(make, place)


def _played(scenario: Scenario | Making, cases: Sequence[Kills]) -> dict[Kills, Played]:
    """Each case, some side by side, each of those on a stage of its own; in their order."""

    def some(part: int) -> dict[Kills, Played]:
        with ready(scenario) as (_, play_one):
            return {kills: play_one(kills) for kills in cases[part::WORKERS]}

    with ThreadPoolExecutor(WORKERS) as pool:
        found: dict[Kills, Played] = {}
        for part in pool.map(some, range(WORKERS)):
            found |= part
    return {kills: found[kills] for kills in cases}


if __name__ == "__main__":
    sys.exit(main(" ".join(sys.argv[1:])))
