"""What a server may cost: it drips, bursts, repeats itself and asks to wait, without end."""

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
import responses

from raidctl.errors import Category, LostAnswerError, ServiceError
from raidctl.gateways.http.bounds import LARGEST_ANSWER, RunTime
from raidctl.gateways.http.client import BearerAuth, HttpClient, ReadOnlyAdapter
from raidctl.gateways.jira.transport import JIRA, WritingAdapter
from tests.contract.certificates import certificate
from tests.contract.trackers import NOW, TOKEN, Naps

pytestmark = pytest.mark.slow

SITE = "https://jira.example.test"
PATH = "/rest/api/2/myself"
ISSUE = "/rest/api/2/issue/10001"
DEADLINE = 0.2
SLACK = 5.0  # seconds that a busy machine may need beside the deadlines

Talk = Callable[[socket.socket], None]


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@contextmanager
def talking(talk: Talk, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """A server that reads what comes first and then talks until the other side has gone."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve_one(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            secured = tls.wrap_socket(connection, server_side=True) if tls else connection
            with secured:
                secured.recv(65_536)
                talk(secured)

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=serve_one, args=(connection,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http{'s' if tls else ''}://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def dripping(head: bytes, drop: bytes) -> Talk:
    """A head at once, then a drop every little while, for longer than anybody should wait."""

    def talk(connection: socket.socket) -> None:
        connection.sendall(head)
        ends = time.monotonic() + 2 * SLACK
        while time.monotonic() < ends:
            connection.sendall(drop)
            time.sleep(DEADLINE / 20)

    return talk


def flooding(head: bytes, flood: bytes) -> Talk:
    """A head, then all that the other side takes, for longer than anybody should wait."""

    def talk(connection: socket.socket) -> None:
        connection.sendall(head)
        ends = time.monotonic() + 2 * SLACK
        while time.monotonic() < ends:
            connection.sendall(flood)

    return talk


OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
ENDLESS: dict[str, Talk] = {
    "status line": dripping(b"HTTP", b"/"),
    "head": dripping(OK, b"X: y\r\n"),
    "100 Continue, slowly": dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "100 Continue": flooding(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000),
    "body": dripping(OK + b"Content-Length: 1000000\r\n\r\n", b" "),
    "body without a length": dripping(OK + b"\r\n", b" "),
    "chunks": dripping(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "a chunk's length": dripping(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    "a redirect's body": dripping(b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n", b" "),
    "an error's body": dripping(b"HTTP/1.1 503 Busy\r\n\r\n", b" "),
}


def client(
    url: str = SITE, naps: Naps | None = None, *, run: RunTime | None = None, timeout: float = 5.0
) -> HttpClient:
    waiting = (naps or Naps()).waiting(NOW)
    waiting = waiting if run is None else replace(waiting, run=run)
    return HttpClient(JIRA, url, BearerAuth(TOKEN), WritingAdapter(4), timeout, waiting)


def failure(http: HttpClient, path: str = PATH) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        http.get(path)
    assert len(str(caught.value).splitlines()) == 1
    return caught.value


# Time of an answer


@pytest.mark.parametrize("talk", ENDLESS.values(), ids=ENDLESS)
def test_an_answer_that_drips_in_has_a_deadline(talk: Talk) -> None:
    with talking(talk) as url:
        http, begun = client(url, timeout=DEADLINE), time.monotonic()
        error = failure(http)
        took = time.monotonic() - begun
    assert took < 4 * DEADLINE + SLACK
    assert error.category in {Category.NETWORK, Category.VALIDATION}
    assert http.sent <= 4


@pytest.mark.parametrize("how", ["status line", "body", "chunks", "100 Continue"])
def test_the_same_over_tls(how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, key = certificate(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(made))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, key)
    with talking(ENDLESS[how], context) as url:
        begun = time.monotonic()
        error = failure(client(url, timeout=2 * DEADLINE))
        took = time.monotonic() - begun
    assert took < 8 * DEADLINE + SLACK
    assert "no answer within" in error.seen


@pytest.mark.parametrize("how", ["status line", "head", "100 Continue, slowly"])
def test_a_proxy_that_drips_has_a_deadline_too(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with talking(ENDLESS[how]) as url:
        monkeypatch.setenv("HTTPS_PROXY", url)
        begun = time.monotonic()
        error = failure(client(timeout=DEADLINE))
        took = time.monotonic() - begun
    assert took < 4 * DEADLINE + SLACK
    assert error.category is Category.NETWORK


def test_a_drip_is_told_as_a_time_out() -> None:
    with talking(ENDLESS["body"]) as url:
        error = failure(client(url, timeout=DEADLINE))
    assert error.seen == f"no answer within {DEADLINE} seconds"
    assert "http.timeout_seconds" in error.advice


def test_a_write_whose_answer_drips_in_is_lost_and_sent_once() -> None:
    with talking(ENDLESS["body"]) as url:
        http = client(url, timeout=DEADLINE)
        with pytest.raises(LostAnswerError, match="no answer within"):
            http.put(ISSUE, {})
    assert http.sent == 1


def test_a_slow_answer_within_its_time_is_taken_and_the_connection_kept() -> None:
    def talk(connection: socket.socket) -> None:
        for _ in range(2):
            for piece in (OK, b"Content-Length: 2\r\n\r\n", b"{", b"}"):
                connection.sendall(piece)
                time.sleep(0.01)
            connection.recv(65_536)

    with talking(talk) as url:
        http = client(url)
        assert [http.get(PATH), http.get(PATH)] == [{}, {}]
    assert http.sent == 2


# Size of an answer


def bomb(layers: int = 1) -> bytes:
    """Three GiB of blanks, packed; what is packed twice is a few KiB."""
    body = gzip.compress(b" " * 16 * 1024**2) * 192
    for _ in range(layers - 1):
        body = gzip.compress(body)
    return body


@pytest.mark.parametrize("layers", [1, 2])
def test_a_packed_answer_is_unpacked_so_far_and_no_further(layers: int) -> None:
    body = bomb(layers)
    coding = ", ".join(["gzip"] * layers)
    head = f"Content-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n\r\n"
    with talking(lambda connection: connection.sendall(OK + head.encode() + body)) as url:
        http = client(url, timeout=60)
        error = failure(http)
    assert http.sent == 1
    assert error.seen == "an answer of more than 64 MiB, which raidctl does not read"
    assert error.category is Category.NETWORK


@pytest.mark.parametrize("head", [b"\r\n", b"Content-Length: 99999999999\r\n\r\n"])
def test_a_body_that_does_not_end_is_cut_off(head: bytes) -> None:
    with talking(flooding(OK + head, b" " * 1024**2)) as url:
        http = client(url, timeout=60)
        assert "more than 64 MiB" in failure(http).seen
        with pytest.raises(LostAnswerError, match="more than 64 MiB"):
            http.put(ISSUE, {})


@responses.activate
def test_an_answer_of_just_that_size_is_read() -> None:
    responses.get(SITE + PATH, body=b"{" + b" " * (LARGEST_ANSWER - 2) + b"}")
    responses.get(SITE + PATH, body=b"{" + b" " * (LARGEST_ANSWER - 1) + b"}")
    http = client()
    assert http.get(PATH) == {}
    assert "more than" in failure(http).seen


def test_no_coding_is_offered_that_requests_alone_does_not_know() -> None:
    adapter = ReadOnlyAdapter((), 1)
    http = HttpClient(JIRA, SITE, BearerAuth(TOKEN), adapter, 5.0, Naps().waiting())
    with responses.RequestsMock() as mock:
        mock.get(SITE + PATH, json={})
        http.get(PATH)
        assert mock.calls[0].request.headers["Accept-Encoding"] == "gzip, deflate"


# Time of a run


@responses.activate
def test_a_system_that_asks_to_wait_without_end_is_waited_for_once() -> None:
    responses.get(SITE + PATH, status=429, headers={"Retry-After": "60"})
    naps = Naps()
    http = client(naps=naps)
    error = failure(http)
    assert naps.seconds == [60]
    assert http.sent == 2
    assert error.category is Category.RATE_LIMIT


@responses.activate
def test_once_it_was_given_up_nothing_is_sent_while_it_wants_to_be_left_alone() -> None:
    responses.get(SITE + PATH, status=429, headers={"Retry-After": "60"})
    naps = Naps()
    http = client(naps=naps)
    first = failure(http)
    assert [str(failure(http)) for _ in range(20)] == [str(first)] * 20
    with pytest.raises(ServiceError) as caught:
        http.put(ISSUE, {})
    assert not isinstance(caught.value, LostAnswerError)
    assert (http.sent, naps.seconds) == (2, [60])
    naps.time += 60
    responses.replace(responses.GET, SITE + PATH, json={})
    assert http.get(PATH) == {}


def test_a_run_waits_for_both_systems_so_long_and_no_longer() -> None:
    naps = Naps()
    run = RunTime(100, lambda: naps.time)
    http = client(naps=naps, run=run)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.get(SITE + PATH, status=503, headers={"Retry-After": "30"})
        for _ in range(10):
            error = failure(http)
        assert naps.time <= 100
        assert "waited 100 seconds" in error.seen
        assert "http.run_seconds" in error.advice
        sent = http.sent
        with pytest.raises(ServiceError, match=r"http\.run_seconds") as caught:
            http.put(ISSUE, {})
        assert not isinstance(caught.value, LostAnswerError)
        other = client("https://impact.example.test", naps, run=run)
        with pytest.raises(ServiceError, match=r"http\.run_seconds"):
            [other.get(PATH) for _ in range(100)]
    assert http.sent <= sent + 1
    assert other.sent <= 1


def test_a_request_ends_with_its_run() -> None:
    with talking(ENDLESS["body"]) as url:
        http, begun = client(url, run=RunTime(DEADLINE), timeout=60), time.monotonic()
        failure(http)
    assert time.monotonic() - begun < DEADLINE + SLACK


def test_what_nobody_waits_for_costs_a_run_nothing() -> None:
    clock = Naps()
    run = RunTime(10, lambda: clock.time)
    clock.sleep(100)  # somebody thinks
    with run.running(), run.running():
        clock.sleep(4)
    clock.sleep(100)
    assert run.left == 6
    with run.running():
        clock.sleep(7)
        assert run.left == -1
