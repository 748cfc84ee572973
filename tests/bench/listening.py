"""`raidctl listen`: how many signed events it takes a second, and what many of them cost."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median

from tests.bench.floor import TOKEN
from tests.bench.measure import Figure
from tests.bench.sending import SECRET, event, sent
from tests.bench.sites import site

EVENTS, RUNS, LEAST = 5_000, 5, 0.7
WARM = 200
LINKS, MANY, MEGABYTES = 1_000, 50_000, 5
FEW = 15_000  # by then the journal remembers as many events as it ever does


def listening() -> Iterator[Figure]:
    """How fast events are taken, and how much memory many of them take."""
    yield _speed()
    yield _memory()


def _speed() -> Figure:
    """Both servers in turn, each in a process of its own, by one sender in this one."""
    events = [event(number, 10_000 + number % 1_000) for number in range(EVENTS + WARM)]
    pairs = [(_rate("ours", events), _rate("floor", events)) for _ in range(RUNS)]
    ours, floor = (median(rates) for rates in zip(*pairs, strict=True))
    told = f"{ours / floor:.2f} ({ours:,.0f} / {floor:,.0f})"
    what = "listen: signed events taken a second / one bare commit each"
    return Figure(what, told, f"≥ {LEAST:g}", ours / floor >= LEAST)


def _memory() -> Figure:
    """Of the whole command, which settles them as well."""
    peaks = [_peak(many) for many in (FEW, MANY)]
    grown = peaks[1] - peaks[0]
    what = f"listen: memory, {MANY:,} events - {FEW:,}"
    told = f"{grown:.0f} MB ({peaks[0]:.0f} → {peaks[1]:.0f})"
    return Figure(what, told, f"≤ {MEGABYTES} MB", grown <= MEGABYTES)


def _peak(events: int) -> float:
    """Megabytes at most until all of them are settled."""
    with site(LINKS, 0) as running:
        environ = {**os.environ, "BENCH_TOKEN": TOKEN, "RAIDCTL_LISTEN_SECRET": SECRET.decode()}
        command = running.raidctl("listen", "--port", "0", reads="database")
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environ) as process:
            assert process.stderr is not None
            port = int(re.findall(r":(\d+): POST", process.stderr.readline())[0])
            for first in range(0, events, EVENTS):
                last = min(first + EVENTS, events)
                sent(port, [event(n, 10_001 + n % LINKS) for n in range(first, last)])
            while _waiting(running.journal):
                time.sleep(0.1)
            process.send_signal(signal.SIGTERM)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"listen: exit {process.returncode}")
    return usage.ru_maxrss / 1024


def _waiting(journal: Path) -> int:
    with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as connection:
        ((count,),) = connection.execute("SELECT COUNT(*) FROM events WHERE state = 'waiting'")
    return int(count)


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
