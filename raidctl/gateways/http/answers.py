"""What an answer says of itself, made fit for a message: on one line, and without our secrets."""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests

_SAID = ("errorMessages", "errors", "message", "error", "error_description", "detail")
_TITLE = re.compile(rb"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_HEAD = 4_096  # bytes of a page in which its title stands
_LOGIN = re.compile(r"//\S*@")
_LONGEST = 2_000  # characters of a text that are looked at
_LEAST = 4  # characters of what may be a secret
HIDDEN = "raidctl_hidden"
"""The attribute of a request that holds further secrets of it, such as parts of its address."""
_OURS = frozenset(
    {"accept", "accept-encoding", "connection", "content-length", "content-type", "user-agent"}
)


def retry_after(header: str | None, now: datetime) -> float | None:
    """Seconds to wait by a Retry-After header: a number, or an HTTP date (RFC 9110)."""
    if header is None:
        return None
    if number := re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*", header):
        return float(number[1])
    try:
        date = parsedate_to_datetime(header)
        if date.tzinfo is None:
            date = date.replace(tzinfo=UTC)
        return max(0.0, (date - now).total_seconds())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def one_line(text: object, limit: int = 200) -> str:
    """Foreign text as part of a message: on one line, not for ever, no URL with its password."""
    words = " ".join(str(text).split())[:_LONGEST] or type(text).__name__
    words = _LOGIN.sub("//…@", words)
    return words if len(words) <= limit else f"{words[:limit]}…"


def target(response: requests.Response) -> str:
    """Where a redirect leads, without user, password and query, which may hold any character."""
    location = response.headers.get("Location", "")
    try:
        host, path = urlsplit(location)[1:3]
    except ValueError:
        return ""
    if "@" in host + path:
        host, path = "", location.rpartition("@")[2].partition("?")[0]
    return f" to {one_line(host + path)}" if host or path else ""


def moved_to(response: requests.Response, base: str, path: str) -> str | None:
    """The base of the site that a redirect names for the same path; None where it leads elsewhere.

    None as well for the base it came from, and for one that would be asked without TLS from now on.
    """
    location = response.headers.get("Location", "")
    try:
        scheme, host, there = urlsplit(location)[:3]
    except ValueError:
        return None
    secure = scheme == "https" or (scheme == "http" and base.startswith("http:"))
    if not (secure and host and there.endswith(path)) or "@" in location:
        return None
    moved = one_line(f"{scheme}://{host}{there.removesuffix(path)}")
    return None if moved == base else moved


def said(response: requests.Response) -> str:
    """The status and what the system itself says of it, on one line, without what we sent it.

    FireFighter lists `errors` with a `detail`, JIRA has `errorMessages` and `errors` by field, its
    gate and Atlassian's a `message` or an `error`; a proxy's page has a title.
    """
    words = list(_words(response))
    told = "; ".join(word for word in words if word)
    for secret in secrets(response):
        told = told.replace(secret, "…")
    return f"HTTP {response.status_code}" + (f" ({one_line(told)})" if told.strip() else "")


def _words(response: requests.Response) -> Iterator[str]:
    body = answered(response)
    for key in _SAID:
        messages = body.get(key)
        if isinstance(messages, dict):
            messages = list(messages.values())
        for one in messages if isinstance(messages, list) else [messages]:
            message = one.get("detail") if isinstance(one, dict) else one
            if message and not isinstance(message, bool):
                yield str(message)
    if not body:
        if title := _TITLE.search(response.content[:_HEAD]):
            yield title[1].decode(errors="replace")
        elif response.headers.get("Content-Type", "").startswith("text/plain"):
            yield response.content[:_HEAD].decode(errors="replace")


def secrets(response: requests.Response) -> Iterator[str]:
    """Whatever we sent that an answer must not be quoted with: it may repeat the request."""
    sent = response.request.headers if response.request is not None else {}
    values: list[object] = [value for name, value in sent.items() if name.lower() not in _OURS]
    for value in values:
        text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
        scheme, _, secret = text.partition(" ")
        found = [text, secret]
        if scheme == "Basic":
            with suppress(ValueError):
                found.append(base64.b64decode(secret).decode().partition(":")[2])
        yield from (one for one in found if len(one) >= _LEAST)
    yield from getattr(response.request, HIDDEN, ())


def answered(response: requests.Response) -> Mapping[str, Any]:
    """The JSON object of an answer; an empty one where it is none."""
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
