"""The receiver on a socket: HTTP by uvicorn in a thread of its own, slow senders bounded."""

import errno
import socket
from asyncio import Transport
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from raidctl.errors import UsageError

BACKLOG = 100
DRAIN_SECONDS = 20  # for requests under way when it ends; each is shorter
_BUSY = b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class Connection(H11Protocol):
    """One of so many connections at once, on which a request must begin in time.

    uvicorn itself waits for a request's head without an end. How long its body may take is the
    application's to say.
    """

    most = 100
    seconds = 10.0

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Refuse one too many at once: it may come again."""
        super().connection_made(transport)
        self._late = self.loop.call_later(self.seconds, self._close_if_idle)
        if len(self.connections) > self.most:
            transport.write(_BUSY)
            transport.close()

    def on_response_complete(self) -> None:
        """The next request has as much time, and so has the rest of one that was refused."""
        self._late.cancel()
        self._late = self.loop.call_later(self.seconds, self._close_if_idle)
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._late.cancel()
        super().connection_lost(exc)

    def _close_if_idle(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.abort()


def bound(host: str, port: int) -> socket.socket:
    """A socket at this address. Raises `UsageError` where there is none to be had."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except socket.gaierror:
        raise UsageError(f"listen.host: {host!r} is no address of this machine") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            why = "another program listens there: stop it, or name another by --port"
        elif error.errno == errno.EADDRNOTAVAIL:
            why = "no address of this machine: name one by --host"
        else:
            why = f"{error.strerror}: name another by --host and --port"
        raise UsageError(f"cannot listen on port {port} of {host}: {why}") from None


def named(at: socket.socket) -> str:
    """Its address, as a browser takes it."""
    host, port, *_ = at.getsockname()
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


@contextmanager
def serving(
    application: Starlette,
    at: socket.socket,
    ended: Callable[[], None],
    protocol: type[H11Protocol] = Connection,
) -> Iterator[Callable[[], bool]]:
    """Answer requests as long as this is entered, and then those that are under way.

    `ended` is called when no more are answered, whyever; what is given tells whether they are.
    """
    settings: dict[str, Any] = {"log_config": None, "log_level": "critical", "access_log": False}
    server = uvicorn.Server(
        uvicorn.Config(
            application,
            http=protocol,
            loop="asyncio",
            ws="none",
            lifespan="off",
            interface="asgi3",
            backlog=BACKLOG,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=DRAIN_SECONDS,
            **settings,
        )
    )

    def run() -> None:
        try:
            server.run([at])
        finally:
            ended()

    thread = Thread(target=run, name="listen")
    thread.start()
    try:
        yield thread.is_alive
    finally:
        server.should_exit = True
        thread.join()
