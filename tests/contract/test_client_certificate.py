"""A site that wants to see a certificate of ours: it is shown, and told of where it lacks."""

import http.server
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from raidctl.errors import Category, ServiceError
from raidctl.gateways.http.client import BearerAuth, Certificate, HttpClient, ReadOnlyAdapter
from raidctl.gateways.jira.transport import JIRA
from tests.contract.certificates import certificate
from tests.contract.trackers import TOKEN, Naps

PATH = "/rest/api/2/myself"


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Nothing."""


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client without a certificate is no news."""


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Path, Path]]:
    """The URL of a site with such a gate, and a certificate that it knows with its key."""
    made, key = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, key)
    context.load_verify_locations(made)
    context.verify_mode = ssl.CERT_REQUIRED
    server = Server(("127.0.0.1", 0), Answer)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(made))
    yield f"https://127.0.0.1:{server.server_port}", made, key
    server.shutdown()
    server.server_close()


def client(url: str, shown: Certificate | None) -> HttpClient:
    adapter = ReadOnlyAdapter((), 1, shown)
    return HttpClient(JIRA, url, BearerAuth(TOKEN), adapter, 5.0, Naps().waiting())


def test_a_certificate_is_shown_from_two_files_or_one(
    gate: tuple[str, Path, Path], tmp_path: Path
) -> None:
    url, made, key = gate
    assert client(url, (str(made), str(key))).get(PATH) == {}
    both = tmp_path / "both.pem"
    both.write_bytes(made.read_bytes() + key.read_bytes())
    assert client(url, str(both)).get(PATH) == {}


@pytest.mark.parametrize("given", ["none", "no key", "nonsense", "gone"])
def test_where_it_lacks_the_key_to_mend_is_named(
    gate: tuple[str, Path, Path], given: str, tmp_path: Path
) -> None:
    url, made, _ = gate
    (tmp_path / "nonsense").write_text("no certificate")
    named = {"none": None, "no key": str(made), "nonsense": str(tmp_path / "nonsense")}
    with pytest.raises(ServiceError) as caught:
        client(url, named.get(given, str(tmp_path / "gone"))).get(PATH)
    assert caught.value.category is Category.NETWORK
    assert len(str(caught.value).splitlines()) == 1
    if given != "none":  # TLS 1.3 tells it after the handshake: then the connection is gone
        assert "jira.certificate" in caught.value.advice
