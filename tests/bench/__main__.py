"""`make bench`: prints ratios, each against a floor measured in the same run.

    python -m tests.bench [LINKS]

Every figure is a whole process, by the system's own accounting, the median of several runs
taken in turn with its floor.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

RUNS = 5
LATENCY_MS = 50
CONCURRENCY = 4
NAIVE_SAMPLE = 100
STARTS = 15
UNREACHABLE = 7


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process took: seconds, seconds of CPU, megabytes at its largest."""

    wall: float
    cpu: float
    megabytes: float


@dataclass(frozen=True, slots=True)
class Figure:
    """A ratio or an amount, and what it should be."""

    what: str
    value: str
    limit: str
    kept: bool


def main(links: int) -> None:
    """Measure everything and print the table."""
    figures = [*starts(), *reading(links), *memory(links)]
    table = Table("figure", "measured", "limit", "", title=f"raidctl bench, {links:,} links")
    for figure in figures:
        table.add_row(figure.what, figure.value, figure.limit, "ok" if figure.kept else "OVER")
    Console(width=110).print(table)


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


def reading(links: int) -> Iterator[Figure]:
    """Time and requests of `diff` against the exchanges it consists of."""
    with site(links, LATENCY_MS) as running:
        run(running.diff("rest"))
        exchanges = running.exchanges()
        ours, floor = in_turn(running.diff("rest"), running.floor(exchanges), RUNS)
        yield ratio(
            f"diff over REST at {LATENCY_MS} ms, wall / bare requests", ours.wall, floor.wall, 1.15
        )
        yield ratio(
            f"diff over REST at {LATENCY_MS} ms, CPU / bare requests", ours.cpu, floor.cpu, 2.0
        )
        asked = sum(1 for system, *_ in json.loads(exchanges.read_text()) if system == "jira")
        batches = ceil(links / 100)
        limit = f"≤ {batches} + 3"
        yield Figure("JIRA requests", str(asked), limit, asked <= batches + 3)
        jira = running.urls["jira"]
        naive = run([sys.executable, "-m", "tests.bench.naive", jira, str(NAIVE_SAMPLE)])
        scaled = naive.wall * links / NAIVE_SAMPLE
        what = f"one jira.issue(key) a link (of {NAIVE_SAMPLE}, scaled), wall / diff"
        yield Figure(what, f"{scaled / ours.wall:.0f} ({scaled:.0f} s)", "", kept=True)


def memory(links: int) -> Iterator[Figure]:
    """Memory of `diff` over the database, ten times the links against as many."""
    peaks = []
    for many in (links, 10 * links):
        with site(many, 0) as running:
            peaks.append(run(running.diff("database")).megabytes)
    grown = peaks[1] - peaks[0]
    what = f"memory, {10 * links:,} links - {links:,}, Impact's database"
    yield Figure(what, f"{grown:.0f} MB ({peaks[0]:.0f} → {peaks[1]:.0f})", "≤ 60 MB", grown <= 60)


@dataclass(frozen=True, slots=True)
class Site:
    """A running sandbox."""

    folder: Path
    urls: Mapping[str, str]
    process: "subprocess.Popen[str]"

    def diff(self, reads: str) -> list[str]:
        """The command that compares everything."""
        config = self.folder / f"{reads}.toml"
        return [sys.executable, "-m", "raidctl", "--config", str(config), "diff"]

    def floor(self, exchanges: Path) -> list[str]:
        """The command that does the same exchanges and nothing else."""
        command = [sys.executable, "-m", "tests.bench.floor", str(exchanges)]
        return [*command, json.dumps(dict(self.urls)), str(CONCURRENCY)]

    def exchanges(self) -> Path:
        """What the site was asked since it was started."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("write\n")
        self.process.stdin.flush()
        self.process.stdout.readline()
        return self.folder / "exchanges.json"


@contextmanager
def site(links: int, latency_ms: int) -> Iterator[Site]:
    """A sandbox with that many links in sync, in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [sys.executable, "-m", "tests.bench.site", name, str(links), str(latency_ms)]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
            assert process.stdout is not None
            os.environ["BENCH_DATABASE_URL"] = f"sqlite:///{folder / 'impact.db'}"
            yield Site(folder, json.loads(process.stdout.readline()), process)
            process.communicate()


def in_turn(
    ours: Sequence[str], floor: Sequence[str], runs: int, answer: int = 0
) -> tuple[Cost, Cost]:
    """The medians of two commands run one after the other, so that both see the same machine."""
    run(ours, answer)
    run(floor)
    pairs = [(run(ours, answer), run(floor)) for _ in range(runs)]
    return typical([pair[0] for pair in pairs]), typical([pair[1] for pair in pairs])


def typical(costs: Sequence[Cost]) -> Cost:
    """The median of each figure."""
    return Cost(
        median(cost.wall for cost in costs),
        median(cost.cpu for cost in costs),
        median(cost.megabytes for cost in costs),
    )


def run(command: Sequence[str], answer: int = 0) -> Cost:
    """Run to the end, output thrown away; raises when it does not exit with `answer`."""
    started = time.perf_counter()
    environ = {**os.environ, "BENCH_TOKEN": "bench-token"}
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environ
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != answer:
        raise RuntimeError(f"exit {process.returncode}: {' '.join(command)}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def ratio(what: str, ours: float, floor: float, limit: float) -> Figure:
    """One figure as a ratio against its floor."""
    value = f"{ours / floor:.2f} ({ours:.2f} s / {floor:.2f} s)"
    return Figure(what, value, f"≤ {limit:g}", ours / floor <= limit)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
