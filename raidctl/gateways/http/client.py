"""One HTTP client for both systems: deadlines, retries, and transports that guard what leaves."""

import re
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime
from math import ceil
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase, HTTPBasicAuth
from tenacity import RetryCallState, Retrying, retry_if_exception_type

from raidctl.errors import Category, ConfigError, LostAnswerError, ReadOnlyError, ServiceError
from raidctl.gateways.http import trace
from raidctl.gateways.http.bounds import Stream, cap, hurry
from raidctl.gateways.http.clock import ServerClock
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
PATIENCE_SECONDS = 90.0
"""How long one request waits in all between its tries: once for the longest that is obeyed."""


Certificate = str | tuple[str, str]
"""A PEM file that holds certificate and key, or one file for each."""


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


class GateAuth(AuthBase):
    """Credentials, and the headers that a gate before the system wants to see besides.

    `headers` hold secrets, as text that is sent as UTF-8. Raises `ConfigError`.
    """

    def __init__(self, inner: AuthBase, headers: Mapping[str, str]) -> None:
        if odd := [name for name, value in headers.items() if not value.isprintable()]:
            raise ConfigError([f"the header {odd[0]} holds a control character"])
        self._inner = inner
        self._headers = {name: value.strip().encode() for name, value in headers.items()}

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:  # noqa: D102 - AuthBase's own
        request.headers.update(self._headers)  # type: ignore[arg-type]  # bytes, as in BearerAuth
        return self._inner(request)


class GuardedAdapter(HTTPAdapter):
    """A transport that lets only GET out, and POST and PUT to paths that it knows.

    Whatever comes in has a deadline. `certificate` is our own: its file, and its key's.
    """

    def __init__(
        self,
        read_posts: Collection[str],
        writes: Mapping[str, re.Pattern[str]],
        connections: int,
        certificate: Certificate | None = None,
    ) -> None:
        super().__init__(pool_connections=1, pool_maxsize=connections)
        self._read_posts = tuple(read_posts)
        self._writes = writes
        self._certificate = certificate

    def init_poolmanager(self, *args: Any, **options: Any) -> None:  # noqa: D102 - HTTPAdapter's own
        super().init_poolmanager(*args, **options)
        hurry(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:  # noqa: D102 - HTTPAdapter's own
        manager = super().proxy_manager_for(*args, **options)
        hurry(manager)
        return manager

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> Any:
        """Send what is let out; raise `ReadOnlyError` for anything else, before it leaves."""
        method, path = request.method or "", urlsplit(request.url or "").path
        writes = method in self._writes and self._writes[method].fullmatch(path)
        if not writes and not self._reads(method, path):
            raise ReadOnlyError(f"a run was about to send what it must not: {method} {path}")
        return super().send(request, *args, **options | {"cert": self._certificate})

    def _reads(self, method: str, path: str) -> bool:
        return method == "GET" or (method == "POST" and path.endswith(self._read_posts))


class ReadOnlyAdapter(GuardedAdapter):
    """A transport that lets only reads out: GET, and POST to paths that are known to read."""

    def __init__(
        self, read_posts: Collection[str], connections: int, certificate: Certificate | None = None
    ) -> None:
        super().__init__(read_posts, {}, connections, certificate)


class _OverTimeError(Exception):
    """The run has waited as long as it may."""


class _Session(requests.Session):
    """A session with one system: its proxies and authorities are looked for once.

    It does not even look where a redirect leads: we judge that ourselves.
    """

    _environment: Mapping[str, Any] | None = None

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None

    def merge_environment_settings(self, *asked: Any) -> Any:
        if self._environment is None:
            self._environment = super().merge_environment_settings(*asked)
        return dict(self._environment)


class HttpClient:
    """JSON over HTTP to one system, for several threads at once.

    Every request has a deadline, until its answer is whole, and every answer a size; redirects are
    not followed, they lead to login pages. Once a system that is asked too much has used up one
    request's patience, nothing more is sent while it wants to be left alone. Raises `ServiceError`
    with the words for the user. `sent` counts the requests, `clock` is the server's, `notes` are
    for whoever reads the run's report, each once.
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
        self.clock = ServerClock()
        self.notes: dict[str, None] = {}
        self._lost = 0  # answers to writes, one after the other
        self._seconds = timeout_seconds
        waiting = waiting or Waiting()
        self._run = waiting.run
        self._waiting = replace(waiting, sleep=self._bounded(waiting.sleep))
        self._pace = Pace(self._waiting, system.name)
        self._given_up: ServiceError | None = None
        self._lock = threading.Lock()
        self._session = _Session()
        self._session.auth = auth
        self._session.headers["Accept"] = "application/json"
        self._session.headers["Accept-Encoding"] = "gzip, deflate"
        self._session.hooks["response"] = [cap]
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
        return self._write("PUT", path, {"json": body})

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """The JSON answer to a POST that writes, as `put`."""
        return self._write("POST", path, {"json": body})

    def upload(self, path: str, body: Stream, headers: Mapping[str, str]) -> Any:
        """The JSON answer to a POST of a file, as `put`; its deadline grows with its length."""
        return self._write("POST", path, {"data": body, "headers": headers})

    def once(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> None:
        """Send this once; an answer below 400 is enough, and what it says is not looked at."""
        try:
            self._attempt(self.failures, method, path, {} if body is None else {"json": body})
        except TransientError as failed:
            raise failed.error from None

    def now(self) -> datetime:
        """The time, by our clock."""
        return self._waiting.now()

    def _read(self, method: str, path: str, **options: Any) -> Any:
        response = self._exchange(self.failures, method, path, options)
        return self.failures.json_of(path, response)

    def _write(self, method: str, path: str, options: Mapping[str, Any]) -> Any:
        try:
            response = self._exchange(self._write_failures, method, path, options)
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
        seconds = min(error.wait or doubled, LONGEST_WAIT_SECONDS)
        self._pace.hold(seconds)
        name = self.failures.system.name
        self._waiting.activity.waits(f"{name} gave no answer, left alone for {ceil(seconds)} s")

    def _exchange(
        self, failures: Failures, method: str, path: str, options: Mapping[str, Any]
    ) -> requests.Response:
        """One successful exchange, repeated where `failures` says that it may be."""
        retrying = Retrying(
            stop=self._enough,
            retry=retry_if_exception_type(TransientError),
            wait=self._wait,
            sleep=self._waiting.sleep,
            reraise=True,
        )
        try:
            with self._run.running():
                response: requests.Response = retrying(
                    self._attempt, failures, method, path, options
                )
        except TransientError as last:
            raise last.error from None
        except _OverTimeError:
            raise failures.over_time(path, self._run.seconds) from None
        self._given_up = None
        return response

    def _attempt(
        self, failures: Failures, method: str, path: str, options: Mapping[str, Any]
    ) -> requests.Response:
        if self._given_up is not None and self._pace.held:
            raise self._given_up
        if failures.writes:
            self._pace.wait_to_write(method, path)
        else:
            self._pace.wait_to_read(method)
        with self._lock:
            self.sent += 1
        begun = self._waiting.now()
        try:
            with self._waiting.activity.asking(self.failures.system.name):
                response = self._session.request(
                    method,
                    f"{self.base_url}{path}",
                    timeout=self._timeout(options.get("data")),
                    allow_redirects=False,
                    **options,
                )
        except (OSError, urllib3.exceptions.HTTPError, ValueError) as failure:
            error, seconds = failures.of_exception(path, failure), self._since(begun)
            url = f"{self.base_url}{path}"
            trace.unanswered(self.failures.system.name, method, url, error, seconds)
            raise error from None
        ended = self._waiting.now()
        trace.answered(self.failures.system.name, response, self._since(begun))
        self.clock.told(response.headers, begun, ended)
        failed = failures.of_answer(path, response, ended + self.clock.ahead)
        if failed is not None:
            raise failed
        return response

    def _since(self, begun: datetime) -> float:
        return (self._waiting.now() - begun).total_seconds()

    def _enough(self, state: RetryCallState) -> bool:
        """Whether no more is tried; a system whose limit outlasts our patience is given up."""
        if state.idle_for + state.upcoming_sleep <= PATIENCE_SECONDS:
            return state.attempt_number >= ATTEMPTS
        failure = state.outcome.exception() if state.outcome else None
        if isinstance(failure, TransientError) and failure.error.category is Category.RATE_LIMIT:
            self._given_up = failure.error
        return True

    def _timeout(self, body: Stream | None) -> Any:
        """The deadline of an attempt, within what is left of the run."""
        left = self._run.left
        if left <= 0:
            raise _OverTimeError
        total = min(self._seconds + (body.seconds if body else 0.0), left)
        return urllib3.Timeout(total=total, connect=CONNECT_SECONDS)

    def _bounded(self, sleep: Callable[[float], None]) -> Callable[[float], None]:
        """A sleep that no run is left to that would be over before its end."""

        def within(seconds: float) -> None:
            if seconds >= self._run.left:
                self._run.end()
                raise _OverTimeError
            sleep(seconds)

        return within

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
        did = "asks to wait" if asked or limited else "gave no answer, once more in"
        self._waiting.activity.waits(f"{self.failures.system.name} {did} {ceil(seconds)} s")
        return seconds
