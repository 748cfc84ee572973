"""Links in sync: what `diff` costs, and that a quiet `reconcile` costs and writes no more."""

import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from hashlib import sha256
from math import ceil

from tests.bench.floor import Exchange
from tests.bench.measure import Cost, Figure, ratio, run, typical
from tests.bench.sites import Site, site

RUNS = 3
LATENCY_MS = 50
SAMPLE = "50"
WRITTEN_LIMIT = 64 * 1024
_OF_RUNS = tuple(f'INSERT INTO "{name}"' for name in ("runs", "readings", "tallies"))


def reading(links: int) -> Iterator[Figure]:
    """Time and requests of runs that find nothing to do."""
    with site(links, LATENCY_MS) as running:
        unknown, quiet = running.raidctl("diff", journal="none.db"), running.raidctl("diff")
        reconcile = running.raidctl("reconcile", "--yes")
        run(unknown)
        exchanges = running.exchanges()
        first = run(reconcile)
        numbers = ("--metrics-file", str(running.folder / "raidctl.prom"))
        watched = running.raidctl("reconcile", "--yes", *numbers)
        bare, ours, diff, writer, told = _in_turn(
            running.floor(exchanges), unknown, quiet, reconcile, watched
        )
        at = f"at {LATENCY_MS} ms"
        yield ratio(f"diff over REST {at}, wall / bare requests", ours.wall, bare.wall, 1.15)
        yield ratio(f"diff over REST {at}, CPU / bare requests", ours.cpu, bare.cpu, 2.0)
        asked, batches = _asked(exchanges, "jira"), ceil(links / 100)
        yield Figure("JIRA requests", str(asked), f"≤ {batches} + 3", asked <= batches + 3)
        what = f"first reconcile, {5 * links:,} baselines"
        yield Figure(what, f"{first.wall:.2f} s wall, {first.cpu:.2f} s CPU")
        yield ratio("diff with that journal, wall / without one", diff.wall, ours.wall)
        yield ratio("diff with that journal, CPU / without one", diff.cpu, ours.cpu)
        yield ratio("quiet reconcile, wall / diff with that journal", writer.wall, diff.wall, 1.1)
        yield ratio("quiet reconcile, CPU / diff with that journal", writer.cpu, diff.cpu, 1.1)
        yield ratio("quiet reconcile, all of it told / without", told.wall, writer.wall, 1.03)
        running.exchanges()
        yield from _written(running)
        again = running.exchanges()
        counts = ", ".join(
            f"{_asked(again, name)} / {_asked(exchanges, name)} {name}" for name in running.urls
        )
        yield Figure("its requests / diff's without a journal", counts)
        naive = run([sys.executable, "-m", "tests.bench.naive", running.urls["jira"], SAMPLE])
        scaled = naive.wall * links / int(SAMPLE)
        what = f"one jira.issue(key) a link (of {SAMPLE}, scaled), wall / diff"
        yield Figure(what, f"{scaled / ours.wall:.0f} ({scaled:.0f} s)")


def _in_turn(*commands: Sequence[str]) -> Iterator[Cost]:
    """The median of each, all run one after the other, so that all see the same machine."""
    rounds = [[run(command) for command in commands] for _ in range(RUNS)]
    return (typical(several) for several in zip(*rounds, strict=True))


def _asked(exchanges: Sequence[Exchange], name: str) -> int:
    return sum(1 for exchange in exchanges if exchange[0] == name)


def _written(running: Site) -> Iterator[Figure]:
    """What a quiet run leaves: its own row, counts, a time for each field, and the bytes of that.

    As long as another connection has the journal open, all that is written stays in its log.
    """
    log = running.journal.with_name(f"{running.journal.name}-wal")
    with closing(sqlite3.connect(running.journal)) as journal:
        before, runs = _dump(journal), _runs(journal)
        run(running.raidctl("reconcile", "--yes"))
        written = log.stat().st_size
        same, rows = _dump(journal) == before, _runs(journal) - runs
    told = f"{rows} row{'s' if rows != 1 else ''} of runs, {'nothing' if same else 'MORE'} else"
    yield Figure("a quiet reconcile's journal", told, "1 row", same and rows == 1)
    size = running.journal.stat().st_size
    value = f"{written / 1024:.0f} kB (of {size / 1024:,.0f} kB)"
    what = "written by it to the journal's log"
    yield Figure(what, value, f"≤ {WRITTEN_LIMIT / 1024:.0f} kB", written <= WRITTEN_LIMIT)


def _dump(journal: sqlite3.Connection) -> str:
    """Everything in the journal but its runs, what is counted of them, and when each field was
    last read, as a digest.

    Nothing big is kept here: Linux counts the memory of who starts a process as the process's.
    """
    digest = sha256()
    for line in journal.iterdump():
        if not line.startswith(_OF_RUNS):
            digest.update(line.encode())
    return digest.hexdigest()


def _runs(journal: sqlite3.Connection) -> int:
    found: int = journal.execute("SELECT COUNT(*) FROM runs").fetchone()[0]
    return found
