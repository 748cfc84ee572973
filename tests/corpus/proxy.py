"""A proxy on loopback, so that both systems have the same addresses in every run."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

IMPACT = "http://impact.example.localhost"
JIRA = "http://jira.example.localhost"

_NOT_PASSED_ON = {"connection", "content-length", "transfer-encoding"}
_PATIENCE_SECONDS = 30


class Proxy(ThreadingHTTPServer):
    """Passes on what is meant for a host of `addresses` to what listens there really.

    Addresses are part of a plan's hash, and as wide as they are, tables break their lines.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Exchange)
        self.addresses: dict[str, str] = {}

    @property
    def environ(self) -> dict[str, str]:
        """What makes a program use it; what has an address of its own is reached without it."""
        return {"http_proxy": f"http://127.0.0.1:{self.server_port}", "no_proxy": "127.0.0.1"}

    def lead(self, impact: str, jira: str) -> None:
        """Let both names lead to these addresses."""
        names = {IMPACT: impact, JIRA: jira}
        self.addresses = {urlsplit(name).netloc: urlsplit(to).netloc for name, to in names.items()}


class _Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # an answer leaves as one piece: in two, the second waits for the other end
    server: Proxy

    def do_GET(self) -> None:
        """Every method alike."""
        asked = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        onward = HTTPConnection(self.server.addresses[asked.netloc], timeout=_PATIENCE_SECONDS)
        try:
            onward.request(
                self.command, asked._replace(scheme="", netloc="").geturl(), body, self._headers()
            )
            answer = onward.getresponse()
            data = answer.read()
        except (OSError, HTTPException):  # it was dropped there, so it is dropped here
            self.close_connection = True
            return
        finally:
            onward.close()
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in _NOT_PASSED_ON:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_POST = do_PUT = do_GET  # noqa: N815 - the names that http.server looks for

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _headers(self) -> dict[str, str]:
        return {k: v for k, v in self.headers.items() if k.lower() not in _NOT_PASSED_ON}


@contextmanager
def proxy() -> Iterator[Proxy]:
    """One that runs until the context ends."""
    with Proxy() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
