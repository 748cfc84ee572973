"""Requests to an ASGI application in this process, as its server would hand them on."""

import asyncio
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

SECRET = b"hush-nobody-may-see"
Headers = Sequence[tuple[str, str | bytes]]


@dataclass(frozen=True, slots=True)
class Got:
    """What was answered."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


def signature(body: bytes, secret: bytes = SECRET) -> str:
    return f"sha256={hmac.new(secret, body, hashlib.sha256).hexdigest()}"


def signed(body: bytes, name: str | None = None) -> Headers:
    """The headers of JIRA's delivery of a body."""
    named = [] if name is None else [("X-Atlassian-Webhook-Identifier", name)]
    return [("X-Hub-Signature", signature(body)), ("Content-Length", str(len(body))), *named]


async def ask(
    app: Any, method: str, path: str, headers: Headers = (), chunks: Iterable[bytes | None] = ()
) -> Got:
    """Send a request piece by piece; None is a sender that says no more and is still there."""
    pieces = list(chunks)
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if not pieces:
            return {"type": "http.request", "body": b"", "more_body": False}
        if (piece := pieces.pop(0)) is None:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(errors="replace"),
        "root_path": "",
        "query_string": b"",
        "server": ("127.0.0.1", 8420),
        "client": ("127.0.0.1", 50_000),
        "state": {},
        "headers": [(name.lower().encode(), raw(value)) for name, value in headers],
    }
    await app(scope, receive, send)
    begin, *bodies = sent
    return Got(begin["status"], dict(begin["headers"]), b"".join(b["body"] for b in bodies))


def raw(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("latin-1")
