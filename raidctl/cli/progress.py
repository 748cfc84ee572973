"""What a run is at, in one line on standard error that moves with every answer."""

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic

from raidctl.cli.terminal import say
from raidctl.cli.verbose import told


def pace(done: int, total: int, seconds: float) -> str:
    """How fast it goes and how long it takes yet; empty while nothing tells."""
    if not 0 < done < total or seconds <= 0:
        return ""
    rate = done / seconds
    left = round((total - done) / rate)
    minutes, rest = divmod(left, 60)
    time = f"{minutes} min" if minutes else f"{rest} s"
    return f"{rate:.1f} a second, {time} left"


class Meter:
    """A line of progress: links done, answers that came, and what is waited for.

    There is none without a terminal, nor where each request is told (`-v`). For several threads at
    once; it is an `Activity` of `gateways.http.pace`.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._draw: Callable[[], None] = lambda: None
        self._links = self._answers = self._total = 0
        self._begun = monotonic()
        self._under_way = Counter[str]()
        self._wait = ""

    @contextmanager
    def showing(self, what: str, total: int = 0) -> Iterator[Callable[[int], None]]:
        """Show what is done while it is entered; to be told how many more links are done.

        `total` is how many there are, 0 where nobody knows.
        """
        self._links = self._answers = 0
        self._total, self._begun = total, monotonic()
        dumb = os.environ.get("TERM") == "dumb"
        if sys.stderr is None or not sys.stderr.isatty() or dumb or told():
            yield lambda _: None
            return
        from rich import console, progress  # noqa: PLC0415 - slow to load, and few runs have a bar

        columns = (
            progress.TextColumn("{task.description}", markup=False),
            progress.BarColumn(bar_width=10),
            progress.TimeElapsedColumn(),
        )
        stderr = console.Console(stderr=True)
        with progress.Progress(*columns, console=stderr, transient=True) as bar:
            task = bar.add_task(what, total=total or None)
            self._draw = lambda: bar.update(
                task, description=f"{what}{self._said()}", completed=self._links
            )
            try:
                yield self._done
            finally:
                self._draw = lambda: None

    @contextmanager
    def asking(self, system: str) -> Iterator[None]:
        """A request is under way, until its answer is there or none will come."""
        with self._lock:
            self._under_way[system] += 1
            self._wait = ""
        self._draw()
        try:
            yield
        finally:
            with self._lock:
                self._under_way[system] -= 1
                self._answers += 1
            self._draw()

    def waits(self, why: str) -> None:
        """Nothing is asked for a while."""
        if told():
            say(why)
        with self._lock:
            self._wait = why
        self._draw()

    def _done(self, links: int) -> None:
        with self._lock:
            self._links += links
        self._draw()

    def _said(self) -> str:
        with self._lock:
            asked = sorted(system for system, count in self._under_way.items() if count)
            links, answers, wait = self._links, self._answers, self._wait
        waiting = wait or (f"waiting for {' and '.join(asked)}" if asked else "")
        of_all = f" of {self._total:,}" if self._total else ""
        told = [
            f"{links:,}{of_all} link{'' if links == 1 and not of_all else 's'}" if links else "",
            pace(links, self._total, monotonic() - self._begun),
            f"{answers:,} answer{'' if answers == 1 else 's'}",
            waiting,
        ]
        return ": " + ", ".join(filter(None, told))


class Unmetered(Meter):
    """One that nobody sees."""

    @contextmanager
    def showing(self, what: str, total: int = 0) -> Iterator[Callable[[int], None]]:
        """Nothing is shown."""
        yield lambda _: None
