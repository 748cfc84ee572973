"""What takes notices: a server that remembers what it was sent, and may be away."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from raidctl.sandbox.server import Reply, Request
from tests.simulators.server import LoopbackServer

SECRET = "/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"
"""The part of an address that nobody may see."""


class Hook:
    """Takes whatever is sent; as Slack does, it answers `ok` in plain text."""

    def __init__(self) -> None:
        self.bodies: list[Any] = []
        self.asked: list[Request] = []
        self.reply = Reply(200, "ok", "text/plain")
        self.server = LoopbackServer(self._answer)

    @property
    def address(self) -> str:
        """Where it is told, secret and all."""
        return f"{self.server.url}{SECRET}"

    def _answer(self, request: Request) -> Reply:
        self.asked.append(request)
        if request.body and self.reply.status < 300:
            self.bodies.append(request.json)
        return self.reply


@contextmanager
def hook() -> Iterator[Hook]:
    """One that is up."""
    made = Hook()
    with made.server:
        yield made
