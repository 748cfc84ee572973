"""The HTTP side of `raidctl listen`: a request is answered 202 once its event is in the journal."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import partial

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from raidctl.core.events.event import QueueState, Seen, State
from raidctl.core.watch.status import Status
from raidctl.errors import JournalError
from raidctl.listen.health import Health
from raidctl.listen.keeper import Keeper
from raidctl.listen.numbers import MEDIA_TYPE, Numbers
from raidctl.listen.signature import HEADER, unsigned
from raidctl.ports.events import EventReader

IDENTIFIER = "x-atlassian-webhook-identifier"
"""The same in every delivery of one event (Atlassian, "Webhooks")."""
BODY_SECONDS = 10.0

Reader = Callable[[bytes, str | None], Seen]
"""Reads a body as an event, by the identifier that JIRA gave it; what is none is `REFUSED`."""


class Answer(Enum):
    """What a request with an event is answered, and by which word it is counted."""

    KEPT = 202, "kept"
    KNOWN = 202, "known"
    NO_EVENT = 400, "no_event"
    UNSIGNED = 401, "unsigned"
    TOO_SLOW = 408, "too_slow"
    TOO_LARGE = 413, "too_large"
    DEFECT = 500, "defect"
    NOT_STORED = 503, "not_stored"

    def __init__(self, status: int, word: str) -> None:
        self.status, self.word = status, word


class _RefusedError(Exception):
    def __init__(self, answer: Answer, why: str) -> None:
        super().__init__(why)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Receiver:
    """What takes requests: `readers` by the system that sends them, which is also their path.

    `health` is told what cannot be stored, `tell` is given lines for whoever watches; `status` is
    what the journal tells of raidctl.
    """

    readers: Mapping[str, Reader]
    secret: bytes
    max_bytes: int
    keeper: Keeper
    queue: EventReader
    health: Health
    numbers: Numbers
    status: Callable[[], Status]
    clock: Callable[[], datetime]
    tell: Callable[[str], None]

    def application(self) -> Starlette:
        """The ASGI application."""
        events = [
            Route(f"/{system}", partial(self._event, system), methods=["POST"])
            for system in self.readers
        ]
        made = Starlette(
            routes=[*events, Route("/health", self._health), Route("/metrics", self._metrics)]
        )
        made.router.redirect_slashes = False  # JIRA follows none
        return made

    async def _event(self, system: str, request: Request) -> Response:
        try:
            answer, said = await self._taken(system, request)
        except _RefusedError as refused:
            answer, said = refused.answer, str(refused)
        except ClientDisconnect:
            return Response(status_code=Answer.TOO_SLOW.status)  # which nobody reads
        except JournalError as error:
            answer, said = Answer.NOT_STORED, f"it cannot be stored: {error}"
        except Exception as error:  # noqa: BLE001 - a defect with one event stops no other
            answer, said = Answer.DEFECT, "a defect of raidctl"
            self.tell(f"a defect of raidctl: {type(error).__name__} at /{system}; please report it")
        self.numbers.answered[system, answer.word] += 1
        return PlainTextResponse(f"{said}\n", answer.status)

    async def _taken(self, system: str, request: Request) -> tuple[Answer, str]:
        """In the order in which a request is refused; see DESIGN §14."""
        body = await self._body(request)
        if why := unsigned(request.headers.getlist(HEADER), body, self.secret):
            raise _RefusedError(Answer.UNSIGNED, why)
        seen = self.readers[system](body, request.headers.get(IDENTIFIER))
        if seen.state is State.REFUSED:
            raise _RefusedError(Answer.NO_EVENT, f"no event: {seen.why}")
        kept = await self.keeper.keep(seen)
        if kept is None:
            return Answer.KNOWN, "known already"
        return Answer.KEPT, f"event {kept.id}: {kept.why or kept.state}"

    async def _body(self, request: Request) -> bytes:
        """All of it, in time. What is too large is not read to its end here: the server does."""
        declared = request.headers.get("content-length", "0")
        body = bytearray()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                if not declared.isdecimal() or int(declared[:20]) <= self.max_bytes:
                    async for chunk in request.stream():
                        body += chunk
                        if len(body) > self.max_bytes:
                            break
                    else:
                        return bytes(body)
        except TimeoutError:
            why = f"it has not come within {BODY_SECONDS:.0f} seconds"
            raise _RefusedError(Answer.TOO_SLOW, why) from None
        why = f"larger than {self.max_bytes} bytes, which listen.max_bytes allows"
        raise _RefusedError(Answer.TOO_LARGE, why)

    async def _health(self, _: Request) -> Response:
        """200, or 503 where events cannot be stored or settled."""
        await self.keeper.look_again()
        unwell = self.health.unwell
        try:
            state = await asyncio.to_thread(self.queue.state)
        except JournalError as error:
            return JSONResponse({"status": "unwell", "why": [*unwell, str(error)]}, 503)
        told = {
            "status": "unwell" if unwell else "ok",
            "why": unwell,
            "waiting": state.waiting,
            "dead": state.dead,
            "oldest_seconds": self._age(state),
        }
        return JSONResponse(told, 503 if unwell else 200)

    async def _metrics(self, _: Request) -> Response:
        try:
            status = await asyncio.to_thread(self.status)
        except JournalError:
            status = None
        return Response(self.numbers.text(status), media_type=MEDIA_TYPE)

    def _age(self, state: QueueState) -> float:
        """Of the oldest event; none is younger than nothing, though the clock be turned back."""
        if state.oldest_at is None:
            return 0.0
        return max((self.clock() - state.oldest_at).total_seconds(), 0.0)
