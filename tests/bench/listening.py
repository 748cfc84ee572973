"""`raidctl listen`: how many signed events it takes a second, and what many of them cost."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from tests.bench.measure import Figure
from tests.bench.sending import event, sent

EVENTS, RUNS, LEAST = 5_000, 5, 0.7
WARM = 200


def listening() -> Iterator[Figure]:
    """Both servers in turn, each in a process of its own, by one sender in this one."""
    events = [event(number, 10_000 + number % 1_000) for number in range(EVENTS + WARM)]
    pairs = [(_rate("ours", events), _rate("floor", events)) for _ in range(RUNS)]
    ours, floor = (median(rates) for rates in zip(*pairs, strict=True))
    told = f"{ours / floor:.2f} ({ours:,.0f} / {floor:,.0f})"
    what = "listen: signed events taken a second / one bare commit each"
    yield Figure(what, told, f"≥ {LEAST:g}", ours / floor >= LEAST)


def _rate(what: str, events: list[bytes]) -> float:
    """Events a second."""
    with tempfile.TemporaryDirectory() as folder, _serving(what, folder) as port:
        sent(port, events[:WARM])
        return EVENTS / sent(port, events[WARM:])


@contextmanager
def _serving(what: str, folder: str) -> Iterator[int]:
    command = [sys.executable, "-m", "tests.bench.receiver", what, folder]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.communicate()
