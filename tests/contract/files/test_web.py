"""Files are fetched from where they are said to be, by real sockets, and from nowhere else."""

import gzip
import logging
import re
import socket
import ssl
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path

import pytest
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from raidctl.core.backfill.address import why_not
from raidctl.errors import Category, FileError
from raidctl.gateways.files.web import REDIRECTS, Web
from tests.contract.certificates import certificate

HERE = "127.0.0.1"
LIMIT = 1_000_000
Script = Callable[[str], Iterable[bytes]]


@dataclass
class Raw:
    """A server that says what its script says to a path, byte by byte; `heads` is what came in."""

    script: Script
    tls: ssl.SSLContext | None = None
    heads: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.listener = socket.create_server((HERE, 0))
        self.port = int(self.listener.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def url(self, path: str = "/file.bin", host: str = HERE) -> str:
        scheme = "https" if self.tls else "http"
        return f"{scheme}://{host}:{self.port}{path}"

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self._answer, args=[connection], daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            plain = self.tls.wrap_socket(connection, server_side=True) if self.tls else connection
            with plain:
                head = b""
                while b"\r\n\r\n" not in head:
                    block = plain.recv(4096)
                    if not block:
                        return
                    head += block
                self.heads.append(head.decode())
                for block in self.script(head.decode().split()[1]):
                    plain.sendall(block)


@contextmanager
def serving(script: Script, tls: ssl.SSLContext | None = None) -> Iterator[Raw]:
    server = Raw(script, tls)
    try:
        yield server
    finally:
        server.listener.close()


def ok(body: bytes, *headers: str) -> list[bytes]:
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers]
    return ["\r\n".join([*lines, "", ""]).encode(), body]


def to(location: str, status: int = 302) -> list[bytes]:
    lines = [f"HTTP/1.1 {status} x", "Content-Length: 0", f"Location: {location}", "", ""]
    return ["\r\n".join(lines).encode()]


def here(address: str) -> str | None:
    """As outside, but this very machine is the public."""
    return None if address == HERE else why_not(address)


def web(
    seconds: float = 20,
    names: Mapping[str, Sequence[str]] | None = None,
    authorities: str = DEFAULT_CA_BUNDLE_PATH,
    *,
    proxied: bool = False,
) -> Web:
    def resolve(host: str, port: int) -> Sequence[str]:
        if names is None or host not in names:
            return [host]
        return names[host]

    return Web(seconds, authorities, proxied=proxied, resolve=resolve, allowed=here)


def fetched(client: Web, url: str, most: int = LIMIT) -> tuple[bytes, str]:
    blocks: list[bytes] = []

    def write(block: bytes) -> None:
        blocks.append(block)
        if sum(map(len, blocks)) > most:
            raise FileError("too large", "attach less", Category.VALIDATION)

    try:
        kind = client.fetch(url, most, write)
    finally:
        client.close()
    return b"".join(blocks), kind


def refused(client: Web, url: str, most: int = LIMIT) -> FileError:
    with pytest.raises(FileError) as caught:
        fetched(client, url, most)
    assert len(str(caught.value).splitlines()) == 1
    return caught.value


def test_a_file_comes_as_it_is_with_its_type() -> None:
    content = bytes(range(256)) * 2_000
    with serving(lambda _: ok(content, "Content-Type: image/png")) as server:
        assert fetched(web(), server.url("/a b?x=1")) == (content, "image/png")
    head = server.heads[0].casefold()
    assert head.startswith("get /a%20b?x=1 http/1.1")
    assert "accept-encoding: identity" in head


def test_each_request_is_told_without_its_query(caplog: pytest.LogCaptureFixture) -> None:
    """A signed address is a secret."""
    caplog.set_level(logging.INFO, "raidctl.requests")
    answers = iter([to("/two?signature=s3cret"), ok(b"x")])
    with serving(lambda _: next(answers)) as server:
        fetched(web(), server.url("/one?signature=s3cret"))
    told = [re.sub(r"\d\.\d{3} s$", "", message) for message in caplog.messages]
    here = server.url("")
    assert told == [f"GET {here}/one: 302, ", f"GET {here}/two: 200, "]


def test_nobodys_credentials_are_sent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text(f"machine {HERE} login ada password s3cret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    answers = iter([to("/two\r\nSet-Cookie: a=b"), ok(b"x")])
    with serving(lambda _: next(answers)) as server:
        fetched(web(), server.url("/one"))
    assert not any(word in "".join(server.heads).casefold() for word in ("authorization", "cookie"))


def test_no_proxy_is_asked_and_where_one_is_configured_that_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving(lambda _: ok(b"the proxy's")) as proxy, serving(lambda _: ok(b"own")) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url(""))
        assert fetched(web(proxied=True), server.url()) == (b"own", "")
        assert proxy.heads == []
        server.listener.close()
        error = refused(web(proxied=True), "http://127.0.0.1:1/x")
    assert "without the proxy of HTTPS_PROXY: download it yourself" in str(error)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://127.0.0.1/x", "only http:// and https://"),
        ("file:///etc/passwd", "only http:// and https://"),
        ("javascript://x/%0aalert", "only http:// and https://"),
        ("http://ada:s3cret@127.0.0.1/x", "a user or a password stands in the address"),
        ("http:///x", "without a host"),
        ("http://[::1/x", "cannot be understood"),
        ("http://127.0.0.1:99999/x", "cannot be understood"),
    ],
)
def test_an_address_that_is_none_of_ours_is_not_asked(url: str, said: str) -> None:
    error = refused(web(), url)
    assert said in str(error)
    assert "s3cret" not in str(error)


@pytest.mark.parametrize(
    "address",
    ["10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "100.64.0.1"],
)
def test_a_name_that_is_any_forbidden_address_is_not_asked(address: str) -> None:
    with serving(lambda _: ok(b"x")) as server:
        client = web(names={"files.example.com": [HERE, address]})
        error = refused(client, server.url(host="files.example.com"))
    assert error.category is Category.REFUSED
    assert f"files.example.com is {address}" in str(error)
    assert server.heads == []


def test_by_its_own_resolver_this_machine_is_forbidden() -> None:
    with serving(lambda _: ok(b"x")) as server:
        for host in ("localhost", "127.1", "2130706433", "[::ffff:127.0.0.1]"):
            client = Web(20, DEFAULT_CA_BUNDLE_PATH)
            assert "from which raidctl fetches nothing" in str(
                refused(client, server.url(host=host))
            )
    assert server.heads == []


def test_a_name_that_resolves_anew_between_check_and_use_is_asked_where_it_was_checked() -> None:
    """It is resolved once for each request, and no second answer can take the first one's place."""
    with serving(lambda _: ok(b"public")) as server:
        asked: list[str] = []

        def rebinding(host: str, port: int) -> Sequence[str]:
            asked.append(host)
            return [HERE] if len(asked) == 1 else ["10.0.0.1"]

        client = Web(20, DEFAULT_CA_BUNDLE_PATH, resolve=rebinding, allowed=here)
        assert fetched(client, server.url(host="rebind.example.com"))[0] == b"public"
        assert asked == ["rebind.example.com"]
        assert f"Host: rebind.example.com:{server.port}" in server.heads[0]
        again = Web(20, DEFAULT_CA_BUNDLE_PATH, resolve=rebinding, allowed=here)
        assert "10.0.0.1" in str(refused(again, server.url(host="rebind.example.com")))
    assert len(server.heads) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(status: int) -> None:
    pages = {"/one": to("../two?x=1", status), "/two?x=1": ok(b"found", "Content-Type: text/css")}
    with serving(lambda path: pages[path]) as server:
        assert fetched(web(), server.url("/one")) == (b"found", "text/css")


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("http://metadata.internal/latest", "is 169.254.169.254, a link-local address"),
        ("http://[::1]/x", "is ::1, an address of this very machine"),
        ("//10.0.0.1/x", "is 10.0.0.1, a private address"),
        ("file:///etc/passwd", "only http:// and https://"),
        ("http://ada:s3cret@files.example.com/x", "a user or a password"),
        ("http://[x", "cannot be understood"),
        ("", "does not say where"),
    ],
)
def test_a_redirect_is_looked_at_as_what_was_typed(location: str, said: str) -> None:
    names = {"metadata.internal": ["169.254.169.254"], "files.example.com": [HERE]}
    with serving(lambda _: to(location)) as server:
        error = refused(web(names=names), server.url(host="files.example.com"))
    assert said in str(error)
    assert "s3cret" not in str(error)
    assert len(server.heads) == 1


def test_redirects_come_to_an_end() -> None:
    with serving(lambda _: to("/again")) as server:
        assert "leads on and on" in str(refused(web(), server.url()))
    assert len(server.heads) == REDIRECTS + 1


@pytest.mark.parametrize(
    ("status", "category"),
    [
        (401, Category.PERMISSION),
        (403, Category.PERMISSION),
        (404, Category.NOT_FOUND),
        (429, Category.RATE_LIMIT),
        (206, Category.VALIDATION),
        (503, Category.NETWORK),
    ],
)
def test_what_is_no_file_is_told(status: int, category: Category) -> None:
    with serving(
        lambda _: [f"HTTP/1.1 {status} x\r\nContent-Length: 0\r\n\r\n".encode()]
    ) as server:
        error = refused(web(), server.url())
    assert (f"HTTP {status}" in str(error), error.category) == (True, category)


def test_a_file_that_is_announced_as_too_large_is_not_read() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n"
    with serving(lambda _: [head]) as server:
        assert "larger than 0.9537 MB" in str(refused(web(), server.url()))


def test_a_file_without_end_is_given_up_at_the_limit() -> None:
    def endless(_: str) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        yield from repeat(b"ffff\r\n" + b"x" * 0xFFFF + b"\r\n")

    with serving(endless) as server:
        assert "too large" in str(refused(web(), server.url()))


@pytest.mark.parametrize("packed", ["gzip", "deflate"])
def test_what_is_packed_is_counted_unpacked(packed: str) -> None:
    bomb = b"0" * 30_000_000
    body = gzip.compress(bomb) if packed == "gzip" else zlib.compress(bomb)
    with serving(lambda _: ok(body, f"Content-Encoding: {packed}")) as server:
        assert len(body) < LIMIT
        assert "too large" in str(refused(web(), server.url()))
        assert fetched(web(), server.url(), 40_000_000)[0] == bomb


@pytest.mark.parametrize("encoding", ["br", "compress", "gzip, gzip"])
def test_packed_in_another_way_it_is_not_taken(encoding: str) -> None:
    with serving(lambda _: ok(b"x", f"Content-Encoding: {encoding}")) as server:
        assert "packed in a way that was not asked for" in str(refused(web(), server.url()))


def test_what_is_damaged_or_cut_off_is_not_taken() -> None:
    cut = [b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", b"short"]
    with serving(
        lambda path: cut if path == "/cut" else ok(b"x" * 99, "Content-Encoding: gzip")
    ) as one:
        assert "dropped before it was whole" in str(refused(web(), one.url("/cut")))
        assert "packed, and damaged" in str(refused(web(), one.url("/bad")))
    with serving(lambda _: [b"no HTTP at all\r\n\r\n"]) as server:
        assert refused(web(), server.url()).category is Category.NETWORK


@pytest.mark.parametrize("where", ["head", "body", "silence"])
def test_a_server_that_drips_has_its_time(where: str) -> None:
    """Each byte comes in time, and the whole does not."""
    done = threading.Event()

    def drip(_: str) -> Iterator[bytes]:
        if where == "body":
            yield b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
        elif where == "head":
            yield b"HTTP/1.1 200 OK\r\nX: "
        while not done.wait(0.05):
            yield b"" if where == "silence" else b"x"

    with serving(drip) as server:
        error = refused(web(seconds=0.6), server.url())
        done.set()
    assert "not whole within 0.6 seconds" in str(error)


def test_the_next_address_of_a_name_is_asked_where_one_is_closed() -> None:
    with socket.create_server(("127.0.0.2", 0)) as other:
        port = other.getsockname()[1]
    with serving(lambda _: ok(b"second")) as server:
        client = Web(
            20,
            DEFAULT_CA_BUNDLE_PATH,
            resolve=lambda *_: ["127.0.0.2", HERE],
            allowed=lambda _: None,
        )
        assert fetched(client, server.url(host="two.example.com"))[0] == b"second"
    assert "cannot be connected to" in str(refused(web(), f"http://{HERE}:{port}/x"))


def test_a_name_that_does_not_resolve_is_told() -> None:
    def nobody(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(-2, "Name or service not known")

    client = Web(20, DEFAULT_CA_BUNDLE_PATH, resolve=nobody)
    error = refused(client, "http://nowhere.example.com/x")
    assert ("does not resolve" in str(error), error.category) == (True, Category.NOT_FOUND)
    long = f"http://{'a' * 64}.example.com/x"
    assert refused(Web(20, DEFAULT_CA_BUNDLE_PATH), long).category in Category


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[Raw, str, list[str | None]]]:
    made, key = certificate(tmp_path, "DNS:files.example.com")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, key)
    indicated: list[str | None] = []
    context.sni_callback = lambda _, name, __: indicated.append(name)
    pages = {"/": ok(b"secret"), "/down": to("http://files.example.com/x")}
    with serving(lambda path: pages[path], context) as server:
        yield server, str(made), indicated


def test_a_certificate_is_the_names_and_not_the_addresss(
    secure: tuple[Raw, str, list[str | None]],
) -> None:
    server, authority, indicated = secure
    names: dict[str, Sequence[str]] = {"files.example.com": [HERE], "other.example.com": [HERE]}
    url = server.url("/", "files.example.com")
    assert fetched(web(names=names, authorities=authority), url)[0] == b"secret"
    assert indicated == ["files.example.com"]
    other = server.url("/", "other.example.com")
    assert "TLS failed" in str(refused(web(names=names, authorities=authority), other))
    assert "TLS failed" in str(refused(web(authorities=authority), server.url("/")))
    assert "TLS failed" in str(refused(web(names=names), url)), "nobody vouches for it"
    assert len(server.heads) == 1


def test_from_https_it_does_not_go_on_in_clear(
    secure: tuple[Raw, str, list[str | None]],
) -> None:
    server, authority, _ = secure
    client = web(names={"files.example.com": [HERE]}, authorities=authority)
    error = refused(client, server.url("/down", "files.example.com"))
    assert "leads from https to http://files.example.com/x" in str(error)
