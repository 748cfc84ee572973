"""`make bench`: prints ratios, each against a floor measured in the same run.

    python -m tests.bench [LINKS]

Every figure is a whole process, by the system's own accounting, the median of several runs
taken in turn with its floor.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.adopting import adopting
from tests.bench.creating import creating
from tests.bench.doctoring import looking
from tests.bench.listening import listening
from tests.bench.measure import Figure, in_turn, ratio, run
from tests.bench.reading import reading
from tests.bench.settling import settling
from tests.bench.sites import site
from tests.bench.telling import telling
from tests.bench.writing import writing

STARTS, CREATIONS = 11, 1_000
UNREACHABLE = 7


def main(links: int) -> None:
    """Measure everything and print the table."""
    figures = [*starts(), *telling(), *looking(links), *reading(links), *adopting(links)]
    figures += [*writing(), *settling(), *creating(CREATIONS), *listening(), *memory(links)]
    table = Table("figure", "measured", "limit", "", title=f"raidctl bench, {links:,} links")
    for figure in figures:
        verdict = ("ok" if figure.kept else "OVER") if figure.limit else ""
        table.add_row(figure.what, figure.value, figure.limit, verdict)
    Console(width=120).print(table)


def starts() -> Iterator[Figure]:
    """Start-up against the imports it cannot do without."""
    python, raidctl = [sys.executable, "-c"], [sys.executable, "-m", "raidctl"]
    ours, floor = in_turn([*raidctl, "--help"], [*python, "import typer"], STARTS)
    yield ratio("raidctl --help, wall / import typer", ours.wall, floor.wall, 1.6)
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "raidctl.toml")
        config.write_text(  # nobody listens there: the first request is the last
            '[impact]\nurl = "http://127.0.0.1:9"\ntoken_env = "BENCH_TOKEN"\n'
            '[jira]\nurl = "http://127.0.0.1:9"\ntoken_env = "BENCH_TOKEN"\n'
            f'deployment = "cloud"\n[journal]\npath = "{folder}/journal.db"\n'
        )
        imports = "import typer, requests, rich.table, sqlite3"
        diff = [*raidctl, "--config", str(config), "diff"]
        ours, floor = in_turn(diff, [*python, imports], STARTS, UNREACHABLE)
    yield ratio("diff to its first request, wall / its imports", ours.wall, floor.wall, 2.0)


def memory(links: int) -> Iterator[Figure]:
    """Memory of `diff` over the database, ten times the links against as many."""
    peaks = []
    for many in (links, 10 * links):
        with site(many, 0) as running:
            peaks.append(run(running.raidctl("diff", reads="database")).megabytes)
    grown = peaks[1] - peaks[0]
    what = f"memory, {10 * links:,} links - {links:,}, Impact's database"
    yield Figure(what, f"{grown:.0f} MB ({peaks[0]:.0f} → {peaks[1]:.0f})", "≤ 60 MB", grown <= 60)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
