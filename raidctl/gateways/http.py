"""One HTTP client for both systems: time-outs, retries, and a transport that only reads."""

import json
import random
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase, HTTPBasicAuth
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from raidctl.errors import Category, ConfigError, ReadOnlyError, ServiceError
from raidctl.gateways.failures import CONNECT_SECONDS, Failures, System, TransientError

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


class ReadOnlyAdapter(HTTPAdapter):
    """A transport that lets only reads out: GET, and POST to paths that are known to read."""

    def __init__(self, read_posts: Collection[str], connections: int) -> None:
        super().__init__(pool_connections=1, pool_maxsize=connections)
        self._read_posts = tuple(read_posts)

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> Any:
        """Send a read; raise `ReadOnlyError` for anything else, before it leaves."""
        path = urlsplit(request.url or "").path
        reads = request.method == "GET" or (
            request.method == "POST" and path.endswith(self._read_posts)
        )
        if not reads:
            raise ReadOnlyError(f"a read-only run was about to send {request.method} {path}")
        return super().send(request, *args, **options)


class _Session(requests.Session):
    """A session that does not even look where a redirect leads: we judge that ourselves."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Waiting:
    """The clock, the sleep and the random source of the retries."""

    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[float, float], float] = random.uniform
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


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
        self.sent = 0
        self._timeout = (min(timeout_seconds, CONNECT_SECONDS), timeout_seconds)
        self._waiting = waiting or Waiting()
        self._lock = threading.Lock()
        self._session = _Session()
        self._session.auth = auth
        self._session.headers["Accept"] = "application/json"
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """The JSON answer to a GET."""
        return self._exchange("GET", path, params=params)

    def post_read(self, path: str, body: Mapping[str, Any]) -> Any:
        """The JSON answer to a POST that only reads; repeated like a GET."""
        return self._exchange("POST", path, json=body)

    def error(self, path: str, seen: str, advice: str, category: Category) -> ServiceError:
        """A `ServiceError` about an answer that came and makes no sense."""
        return self.failures.error(path, seen, advice, category)

    def _exchange(self, method: str, path: str, **options: Any) -> Any:
        """One successful exchange, repeated where that may help."""
        retrying = Retrying(
            stop=stop_after_attempt(ATTEMPTS),
            retry=retry_if_exception_type(TransientError),
            wait=self._wait,
            sleep=self._waiting.sleep,
            reraise=True,
        )
        try:
            response = retrying(self._attempt, method, path, options)
        except TransientError as last:
            raise last.error from None
        try:
            return json.loads(response.content)
        except (ValueError, RecursionError):
            raise self.failures.not_json(path, response) from None

    def _attempt(self, method: str, path: str, options: Mapping[str, Any]) -> requests.Response:
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
            raise self.failures.of_exception(path, failure) from None
        failed = self.failures.of_answer(path, response, self._waiting.now())
        if failed is not None:
            raise failed
        return response

    def _wait(self, state: RetryCallState) -> float:
        """Seconds before the next try: what the system asks for, else doubling with jitter."""
        failure = state.outcome.exception() if state.outcome else None
        first = FIRST_WAIT_SECONDS
        if isinstance(failure, TransientError):
            if failure.wait:  # 0 is no wait worth the name; Data Center sends it
                return failure.wait * self._waiting.jitter(1.0, JITTER[1])
            if failure.error.category is Category.RATE_LIMIT:
                first = FIRST_WAIT_LIMITED_SECONDS
        return first * float(2 ** (state.attempt_number - 1)) * self._waiting.jitter(*JITTER)
