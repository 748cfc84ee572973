"""What a failed HTTP exchange means, in words for the user: which system, where, seen, to do."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests import exceptions

from raidctl.errors import Category, LostAnswerError, RedirectedError, ServiceError

LONGEST_WAIT_SECONDS = 60.0
CONNECT_SECONDS = 10.0
TRANSIENT = frozenset({429, 502, 503, 504})
NOT_SERVED = frozenset({404, 405, 410})  # of a path: another version of the API may serve it


@dataclass(frozen=True, slots=True)
class System:
    """How a system is named in messages, and which configuration keys lead to it."""

    name: str
    url_key: str
    token_key: str
    to_write: str = "write"  # what a user is to be permitted who writes

    def took_nobody(self, response: requests.Response) -> bool:
        """Whether an answer below 400 is one to nobody, the credentials having been refused."""
        return False

    def when_unanswered(self, advice: str) -> str:
        """What to do where the answer did not come whole: this, or what is known better."""
        return advice

    def when_broken(self, response: requests.Response) -> str:
        """What to do where a write was answered with a 5xx."""
        return f"look at {self.name}'s own log"


class TransientError(Exception):
    """An attempt that may succeed when repeated, after `wait` seconds where the system says."""

    def __init__(self, error: ServiceError, wait: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait = wait


class HttpError(ServiceError):
    """An answer of 400 or above that no repeat will mend; `response` for who can read it."""

    def __init__(self, error: ServiceError, response: requests.Response) -> None:
        super().__init__(error.system, error.where, error.seen, error.advice, error.category)
        self.status = response.status_code
        self.response = response


@dataclass(frozen=True, slots=True)
class Failures:
    """The words for one site's failures; URLs are shown without query and secrets.

    Those of a request that `writes` are worth another try only where it cannot have acted.
    """

    system: System
    base_url: str
    timeout_seconds: float
    writes: bool = False

    def error(self, path: str, seen: str, advice: str, category: Category) -> ServiceError:
        """A `ServiceError` of this system."""
        where = f"{self.base_url}{path.partition('?')[0]}"
        return ServiceError(self.system.name, where, seen, advice, category)

    def of_answer(self, path: str, response: requests.Response, now: datetime) -> Exception | None:
        """The failure an answer stands for; None for a success."""
        status = response.status_code
        if status < 400 and self.system.took_nobody(response):
            seen = f"HTTP {status}, but the credentials were refused: it answers as to anybody"
            return self.error(path, seen, f"check {self.system.token_key}", Category.AUTH)
        if self.writes and status >= 500:
            wait = retry_after(response.headers.get("Retry-After"), now)
            return self._lost(path, said(response), self.system.when_broken(response), wait)
        if status in TRANSIENT:
            return self._transient(path, response, now)
        if 300 <= status < 400:
            seen = f"redirected{_target(response)}"
            return RedirectedError(self.error(path, seen, self._intercepted(), Category.AUTH))
        return HttpError(self._refusal(path, response), response) if status >= 400 else None

    def json_of(self, path: str, response: requests.Response) -> Any:
        """What an answer says; raises where that is no JSON."""
        for parsed in (json.loads, _with_long_numbers):
            with suppress(ValueError, RecursionError):
                return parsed(response.content)
        html = (
            "html" in response.headers.get("Content-Type", "")
            or response.content.lstrip()[:1] == b"<"
        )
        seen = "an HTML page where JSON was expected" if html else "an answer that is no JSON"
        if self.writes:
            raise self._lost(path, seen, self._intercepted())
        raise self.error(path, seen, self._intercepted(), Category.VALIDATION)

    def of_exception(self, path: str, failure: Exception) -> Exception:
        """A failure without an answer; those that pass by themselves are worth another try."""
        seen, advice, passes = self._unanswered(failure)
        if self.writes and not _unconnected(failure):
            return self._lost(path, seen, advice)
        error = self.error(path, seen, advice, Category.NETWORK)
        return TransientError(error) if passes else error

    def _lost(
        self, path: str, seen: str, advice: str, wait: float | None = None
    ) -> LostAnswerError:
        seen = f"{seen}, so nobody knows whether the write took effect"
        return LostAnswerError(self.error(path, seen, advice, Category.NETWORK), wait)

    def _unanswered(self, failure: Exception) -> tuple[str, str, bool]:
        """What was seen, what to do, and whether it may pass by itself."""
        reason, name, url_key = _reason(failure), self.system.name, self.system.url_key
        match failure, reason:
            case exceptions.SSLError(), _:
                seen = f"TLS failed ({one_line(reason or failure)})"
                advice = (
                    "mend its certificate, name your authority's in REQUESTS_CA_BUNDLE, "
                    f"or check the https in {url_key}"
                )
                found = seen, advice, False
            case _, urllib3.exceptions.NameResolutionError():
                found = "its name does not resolve", f"check {url_key} and this host's DNS", False
            case exceptions.ProxyError(), _:
                found = "the proxy refused the connection", "check HTTPS_PROXY and NO_PROXY", False
            case exceptions.ConnectTimeout(), _:
                patience = min(self.timeout_seconds, CONNECT_SECONDS)
                advice = f"check {url_key}, firewalls, and that the site is up"
                found = f"no connection within {patience:g} seconds", advice, True
            case (exceptions.Timeout(), _) | (_, urllib3.exceptions.ReadTimeoutError()):
                seen = f"no answer within {self.timeout_seconds:g} seconds"
                advice = f"check that {name} is up, or raise http.timeout_seconds"
                found = seen, self.system.when_unanswered(advice), True
            case _, urllib3.exceptions.NewConnectionError():
                # a run that writes has been connected before: the site may be starting again
                advice = f"check {url_key} and that the site is up"
                found = "connection refused", advice, self.writes
            case exceptions.ConnectionError() | exceptions.ChunkedEncodingError(), _:
                seen = "the connection was dropped before the answer was whole"
                advice = f"try again later, and look at {name}'s own log"
                found = seen, self.system.when_unanswered(advice), True
            case OSError(), _ if not isinstance(failure, requests.RequestException):
                # requests looks for the certificates it is told to use, before it connects
                found = one_line(failure), "check REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE", False
            case _:
                found = one_line(failure), f"check {url_key}", False
        return found

    def _transient(self, path: str, response: requests.Response, now: datetime) -> Exception:
        limited, seen = response.status_code == 429, said(response)
        category = Category.RATE_LIMIT if limited else Category.NETWORK
        wait = retry_after(response.headers.get("Retry-After"), now)
        if wait is not None and wait > LONGEST_WAIT_SECONDS:
            seen = f"{seen}, asks to wait {wait:.0f} seconds"
            return self.error(path, seen, "try again after that", category)
        advice = "try again later" + (", or lower http.concurrency" if limited else "")
        return TransientError(self.error(path, seen, advice, category), wait)

    def _refusal(self, path: str, response: requests.Response) -> ServiceError:
        name, url_key, token_key = self.system.name, self.system.url_key, self.system.token_key
        match response.status_code:
            case 401:
                captcha = "X-Authentication-Denied-Reason" in response.headers
                how = "; it asks for a CAPTCHA: log in once in a browser" if captcha else ""
                advice = f"check {token_key}: it is wrong, expired or of another site{how}"
                return self.error(path, "HTTP 401, credentials refused", advice, Category.AUTH)
            case 403:
                permission = self.system.to_write if self.writes else "read"
                advice = f"give the user of {token_key} the permission to {permission} there"
                return self.error(path, said(response), advice, Category.PERMISSION)
            case status if status in NOT_SERVED:
                advice = f"check that {url_key} is the base of the {name} site"
                return self.error(path, said(response), advice, Category.NOT_FOUND)
            case 409 if self.writes:
                advice = "look at what it is now, and decide again"
                return self.error(path, said(response), advice, Category.CONFLICT)
            case 400 | 413 if self.writes:
                advice = f"{name} does not take it like that"
                return self.error(path, said(response), advice, Category.VALIDATION)
            case status:
                advice = f"look at {name}'s own log"
                category = Category.NETWORK if status >= 500 else Category.VALIDATION
                return self.error(path, said(response), advice, category)

    def _intercepted(self) -> str:
        return (
            "a login page or a proxy answers in its place: "
            f"check {self.system.url_key} and {self.system.token_key}"
        )


def _with_long_numbers(text: bytes) -> Any:
    """JSON with a number of more digits than Python reads: no other row of it is worse off."""
    return json.loads(
        text, parse_int=lambda digits: int(digits) if len(digits) < 100 else float(digits)
    )


def _reason(failure: Exception) -> object:
    """What urllib3 says of it, under what requests retried with."""
    cause = failure.args[0] if failure.args else None
    return getattr(cause, "reason", cause)


def _unconnected(failure: Exception) -> bool:
    """Whether no connection came about, so that nothing was sent."""
    return isinstance(failure, exceptions.ConnectTimeout | exceptions.ProxyError) or isinstance(
        _reason(failure), urllib3.exceptions.NewConnectionError
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
    """Foreign text as part of a message: on one line, and not for ever."""
    words = " ".join(str(text).split()) or type(text).__name__
    return words if len(words) <= limit else f"{words[:limit]}…"


def _target(response: requests.Response) -> str:
    """Where a redirect leads, without user, password and query."""
    try:
        target = urlsplit(response.headers.get("Location", ""))
        host = target.netloc.rpartition("@")[2]
    except ValueError:
        return ""
    return f" to {one_line(host + target.path)}" if host or target.path else ""


def said(response: requests.Response) -> str:
    """The status and what the system itself says of it, on one line.

    FireFighter lists `errors` with a `detail`, JIRA has `errorMessages` and `errors` by field.
    """
    body = answered(response)
    words: list[object] = []
    for messages in (body.get("errorMessages"), body.get("errors")):
        if isinstance(messages, dict):
            words += messages.values()
        elif isinstance(messages, list):
            words += [m.get("detail", "") if isinstance(m, dict) else m for m in messages]
    told = one_line("; ".join(str(message) for message in words if message)) if any(words) else ""
    return f"HTTP {response.status_code}" + (f" ({told})" if told else "")


def answered(response: requests.Response) -> Mapping[str, Any]:
    """The JSON object of an answer; an empty one where it is none."""
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
