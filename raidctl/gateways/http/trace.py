"""Tells each exchange with a system to whoever listens to its logger: no secret, no body whole.

At INFO a line, at DEBUG the bodies too. Nothing is put into words while nobody listens. Attributes
have OpenTelemetry's names (its semantic conventions for HTTP clients and databases).
"""

import json
import logging
import re
from collections.abc import Collection, Iterable, Mapping
from urllib.parse import quote, unquote_plus, urlsplit

import requests

from raidctl.errors import ServiceError
from raidctl.gateways.http.answers import one_line, secrets
from raidctl.gateways.http.failures import TransientError

LOG = logging.getLogger("raidctl.requests")

LONGEST = 2_000
"""Characters of a body, or of a statement, that are told."""

_LOOKED_AT = 5 * LONGEST  # a secret that begins in what is told ends in here
_PATH, _STATEMENT = 300, 60
_HIDDEN = re.compile(
    r"""(?i)((?:token|secret|passw|signature|credential|authorization)[\w-]*["']?\s*[=:]\s*)"""
    r"""(?:"(?:[^"\\]|\\.)*"?|[^&\s"',}]+)"""
)
"""What is called a secret, whoever's it is: the marker of a next page is taken for one as well."""
_LOGIN = re.compile(r"""//[^\s/"']*@""")


def answered(system: str, response: requests.Response, seconds: float) -> None:
    """An answer came, whatever it says, after so many seconds."""
    if not LOG.isEnabledFor(logging.INFO):
        return
    asked, size = response.request, len(response.content)
    hidden = _spellings(secrets(response))
    where = _where(asked.path_url, hidden)
    line = f"{system}: {asked.method} {where}: {response.status_code}, {_took(seconds)}"
    bodies = [("sent", asked.body, asked.headers), ("got", response.content, response.headers)]
    more = [
        f"{side} {told}"
        for side, body, headers in bodies
        if LOG.isEnabledFor(logging.DEBUG) and (told := _body(body, headers, hidden))
    ]
    attributes = {
        **_request(asked.method or "", asked.url or "", hidden),
        "http.response.status_code": response.status_code,
        "http.response.body.size": size,
        "http.client.request.duration": seconds,
        "error.type": None if response.ok else str(response.status_code),
    }
    _tell("request", "\n".join([f"{line}, {size:,} bytes", *more]), attributes)


def unanswered(system: str, method: str, url: str, failure: Exception, seconds: float) -> None:
    """None came; of a failure it is told what was seen."""
    if LOG.isEnabledFor(logging.INFO):
        cause = failure.error if isinstance(failure, TransientError) else failure
        seen, kind = one_line(cause), type(cause).__name__
        if isinstance(cause, ServiceError):
            seen, kind = cause.seen, cause.category
        attributes = {
            **_request(method, url, ()),
            "http.client.request.duration": seconds,
            "error.type": kind,
        }
        asked = f"{method} {_where(urlsplit(url).path, ())}"
        _tell("request", f"{system}: {asked}: {seen}, {_took(seconds)}", attributes)


def fetched(address: str, status: int, seconds: float) -> None:
    """A file's server answered; the address is without its query."""
    if LOG.isEnabledFor(logging.INFO):
        attributes = {
            **_request("GET", address, ()),
            "http.response.status_code": status,
            "http.client.request.duration": seconds,
        }
        _tell("request", f"GET {one_line(address, _PATH)}: {status}, {_took(seconds)}", attributes)


def statement(system: str, text: str, seconds: float) -> None:
    """A database answered a statement; what its parameters are is not told."""
    if LOG.isEnabledFor(logging.INFO):
        limit = LONGEST if LOG.isEnabledFor(logging.DEBUG) else _STATEMENT
        attributes = {
            "db.query.text": one_line(text, LONGEST),
            "db.client.operation.duration": seconds,
        }
        _tell("statement", f"{system}: {one_line(text, limit)}: {_took(seconds)}", attributes)


def _tell(event: str, message: str, attributes: Mapping[str, object]) -> None:
    LOG.info("%s", message, extra={"event": event, "attributes": attributes})


def _request(method: str, url: str, hidden: Collection[str]) -> dict[str, object]:
    """Of whom what was asked; the address without login and whatever is called a secret in it."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    asked = f"{parts.path}?{parts.query}" if parts.query else parts.path
    shown = quote(_where(asked, hidden), safe="/?%:@!$&'*+,;=~…")
    return {
        "http.request.method": method,
        "url.full": f"{parts.scheme}://{host}{shown}",
        "server.address": parts.hostname,
        "server.port": parts.port,
    }


def _took(seconds: float) -> str:
    return f"{seconds:.3f} s"


def _spellings(sent: Iterable[str]) -> list[str]:
    """Secrets as they are and as JSON has them, the longest first: one may hold another."""
    spelt = [
        (one, json.dumps(one)[1:-1], json.dumps(one, ensure_ascii=False)[1:-1]) for one in sent
    ]
    found = {way for ways in spelt for way in ways}
    return sorted(found, key=len, reverse=True)


def _where(path: str, hidden: Collection[str]) -> str:
    """Path and query as people read them."""
    return _clean(unquote_plus(path[:_LOOKED_AT]), hidden, _PATH)


def _body(body: object, headers: Mapping[str, str], hidden: Collection[str]) -> str:
    if not body:
        return ""
    if isinstance(body, bytes):
        kind = headers.get("Content-Type", "").partition(";")[0]
        if not re.search(r"json|text|xml|html|form-urlencoded|^$", kind):
            return f"{len(body):,} bytes of {one_line(kind)}"
        body = body[:_LOOKED_AT].decode(errors="replace")
    if isinstance(body, str):
        return _clean(body, hidden, LONGEST)
    return f"a file, {len(body):,} bytes in all" if hasattr(body, "__len__") else "a file"


def _clean(text: str, hidden: Collection[str], limit: int) -> str:
    """On one line, cut, without what we sent to be let in, and whatever else is called secret."""
    text = text[:_LOOKED_AT]
    for secret in hidden:
        text = text.replace(secret, "…")
    text = " ".join(_LOGIN.sub("//…@", _HIDDEN.sub(r"\1…", text)).split())
    return text if len(text) <= limit else f"{text[:limit]}…"
