"""The loopback server of the sandbox, made to misbehave and to remember what it was asked."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from raidctl.sandbox import server
from raidctl.sandbox.server import Answer, Reply, Request

_REMEMBERED_REQUESTS = 100_000


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one request, after `stall_seconds` of silence.

    `acts` tells whether the request still takes effect; the connection then closes without an
    answer (`drops`), or `reply` is sent instead of the right answer.
    """

    acts: bool = True
    drops: bool = False
    reply: Reply | None = None
    stall_seconds: float = 0.0


DROP_BEFORE = Fault(acts=False, drops=True)
DROP_AFTER = Fault(drops=True)


def refuse(status: int, retry_after: str | None = None, body: object = None) -> Fault:
    """Answer `status` without acting; `retry_after` is sent as given: seconds or an HTTP date."""
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return Fault(acts=False, reply=Reply(status, body, headers=headers))


def stall(seconds: float) -> Fault:
    """Stay silent for `seconds`, then act and answer as usual."""
    return Fault(stall_seconds=seconds)


Faults = Callable[[Request], Fault | None]


class LoopbackServer(server.LoopbackServer):
    """`faults` may spoil single requests; it can be replaced while the server runs."""

    def __init__(self, answer: Answer, *, faults: Faults | None = None, **settings: Any) -> None:
        super().__init__(answer, **settings)
        self.faults = faults
        self._seen: deque[tuple[str, str]] = deque(maxlen=_REMEMBERED_REQUESTS)

    @property
    def requests(self) -> list[tuple[str, str]]:
        """Method and path of what was asked since the start or `forget`, oldest first."""
        return list(self._seen)

    def forget(self) -> None:
        """Empty `requests` and `connections`."""
        self._seen.clear()
        self.connections = 0

    def reply(self, request: Request) -> Reply | None:
        """The answer to a request, unless a fault is due."""
        self._seen.append((request.method, request.path))
        fault = (self.faults(request) if self.faults else None) or Fault()
        if pause := self.latency_seconds + fault.stall_seconds:
            self._sleep(pause)
        reply = self._answer(request) if fault.acts else None
        return None if fault.drops else fault.reply or reply
