"""The receiver on real sockets: slow senders, many connections, large bodies, the end."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest

from raidctl.errors import UsageError
from raidctl.listen import receiver
from raidctl.listen.server import Connection, bound, serving
from tests.cli.process import until
from tests.listen.asgi import signed
from tests.listen.place import Broken, Place, journal_queue, webhook

BODY = webhook()


class Few(Connection):
    """As many connections as a test can open."""

    most = 5


class Hasty(Connection):
    """As little patience as a test has."""

    seconds = 0.1


class Here:
    """A receiver that listens on a port of its own."""

    def __init__(self, place: Place, port: int) -> None:
        self.place, self.port = place, port

    def post(self, body: bytes, path: str = "/jira", name: str | None = None) -> tuple[int, str]:
        """Deliver a signed event on a connection of its own."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request("POST", path, body, dict(signed(body, name)))
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def connected(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)


@contextmanager
def listening(place: Place, protocol: type[Connection] = Few) -> Iterator[Here]:
    at = bound("127.0.0.1", 0)
    with serving(place.app, at, lambda: None, protocol):
        yield Here(place, at.getsockname()[1])


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Here]:
    with journal_queue(tmp_path) as journal, listening(Place(journal.queue)) as here:
        yield here


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[Here]:
    with journal_queue(tmp_path) as journal, listening(Place(journal.queue), Hasty) as here:
        yield here


def closed(connection: socket.socket) -> bool:
    """Whether the other side closes it, whatever it says before."""
    try:
        while connection.recv(65536):
            pass
    except ConnectionError:
        pass
    return True


def refused(connection: socket.socket, sent: bytes) -> bool:
    """Whether nothing more can be sent."""
    try:
        connection.sendall(sent)
    except ConnectionError:
        return True
    return False


def when_closed(here: Here, then: Callable[[], None]) -> None:
    """Do something once nobody is let in any more."""
    with suppress(ConnectionError):
        while True:
            here.connected().close()
            time.sleep(0.01)
    then()


def test_events_over_a_socket(here: Here) -> None:
    assert here.post(BODY) == (202, "event 1: waiting\n")
    assert [one.event.issue for one in here.place.kept()] == ["INC-12"]


def test_several_requests_on_one_connection(here: Here) -> None:
    with closing(HTTPConnection("127.0.0.1", here.port, timeout=30)) as connection:
        for number in range(1, 4):
            body = webhook(number)
            connection.request("POST", "/jira", body, dict(signed(body)))
            assert connection.getresponse().read() == f"event {number}: waiting\n".encode()


def test_a_sender_of_too_much_reads_its_answer_though_it_is_not_done(here: Here) -> None:
    assert here.post(b"x" * 5_000_000)[0] == 413
    assert here.post(BODY)[0] == 202


def test_the_rest_of_what_was_refused_is_not_read_for_ever(hasty: Here) -> None:
    with hasty.connected() as connection:
        connection.sendall(b"POST /jira HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\nx")
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")
        assert closed(connection)


@pytest.mark.parametrize(
    "sent", [b"", b"POST /jira HTT", b"POST /jira HTTP/1.1\r\nHost: x\r\nX-Hub-Sig"]
)
def test_a_sender_that_does_not_get_on_is_hung_up_on(hasty: Here, sent: bytes) -> None:
    with hasty.connected() as connection:
        connection.sendall(sent)
        assert closed(connection)


def test_one_that_dribbles_its_head_is_hung_up_on(hasty: Here) -> None:
    with hasty.connected() as connection:
        connection.sendall(b"POST /jira HTTP/1.1\r\nHost: x\r\n")
        until(lambda: refused(connection, b"X: y\r\n"))


def test_one_that_dribbles_its_body_is_told_so(
    hasty: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiver, "BODY_SECONDS", 0.1)
    with hasty.connected() as connection:
        connection.sendall(b"POST /jira HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx")
        assert connection.recv(65536).startswith(b"HTTP/1.1 408 ")
        assert closed(connection)
    assert hasty.place.kept() == []


def test_a_head_without_an_end_is_refused(here: Here) -> None:
    with here.connected() as connection:
        connection.sendall(b"POST /jira HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 100_000)
        assert connection.recv(65536).startswith(b"HTTP/1.1 400 ")
        assert closed(connection)


def test_one_connection_too_many_is_refused_and_the_others_go_on(here: Here) -> None:
    with ExitStack() as stack:
        many = [stack.enter_context(here.connected()) for _ in range(Few.most)]
        for one in many:
            one.sendall(b"HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n")
            assert one.recv(65536).startswith(b"HTTP/1.1 200 ")
        with here.connected() as other:
            assert other.recv(65536).startswith(b"HTTP/1.1 503 ")
            assert closed(other)
        many[0].sendall(b"HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert many[0].recv(65536).startswith(b"HTTP/1.1 200 ")
    until(lambda: answered(here))


def answered(here: Here) -> bool:
    """Whether there is room again: the server hears of a connection's end a little later."""
    return here.post(BODY)[0] == 202


def test_what_is_no_http_is_400(here: Here) -> None:
    for sent in (b"\x16\x03\x01\x00\xa5\x01\x00", b"hello\r\n\r\n", b"POST /jira HTTP/9\r\n\r\n"):
        with here.connected() as connection:
            connection.sendall(sent)
            assert connection.recv(65536).startswith(b"HTTP/1.1 400 ")


def test_a_request_under_way_is_answered_before_the_end(tmp_path: Path) -> None:
    """The journal is slow: the server has been told to end meanwhile."""
    going, slow = threading.Event(), threading.Event()
    with journal_queue(tmp_path) as journal:
        queue = Broken(journal.queue)
        keep = queue.keep

        def slowly(*given: object) -> object:
            going.set()
            assert slow.wait(30)
            return keep(*given)  # type: ignore[arg-type]

        queue.keep = slowly  # type: ignore[assignment, method-assign]
        got: list[tuple[int, str]] = []
        with listening(Place(queue)) as here:
            sender = threading.Thread(target=lambda: got.append(here.post(BODY)))
            sender.start()
            assert going.wait(30)
            threading.Thread(target=when_closed, args=(here, slow.set)).start()
        sender.join(30)
        assert got == [(202, "event 1: waiting\n")]
        assert [one.event.issue for one in journal.queue.events(["waiting"], 9)] == ["INC-12"]  # type: ignore[list-item]
        with pytest.raises(ConnectionRefusedError):
            here.post(BODY)


def test_a_port_that_is_taken_is_said_so() -> None:
    with bound("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port} of 127.0.0.1: another program listens"):
            bound("127.0.0.1", port)


@pytest.mark.parametrize(
    ("host", "why"), [("192.0.2.7", "no address of this machine"), ("no host", "is no address")]
)
def test_an_address_of_another_machine_is_said_so(host: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        bound(host, 0)


def test_it_listens_on_ipv6_too(tmp_path: Path) -> None:
    with journal_queue(tmp_path) as journal:
        at = bound("::1", 0)
        with serving(Place(journal.queue).app, at, lambda: None):
            port = at.getsockname()[1]
            with closing(HTTPConnection("::1", port, timeout=30)) as connection:
                connection.request("GET", "/health")
                assert json.loads(connection.getresponse().read())["status"] == "ok"
