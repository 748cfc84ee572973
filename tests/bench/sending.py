"""Sends signed events as fast as they are taken, on several connections that stay open."""

import hashlib
import hmac
import json
import re
import socket
import time
from collections.abc import Iterable, Sequence
from threading import Thread

SECRET = b"bench-secret"
CONNECTIONS = 16


def event(number: int, issue: int, field: str = "summary") -> bytes:
    """A delivery of JIRA, whole: about as large as real ones of a short issue are."""
    body = json.dumps(
        {
            "timestamp": 1_795_000_000_000 + number,
            "webhookEvent": "jira:issue_updated",
            "issue_event_type_name": "issue_updated",
            "user": {"accountId": "712020:human", "displayName": "A Human"},
            "issue": {
                "id": str(issue),
                "key": f"INC-{issue - 10_000}",
                "fields": {"summary": "Checkout is down", "description": "What we know.\n" * 100},
            },
            "changelog": {"id": str(number), "items": [{"field": field, "fieldId": field}]},
        }
    ).encode()
    digest = hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    head = (
        "POST /jira HTTP/1.1\r\nHost: raidctl\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nX-Hub-Signature: sha256={digest}\r\n"
        f"X-Atlassian-Webhook-Identifier: bench-{number}\r\n\r\n"
    )
    return head.encode() + body


def _answer(connection: socket.socket) -> bytes:
    """All of it, so that the next one begins with its head."""
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(65_536)
    head, _, body = answer.partition(b"\r\n\r\n")
    (length,) = re.findall(rb"content-length: (\d+)", head.lower())
    while len(body) < int(length):
        body += connection.recv(65_536)
    return answer


def sent(port: int, events: Sequence[bytes], connections: int = CONNECTIONS) -> float:
    """How many seconds it took until all were answered 202."""
    failed: list[bytes] = []

    def send(mine: Iterable[bytes]) -> None:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            for one in mine:
                connection.sendall(one)
                answer = _answer(connection)
                if not answer.startswith(b"HTTP/1.1 202 "):
                    failed.append(answer)
                    return

    threads = [Thread(target=send, args=(events[n::connections],)) for n in range(connections)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise RuntimeError(failed[0].decode())
    return time.perf_counter() - started
