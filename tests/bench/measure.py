"""Whole processes by the system's own accounting, and figures as ratios against a floor."""

import os
import subprocess
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process took: seconds, seconds of CPU, megabytes at its largest."""

    wall: float
    cpu: float
    megabytes: float


@dataclass(frozen=True, slots=True)
class Figure:
    """A ratio or an amount, and what it should be; without a limit it is only told."""

    what: str
    value: str
    limit: str = ""
    kept: bool = True


def in_turn(
    ours: Sequence[str], floor: Sequence[str], runs: int, answer: int = 0
) -> tuple[Cost, Cost]:
    """The medians of two commands run one after the other, so that both see the same machine."""
    run(ours, answer)
    run(floor)
    pairs = [(run(ours, answer), run(floor)) for _ in range(runs)]
    return typical(pair[0] for pair in pairs), typical(pair[1] for pair in pairs)


def typical(costs: Iterable[Cost]) -> Cost:
    """The median of each figure."""
    several = list(costs)
    return Cost(
        median(cost.wall for cost in several),
        median(cost.cpu for cost in several),
        median(cost.megabytes for cost in several),
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


def ratio(what: str, ours: float, floor: float, limit: float | None = None) -> Figure:
    """One figure as a ratio against its floor."""
    value = f"{ours / floor:.2f} ({ours:.2f} s / {floor:.2f} s)"
    if limit is None:
        return Figure(what, value)
    return Figure(what, value, f"≤ {limit:g}", ours / floor <= limit)
