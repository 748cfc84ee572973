"""The HTTP client both systems are read through: repeats, time-outs, refusals and their words."""

import base64
import json
import socket
import ssl
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import requests
import responses
from hypothesis import example, given, settings
from hypothesis import strategies as st
from requests.auth import AuthBase

from raidctl.errors import Category, LostAnswerError, ReadOnlyError, ServiceError
from raidctl.gateways.http.answers import retry_after
from raidctl.gateways.http.client import BearerAuth, HttpClient, ReadOnlyAdapter, basic_auth
from raidctl.gateways.jira.transport import JIRA, JIRA_READS, WritingAdapter
from raidctl.sandbox.server import Reply, Request
from tests.contract.certificates import certificate
from tests.contract.trackers import NOW, TOKEN, Naps
from tests.simulators.server import DROP_AFTER, DROP_BEFORE, Fault, LoopbackServer, refuse, stall

SITE = "https://jira.example.test"
PATH = "/rest/api/2/myself"
READS = ("/issue/bulkfetch", "/search")
ENTITY = {"name": "ada"}


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def client(
    url: str = SITE,
    naps: Naps | None = None,
    *,
    auth: AuthBase | None = None,
    timeout: float = 5.0,
) -> HttpClient:
    adapter = ReadOnlyAdapter(READS, 4)
    return HttpClient(
        JIRA, url, auth or BearerAuth(TOKEN), adapter, timeout, (naps or Naps()).waiting()
    )


def failure(http: HttpClient, path: str = PATH, **query: str) -> ServiceError:
    """The one error that a GET ends in."""
    with pytest.raises(ServiceError) as caught:
        http.get(path, query)
    assert len(str(caught.value).splitlines()) == 1
    assert str(caught.value).startswith(f"JIRA at {http.base_url}{path}: ")
    return caught.value


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer(lambda _: Reply(200, ENTITY)) as running:
        yield running


@contextmanager
def raw(*pieces: bytes | float) -> Iterator[str]:
    """A server that reads, sends these bytes with pauses of these seconds, and hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def talk(connection: socket.socket) -> None:
        with connection, suppress(ConnectionError):
            connection.recv(65_536)
            for piece in pieces:
                if isinstance(piece, bytes):
                    connection.sendall(piece)
                else:
                    time.sleep(piece)

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=talk, args=(connection,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def in_turn(*faults: Fault | None) -> Callable[[Request], Fault | None]:
    left = iter(faults)
    return lambda _: next(left, None)


# Repeats


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_passing_refusal_is_repeated(server: LoopbackServer, status: int) -> None:
    server.faults = in_turn(refuse(status), refuse(status), refuse(status))
    http = client(server.url)
    assert http.get(PATH) == ENTITY
    assert http.sent == len(server.requests) == 4


@pytest.mark.parametrize("fault", [DROP_BEFORE, DROP_AFTER])
def test_a_dropped_connection_is_repeated(server: LoopbackServer, fault: Fault) -> None:
    server.faults = in_turn(fault)
    assert client(server.url).get(PATH) == ENTITY
    assert len(server.requests) == 2


def test_a_post_that_reads_is_repeated_with_its_body() -> None:
    bodies: list[object] = []

    def answer(request: Request) -> Reply:
        bodies.append(request.json)
        return Reply(200, ENTITY)

    with LoopbackServer(answer, faults=in_turn(DROP_AFTER)) as server:
        assert client(server.url).post_read("/rest/api/2/search", {"jql": "x"}) == ENTITY
    assert bodies == [{"jql": "x"}] * 2


@pytest.mark.parametrize(
    "pieces",
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",),
        (b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a"',),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n{}\r\n0\r\n\r\n",),
        (b"HTTP/1",),
        (b"SSH-2.0-OpenSSH\r\n\r\n",),
    ],
    ids=["body", "chunk", "negative chunk", "status line", "not HTTP"],
)
def test_an_answer_cut_off_in_the_middle_is_repeated_and_told(pieces: tuple[bytes, ...]) -> None:
    with raw(*pieces) as url:
        http = client(url)
        error = failure(http)
    assert http.sent == 4
    assert error.category is Category.NETWORK
    assert "dropped" in error.seen


def test_a_read_timeout_is_repeated(server: LoopbackServer) -> None:
    server.faults = in_turn(stall(0.3))
    http = client(server.url, timeout=0.1)
    assert http.get(PATH) == ENTITY
    assert http.sent == 2


def test_a_read_timeout_is_told() -> None:
    with raw(0.3) as url:
        http = client(url, timeout=0.05)
        error = failure(http)
    assert http.sent == 4
    assert error.category is Category.NETWORK
    assert error.seen == "no answer within 0.05 seconds"
    assert "http.timeout_seconds" in error.advice


def test_a_timeout_in_the_middle_of_the_body_is_told_as_one() -> None:
    with raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", 0.3) as url:
        http = client(url, timeout=0.05)
        error = failure(http)
    assert http.sent == 4
    assert error.category is Category.NETWORK
    assert "http.timeout_seconds" in error.advice


@responses.activate
def test_a_connect_timeout_tells_how_long_was_waited() -> None:
    responses.get(SITE + PATH, body=requests.ConnectTimeout())
    error = failure(client(timeout=20))
    assert "within 10 seconds" in error.seen  # no connection is waited for longer


@pytest.mark.parametrize(("status", "waits"), [(503, [0.5, 1, 2]), (429, [2, 4, 8])])
@responses.activate
def test_waits_double_with_jitter_and_four_tries(status: int, waits: list[float]) -> None:
    responses.get(SITE + PATH, status=status)
    naps = Naps()
    http = client(naps=naps)
    failure(http)
    assert http.sent == 4
    assert naps.seconds == waits
    assert set(naps.jitters) == {(0.7, 1.3)}


@responses.activate
def test_jitter_scales_the_wait() -> None:
    responses.get(SITE + PATH, status=503)
    naps = Naps()
    naps.jitter = lambda low, high: high  # type: ignore[method-assign]  # a luckless draw
    failure(client(naps=naps))
    assert naps.seconds == pytest.approx([0.65, 1.3, 2.6])


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("7", 7),
        ("2.5", 2.5),
        (" 3 ", 3),
        ("60", 60),
        (format_datetime(NOW + timedelta(seconds=9), usegmt=True), 9),
        ("0", 2),
        ("0.0", 2),
        (format_datetime(NOW - timedelta(hours=1), usegmt=True), 2),
        ("soon", 2),
        ("-5", 2),
        ("", 2),
        ("1e3", 2),
        ("Fri, 99 Foo 2026 99:99:99 GMT", 2),
    ],
)
@responses.activate
def test_retry_after_is_followed_where_it_makes_sense(header: str, wait: float) -> None:
    responses.get(SITE + PATH, status=429, headers={"Retry-After": header})
    responses.get(SITE + PATH, json=ENTITY)
    naps = Naps()
    assert client(naps=naps).get(PATH) == ENTITY
    assert naps.seconds == [wait]


@responses.activate
def test_a_retry_after_is_never_cut_short() -> None:
    responses.get(SITE + PATH, status=503, headers={"Retry-After": "7"})
    responses.get(SITE + PATH, json=ENTITY)
    naps = Naps()
    client(naps=naps).get(PATH)
    assert all(1.0 <= low < high for low, high in naps.jitters)
    assert naps.jitters


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    "header", ["61", "3600", "9" * 400, format_datetime(NOW + timedelta(hours=1), usegmt=True)]
)
@responses.activate
def test_a_long_retry_after_is_told_and_not_waited_for(status: int, header: str) -> None:
    responses.get(SITE + PATH, status=status, headers={"Retry-After": header})
    naps = Naps()
    http = client(naps=naps)
    error = failure(http)
    assert http.sent == 1
    assert naps.seconds == []
    assert f"HTTP {status}" in error.seen
    assert "asks to wait" in error.seen
    assert error.category is (Category.RATE_LIMIT if status == 429 else Category.NETWORK)


@settings(max_examples=300)
@example("Wed, 22 Nov 99999999999999999999 21:00:00 GMT")
@example("Wed, 22 Nov 2026 21:00:00 +99999999999999999999")
@example("Sun, 22 Nov 2026 21:00:00 -0000")
@given(
    st.text(max_size=40)
    | st.from_regex(
        r"(Mon|Sun), \d{1,30} (Nov|Feb) -?\d{1,30} \d{1,9}:\d\d(:\d\d)? ([+-]\d{1,30}|GMT|X)",
        fullmatch=True,
    )
)
def test_no_retry_after_breaks_the_client(header: str) -> None:
    wait = retry_after(header, NOW)
    assert wait is None or wait >= 0


# Refusals, and answers that make no sense


@pytest.mark.parametrize(
    ("status", "category", "advice"),
    [
        (400, Category.VALIDATION, "JIRA's own log"),
        (401, Category.AUTH, "jira.token"),
        (403, Category.PERMISSION, "jira.token"),
        (404, Category.NOT_FOUND, "jira.url"),
        (405, Category.NOT_FOUND, "jira.url"),
        (410, Category.NOT_FOUND, "jira.url"),
        (500, Category.NETWORK, "JIRA's own log"),
    ],
)
def test_a_lasting_refusal_is_told_at_once(
    server: LoopbackServer, status: int, category: Category, advice: str
) -> None:
    server.faults = lambda _: refuse(status)
    http = client(server.url)
    error = failure(http, q="query-secret")
    assert http.sent == len(server.requests) == 1
    assert f"HTTP {status}" in error.seen
    assert advice in error.advice
    assert error.category is category


@pytest.mark.parametrize(
    ("status", "category"), [(429, Category.RATE_LIMIT), (503, Category.NETWORK)]
)
@responses.activate
def test_a_refusal_that_did_not_pass(status: int, category: Category) -> None:
    responses.get(SITE + PATH, status=status, json={"errorMessages": ["Busy."]})
    error = failure(client())
    assert error.seen == f"HTTP {status} (Busy.)"
    assert "try again later" in error.advice
    assert ("http.concurrency" in error.advice) is (status == 429)
    assert error.category is category


@responses.activate
def test_a_captcha_is_named() -> None:
    header = {"X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; login-url=https://x"}
    responses.get(SITE + PATH, status=401, headers=header)
    assert "CAPTCHA" in failure(client()).advice


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"errorMessages": ["No.", "Not so."], "errors": {}}, "No.; Not so."),
        ({"errorMessages": [], "errors": {"summary": "Too long."}}, "Too long."),
        ({"errors": [{"detail": "Impact says no."}]}, "Impact says no."),
    ],
)
@responses.activate
def test_what_the_system_says_is_shown(body: object, said: str) -> None:
    responses.get(SITE + PATH, status=400, json=body)
    assert failure(client()).seen == f"HTTP 400 ({said})"


ODD_BODIES = [
    b"",
    b"null",
    b"[]",
    b'"no"',
    b"{",
    b'"\xff"',
    b"<html><body>Error</body></html>",
    b'{"errors": "no"}',
    b'{"errors": 7}',
    b'{"errors": true}',
    b'{"errors": [null, 7, {}]}',
    b'{"errors": [{"detail": {"a": 1}}]}',
    b'{"errors": {"summary": ["a", "b"]}}',
    b'{"errorMessages": 7}',
    b'{"errorMessages": {"a": "b"}}',
    b'{"errorMessages": [null, 7]}',
    b'{"errorMessages": ["first\\nsecond\\r\\nthird"]}',
    b'{"errorMessages": ["first\\u2028second\\u0085third\\u000bfourth"]}',
    json.dumps({"errorMessages": ["long " * 10_000]}).encode(),
    b"[" * 200_000,
]


@pytest.mark.parametrize("status", [400, 503])
@pytest.mark.parametrize("body", ODD_BODIES, ids=lambda body: str(body[:40]))
@responses.activate
def test_no_body_of_a_refusal_breaks_its_words(status: int, body: bytes) -> None:
    responses.get(SITE + PATH, status=status, body=body)
    error = failure(client())
    assert f"HTTP {status}" in error.seen
    assert len(str(error)) < 500


@responses.activate
def test_an_answer_as_to_anybody_is_refused_credentials() -> None:
    """JIRA takes a wrong token for no token where it serves the public, and says so."""
    refused = {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
    responses.get(SITE + PATH, json={"issues": []}, headers=refused)
    error = failure(client())
    assert error.category is Category.AUTH
    assert "jira.token" in error.advice


@responses.activate
def test_a_message_given_as_text_is_shown_as_text() -> None:
    responses.get(SITE + PATH, status=400, json={"errorMessages": "No such thing"})
    error = failure(client())
    assert error.seen in ("HTTP 400 (No such thing)", "HTTP 400")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_told_and_not_followed(server: LoopbackServer, status: int) -> None:
    target = f"{server.url}/login?os_destination=x&code=query-secret"
    reply = Reply(status, headers={"Location": target})
    server.faults = in_turn(Fault(acts=False, reply=reply))
    http = client(server.url)
    error = failure(http)
    assert server.requests == [("GET", PATH)]
    assert error.seen == f"redirected to 127.0.0.1:{server.port}/login"
    assert "jira.url" in error.advice
    assert error.category is Category.AUTH


@pytest.mark.parametrize(
    ("base", "location", "now"),
    [
        ("http://jira.example.test", "https://jira.example.test{}", "https://jira.example.test"),
        (
            "https://old.example.test/jira",
            "https://new.example.test/b{}?x=1",
            "https://new.example.test/b",
        ),
        (
            "http://a.example.test:8080",
            "http://b.example.test:8080{}",
            "http://b.example.test:8080",
        ),
    ],
    ids=["https", "another name", "another host"],
)
@responses.activate
def test_a_redirect_to_the_same_path_elsewhere_is_a_site_that_moved(
    base: str, location: str, now: str
) -> None:
    responses.get(base + PATH, status=301, headers={"Location": location.format(PATH)})
    advice = failure(client(base)).advice
    assert advice == f"it seems to have moved: if it is at {now} now, put that in jira.url"


@pytest.mark.parametrize(
    "location",
    [
        "http://jira.example.test{}",
        "https://jira.example.test{}",
        "https://ada:redirect-secret@sso.example.test{}",
        "{}",
        "ftp://jira.example.test{}",
        "https://[bad{}",
    ],
    ids=["no TLS", "the same again", "with a login", "no host", "no web", "none"],
)
@responses.activate
def test_no_redirect_leads_to_a_worse_address(location: str) -> None:
    base = "https://jira.example.test"
    responses.get(base + PATH, status=302, headers={"Location": location.format(PATH)})
    error = failure(client(base))
    assert "a login page or a proxy answers in its place" in error.advice
    assert "redirect-secret" not in str(error)


@pytest.mark.parametrize("location", ["http://[bad", "http:///login", "//[", "", "é", "mailto:x"])
def test_a_redirect_to_nowhere_is_told(location: str) -> None:
    head = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
    with raw(head.encode("latin-1")) as url:
        error = failure(client(url))
    assert error.seen.startswith("redirected")
    assert error.category is Category.AUTH


@responses.activate
def test_a_redirect_shows_no_credentials() -> None:
    location = "https://ada:redirect-secret@sso.example.test/login"
    responses.get(SITE + PATH, status=302, headers={"Location": location})
    assert "redirect-secret" not in str(failure(client()))


@pytest.mark.parametrize("content_type", ["text/html; charset=utf-8", "application/json"])
@responses.activate
def test_html_where_json_was_expected(content_type: str) -> None:
    page = "\n<!DOCTYPE html><title>Log in</title>"
    responses.get(SITE + PATH, body=page, content_type=content_type)
    error = failure(client())
    assert "HTML" in error.seen
    assert "jira.url" in error.advice
    assert error.category is Category.VALIDATION


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"OK", b'{"a": "\xff"}', b"[" * 200_000],
    ids=["empty", "cut", "text", "not UTF-8", "too deep"],
)
@responses.activate
def test_what_is_no_json_is_told_and_not_repeated(body: bytes) -> None:
    responses.get(SITE + PATH, body=body)
    http = client()
    error = failure(http)
    assert "no JSON" in error.seen
    assert error.category is Category.VALIDATION
    assert http.sent == 1


def test_an_answer_without_content_is_no_json(server: LoopbackServer) -> None:
    server.faults = lambda _: Fault(acts=False, reply=Reply(204))
    assert "no JSON" in failure(client(server.url)).seen


def test_a_broken_encoding_is_told() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nabcde"
    with raw(head) as url:
        error = failure(client(url))
    assert error.category in {Category.NETWORK, Category.VALIDATION}


# Only reads leave


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "put", "TRACE"])
@pytest.mark.parametrize("path", [PATH, "/rest/api/2/search"])
def test_no_other_method_leaves(server: LoopbackServer, method: str, path: str) -> None:
    http = client(server.url)
    with pytest.raises(ReadOnlyError, match=f"{method.upper()} {path}"):
        http._session.request(method, server.url + path, timeout=5)
    assert server.requests == []
    assert server.connections == 0


@pytest.mark.parametrize(
    "path",
    [
        "/rest/api/2/issue",
        "/rest/api/2/issue/INC-1/transitions",
        "/rest/api/2/issue?next=/search",
        "/rest/api/2/issue#/search",
        "/rest/api/2/research",
        "/rest/api/2/search/",
        "/rest/api/2/search/../issue",
        "/rest/api/2/issue/bulk",
    ],
)
def test_no_post_that_is_not_known_to_read_leaves(server: LoopbackServer, path: str) -> None:
    http = client(server.url)
    with pytest.raises(ReadOnlyError):
        http.post_read(path, {})
    with pytest.raises(ReadOnlyError):
        http._session.post(server.url + path, json={}, timeout=5)
    assert server.requests == []
    assert server.connections == 0


def test_the_sessions_own_verbs_are_bound_too(server: LoopbackServer) -> None:
    session = client(server.url)._session
    for verb in (session.put, session.patch, session.delete):
        with pytest.raises(ReadOnlyError):
            verb(f"{server.url}/rest/api/2/issue/INC-1", timeout=5)
    assert server.requests == []


def test_every_scheme_goes_through_the_adapter_that_only_reads() -> None:
    adapters = client()._session.adapters
    assert set(adapters) == {"http://", "https://"}
    assert all(isinstance(adapter, ReadOnlyAdapter) for adapter in adapters.values())


def test_nothing_may_be_posted_where_no_post_reads(server: LoopbackServer) -> None:
    adapter = ReadOnlyAdapter((), 1)
    http = HttpClient(JIRA, server.url, BearerAuth(TOKEN), adapter, 5.0, Naps().waiting())
    with pytest.raises(ReadOnlyError):
        http.post_read("/rest/api/2/search", {})
    assert server.requests == []


def test_a_read_only_error_shows_no_query(server: LoopbackServer) -> None:
    with pytest.raises(ReadOnlyError) as caught:
        client(server.url)._session.put(f"{server.url}/x?token=query-secret", timeout=5)
    assert "query-secret" not in str(caught.value)


# Of writes, only three leave


ISSUE = "/rest/api/2/issue/10001"


def writing(url: str = SITE, naps: Naps | None = None, timeout: float = 5.0) -> HttpClient:
    waiting = (naps or Naps()).waiting()
    return HttpClient(JIRA, url, BearerAuth(TOKEN), WritingAdapter(4), timeout, waiting)


@pytest.mark.parametrize("base", ["", "/ex/jira/11111111-2222"])
@pytest.mark.parametrize("version", [2, 3])
def test_the_three_writes_and_the_reads_leave(
    server: LoopbackServer, base: str, version: int
) -> None:
    http = writing(server.url + base)
    issue = f"/rest/api/{version}/issue/10001"
    assert http.put(issue, {}) == ENTITY
    assert http.put(f"{issue}/assignee", {}) == ENTITY
    assert http.post(f"{issue}/transitions", {}) == ENTITY
    for path in JIRA_READS:
        assert http.post_read(f"/rest/api/{version}{path}", {}) == ENTITY
    assert http.get(issue) == ENTITY
    assert len(server.requests) == 8


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", ISSUE),
        ("PATCH", ISSUE),
        ("POST", f"{ISSUE}/assignee"),
        ("put", f"{ISSUE}/watchers"),
        ("PUT", "/rest/api/2/issue/INC-1/assignee"),
        ("PUT", f"{ISSUE}/transitions"),
        ("PUT", f"{ISSUE}/"),
        ("PUT", "/rest/api/2/issue/INC-1"),  # a key may lead to another issue by now
        ("PUT", "/rest/api/2/issue/"),
        ("PUT", "/rest/api/2/issue/10001/../../project/1"),
        ("PUT", "/rest/api/2/user?x=/rest/api/2/issue/10001"),
        ("PUT", "/rest/api/2/issue/1%2F2"),
        ("PUT", "/rest/api/latest/issue/10001"),
        ("PUT", "/rest/api/2/issue/10001\n"),
        ("POST", ISSUE),
        ("POST", "/rest/api/2/issue"),
        ("POST", f"{ISSUE}/comment"),
        ("POST", f"{ISSUE}/transitions/"),
        ("POST", "/rest/api/2/issue/bulk"),
        ("POST", "/rest/api/2/issue/INC-1/transitions"),
    ],
)
def test_no_other_write_leaves(server: LoopbackServer, method: str, path: str) -> None:
    with pytest.raises(ReadOnlyError, match=method.upper()):
        writing(server.url)._session.request(method, server.url + path, json={}, timeout=5)
    assert server.requests == []
    assert server.connections == 0


def test_a_client_that_reads_lets_neither_write_out(server: LoopbackServer) -> None:
    http = client(server.url)
    with pytest.raises(ReadOnlyError):
        http.put(ISSUE, {})
    with pytest.raises(ReadOnlyError):
        http.post(f"{ISSUE}/transitions", {})
    assert server.connections == 0


# Writes are repeated only where they cannot have acted


@pytest.mark.parametrize("body", [b"", b" ", b"null"])
def test_an_empty_answer_to_a_write_is_none(server: LoopbackServer, body: bytes) -> None:
    server.faults = in_turn(Fault(reply=Reply(200, body)), Fault(reply=Reply(204)))
    http = writing(server.url)
    assert http.put(ISSUE, {}) is None
    assert http.put(ISSUE, {}) is None


@pytest.mark.parametrize(
    "fault",
    [DROP_BEFORE, DROP_AFTER, *map(refuse, (500, 502, 503, 504, 507))],
    ids=lambda fault: str((fault.reply and fault.reply.status) or fault),
)
def test_a_write_that_may_have_acted_is_sent_once(server: LoopbackServer, fault: Fault) -> None:
    server.faults = lambda _: fault
    http = writing(server.url)
    with pytest.raises(LostAnswerError, match="nobody knows whether") as caught:
        http.put(ISSUE, {})
    assert http.sent == len(server.requests) == 1
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    "piece",
    [b"HTTP/1", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", b"SSH-2.0-OpenSSH\r\n\r\n"],
)
def test_a_write_whose_answer_is_cut_off_is_sent_once(piece: bytes) -> None:
    with raw(piece) as url:
        http = writing(url)
        with pytest.raises(LostAnswerError):
            http.put(ISSUE, {})
    assert http.sent == 1


def test_a_write_without_an_answer_in_time_is_sent_once() -> None:
    with raw(0.3) as url:
        http = writing(url, timeout=0.05)
        with pytest.raises(LostAnswerError, match=r"no answer within 0\.05 seconds, so nobody"):
            http.put(ISSUE, {})
    assert http.sent == 1


def test_a_kept_connection_that_was_closed_loses_the_answer() -> None:
    with LoopbackServer(lambda _: Reply(200, ENTITY)) as server:
        http = writing(server.url)
        http.put(ISSUE, {})
        server.faults = lambda _: DROP_BEFORE
        with pytest.raises(LostAnswerError):
            http.put(ISSUE, {})
        assert len(server.requests) == 2


def test_a_write_that_found_no_connection_is_sent_again_when_there_is_one() -> None:
    naps = Naps()
    server = LoopbackServer(lambda _: Reply(204), port=closed_port())

    def sleep(seconds: float) -> None:
        naps.sleep(seconds)
        server.start()

    waiting = replace(naps.waiting(), sleep=sleep)
    http = HttpClient(JIRA, server.url, BearerAuth(TOKEN), WritingAdapter(4), 5.0, waiting)
    assert http.put(ISSUE, {}) is None
    server.stop()
    assert http.sent == 2
    assert len(server.requests) == 1


@responses.activate
def test_a_write_that_did_not_connect_in_time_is_sent_again() -> None:
    responses.put(SITE + ISSUE, body=requests.ConnectTimeout())
    responses.put(SITE + ISSUE, status=204)
    http = writing()
    assert http.put(ISSUE, {}) is None
    assert http.sent == 2


def test_a_write_to_a_name_that_does_not_resolve_is_told_at_once() -> None:
    http = writing("http://raidctl.invalid")
    with pytest.raises(ServiceError, match="does not resolve") as caught:
        http.put(ISSUE, {})
    assert not isinstance(caught.value, LostAnswerError)
    assert http.sent == 1


def test_a_write_through_a_proxy_that_is_down_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{closed_port()}")
    http = writing()
    with pytest.raises(ServiceError, match="proxy") as caught:
        http.put(ISSUE, {})
    assert not isinstance(caught.value, LostAnswerError)
    assert http.sent == 1


@responses.activate
def test_a_limited_write_is_repeated_with_its_body() -> None:
    responses.put(SITE + ISSUE, status=429, headers={"Retry-After": "7"})
    responses.put(SITE + ISSUE, status=204)
    naps = Naps()
    http = writing(naps=naps)
    http.put(ISSUE, {"fields": {}})
    assert naps.seconds == [7]
    assert [call.request.body for call in responses.calls] == [b'{"fields": {}}'] * 2


@responses.activate
def test_a_write_asked_to_wait_long_did_not_act() -> None:
    responses.put(SITE + ISSUE, status=429, headers={"Retry-After": "3600"})
    with pytest.raises(ServiceError, match="asks to wait 3600") as caught:
        writing().put(ISSUE, {})
    assert not isinstance(caught.value, LostAnswerError)
    assert caught.value.category is Category.RATE_LIMIT


@responses.activate
def test_a_limit_holds_the_requests_of_other_threads() -> None:
    naps, slept = Naps(), list[float]()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 1:  # another thread wants to read while the first one waits
            http.get(PATH)
        naps.time = max(naps.time, seconds)

    waiting = replace(naps.waiting(), sleep=sleep)
    http = HttpClient(JIRA, SITE, BearerAuth(TOKEN), WritingAdapter(4), 5.0, waiting)
    responses.put(SITE + ISSUE, status=429, headers={"Retry-After": "7"})
    responses.put(SITE + ISSUE, status=204)
    responses.get(SITE + PATH, json=ENTITY)
    http.put(ISSUE, {})
    assert slept == [7, 7]
    assert [call.request.method for call in responses.calls] == ["PUT", "GET", "PUT"]


@pytest.mark.parametrize(("header", "wait"), [("7", 7), ("0", 0.5), ("soon", 0.5), ("3600", 60)])
@responses.activate
def test_a_system_that_lost_an_answer_is_left_alone(header: str, wait: float) -> None:
    responses.put(SITE + ISSUE, status=503, headers={"Retry-After": header})
    responses.get(SITE + PATH, json=ENTITY)
    naps = Naps()
    http = writing(naps=naps)
    with pytest.raises(LostAnswerError):
        http.put(ISSUE, {})
    assert naps.seconds == []
    http.get(PATH)
    assert naps.seconds == [wait]


def test_it_is_left_alone_longer_until_it_answers(server: LoopbackServer) -> None:
    naps = Naps()
    http = writing(server.url, naps)
    server.faults = in_turn(*[DROP_AFTER] * 5, None, DROP_AFTER)
    for _ in range(8):
        with suppress(LostAnswerError):
            http.put(ISSUE, {})
    assert naps.seconds == [0.5, 1, 2, 4, 4, 0.5]


@pytest.mark.parametrize("status", [502, 503])
@responses.activate
def test_other_refusals_hold_nobody_else(status: int) -> None:
    responses.get(SITE + PATH, status=status, headers={"Retry-After": "7"})
    responses.get(SITE + "/other", json=ENTITY)
    naps = Naps()
    http = client(naps=naps)
    failure(http)
    naps.seconds.clear()
    naps.time = 0
    http.get("/other")
    assert naps.seconds == []


# No answer at all


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def test_a_refused_connection_is_told_at_once() -> None:
    http = client(f"http://127.0.0.1:{closed_port()}")
    error = failure(http, q="query-secret")
    assert http.sent == 1
    assert error.seen == "connection refused"
    assert "jira.url" in error.advice
    assert "query-secret" not in str(error)
    assert error.category is Category.NETWORK


def test_a_query_in_the_path_is_not_shown() -> None:
    http = client(f"http://127.0.0.1:{closed_port()}")
    with pytest.raises(ServiceError) as caught:
        http.get(f"{PATH}?token=query-secret")
    assert caught.value.where == f"{http.base_url}{PATH}"
    assert "query-secret" not in str(caught.value)


def test_a_name_that_does_not_resolve_is_told_at_once() -> None:
    http = client("http://raidctl.invalid")
    error = failure(http, q="query-secret")
    assert http.sent == 1
    assert "does not resolve" in error.seen
    assert "jira.url" in error.advice
    assert "query-secret" not in str(error)
    assert error.category is Category.NETWORK


def test_a_proxy_that_is_down_is_told_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    proxy = f"http://ada:proxy-secret@127.0.0.1:{closed_port()}"
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    error = failure(client())
    assert "proxy" in error.seen
    assert "HTTPS_PROXY" in error.advice
    assert "proxy-secret" not in str(error)
    assert error.category is Category.NETWORK


@pytest.fixture
def self_signed(tmp_path: Path) -> Iterator[str]:
    """The URL of a server whose certificate nobody vouches for."""
    made, key = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, key)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, suppress(OSError):
                    context.wrap_socket(connection, server_side=True).close()

    threading.Thread(target=serve, daemon=True).start()
    yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def test_a_self_signed_certificate_is_told_at_once(
    self_signed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    http = client(self_signed)
    error = failure(http, q="query-secret")
    assert http.sent == 1
    assert error.seen.startswith("TLS failed")
    assert "certificate" in error.seen
    assert "REQUESTS_CA_BUNDLE" in error.advice
    assert "query-secret" not in str(error)
    assert error.category is Category.NETWORK


def test_tls_towards_a_server_without_it_is_told_at_once() -> None:
    with raw(b"HTTP/1.1 400 Bad Request\r\n\r\n") as url:
        http = client(url.replace("http:", "https:"))
        error = failure(http)
    assert http.sent == 1
    assert error.seen.startswith("TLS failed")
    assert error.category is Category.NETWORK


@pytest.mark.parametrize("url", ["http:///x", "ftp://x", "http://[::1", "http://.example.test"])
def test_a_url_that_is_none_is_told(url: str) -> None:
    error = failure(client(url))
    assert "jira.url" in error.advice


# Credentials


def sent_authorization(auth: AuthBase) -> bytes:
    """The credentials as they arrive."""
    seen: list[str] = []

    def answer(request: Request) -> Reply:
        seen.append(request.headers["authorization"])
        return Reply(200, ENTITY)

    with LoopbackServer(answer) as server:
        client(server.url, auth=auth).get(PATH)
    return seen[0].encode("latin-1")


@pytest.mark.parametrize("token", ["abc", "é", "пароль", "密码"])
def test_a_bearer_token_is_sent_as_utf_8(token: str) -> None:
    assert sent_authorization(BearerAuth(token)) == b"Bearer " + token.encode()


@pytest.mark.parametrize("secret", ["abc", "é", "пароль", "密码:x"])
def test_basic_credentials_are_sent_as_utf_8(secret: str) -> None:
    scheme, _, pair = sent_authorization(basic_auth("ünal@example.test", secret)).partition(b" ")
    assert scheme == b"Basic"
    assert base64.b64decode(pair).decode() == f"ünal@example.test:{secret}"


@pytest.mark.parametrize("auth", [BearerAuth(TOKEN), basic_auth("ada", TOKEN)], ids=["b", "u"])
def test_a_netrc_entry_does_not_take_the_tokens_place(
    auth: AuthBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login mallory password other\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert requests.utils.get_netrc_auth("http://127.0.0.1") == ("mallory", "other")
    expected = base64.b64encode(f"ada:{TOKEN}".encode()).decode()
    right = (f"Bearer {TOKEN}".encode(), f"Basic {expected}".encode())
    assert sent_authorization(auth) in right


WAYS_TO_FAIL: list[Mapping[str, Any]] = [
    *({"status": status, "json": {}} for status in (400, 401, 403, 404, 418, 429, 500, 503)),
    {"status": 302, "headers": {"Location": "/login"}},
    {"status": 429, "headers": {"Retry-After": "3600"}},
    {"body": "<html>"},
    {"body": ""},
    {"body": requests.ConnectionError("dropped")},
    {"body": requests.ReadTimeout("late")},
    {"body": requests.exceptions.SSLError("TLS")},
    {"body": requests.exceptions.ContentDecodingError("gzip")},
    {"body": requests.exceptions.InvalidHeader("header")},
]


@settings(max_examples=40)
@given(
    secret=st.text(st.characters(exclude_categories=["C", "Z"]), min_size=3).map("§{}".format),
    bearer=st.booleans(),
    way=st.sampled_from(WAYS_TO_FAIL),
)
def test_secrets_stand_in_no_message_and_no_repr(
    secret: str, bearer: bool, way: Mapping[str, Any]
) -> None:
    auth = BearerAuth(secret) if bearer else basic_auth("ada", secret)
    http, query = client(auth=auth), "query-" + "secret"
    with responses.RequestsMock() as mock:
        mock.get(SITE + PATH, **way)
        with pytest.raises(ServiceError) as caught:
            http.get(PATH, {"q": query})
        assert mock.calls[0].request.headers["Authorization"]
    values: list[object] = [caught.value, http, auth, http.failures, vars(caught.value)]
    shown = "\n".join([*map(repr, values), *traceback.format_exception(caught.value)])
    encoded = base64.b64encode(f"ada:{secret}".encode()).decode()
    assert secret not in shown
    assert encoded not in shown
    assert query not in shown


# The rest


def test_connections_are_kept(server: LoopbackServer) -> None:
    http = client(server.url)
    for _ in range(5):
        http.get(PATH)
    assert server.connections == 1


def test_several_threads_count_right(server: LoopbackServer) -> None:
    http = client(server.url)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: http.get(PATH), range(60)))
    assert answers == [ENTITY] * 60
    assert http.sent == len(server.requests) == 60


def test_a_base_with_a_path_and_a_slash_is_kept(server: LoopbackServer) -> None:
    http = client(f"{server.url}/jira/")
    http.get(PATH)
    assert server.requests == [("GET", f"/jira{PATH}")]


@responses.activate
def test_json_is_asked_for() -> None:
    responses.get(SITE + PATH, json=ENTITY)
    client().get(PATH)
    assert responses.calls[0].request.headers["Accept"] == "application/json"
