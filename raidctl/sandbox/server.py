"""A small HTTP/1.1 server on loopback that hands requests to a function."""

import json
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from io import BufferedIOBase
from socket import SHUT_RDWR, socket
from socketserver import StreamRequestHandler, ThreadingTCPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote

from requests.structures import CaseInsensitiveDict


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `path` is decoded and without the query, `target` is both as they were sent."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    target: str = ""

    @property
    def json(self) -> object:
        """The body as JSON; raises `ValueError` when it is none."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer; bytes and text are sent as they are, `None` is no body, all else becomes JSON."""

    status: int
    body: object = None
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        """The body as it goes over the wire."""
        match self.body:
            case None:
                return b""
            case bytes():
                return self.body
            case str():
                return self.body.encode()
            case _:
                return json.dumps(self.body, ensure_ascii=False, separators=(",", ":")).encode()


Answer = Callable[[Request], Reply]


class LoopbackServer:
    """Serves `answer` on 127.0.0.1, one daemon thread a connection; a context manager.

    `latency_seconds` pass before every answer, `close_each` ends the connection after each. `port`
    0 takes a free one, which a later start takes again. An exception in `answer` closes the
    connection, is kept in `crashes` and raised when the `with` block ends well.
    """

    def __init__(
        self,
        answer: Answer,
        *,
        port: int = 0,
        latency_seconds: float = 0.0,
        close_each: bool = False,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.latency_seconds = latency_seconds
        self.crashes: list[BaseException] = []
        self.port = port
        self.connections = 0
        self._answer = answer
        self._close_each = close_each
        self._sleep = sleep
        self._listener: _Listener | None = None

    @property
    def url(self) -> str:
        """Where it answers, without a trailing slash; known once it was started."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Bind and serve in the background; raises `OSError` when the port is taken."""
        self._listener = _Listener(self)
        self.port = self._listener.server_address[1]
        serve = partial(self._listener.serve_forever, poll_interval=0.02)
        threading.Thread(target=serve, daemon=True).start()

    def stop(self) -> None:
        """Stop listening and cut every open connection."""
        if self._listener is not None:
            self._listener.end()
            self._listener = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        if self.crashes and error is None:
            raise RuntimeError("the loopback server's answer function failed") from self.crashes[0]

    def exchange(self, stream: BufferedIOBase, connection: socket) -> bool:
        """Read one request and answer it; whether the connection stays open."""
        if (request := _read(stream)) is None:
            return False
        if (reply := self.reply(request)) is None:
            return False
        last = self._close_each or request.headers.get("connection", "").lower() == "close"
        connection.sendall(_encode(reply, request.method, last=last))
        return not last

    def reply(self, request: Request) -> Reply | None:
        """The answer to a request; None closes the connection without one."""
        if self.latency_seconds:
            self._sleep(self.latency_seconds)
        return self._answer(request)


def _read(stream: BufferedIOBase) -> Request | None:
    """The next request; None at the end, and for one that was cut off."""
    start = stream.readline().decode("latin-1").split()
    if len(start) != 3:
        return None
    method, target, _ = start
    fields: dict[str, str] = {}
    while (line := stream.readline().decode("latin-1")).strip():
        name, _, value = line.partition(":")
        fields[name] = value.strip()
    headers = CaseInsensitiveDict(fields)
    length = int(headers.get("content-length", 0)) if line else 0
    body = stream.read(length)
    if not line or len(body) < length:
        return None
    path, _, query = target.partition("?")
    return Request(
        method, unquote(path), parse_qs(query, keep_blank_values=True), headers, body, target
    )


def _encode(reply: Reply, method: str, *, last: bool) -> bytes:
    body = reply.encoded()
    lines = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in reply.headers.items()]
    if body:
        lines.append(f"Content-Type: {reply.content_type}")
    if reply.status != HTTPStatus.NO_CONTENT:
        lines.append(f"Content-Length: {len(body)}")
    if last:
        lines.append("Connection: close")
    head = "\r\n".join([*lines, "", ""]).encode("latin-1")
    return head if method == "HEAD" else head + body


class _Conversation(StreamRequestHandler):
    disable_nagle_algorithm = True
    server: "_Listener"

    def handle(self) -> None:
        with suppress(ConnectionError):  # the client went away: nobody is left to tell
            while self.server.owner.exchange(self.rfile, self.connection):
                pass


class _Listener(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, owner: LoopbackServer) -> None:
        super().__init__(("127.0.0.1", owner.port), _Conversation)
        self.owner = owner
        self._open: set[socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        self.owner.connections += 1
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, *_: object) -> None:
        if (error := sys.exception()) is not None:
            self.owner.crashes.append(error)

    def end(self) -> None:
        self.shutdown()
        self.server_close()
        for connection in list(self._open):
            with suppress(OSError):  # it closed by itself in between
                connection.shutdown(SHUT_RDWR)
