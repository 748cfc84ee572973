"""Fetch a file from the public network, and from nowhere else, whatever leads elsewhere.

A name is resolved once: its addresses are looked at, and one of those very addresses is connected
to, so that nobody can answer another one in between. Host, SNI and certificate are the name's all
the same. A redirect is looked at as the address that was typed. No proxy, since behind one nobody
here can tell what is connected to; no cookie, no password, no .netrc.

Of the libraries for it `advocate` is abandoned (2020), and `requests-hardened` looks at the first
address alone, by what is forbidden instead of what is public, has neither sizes nor deadlines, and
takes proxies and passwords from the environment. urllib3 has all that is needed.
"""

import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import NoReturn
from urllib.parse import urljoin

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    HTTPError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)
from urllib3.response import BaseHTTPResponse
from urllib3.util import Timeout, Url, parse_url

from raidctl import __version__
from raidctl.core.backfill.address import why_not
from raidctl.errors import Category, FileError
from raidctl.gateways.files.limits import too_large
from raidctl.gateways.http import trace
from raidctl.gateways.http.answers import one_line
from raidctl.gateways.http.bounds import hurry

BLOCK = 64 * 1024
REDIRECTS = 5
CONNECT_SECONDS = 10.0
MOVED = frozenset({301, 302, 303, 307, 308})
PORTS = {"http": 80, "https": 443}
_STATUSES = {
    **dict.fromkeys((401, 403), Category.PERMISSION),
    **dict.fromkeys((404, 410), Category.NOT_FOUND),
    429: Category.RATE_LIMIT,
}
_DIRECT = "download it yourself, and attach the file"
_HEADERS = {"User-Agent": f"raidctl/{__version__}", "Accept": "*/*", "Accept-Encoding": "identity"}


def resolved(host: str, port: int) -> list[str]:
    """All addresses of a name, by this host's resolver. Raises `OSError`."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in found))


Resolve = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True, slots=True)
class _Target:
    """Where a request goes: a name, and the path to ask it for."""

    scheme: str
    host: str
    port: int
    path: str
    shown: str

    @property
    def named(self) -> str:
        """As the header Host has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


class Web:
    """Fetches for several threads at once; each file has `seconds` from its first request on.

    `authorities` are the certificates to trust, a file or a folder; `proxied` tells that this host
    is configured to go through a proxy.
    """

    def __init__(
        self,
        seconds: float,
        authorities: str,
        *,
        proxied: bool = False,
        resolve: Resolve = resolved,
        allowed: Callable[[str], str | None] = why_not,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = seconds
        self._proxied = proxied
        self._resolve = resolve
        self._why_not = allowed
        self._monotonic = monotonic
        where = "ca_cert_dir" if Path(authorities).is_dir() else "ca_certs"
        self._tls = {"cert_reqs": "CERT_REQUIRED", where: authorities}
        self._manager = urllib3.PoolManager(num_pools=50, maxsize=32, retries=False)
        hurry(self._manager)

    def close(self) -> None:
        """No connection stays open."""
        self._manager.clear()

    def fetch(self, url: str, most: int, write: Callable[[bytes], object]) -> str:
        """Give what is there to `write`, unpacked; its type as it is told, empty where it is not.

        `write` may raise where it is too much; at once where more than `most` bytes are announced.
        Raises `FileError`.
        """
        ends, first = self._monotonic() + self._seconds, _target(url)
        target = first
        try:
            for _ in range(REDIRECTS + 1):
                with self._answer(target, ends) as answer:
                    if answer.status not in MOVED:
                        _check(answer, most)
                        for block in answer.stream(BLOCK, decode_content=True):
                            write(block)
                        return answer.headers.get("Content-Type", "")
                    target = _next(target, answer.headers.get("Location"))
        except FileError as error:
            if target is first:
                raise
            seen = f"it leads to {target.shown}: {error.seen}"
            raise FileError(seen, error.advice, error.category) from None
        seen = f"it leads on and on, more than {REDIRECTS} times"
        raise FileError(seen, _DIRECT, Category.VALIDATION)

    @contextmanager
    def _answer(self, target: _Target, ends: float) -> Iterator[BaseHTTPResponse]:
        """The answer of the first address that can be connected to."""
        try:
            answer = self._asked(target, self._checked(target), ends)
            try:
                yield answer
            finally:
                answer.close()
        except SSLError as error:
            advice = (
                "let its owner mend the certificate, or name an authority in REQUESTS_CA_BUNDLE"
            )
            _fail(f"TLS failed ({one_line(error)})", advice)
        except DecodeError:
            _fail("what it sends is packed, and damaged", _DIRECT)
        except (NewConnectionError, ConnectTimeoutError):
            _fail("it cannot be connected to", self._unreachable)
        except (ReadTimeoutError, TimeoutError):
            _fail(f"it was not whole within {self._seconds:g} seconds", _DIRECT)
        except (HTTPError, HTTPException, ConnectionError):
            _fail("the connection was dropped before it was whole", "try again later")

    def _asked(self, target: _Target, addresses: Sequence[str], ends: float) -> BaseHTTPResponse:
        last: HTTPError | None = None
        for address in addresses:
            if (left := ends - self._monotonic()) <= 0:
                raise TimeoutError
            secure = target.scheme == "https"
            pool = self._manager.connection_from_host(
                address,
                target.port,
                target.scheme,
                self._tls | {"server_hostname": target.host} if secure else None,
            )
            begun = self._monotonic()
            try:
                answer = pool.urlopen(
                    "GET",
                    target.path,
                    headers={**_HEADERS, "Host": target.named},
                    redirect=False,
                    retries=False,
                    assert_same_host=False,
                    preload_content=False,
                    timeout=Timeout(total=left, connect=min(left, CONNECT_SECONDS)),
                )
            except (NewConnectionError, ConnectTimeoutError) as error:
                last = error
            else:
                trace.fetched(target.shown, answer.status, self._monotonic() - begun)
                return answer
        raise last or TimeoutError

    def _checked(self, target: _Target) -> Sequence[str]:
        """The addresses of a name, each the public's; one that is not spoils the name."""
        try:
            addresses = self._resolve(target.host, target.port)
        except (OSError, UnicodeError):
            _fail("its name does not resolve", self._unreachable, Category.NOT_FOUND)
        for address in addresses:
            if (what := self._why_not(address)) is not None:
                seen = f"{target.host} is {address}, {what}, from which raidctl fetches nothing"
                raise FileError(seen, _DIRECT, Category.REFUSED)
        return addresses

    @property
    def _unreachable(self) -> str:
        if not self._proxied:
            return "check the address, and that it is up"
        return f"raidctl fetches files without the proxy of HTTPS_PROXY: {_DIRECT}"


def _target(url: str) -> _Target:
    """Where a URL leads, by one parser alone; raises `FileError` for what it may not be."""
    try:
        parts: Url = parse_url(url)
    except (HTTPError, ValueError):
        _refuse("an address that cannot be understood", "check it")
    scheme = parts.scheme or ""
    if scheme not in PORTS:
        _refuse("only http:// and https:// are fetched", "name the file itself")
    if parts.auth is not None:
        _refuse("a user or a password stands in the address, and raidctl sends none", _DIRECT)
    host = (parts.host or "").strip("[]")
    if not host:
        _refuse("an address without a host", "check it")
    port = parts.port or PORTS[scheme]
    shown = f"{scheme}://{parts.netloc}{parts.path or ''}"
    return _Target(scheme, host, port, parts.request_uri, shown)


def _next(before: _Target, location: str | None) -> _Target:
    """Where a redirect leads."""
    if not location:
        _fail("it leads on, and does not say where", _DIRECT)
    base = f"{before.scheme}://{before.named}{before.path}"
    try:
        url = urljoin(base, location)
    except ValueError:
        _fail("it leads to an address that cannot be understood", _DIRECT)
    target = _target(url)
    if (before.scheme, target.scheme) == ("https", "http"):
        _refuse(f"it leads from https to {target.shown}", _DIRECT)
    return target


def _check(answer: BaseHTTPResponse, most: int) -> None:
    """Raise for an answer that is no file, or announces too large a one."""
    if answer.status != 200:
        passing = Category.NETWORK if answer.status >= 500 else Category.VALIDATION
        category = _STATUSES.get(answer.status, passing)
        advice = f"see whether a browser gets it; if so, {_DIRECT}"
        raise FileError(f"HTTP {answer.status}", advice, category)
    packed = answer.headers.get("Content-Encoding", "identity").casefold()
    if packed not in {"", "identity", "gzip", "x-gzip", "deflate"}:
        _refuse("it comes packed in a way that was not asked for", _DIRECT)
    length = answer.headers.get("Content-Length", "")
    if length.isascii() and length.isdigit() and int(length[:20]) > most:
        raise too_large(most)


def _refuse(seen: str, advice: str) -> NoReturn:
    raise FileError(seen, advice, Category.VALIDATION) from None


def _fail(seen: str, advice: str, category: Category = Category.NETWORK) -> NoReturn:
    raise FileError(seen, advice, category) from None
