"""A receiver before a journal of its own, and the events that tests send it."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from raidctl.core.events.event import Queued, Seen, State
from raidctl.core.events.parse import Parser
from raidctl.core.model import Field
from raidctl.core.watch.status import Status
from raidctl.journal import Journal
from raidctl.journal.events import Queue
from raidctl.listen.health import Health
from raidctl.listen.keeper import Keeper
from raidctl.listen.numbers import Numbers
from raidctl.listen.receiver import Receiver
from tests import payloads
from tests.core.test_watch import status
from tests.fresh import fresh_journal
from tests.listen.asgi import SECRET, Got, Headers, ask, signed

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PARSER = Parser({"status": Field.STATUS, "priority": Field.PRIORITY, "summary": Field.TITLE})


def webhook(number: int = 12, *fields: str, **more: Any) -> bytes:
    """JIRA's word that somebody changed these fields of an issue."""
    at = {"timestamp": 1_795_000_000_123}
    return json.dumps(payloads.webhook(number, *(fields or ("status",)), **at | more)).encode()


def update(incident: int = 12, **more: Any) -> bytes:
    """Impact's word that somebody changed an incident."""
    by = {"created_by": "ada", "message": "x"}
    return json.dumps({**payloads.updated(incident, "title"), **by, **more}).encode()


@dataclass(slots=True)
class Clock:
    """What time it is said to be."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def jump(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class Place:
    """The receiver as JIRA meets it; `said` is what was told to whoever watches."""

    queue: Queue
    clock: Clock = field(default_factory=Clock)
    said: list[str] = field(default_factory=list)
    woken: int = 0

    def __post_init__(self) -> None:
        self.health = Health(self.said.append)
        self.numbers = Numbers()
        self.app = self.receiver().application()

    def receiver(self, **other: Any) -> Receiver:
        keeper = Keeper(self.queue, self.clock, self.health, self._wake)
        made = Receiver(
            readers={"jira": PARSER.jira, "impact": PARSER.impact},
            secret=SECRET,
            max_bytes=4096,
            keeper=keeper,
            queue=self.queue,
            health=self.health,
            numbers=self.numbers,
            status=self._status,
            clock=self.clock,
            tell=self.said.append,
        )
        return replace(made, **other)

    def ask(self, method: str, path: str, headers: Headers = (), *chunks: bytes | None) -> Got:
        return asyncio.run(ask(self.app, method, path, headers, chunks))

    def send(self, body: bytes, path: str = "/jira", name: str | None = None) -> Got:
        """Deliver a signed event."""
        return self.ask("POST", path, signed(body, name), body)

    def kept(self) -> list[Queued]:
        """All that is in the queue."""
        return list(self.queue.events(list(State), 1_000_000))

    def _status(self) -> Status:
        return status(queue=self.queue.state(), at=self.clock())

    def _wake(self) -> None:
        self.woken += 1


def journal_queue(folder: Path) -> "closing[Journal]":
    return closing(Journal(fresh_journal(folder / "journal.db"), lambda: NOW))


class Broken(Queue):
    """A queue that cannot be written, as long as it has an error to raise."""

    def __init__(self, queue: Queue) -> None:
        super().__init__(queue._connection)
        self.error: Exception | None = None
        self.calls: list[int] = []
        self.probes = 0

    def keep(self, seen: Sequence[Seen], at: datetime) -> Sequence[Queued | None]:
        self.calls.append(len(seen))
        if self.error is not None:
            raise self.error
        return super().keep(seen, at)

    def probe(self) -> None:
        self.probes += 1
        if self.error is not None:
            raise self.error
        super().probe()
