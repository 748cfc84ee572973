"""raidctl as a process, without a terminal and on one, and how it ended."""

import fcntl
import json
import os
import pty
import selectors
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from raidctl.errors import ExitCode
from tests.cli.forked import Forked, forked

IMPACT_TOKEN = "impact-t0ken-nobody-may-see"
JIRA_TOKEN = "jira-t0ken-nobody-may-see"
WEBHOOK_SECRET = "webhook-s3cret-nobody-may-see"
SECRETS = (IMPACT_TOKEN, JIRA_TOKEN, WEBHOOK_SECRET)

PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run of raidctl ended."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)

    @property
    def items(self) -> set[tuple[int, str | None, str]]:
        """Incident, field and reason of each item of a JSON report."""
        return {(i["incident"], i["field"], i["reason"]) for i in self.report["items"]}


def clean_environ(home: Path) -> dict[str, str]:
    """An environment in which nothing of this machine's is set."""
    (home / "home").mkdir(exist_ok=True)
    (home / "tmp").mkdir(exist_ok=True)
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(home / "home"),
        "TMPDIR": str(home / "tmp"),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
    }


def command(*arguments: str) -> list[str]:
    """raidctl's command line."""
    return [sys.executable, "-m", "raidctl", *arguments]


def raidctl(*arguments: str, environ: Mapping[str, str], cwd: Path | None = None) -> Ended:
    """Run raidctl without a terminal."""
    done = subprocess.run(
        command(*arguments),
        env=dict(environ),
        cwd=cwd or environ["HOME"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


def stopped(process: "subprocess.Popen[str]", sent: int) -> tuple[int, float]:
    """Send a signal; the exit code, and how many seconds that took."""
    start = time.monotonic()
    process.send_signal(sent)
    try:
        code = process.wait(PATIENCE_SECONDS)
    finally:
        process.kill()
        process.wait()  # else a later test is told that it is still running
    return code, time.monotonic() - start


def until(condition: Callable[[], object]) -> None:
    """Wait for something that another process is about to do."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


def on_terminal(
    *arguments: str,
    environ: Mapping[str, str],
    out: bool = True,
    err: bool = False,
    columns: int = 100,
) -> Ended:
    """Run raidctl with standard output, standard error or both on a terminal of its own."""
    with ExitStack() as stack:
        ours: dict[str, int] = {}
        theirs: dict[str, int] = {}
        for name, terminal in (("out", out), ("err", err)):
            ours[name], theirs[name] = pty.openpty() if terminal else os.pipe()
            if terminal:
                size = struct.pack("HHHH", 40, columns, 0, 0)
                fcntl.ioctl(theirs[name], termios.TIOCSWINSZ, size)
            stack.callback(os.close, ours[name])
        nothing = os.open(os.devnull, os.O_RDONLY)
        streams = (nothing, theirs["out"], theirs["err"])
        process = forked(arguments, environ=environ, streams=streams, seated=False)
        for handle in streams:
            os.close(handle)
        read = _read_all(ours)
        code = process.wait(PATIENCE_SECONDS)
    return Ended(code, read["out"].replace("\r\n", "\n"), read["err"].replace("\r\n", "\n"))


def _read_all(handles: Mapping[str, int]) -> dict[str, str]:
    """What comes out of each until the other end is closed."""
    found = dict.fromkeys(handles, b"")
    with selectors.DefaultSelector() as selector:
        for name, handle in handles.items():
            selector.register(handle, selectors.EVENT_READ, name)
        while selector.get_map():
            ready = selector.select(PATIENCE_SECONDS)
            assert ready, "raidctl neither says anything nor ends"
            for key, _ in ready:
                try:
                    chunk = os.read(key.fd, 65536)
                except OSError:  # how Linux tells that a terminal's other end is closed
                    chunk = b""
                if not chunk:
                    selector.unregister(key.fileobj)
                found[key.data] += chunk
    return {name: data.decode() for name, data in found.items()}


def told_in_one_line(ended: Ended, code: ExitCode) -> str:
    """The one line a failed run says; it is no traceback and tells no secret."""
    assert (ended.code, ended.out) == (code, ""), ended.err
    assert ended.err.startswith("raidctl: ")
    assert ended.err.count("\n") == 1
    discreet(ended)
    return ended.err


def discreet(ended: Ended) -> None:
    for secret in (*SECRETS, "Traceback", "defect"):
        assert secret not in ended.out + ended.err


_AT_A_TERMINAL = (
    "import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(2, termios.TIOCSCTTY, 0);"
    "os.execv(sys.argv[1], sys.argv[1:])"
)


class Talk:
    """A run of raidctl with somebody at its terminal; `heard` is what the screen showed so far."""

    def __init__(self, process: "subprocess.Popen[bytes] | Forked", screen: int) -> None:
        self.process = process
        self._screen = screen
        self._heard = b""
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._listen)
        self._reader.start()

    @property
    def heard(self) -> str:
        """What the terminal was sent, escape sequences and the echo of `say` included."""
        return self._heard.decode(errors="replace").replace("\r\n", "\n")

    @property
    def as_found(self) -> bool:
        """Whether the terminal takes lines and echoes them, as it did before the run."""
        usual = termios.ICANON | termios.ECHO
        return bool(termios.tcgetattr(self._screen)[3] & usual == usual)

    def until(self, text: str, times: int = 1) -> None:
        """Wait until the screen has shown a text, so many times."""
        with self._changed:
            shown = self._changed.wait_for(
                lambda: self.heard.count(text) >= times, PATIENCE_SECONDS
            )
        assert shown, f"never said {text!r}: {self.heard!r}"

    def type(self, keys: str | bytes) -> None:
        """Press keys: `\\n` is enter, `\\x03` Ctrl-C, `\\x04` the end of input."""
        os.write(self._screen, keys.encode() if isinstance(keys, str) else keys)

    def ended(self) -> Ended:
        """Wait for the end; `err` is the whole screen, `out` what went past it."""
        out = b"" if self.process.stdout is None else self.process.stdout.read()
        code = self.process.wait(PATIENCE_SECONDS)
        self._reader.join(PATIENCE_SECONDS)
        return Ended(code, out.decode(), self.heard)

    def hang_up(self) -> None:
        """Close what is left of a run, ended or not."""
        self.process.kill()
        self.process.wait()
        self._reader.join()
        if self.process.stdout is not None:
            self.process.stdout.close()
        os.close(self._screen)

    def _listen(self) -> None:
        while chunk := _heard(self._screen):
            with self._changed:
                self._heard += chunk
                self._changed.notify_all()


@contextmanager
def talking(
    *arguments: str, environ: Mapping[str, str], out: bool = True, through: Sequence[str] = ()
) -> Iterator[Talk]:
    """Run raidctl at a terminal that it reads from, writes its errors to and is controlled by.

    Standard output goes there too, or with `out` False past it; `through` is a command that is
    given raidctl's, which begins from nothing then.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    settings = termios.tcgetattr(theirs)
    settings[3] |= termios.NOFLSH  # Ctrl-C must not take away what is being said at that moment
    termios.tcsetattr(theirs, termios.TCSANOW, settings)
    process: subprocess.Popen[bytes] | Forked
    if through:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _AT_A_TERMINAL, *through, *command(*arguments)],
            env=dict(environ),
            cwd=environ["HOME"],
            stdin=theirs,
            stdout=theirs if out else subprocess.PIPE,
            stderr=theirs,
        )
    else:
        process = _forked_at(theirs, arguments, environ, out=out)
    os.close(theirs)
    talk = Talk(process, ours)
    try:
        yield talk
    finally:
        talk.hang_up()


def _forked_at(
    terminal: int, arguments: Sequence[str], environ: Mapping[str, str], *, out: bool
) -> Forked:
    if out:
        return forked(arguments, environ=environ, streams=[terminal] * 3, seated=True)
    read, written = os.pipe()
    streams = (terminal, written, terminal)
    process = forked(arguments, environ=environ, streams=streams, seated=True)
    os.close(written)
    process.stdout = os.fdopen(read, "rb")
    return process


@contextmanager
def begun(*arguments: str, environ: Mapping[str, str]) -> "Iterator[subprocess.Popen[str]]":
    """Start raidctl without a terminal; what is left of it at the end of the context is killed."""
    process = subprocess.Popen(
        command(*arguments),
        env=dict(environ),
        cwd=environ["HOME"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def over(process: "subprocess.Popen[str]") -> Ended:
    """Wait for the end of what `begun` started."""
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    return Ended(process.returncode, out, err)


def _heard(handle: int) -> bytes:
    try:
        return os.read(handle, 65536)
    except OSError:  # how Linux tells that a terminal's other end is closed
        return b""
