"""The loopback server: keep-alive, one answer a request, and every fault it can play."""

import socket
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
import requests

from raidctl.sandbox.server import Reply, Request
from tests.simulators.server import DROP_AFTER, DROP_BEFORE, Fault, LoopbackServer, refuse, stall


def echo(request: Request) -> Reply:
    return Reply(200, {"path": request.path, "query": request.query, "target": request.target})


def once(fault: Fault) -> Callable[[Request], Fault | None]:
    left = [fault]
    return lambda _: left.pop() if left else None


def test_path_and_query_are_decoded_and_the_target_is_as_sent() -> None:
    with LoopbackServer(echo) as server:
        answer = requests.get(f"{server.url}/a%20b?id=1&id=2&at=%2B01&empty=", timeout=5).json()
    assert answer == {
        "path": "/a b",
        "query": {"id": ["1", "2"], "at": ["+01"], "empty": [""]},
        "target": "/a%20b?id=1&id=2&at=%2B01&empty=",
    }


def test_body_json_and_headers_in_any_case_reach_the_function() -> None:
    seen: list[Request] = []

    def answer(request: Request) -> Reply:
        seen.append(request)
        return Reply(204)

    with LoopbackServer(answer) as server:
        reply = requests.post(server.url, json={"é": 1}, headers={"X-Thing": "b"}, timeout=5)
    assert (reply.status_code, reply.content) == (204, b"")
    assert seen[0].json == {"é": 1}
    assert seen[0].headers["x-tHING"] == "b"


@pytest.mark.parametrize(
    ("body", "sent"), [(b"\x00raw", b"\x00raw"), ("é", "é".encode()), (["é"], '["é"]'.encode())]
)
def test_bodies_are_sent_as_they_are_or_as_json(body: object, sent: bytes) -> None:
    with LoopbackServer(lambda _: Reply(200, body, "text/x")) as server:
        reply = requests.get(server.url, timeout=5)
    assert (reply.content, reply.headers["Content-Type"]) == (sent, "text/x")


def test_head_has_the_length_and_no_body() -> None:
    body = b"x" * 100_000  # more than a client buffers and forgets
    with LoopbackServer(lambda _: Reply(200, body)) as server, requests.Session() as http:
        assert http.head(server.url, timeout=5).headers["Content-Length"] == "100000"
        assert http.get(server.url, timeout=5).content == body
        assert server.connections == 1


def test_connection_is_kept_and_requests_are_remembered() -> None:
    with LoopbackServer(echo) as server, requests.Session() as http:
        http.get(f"{server.url}/a", timeout=5)
        http.put(f"{server.url}/b", data=b"x", timeout=5)
        assert server.connections == 1
        assert server.requests == [("GET", "/a"), ("PUT", "/b")]
        server.forget()
        assert (server.connections, server.requests) == (0, [])


def test_close_each_opens_a_connection_a_request() -> None:
    with LoopbackServer(echo, close_each=True) as server, requests.Session() as http:
        for _ in range(3):
            assert http.get(server.url, timeout=5).headers["Connection"] == "close"
        assert server.connections == 3


@pytest.mark.parametrize("after", ["0", "1.5", format_datetime(datetime(2026, 1, 1, tzinfo=UTC))])
def test_refusal_answers_in_place_of_the_function(after: str) -> None:
    acted: list[Request] = []

    def answer(request: Request) -> Reply:
        acted.append(request)
        return Reply(200)

    with LoopbackServer(answer, faults=once(refuse(429, after))) as server:
        reply = requests.get(server.url, timeout=5)
        assert (reply.status_code, reply.headers["Retry-After"], acted) == (429, after, [])
        assert requests.get(server.url, timeout=5).status_code == 200


@pytest.mark.parametrize(("fault", "effects"), [(DROP_BEFORE, 0), (DROP_AFTER, 1)])
def test_dropped_connection_acts_or_not_and_never_answers(fault: Fault, effects: int) -> None:
    acted: list[Request] = []

    def answer(request: Request) -> Reply:
        acted.append(request)
        return Reply(200)

    with LoopbackServer(answer, faults=once(fault)) as server:
        with pytest.raises(requests.ConnectionError):
            requests.post(server.url, timeout=5)
        assert len(acted) == effects


def test_gateway_error_can_hide_that_the_request_took_effect() -> None:
    acted: list[Request] = []

    def answer(request: Request) -> Reply:
        acted.append(request)
        return Reply(200)

    with LoopbackServer(answer, faults=once(Fault(reply=Reply(502)))) as server:
        assert requests.post(server.url, timeout=5).status_code == 502
    assert len(acted) == 1


def test_latency_and_stall_are_slept_before_the_function_acts() -> None:
    order: list[object] = []

    def answer(_: Request) -> Reply:
        order.append("acted")
        return Reply(200)

    faults = once(stall(30))
    with LoopbackServer(answer, latency_seconds=0.5, faults=faults, sleep=order.append) as server:
        requests.get(server.url, timeout=5)
        requests.get(server.url, timeout=5)
    assert order == [30.5, "acted", 0.5, "acted"]


def test_stopped_server_cuts_open_connections_and_comes_back_on_its_port() -> None:
    server = LoopbackServer(echo)
    server.start()
    with requests.Session() as http:
        url = server.url
        http.get(url, timeout=5)
        server.stop()
        with pytest.raises(requests.ConnectionError):
            http.get(url, timeout=5)
        with server:
            assert server.url == url
            assert http.get(url, timeout=5).status_code == 200


def test_defect_of_the_function_is_raised_where_the_server_is_used() -> None:
    def broken(_: Request) -> Reply:
        raise LookupError("no such thing")

    with (
        pytest.raises(RuntimeError) as raised,
        LoopbackServer(broken) as server,
        pytest.raises(requests.ConnectionError),
    ):
        requests.get(server.url, timeout=5)
    assert isinstance(raised.value.__cause__, LookupError)


@pytest.mark.parametrize("sent", [b"Content-Length: 10\r\n\r\n{", b"Content-Le"])
def test_a_request_that_is_cut_off_never_acts(sent: bytes) -> None:
    acted: list[Request] = []

    def answer(request: Request) -> Reply:
        acted.append(request)
        return Reply(204)

    with (
        LoopbackServer(answer) as server,
        socket.create_connection(("127.0.0.1", server.port)) as client,
    ):
        client.sendall(b"PUT /rest/api/2/issue/1 HTTP/1.1\r\n" + sent)
        client.shutdown(socket.SHUT_WR)
        assert client.recv(100) == b""
    assert acted == []
