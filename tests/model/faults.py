"""What goes wrong: single requests, transactions and commits, at points drawn beforehand."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from threading import RLock

import requests
import urllib3

from raidctl.sandbox.server import Answer, Reply, Request


class Killed(BaseException):
    """The process has died: nothing of it acts any more."""


class Point(StrEnum):
    """Where raidctl meets the world."""

    JIRA_READ = "jira read"
    JIRA_WRITE = "jira write"
    WEBHOOK = "webhook"
    IMPACT_READ = "impact read"
    IMPACT_WRITE = "impact write"
    JOURNAL = "journal"


class Trouble(StrEnum):
    """What happens there; `PERSON` is somebody who writes just then."""

    DROPPED = "dropped before it acted"
    LOST = "acted, no answer"
    UNAVAILABLE = "503 before it acted"
    BROKEN = "500 after it acted"
    LIMITED = "429"
    CONFLICT = "409"
    FORBIDDEN = "403"
    DOWN = "no connection"
    KILLED = "killed before"
    KILLED_AFTER = "killed after"
    PERSON = "a person was faster"


WRITES = (Point.JIRA_WRITE, Point.WEBHOOK, Point.IMPACT_WRITE)
READS = (Point.JIRA_READ, Point.IMPACT_READ)
JOURNAL = (Point.JOURNAL,)
COMMITS = (Trouble.KILLED, Trouble.KILLED_AFTER, Trouble.DROPPED)
"""What can happen to a commit; `DROPPED` is a disk that is full."""

FORBIDDEN = Reply(403, {"errorMessages": ["This issue is archived."], "errors": {}})
ACTED = frozenset({Trouble.LOST, Trouble.BROKEN})
"""After these nobody knows, and it has acted."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens at these points, once `after` of them went well, and how often in a row."""

    points: tuple[Point, ...]
    trouble: Trouble
    after: int = 0
    times: int = 1


@dataclass
class Faults:
    """The faults of one run; `struck` counts what came of them in all runs."""

    struck: Counter[tuple[Point, Trouble]] = field(default_factory=Counter)
    dead: bool = False

    def __post_init__(self) -> None:
        self._lock = RLock()
        self.disarm()

    def arm(self, faults: Sequence[Fault], meddle: Callable[[], None]) -> None:
        """Let these happen in the run that follows; `meddle` is what the person does."""
        self._faults, self._meddle = tuple(faults), meddle
        self._passed: Counter[int] = Counter()
        self.dead = False

    def disarm(self) -> None:
        """Let everything go well."""
        self.arm((), lambda: None)

    def alive(self) -> None:
        """Raise `Killed` in a process that has died.

        One of its threads may get further than another time: not even time is to pass by that, or
        examples would not repeat themselves.
        """
        if self.dead:
            raise Killed

    def strike(self, point: Point) -> Trouble | None:
        """What goes wrong here and now; raises `Killed` where the process dies, or is dead."""
        with self._lock:
            self.alive()
            mine = [n for n, fault in enumerate(self._faults) if point in fault.points]
            self._passed.update(mine)
            for number in mine:
                fault = self._faults[number]
                if fault.after < self._passed[number] <= fault.after + fault.times:
                    return self._struck(point, fault.trouble)
            return None

    def _struck(self, point: Point, trouble: Trouble) -> Trouble:
        self.struck[point, trouble] += 1
        if trouble is Trouble.KILLED:
            self.die()
        if trouble in (Trouble.PERSON, Trouble.CONFLICT):
            self._meddle()
            self._meddle = lambda: None
        return trouble

    def die(self) -> None:
        """End here: what is done from now on is done by nobody."""
        self.dead = True
        raise Killed

    def exchange(self, point: Point, request: Request, answer: Answer) -> Reply:
        """Hand a request over, as far as nothing goes wrong."""
        trouble = self.strike(point)
        match trouble:
            case Trouble.DROPPED:
                raise dropped()
            case Trouble.DOWN:
                raise refused()
            case Trouble.LIMITED:
                return Reply(429, headers={"Retry-After": "2"})
            case Trouble.UNAVAILABLE:
                return Reply(503)
            case Trouble.CONFLICT if point is Point.JIRA_WRITE:
                said = ["The issue was changed by another request at the same time."]
                return Reply(409, {"errorMessages": said, "errors": {}})
            case Trouble.FORBIDDEN if point is Point.JIRA_WRITE:
                return FORBIDDEN
        reply = answer(request)
        match trouble:
            case Trouble.LOST:
                raise dropped()
            case Trouble.BROKEN:
                return Reply(500)
            case Trouble.KILLED_AFTER:
                self.die()
        return reply


def dropped() -> requests.ConnectionError:
    """What requests raises for a connection that ended without an answer."""
    return requests.ConnectionError(urllib3.exceptions.ProtocolError("Connection aborted."))


def refused() -> requests.ConnectionError:
    """What requests raises where nobody listens: nothing was sent."""
    pool = urllib3.HTTPConnectionPool("nowhere")
    none = urllib3.exceptions.NewConnectionError(pool, "Connection refused")  # type: ignore[arg-type]  # it takes either
    return requests.ConnectionError(urllib3.exceptions.MaxRetryError(pool, "/", none))
