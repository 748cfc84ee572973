"""Mutants of what comes to `raidctl listen`: requests, and the bytes on its socket."""

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any, ClassVar
from weakref import finalize

import uvicorn
from uvicorn.server import ServerState

from raidctl.core.events.event import State
from raidctl.journal import Journal
from raidctl.listen.server import Connection
from tests.fresh import fresh_journal
from tests.fuzz.base import Input
from tests.fuzz.mutate import ODD, mutant, mutant_bytes
from tests.listen.asgi import Headers, ask, signature
from tests.listen.place import NOW, Place, update, webhook

MOST = 4096
TAKEN = {202, 400, 401, 413}
OF_JIRA = (
    webhook(12, "status", "priority"),
    webhook(13, "labels"),
    webhook(14, webhookEvent="jira:issue_created"),
    webhook(15, user={"name": "firefighter"}),
)
OF_IMPACT = (
    update(12),
    update(12, created_by=None, message="Status synced from Jira"),
    update(13, update_fields=[]),
    json.dumps({"incident": 14, "created": True}).encode(),
)


class _Receiving(Input):
    """A receiver before a journal in memory."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        journal = Journal(fresh_journal(folder / "journal.db"), lambda: NOW)
        self.place, self.loop = Place(journal.queue), asyncio.new_event_loop()
        for taken_down in (self.loop.close, journal.close):
            finalize(self, taken_down)

    def latest(self) -> int:
        """The number of the newest event."""
        kept = self.place.queue.events(list(State), 1)
        return kept[0].id if kept else 0

    def body(self, random: Random, path: str) -> bytes:
        """An event of whoever sends there, or what is left of one."""
        body = random.choice(OF_IMPACT if path == "/impact" else OF_JIRA)
        match random.randrange(4):
            case 0:
                return body
            case 1:
                return mutant_bytes(random, body)
            case _:
                made = json.dumps(mutant(random, json.loads(body)))
                return made.encode(errors="surrogatepass" if random.random() < 0.5 else "replace")


class Requests(_Receiving):
    """Requests as a server hands them on: bodies, signatures, headers, pieces."""

    PATHS: ClassVar = ("/jira", "/jira", "/jira", "/impact", "/impact", "/health", "/metrics", "/x")

    def play(self, random: Random) -> None:
        path = random.choice(self.PATHS)
        body = self.body(random, path)
        method = random.choice(("POST", "POST", "POST", "POST", "GET", "HEAD", "PUT", "\x00"))
        headers = self.headers(random, body)
        before = self.latest()
        answered = sum(self.place.numbers.answered.values())
        got = self.loop.run_until_complete(
            ask(self.place.app, method, path, headers, self.pieces(random, body))
        )
        if path in ("/jira", "/impact") and method == "POST":
            assert got.status in TAKEN, f"{got.status}: {got.text}"
            assert sum(self.place.numbers.answered.values()) == answered + 1
            kept = got.status == 202 and got.text.startswith("event ")
        else:
            assert got.status in {200, 404, 405}, got.status
            kept = False
        if kept:  # one without a time of its own may come anew in the place of an equal one
            number = int(got.text.removeprefix("event ").partition(":")[0])
            found = self.place.queue.events(list(State), 100_000) if number <= before else ()
            assert number > before or number in {one.id for one in found}, got.text
        else:
            assert self.latest() == before, got.text
        assert self.place.said == [], self.place.said

    def headers(self, random: Random, body: bytes) -> Headers:
        """A signature, most often the right one, and what may stand beside it."""
        made: list[tuple[str, str | bytes]] = [("X-Hub-Signature", signature(body))]
        if random.random() < 0.2:
            made[0] = ("X-Hub-Signature", mutant_bytes(random, signature(body).encode()))
        for name in ("X-Atlassian-Webhook-Identifier", "Content-Length", "X-Hub-Signature", "X"):
            if random.random() < 0.15:
                odd = str(random.choice(ODD)).encode(errors="replace")[:10_000]
                made.append((name, odd))
        return made

    def pieces(self, random: Random, body: bytes) -> list[bytes]:
        """The body, in one or many."""
        size = random.choice((1, 7, 100, 10_000_000))
        if size < 100 and len(body) > 5_000:
            size = 100
        return [body[n : n + size] for n in range(0, len(body), size)]


class Transport:
    """A socket that keeps what is written to it."""

    def __init__(self) -> None:
        self.written, self.closed = b"", False

    def write(self, data: bytes) -> None:
        assert not self.closed or not data
        self.written += data

    def close(self) -> None:
        self.closed = True

    abort = close

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...
    def get_extra_info(self, _: str) -> Any:
        return None


class Bytes(_Receiving):
    """What comes on a connection, be it HTTP or not."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        settings: dict[str, Any] = {"log_config": None, "log_level": "critical"}
        self.config = uvicorn.Config(
            self.place.app, http=Connection, ws="none", lifespan="off", access_log=False, **settings
        )
        self.config.load()

    def play(self, random: Random) -> None:
        path = random.choice(("/jira", "/impact"))
        body = self.body(random, path)
        lines = [
            f"POST {path} HTTP/1.1",
            "Host: x",
            f"X-Hub-Signature: {signature(body)}",
            f"Content-Length: {len(body)}",
        ]
        if random.random() < 0.3:
            lines.append(random.choice(("Connection: close", "Expect: 100-continue", "X: y")))
        sent = "\r\n".join(lines).encode() + b"\r\n\r\n" + body
        for _ in range(random.choice((1, 1, 2))):
            sent += sent if random.random() < 0.2 else b""
        if random.random() < 0.8:
            at = random.choice((len(sent), sent.index(b"\r\n\r\n")))
            sent = mutant_bytes(random, sent[:at]) + sent[at:]
        answers = self.loop.run_until_complete(self._played(random, sent))
        for answer in answers.split(b"HTTP/1.1 ")[1:]:
            assert int(answer[:3]) in {*TAKEN, 100, 200, 404, 405}, answer
        assert self.place.said == [], self.place.said

    async def _played(self, random: Random, sent: bytes) -> bytes:
        transport, state = Transport(), ServerState()
        made: Any = Connection(self.config, state, {}, _loop=self.loop)
        made.connection_made(transport)
        size = random.choice((1 if len(sent) < 3_000 else 100, 50, 65_536))
        for start in range(0, len(sent), size):
            if transport.closed:
                break
            made.data_received(sent[start : start + size])
            await asyncio.sleep(0)
        while state.tasks and not transport.closed:
            waiting = [one for one in state.tasks if not one.done()]
            done, _ = await asyncio.wait(waiting, timeout=0.02) if waiting else (set(), None)
            if not done:
                break  # it waits for more of the body
        made.connection_lost(None)
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*state.tasks)
        return transport.written
