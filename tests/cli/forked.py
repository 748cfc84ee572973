"""A process that has loaded raidctl and becomes it, since to load it is most of what runs take.

A fork has to happen where no other thread is, which is not where the systems are served.
"""

import atexit
import fcntl
import gc
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

import raidctl

LANG = "C.UTF-8"
PYTHONPATH = os.pathsep.join(
    dict.fromkeys((str(Path(raidctl.__file__).parents[1]), str(Path(__file__).parents[2])))
)
"""Where the raidctl that is tried is, and these tests, be they of another checkout."""
_BYTES = 65_536


@dataclass
class Forked:
    """A raidctl that was forked, as `subprocess.Popen` shows one."""

    pid: int
    _alive: int
    stdout: BinaryIO | None = None
    _code: int | None = field(default=None, init=False)

    def poll(self) -> int | None:
        """The exit code where it has ended, negative where that was by a signal."""
        return self._within(0)

    def wait(self, timeout: float | None = None) -> int:
        """The exit code; raises `subprocess.TimeoutExpired` after so many seconds without one."""
        code = self._within(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("raidctl", timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """Unless it has ended."""
        if self._code is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Whatever it does."""
        self.send_signal(signal.SIGKILL)

    def _within(self, seconds: float | None) -> int | None:
        if self._code is None and select.select([self._alive], [], [], seconds)[0]:
            os.close(self._alive)
            self._code = _ask({"wait": self.pid})
        return self._code


def forked(
    arguments: Sequence[str], *, environ: Mapping[str, str], streams: Sequence[int], seated: bool
) -> Forked:
    """Run raidctl with these standard streams; `seated`: the last is the terminal it obeys."""
    assert environ["LANG"] == LANG, "how Python begins in another locale is a process's own matter"
    alive, held = os.pipe()  # whose other end is closed when raidctl has ended
    order = {"arguments": list(arguments), "environ": dict(environ), "seated": seated}
    pid = _ask(order, *streams, held)
    os.close(held)
    return Forked(pid, alive)


def _ask(order: Mapping[str, Any], *handles: int) -> int:
    server = _server()
    socket.send_fds(server, [f"{json.dumps(order)}\n".encode()], handles)
    return int(server.recv(_BYTES))


@cache
def _server() -> socket.socket:
    """The one of this process; it ends with it."""
    ours, theirs = socket.socketpair()
    environ = {"PATH": os.environ["PATH"], "LANG": LANG, "PYTHONPATH": PYTHONPATH}
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.cli.forked"],
            env=environ,
            cwd="/",  # where no package is found
            stdin=theirs.fileno(),  # nothing can be sought in it, as in no terminal
            stdout=theirs.fileno(),
            stderr=theirs.fileno(),  # why it does not begin is told instead of a number
        )
    atexit.register(process.wait)
    atexit.register(ours.close)  # before that
    return ours


def _serve(orders: socket.socket) -> Mapping[str, Any]:
    """Fork for each order but those to wait; what each child is to be, in that child."""
    while True:
        text, handles, _, _ = socket.recv_fds(orders, _BYTES, 4)
        while text and not text.endswith(b"\n"):
            text += orders.recv(_BYTES)
        if not text:
            sys.exit()
        order: Mapping[str, Any] = json.loads(text)
        if "wait" in order:
            _, status = os.waitpid(order["wait"], 0)
            answer = os.waitstatus_to_exitcode(status)
        else:
            answer = os.fork()
            if answer == 0:
                orders.close()
                _take(handles, seated=order["seated"])
                return order
        for handle in handles:
            os.close(handle)
        orders.sendall(str(answer).encode())


def _take(handles: Sequence[int], *, seated: bool) -> None:
    """Have these streams, and hold open until the end what says that this has not ended."""
    *streams, held = handles
    if seated:
        os.setsid()
        fcntl.ioctl(streams[-1], termios.TIOCSCTTY, 0)
    for number, handle in enumerate(streams):
        os.dup2(handle, number)
        os.close(handle)
    os.set_inheritable(held, False)


def main() -> None:
    """Load all of raidctl but what begins it, and be it in each child."""
    for module in pkgutil.walk_packages(raidctl.__path__, "raidctl."):
        if module.name != "raidctl.__main__":
            import_module(module.name)
    gc.freeze()
    order = _serve(socket.socket(fileno=os.dup(0)))
    os.environ.clear()
    os.environ.update(order["environ"])
    time.tzset()
    os.chdir(os.environ["HOME"])
    sys.stdout.reconfigure(line_buffering=sys.stdout.isatty())  # type: ignore[union-attr]
    sys.argv = ["raidctl", *order["arguments"]]
    runpy.run_module("raidctl", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
