"""One HTTP client for both systems: time-outs, retries, and transports that guard what leaves."""

import re
import threading
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase, HTTPBasicAuth
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from raidctl.errors import Category, ConfigError, LostAnswerError, ReadOnlyError
from raidctl.gateways.http.failures import (
    CONNECT_SECONDS,
    LONGEST_WAIT_SECONDS,
    Failures,
    System,
    TransientError,
)
from raidctl.gateways.http.pace import HERD, Pace, Waiting

ATTEMPTS = 4
JITTER = (0.7, 1.3)  # Atlassian's advice for clients, with four tries and doubling
FIRST_WAIT_SECONDS = 0.5
FIRST_WAIT_LIMITED_SECONDS = 2.0


class BearerAuth(AuthBase):
    """`Authorization: Bearer …`; an auth object, so that no .netrc entry takes its place."""

    def __init__(self, token: str) -> None:
        if not token.isprintable():
            raise ConfigError(["a token holds a line break or another control character"])
        self._token = token.encode()

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:  # noqa: D102 - AuthBase's own
        request.headers["Authorization"] = b"Bearer " + self._token  # type: ignore[assignment]  # bytes are sent as they are, text would be Latin-1
        return request


def basic_auth(user: str, secret: str) -> AuthBase:
    """Basic credentials, sent as UTF-8: requests alone fails on what Latin-1 cannot say."""
    return HTTPBasicAuth(user.encode(), secret.encode())


class GuardedAdapter(HTTPAdapter):
    """A transport that lets only GET out, and POST and PUT to paths that it knows."""

    def __init__(
        self, read_posts: Collection[str], writes: Mapping[str, re.Pattern[str]], connections: int
    ) -> None:
        super().__init__(pool_connections=1, pool_maxsize=connections)
        self._read_posts = tuple(read_posts)
        self._writes = writes

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> Any:
        """Send what is let out; raise `ReadOnlyError` for anything else, before it leaves."""
        method, path = request.method or "", urlsplit(request.url or "").path
        writes = method in self._writes and self._writes[method].fullmatch(path)
        if not writes and not self._reads(method, path):
            raise ReadOnlyError(f"a run was about to send what it must not: {method} {path}")
        return super().send(request, *args, **options)

    def _reads(self, method: str, path: str) -> bool:
        return method == "GET" or (method == "POST" and path.endswith(self._read_posts))


class ReadOnlyAdapter(GuardedAdapter):
    """A transport that lets only reads out: GET, and POST to paths that are known to read."""

    def __init__(self, read_posts: Collection[str], connections: int) -> None:
        super().__init__(read_posts, {}, connections)


class _Session(requests.Session):
    """A session that does not even look where a redirect leads: we judge that ourselves."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


class HttpClient:
    """JSON over HTTP to one system, for several threads at once.

    Every request has a time-out; redirects are not followed, they lead to login pages.
    Raises `ServiceError` with the words for the user. `sent` counts the requests.
    """

    def __init__(
        self,
        system: System,
        base_url: str,
        auth: AuthBase,
        adapter: HTTPAdapter,
        timeout_seconds: float,
        waiting: Waiting | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.failures = Failures(system, self.base_url, timeout_seconds)
        self._write_failures = replace(self.failures, writes=True)
        self.sent = 0
        self._lost = 0  # answers to writes, one after the other
        self._timeout = (min(timeout_seconds, CONNECT_SECONDS), timeout_seconds)
        self._waiting = waiting or Waiting()
        self._pace = Pace(self._waiting)
        self._lock = threading.Lock()
        self._session = _Session()
        self._session.auth = auth
        self._session.headers["Accept"] = "application/json"
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """The JSON answer to a GET."""
        return self._read("GET", path, params=params)

    def post_read(self, path: str, body: Mapping[str, Any]) -> Any:
        """The JSON answer to a POST that only reads; repeated like a GET."""
        return self._read("POST", path, json=body)

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        """The JSON answer to a PUT, None for an empty one.

        Repeated only where it cannot have acted: on 429, and where no connection came about.
        Raises `LostAnswerError` where nobody can know whether it acted.
        """
        return self._write("PUT", path, body)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """The JSON answer to a POST that writes, as `put`."""
        return self._write("POST", path, body)

    def _read(self, method: str, path: str, **options: Any) -> Any:
        response = self._exchange(self.failures, method, path, options)
        return self.failures.json_of(path, response)

    def _write(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        try:
            response = self._exchange(self._write_failures, method, path, {"json": body})
        except LostAnswerError as error:
            self._rest(error)
            raise
        self._lost = 0
        return self._write_failures.json_of(path, response) if response.content.strip() else None

    def _rest(self, error: LostAnswerError) -> None:
        """Leave a system in trouble alone for a while: what is sent next will be told better."""
        with self._lock:
            doubled = FIRST_WAIT_SECONDS * 2.0 ** min(self._lost, ATTEMPTS - 1)
            if not self._pace.held:  # else it was lost side by side with another one
                self._lost += 1
        self._pace.hold(min(error.wait or doubled, LONGEST_WAIT_SECONDS))

    def _exchange(
        self, failures: Failures, method: str, path: str, options: Mapping[str, Any]
    ) -> requests.Response:
        """One successful exchange, repeated where `failures` says that it may be."""
        retrying = Retrying(
            stop=stop_after_attempt(ATTEMPTS),
            retry=retry_if_exception_type(TransientError),
            wait=self._wait,
            sleep=self._waiting.sleep,
            reraise=True,
        )
        try:
            return retrying(self._attempt, failures, method, path, options)
        except TransientError as last:
            raise last.error from None

    def _attempt(
        self, failures: Failures, method: str, path: str, options: Mapping[str, Any]
    ) -> requests.Response:
        if failures.writes:
            self._pace.wait_to_write(method, path)
        else:
            self._pace.wait_to_read()
        with self._lock:
            self.sent += 1
        try:
            response = self._session.request(
                method,
                f"{self.base_url}{path}",
                timeout=self._timeout,
                allow_redirects=False,
                **options,
            )
        except (OSError, urllib3.exceptions.HTTPError, UnicodeError) as failure:
            raise failures.of_exception(path, failure) from None
        failed = failures.of_answer(path, response, self._waiting.now())
        if failed is not None:
            raise failed
        return response

    def _wait(self, state: RetryCallState) -> float:
        """Seconds before the next try: what the system asks for, else doubling with jitter.

        A 429 is meant for all threads: the others wait as well.
        """
        failure = state.outcome.exception() if state.outcome else None
        asked, limited = None, False
        if isinstance(failure, TransientError):
            asked, limited = failure.wait, failure.error.category is Category.RATE_LIMIT
        if asked:  # 0 is no wait worth the name; Data Center sends it
            seconds = asked * self._waiting.jitter(*HERD)
        else:
            first = FIRST_WAIT_LIMITED_SECONDS if limited else FIRST_WAIT_SECONDS
            seconds = first * 2.0 ** (state.attempt_number - 1) * self._waiting.jitter(*JITTER)
        if limited:
            self._pace.hold(seconds)
        return seconds
