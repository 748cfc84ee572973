"""How fast one system may be asked, for all threads of a client together.

Limits are JIRA Cloud's published ones, which all clients of a site share, FireFighter too: raidctl
takes its share of them. On a Data Center, which publishes none, they do no harm. Source: facts,
"Limits".
"""

import random
import re
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import ceil, inf
from typing import Protocol

from raidctl.gateways.http.bounds import RunTime

HERD = (1.0, 1.3)  # how much longer than asked for a thread waits, so that not all come at once


class Activity(Protocol):
    """Is told what a run waits for, by several threads at once."""

    def asking(self, system: str) -> AbstractContextManager[None]:
        """A request is under way while it is entered."""
        ...

    def waits(self, why: str) -> None:
        """Nothing is asked for a while; `why` is in words."""
        ...


class Unseen:
    """An `Activity` that nobody looks at."""

    def asking(self, system: str) -> AbstractContextManager[None]:
        """Nothing is shown."""
        return nullcontext()

    def waits(self, why: str) -> None:
        """Nothing is shown."""


UNSEEN = Unseen()


@dataclass(frozen=True, slots=True)
class Waiting:
    """How whatever waits does so: its clocks, sleep and random source, and what bounds it.

    `share` is how much of a system's published burst it may use, `run` how long in all; `activity`
    is told of it.
    """

    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[float, float], float] = random.uniform
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    monotonic: Callable[[], float] = time.monotonic
    share: float = 1.0
    run: RunTime = field(default_factory=lambda: RunTime(inf))
    activity: Activity = UNSEEN


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` requests within any `seconds`: stricter than a bucket that refills."""

    count: int
    seconds: float

    def shared(self, share: float) -> "Limit":
        """A part of it, above 0 and up to 1; never less than one request."""
        return Limit(max(1, int(self.count * share)), self.seconds)


BY_METHOD = {"GET": Limit(100, 1.0), "PUT": Limit(50, 1.0), "POST": Limit(100, 1.0)}
BY_ISSUE = (Limit(20, 2.0), Limit(100, 30.0))
MOST_ISSUES = 1_000  # that are remembered before any is forgotten
_ISSUE = re.compile(r"/issue/([^/?]+)")


class _Sent:
    """When the last requests under some limits left."""

    def __init__(self, *limits: Limit) -> None:
        self._limits = limits
        self._most = max(limit.count for limit in limits)
        self.times: list[float] = []  # a deque has room for 64 from the first one on

    def free_at(self) -> float:
        """When the next one may leave."""
        full = (limit for limit in self._limits if len(self.times) >= limit.count)
        return max((self.times[-limit.count] + limit.seconds for limit in full), default=-inf)

    def leaves(self, now: float) -> None:
        """One more."""
        self.times.append(now)
        del self.times[: -self._most]


class Pace:
    """Lets a request go when its time has come.

    Reads and writes alike wait out what the system asked of any one of them, and keep to the limits
    for their method: each for itself, as no endpoint serves both. Writes keep to those for their
    issue as well.
    """

    def __init__(self, waiting: Waiting, system: str) -> None:
        self._waiting = waiting
        self._system = system
        self._lock = threading.Lock()
        self._held_until = -inf
        limits = {method: limit.shared(waiting.share) for method, limit in BY_METHOD.items()}
        self._reads = {method: _Sent(limit) for method, limit in limits.items()}
        self._writes = {method: _Sent(limit) for method, limit in limits.items()}
        self._by_issue = [limit.shared(waiting.share) for limit in BY_ISSUE]
        self._issues: dict[str, _Sent] = {}
        self._room = MOST_ISSUES

    @property
    def held(self) -> bool:
        """Whether nothing leaves now."""
        return self._waiting.monotonic() < self._held_until

    def hold(self, seconds: float) -> None:
        """Nothing leaves for so long: the system said that it is asked too much."""
        with self._lock:
            self._held_until = max(self._held_until, self._waiting.monotonic() + seconds)

    def wait_to_read(self, method: str) -> None:
        """Return when a read may leave, which then counts as sent."""
        self._wait([self._reads[method]])

    def wait_to_write(self, method: str, path: str) -> None:
        """Return when a write may leave, which then counts as sent."""
        issue = _ISSUE.search(path)
        with self._lock:
            sent = [self._writes[method]]
            if issue is not None:
                self._forget()
                sent.append(self._issues.setdefault(issue[1], _Sent(*self._by_issue)))
        self._wait(sent)

    def _forget(self) -> None:
        """Drop the issues that no limit remembers, once there are many; the lock is held."""
        if len(self._issues) < self._room:
            return
        long_ago = self._waiting.monotonic() - max(limit.seconds for limit in self._by_issue)
        idle = [
            name for name, one in self._issues.items() if one.times and one.times[-1] < long_ago
        ]
        for name in idle:
            del self._issues[name]
        self._room = max(MOST_ISSUES, 2 * len(self._issues))

    def _wait(self, sent: Sequence[_Sent]) -> None:
        """Sleep until all agree; others may have gone first meanwhile, so ask again."""
        while True:
            with self._lock:
                now = self._waiting.monotonic()
                held = self._held_until - now
                rest = max((one.free_at() - now for one in sent), default=0.0)
                if held <= 0 and rest <= 0:
                    for one in sent:
                        one.leaves(now)
                    return
            jitter = self._waiting.jitter(*HERD) if held > 0 else 1.0
            if rest > held:  # else whoever held it back has told why
                self._waiting.activity.waits(f"slowing down for {self._system}, {ceil(rest)} s")
            self._waiting.sleep(max(held * jitter, rest))
