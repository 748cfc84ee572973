"""What a failed HTTP exchange means, in words for the user: which system, where, seen, to do."""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests
import urllib3
from requests import exceptions

from raidctl.errors import (
    Category,
    LostAnswerError,
    RedirectedError,
    ServiceError,
    SpoiltError,
)
from raidctl.gateways.http.answers import moved_to, one_line, retry_after, said, target
from raidctl.gateways.http.bounds import OversizedError

LONGEST_WAIT_SECONDS = 60.0
CONNECT_SECONDS = 10.0
TRANSIENT = frozenset({429, 502, 503, 504})
UNPARSABLE = (
    exceptions.InvalidURL,
    exceptions.InvalidProxyURL,
    urllib3.exceptions.LocationValueError,
    ValueError,
)
NOT_SERVED = frozenset({404, 405, 410})  # of a path: another version of the API may serve it


@dataclass(frozen=True, slots=True)
class System:
    """How a system is named in messages, and which configuration keys lead to it."""

    name: str
    url_key: str
    token_key: str
    to_write: str = "write there"  # what a user is to be permitted who writes
    to_read: str = "read there"

    @property
    def headers_key(self) -> str:
        """The table of headers for a gate that stands before it."""
        return self.url_key.replace(".url", ".headers")

    @property
    def certificate_key(self) -> str:
        """What names our own certificate for it."""
        return self.url_key.replace(".url", ".certificate")

    def took_nobody(self, response: requests.Response) -> bool:
        """Whether an answer below 400 is one to nobody, the credentials having been refused."""
        return False

    def when_refused(self, response: requests.Response, advice: str) -> tuple[str, Category | None]:
        """What to do where credentials or their rights are refused, and another category."""
        return advice, None

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

    @property
    def answered(self) -> bool:
        """With a 5xx too, unlike what is said of a server that is away."""
        return super().answered or self.status >= 500


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
            advice = self._unlocked(response) or f"check {self.system.token_key}"
            return self.error(path, seen, advice, Category.AUTH)
        if self.writes and status >= 500:
            wait = retry_after(response.headers.get("Retry-After"), now)
            return self._lost(path, said(response), self.system.when_broken(response), wait)
        if status in TRANSIENT:
            return self._transient(path, response, now)
        if 300 <= status < 400:
            return RedirectedError(self._redirected(path, response))
        return HttpError(self._refusal(path, response), response) if status >= 400 else None

    def json_of(self, path: str, response: requests.Response) -> Any:
        """What an answer says; raises where that is no JSON."""
        for parsed in (json.loads, _with_long_numbers):
            with suppress(ValueError, RecursionError):
                return parsed(response.content)
        page = is_page(response)
        seen = "an HTML page where JSON was expected" if page else "an answer that is no JSON"
        if self.writes:
            raise self._lost(path, seen, self._intercepted())
        raise self.error(path, seen, self._intercepted(), Category.VALIDATION)

    def of_exception(self, path: str, failure: Exception) -> Exception:
        """A failure without an answer; those that pass by themselves are worth another try."""
        seen, advice, passes = self._unfit(failure) or self._unanswered(failure)
        if self.writes and not _unconnected(failure):
            return self._lost(path, seen, advice)
        error = self.error(path, seen, advice, Category.NETWORK)
        if isinstance(failure, OversizedError):
            return SpoiltError(error)
        return TransientError(error) if passes else error

    def _lost(
        self, path: str, seen: str, advice: str, wait: float | None = None
    ) -> LostAnswerError:
        seen = f"{seen}, so nobody knows whether the write took effect"
        return LostAnswerError(self.error(path, seen, advice, Category.NETWORK), wait)

    def _unfit(self, failure: Exception) -> tuple[str, str, bool] | None:
        """What is said, as by `_unanswered`, of what does not fit; never in the failure's words."""
        if isinstance(failure, OversizedError):
            seen = f"an answer of {failure}, which raidctl does not read"
            return seen, f"look at what {self.system.name} sends there", False
        if isinstance(failure, UNPARSABLE):  # it quotes addresses, passwords and all
            advice = (
                f"check {self.system.url_key}, HTTP_PROXY and HTTPS_PROXY: in a password write "
                "/ as %2F, # as %23, @ as %40"
            )
            return "an address or a header that cannot be understood", advice, False
        return None

    def _unanswered(self, failure: Exception) -> tuple[str, str, bool]:
        """What was seen, what to do, and whether it may pass by itself."""
        reason, name, url_key = _reason(failure), self.system.name, self.system.url_key
        match failure, reason:
            case exceptions.SSLError(), _:
                seen = f"TLS failed ({one_line(reason or failure)})"
                advice = (
                    "mend its certificate, name your authority's in REQUESTS_CA_BUNDLE, check the "
                    f"https in {url_key}, or {self.system.certificate_key} where it asks for one"
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
                advice = "check REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE and "
                found = one_line(failure), f"{advice}{self.system.certificate_key}", False
            case _:
                found = one_line(failure), f"check {url_key}", False
        return found

    def over_time(self, path: str, seconds: float) -> ServiceError:
        """The failure of a run that both systems have kept waiting for so long as it may."""
        seen = f"this run has waited {seconds:g} seconds for Impact and JIRA, which is its limit"
        advice = "find out which of them is slow, narrow the run, or raise http.run_seconds"
        return self.error(path, seen, advice, Category.NETWORK)

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
        name, url_key = self.system.name, self.system.url_key
        match response.status_code:
            case 401 | 403:
                return self._forbidden(path, response)
            case 407:
                advice = "check user and password in HTTP_PROXY and HTTPS_PROXY"
                return self.error(path, said(response), advice, Category.AUTH)
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

    def _forbidden(self, path: str, response: requests.Response) -> ServiceError:
        """Who we are (401), or what we may (403), is refused: in the system's own words."""
        token_key, seen = self.system.token_key, said(response)
        if advice := self._unlocked(response):
            return self.error(path, f"{seen}, credentials refused", advice, Category.AUTH)
        if response.status_code == 401:
            seen = f"{seen}, credentials refused"
            advice = f"check {token_key}: it is wrong, expired or of another site"
            category = Category.AUTH
        else:
            seen = f"{seen}, not allowed"
            permission = self.system.to_write if self.writes else self.system.to_read
            advice = f"give the user of {token_key} the permission to {permission}"
            category = Category.PERMISSION
        if is_page(response):
            advice += f"; or a gate before it refuses: then [{self.system.headers_key}] is its key"
        advice, better = self.system.when_refused(response, advice)
        return self.error(path, seen, advice, better or category)

    def _unlocked(self, response: requests.Response) -> str:
        """What to do where a login is refused unseen, after too many that failed; "" elsewhere."""
        headers = response.headers
        reason = headers.get("X-Seraph-LoginReason", "")
        if "X-Authentication-Denied-Reason" in headers or "AUTHENTICATION_DENIED" in reason:
            user = f"the user of {self.system.token_key}"
            return f"it asks for a CAPTCHA: log in once in a browser as {user}"
        return ""

    def _redirected(self, path: str, response: requests.Response) -> ServiceError:
        seen, advice = f"redirected{target(response)}", self._intercepted()
        if moved := moved_to(response, self.base_url, path.partition("?")[0]):
            advice = f"it seems to have moved: if it is at {moved} now, put that in "
            advice += self.system.url_key
        return self.error(path, seen, advice, Category.AUTH)

    def _intercepted(self) -> str:
        system = self.system
        return (
            f"a login page or a proxy answers in its place: check {system.url_key} and "
            f"{system.token_key}, or [{system.headers_key}] where a gate wants a key of its own"
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
    unsent = (exceptions.ConnectTimeout, exceptions.ProxyError, *UNPARSABLE)
    reason = _reason(failure)
    return isinstance(failure, unsent) or isinstance(reason, urllib3.exceptions.NewConnectionError)


def is_page(response: requests.Response) -> bool:
    """Whether an answer is for people."""
    html = "html" in response.headers.get("Content-Type", "")
    return html or response.content.lstrip()[:1] == b"<"
