"""`raidctl listen` between both systems: in this process, or as one of its own."""

import json
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from typing import Any

import pytest

from raidctl.bootstrap.events import directory
from raidctl.bootstrap.listening import listening
from raidctl.cli.events import Work
from raidctl.cli.listening import settled
from raidctl.config import load
from tests.cli.process import Ended, begun, over
from tests.cli.world import GRACE, Pair, World
from tests.listen.asgi import SECRET, signed
from tests.simulators.echo import event_of

PAIRS = tuple(Pair(number) for number in range(11, 17))
AT_ONCE = """
[listen]
port = 0
secret_env = "LISTEN_SECRET"
[safety]
grace_seconds = 0
[loop_guard]
seconds = 0
"""
ENVIRON = {"LISTEN_SECRET": SECRET.decode()}


class Running:
    """Where it listens; `said` is what it said so far."""

    def __init__(self, place: World, port: int, said: list[str]) -> None:
        self.place, self.port, self.said = place, port, said

    def post(self, body: bytes, path: str = "/jira", name: str | None = None) -> int:
        """Deliver a signed event; what it is answered."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request("POST", path, body, dict(signed(body, name)))
            return connection.getresponse().status

    def get(self, path: str) -> tuple[int, str]:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def edit(self, number: int, **values: Any) -> bytes:
        """Somebody changes an issue; what JIRA sends of it."""
        state = self.place.state
        state.edit(10_000 + number, GRACE.account, **values)
        return json.dumps(event_of(state, state.history(10_000 + number)[-1])).encode()

    @property
    def states(self) -> list[str]:
        """What has become of each event."""
        rows = self.place.journalled("SELECT state FROM events ORDER BY id")
        return [state for (state,) in rows]

    def worked_off(self) -> bool:
        return "waiting" not in self.states


class Still:
    """Nothing asks it to end."""

    wanted = False

    def reason(self) -> None: ...
    def writing(self) -> None: ...
    def waiting(self, idle: str, closing: str = "") -> None: ...


@contextmanager
def inside(place: World, monkeypatch: pytest.MonkeyPatch, more: str = "") -> Iterator[Running]:
    """Listen in this process until the end of the context."""
    environ = {**place.environ, **ENVIRON}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    config = load(place.configured(place.toml(more=AT_ONCE + more)), environ)
    said: list[str] = []
    batch = partial(settled, Work(config, directory(config)), Still(), said.append)
    with listening(config, environ, batch, said.append) as listener:
        thread = threading.Thread(target=listener.worker.run)
        thread.start()
        try:
            yield Running(place, int(listener.address.rpartition(":")[2]), said)
        finally:
            listener.worker.end()
            thread.join(30)
            assert not thread.is_alive()


@dataclass(slots=True)
class Process:
    """One of its own, and how it ended."""

    process: "subprocess.Popen[str]"
    here: Running

    def stop(self, number: int = signal.SIGTERM) -> Ended:
        """Send it a signal, and wait for the end."""
        self.process.send_signal(number)
        return over(self.process)


@contextmanager
def apart(place: World, more: str = "", *arguments: str) -> Iterator[Process]:
    """Listen in a process of its own, until it is stopped, or else killed at the end."""
    environ = {**place.ready(place.toml(more=AT_ONCE + more)), **ENVIRON}
    with begun("listen", *arguments, environ=environ) as process:
        assert process.stderr is not None
        said = [process.stderr.readline()]
        found = re.search(r"listening at http://127\.0\.0\.1:(\d+): ", said[0])
        assert found, said
        yield Process(process, Running(place, int(found[1]), said))


def free(port: int) -> bool:
    """Whether nobody listens there."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        try:
            connection.connect()
        except ConnectionRefusedError:
            return True
    return False
