"""What a server may cost: the time of one answer, its size, and the time of a whole run."""

import io
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http import client
from socket import socket
from typing import Any

import requests
from urllib3 import PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

LARGEST_ANSWER = 64 * 1024**2
"""Bytes of one answer, unpacked: FireFighter's list of 35,000 incidents, 20 batches of JIRA."""


SLOWEST_UPLOAD = 100_000  # bytes in a second; what is slower is given up
BREATH_SECONDS = 10.0  # that an upload may take besides: a small one has no time else

_NEAR = 0.95
"""What must be left of a socket's time-out for it to stay: an answer may be as much too late."""


class OversizedError(requests.RequestException):
    """An answer that does not end where it might."""


class RunTime:
    """How long both systems together may keep one run waiting, in seconds.

    It runs while at least one request is under way: a person who thinks costs nothing.
    """

    def __init__(self, seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._under_way = 0
        self._since = self._spent = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """While a request is under way, its waits and repeats included."""
        with self._lock:
            if not self._under_way:
                self._since = self._monotonic()
            self._under_way += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1
                if not self._under_way:
                    self._spent += self._monotonic() - self._since

    def end(self) -> None:
        """Nothing is left: what would have to be waited for next does not fit."""
        with self._lock:
            self._spent = max(self._spent, self.seconds)

    @property
    def left(self) -> float:
        """Seconds; 0 or less where there are none."""
        with self._lock:
            running = self._monotonic() - self._since if self._under_way else 0.0
            return self.seconds - self._spent - running


class _Hurried(io.RawIOBase):
    """A socket's bytes until a moment: a time-out of a socket starts anew with every byte."""

    def __init__(self, connection: socket) -> None:
        self._connection = connection
        self._raw = connection.makefile("rb", buffering=0)
        self._patience = self._waits = connection.gettimeout()
        self._ends = None if self._patience is None else time.monotonic() + self._patience

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._ends is not None and self._waits is not None:
            left = self._ends - time.monotonic()
            if left <= 0:
                raise TimeoutError("the answer was not whole in its time")
            if left < self._waits * _NEAR:  # each setting hands the interpreter to other threads
                self._waits = left
                self._connection.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        if self._waits != self._patience:
            with suppress(OSError):  # it may be closed; one that is kept sends the next request
                self._connection.settimeout(self._patience)
        self._raw.close()
        super().close()


class _Source:
    """What an answer is read from, as `http.client` asks for it."""

    def __init__(self, connection: socket) -> None:
        self._connection = connection

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Hurried(self._connection))


class _Answer(client.HTTPResponse):
    """An answer that has to be whole, from its first byte on, in what the socket waits for one.

    That covers a head that drips in, and `100 Continue` without end.
    """

    def __init__(self, sock: socket, *given: Any, **options: Any) -> None:
        super().__init__(_Source(sock), *given, **options)  # type: ignore[arg-type]  # all it asks

    def _safe_read(self, amt: int) -> bytes:
        if amt < 0:  # how urllib3 asks for a chunk that is said to be shorter than nothing
            raise client.IncompleteRead(b"")
        return super()._safe_read(amt)  # type: ignore[misc, no-any-return]  # http.client's own


class _Connection(HTTPConnection):
    response_class = _Answer


class _SecureConnection(HTTPSConnection):
    response_class = _Answer


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


def hurry(manager: PoolManager) -> None:
    """Let all connections of a pool manager give their answers a deadline."""
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


class _Capped:
    """A raw answer of which no more is unpacked than `LARGEST_ANSWER`."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def stream(self, size: int, decode_content: bool | None = None) -> Iterator[bytes]:
        """As urllib3's, which requests reads by."""
        read = 0
        for chunk in self._raw.stream(size, decode_content=decode_content):
            read += len(chunk)
            if read > LARGEST_ANSWER:
                self._raw.close()
                raise OversizedError(f"more than {LARGEST_ANSWER // 1024**2} MiB")
            yield chunk

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)


def cap(response: requests.Response, **_: Any) -> None:
    """A hook of requests: see that a body ends, before it is read."""
    response.raw = _Capped(response.raw)


class Stream:
    """A body of a known length that leaves block by block, from its beginning in every attempt.

    It may take `seconds`: a time-out of a socket starts anew with every block.
    """

    def __init__(
        self,
        blocks: Callable[[], Iterator[bytes]],
        length: int,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.seconds = length / SLOWEST_UPLOAD
        self._blocks = blocks
        self._length = length
        self._monotonic = monotonic

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[bytes]:
        ends = self._monotonic() + BREATH_SECONDS + self.seconds
        for number, block in enumerate(self._blocks()):
            if number and self._monotonic() > ends:
                raise TimeoutError("the file did not leave in its time")
            yield block
