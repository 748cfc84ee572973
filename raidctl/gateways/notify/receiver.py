"""One receiver over HTTP whose address is a secret: whoever knows it can write there.

Requests, errors and traces know its host alone; only the transport knows the rest.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import requests
from requests.auth import AuthBase

from raidctl.errors import ConfigError, ServiceError
from raidctl.gateways.http.answers import HIDDEN
from raidctl.gateways.http.client import GuardedAdapter, HttpClient, basic_auth
from raidctl.gateways.http.failures import System

SECONDS = 5.0
"""How long one may take to answer: nobody waits for it but the run that tells it."""

_LEAST = 6  # characters of a part of an address that tell anything


class Receiver:
    """What takes one request after a run. `name` is how messages call it, `key` its setting.

    Raises `ConfigError` for an address that is none; it never stands in the message.
    """

    def __init__(self, name: str, key: str, address: str, seconds: float = SECONDS) -> None:
        self._name, self._key = name, key
        parts = _parts(key, address)
        self._http = HttpClient(
            System(name, key, key),
            f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}",
            _auth(parts),
            _HiddenAdapter(parts),
            seconds,
        )

    def get(self) -> None:
        """Call it, and no more. Raises `ServiceError`."""
        self._once("GET", None)

    def post(self, body: Mapping[str, Any]) -> None:
        """Send it JSON. Raises `ServiceError`."""
        self._once("POST", body)

    def _once(self, method: str, body: Mapping[str, Any] | None) -> None:
        try:
            self._http.once(method, "/", body)
        except ServiceError as error:
            advice = f"check {self._key}, and that it is up"
            raise ServiceError(
                self._name, self._http.base_url, error.seen, advice, error.category
            ) from None


class _HiddenAdapter(GuardedAdapter):
    """A transport that sends whatever it is given to one address, which nobody else sees."""

    def __init__(self, parts: SplitResult) -> None:
        super().__init__((), {"POST": re.compile("(?s).*")}, connections=1)
        self._parts = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="")

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> Any:
        """Send it there; the answer is one to the request as it was given."""
        real = request.copy()
        real.prepare_url(self._parts.geturl(), None)
        answer = super().send(real, *args, **options)
        setattr(request, HIDDEN, tuple(_secrets(self._parts)))
        answer.request, answer.url = request, request.url
        answer.headers.pop("Location", None)  # it may lead to the same address elsewhere
        return answer


class _NoAuth(AuthBase):
    """No credentials, not even those of a .netrc: the address is all that is asked for."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def _parts(key: str, address: str) -> SplitResult:
    why = "its host or its port cannot be understood"
    with suppress(ValueError):
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
        if not address.isprintable() or " " in address:
            why = "there is a blank in it, or what cannot be seen"
        elif parts.scheme not in {"http", "https"}:
            why = "it does not begin with https://"
        elif not host:
            why = "it names no host"
        else:
            return parts
    allowed = "an address such as https://hooks.example.com/…"
    raise ConfigError([f"{key}: {why}; allowed: {allowed}"])


def _auth(parts: SplitResult) -> AuthBase:
    if parts.username is None:
        return _NoAuth()
    return basic_auth(unquote(parts.username), unquote(parts.password or ""))


def _secrets(parts: SplitResult) -> Iterator[str]:
    """All that is told of an address nowhere, the longest first."""
    found = {parts.path, parts.query, f"{parts.path}?{parts.query}"}
    found |= {*parts.path.split("/"), *re.split("[&=]", parts.query)}
    found |= {unquote(one) for one in found}
    yield from sorted((one for one in found if len(one) >= _LEAST), key=len, reverse=True)
