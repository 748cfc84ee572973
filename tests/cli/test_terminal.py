"""What raidctl writes to a terminal, to a pipe, and to one that is closed, full or another's."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Literal

import pytest

from raidctl.core.model import Field
from raidctl.errors import ExitCode
from raidctl.present.text.safe import width_of
from raidctl.sandbox.server import Request
from tests.cli.inside import within
from tests.cli.process import (
    PATIENCE_SECONDS,
    Ended,
    begun,
    command,
    on_terminal,
    over,
    raidctl,
    stopped,
    until,
)
from tests.cli.world import Pair, World, world
from tests.simulators.server import stall

LINK = re.compile(r"\x1b\]8;[^;]*;[^\x1b]*\x1b\\")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def environ(site: World) -> dict[str, str]:
    return {**site.environ, "RAIDCTL_CONFIG": str(site.configured())}


def plain(text: str) -> str:
    """The text without colours and hyperlinks, as it stands on the screen."""
    return COLOUR.sub("", LINK.sub("", text))


def test_a_terminal_gets_colours_and_hyperlinks_within_its_width(
    site: World, environ: dict[str, str]
) -> None:
    ended = on_terminal("diff", environ=environ, columns=80)

    assert ended.code == ExitCode.DRIFT, ended.err
    assert COLOUR.search(ended.out)
    assert f"\x1b]8;;{site.jira.url}/browse/INC-2\x1b\\" in ended.out
    assert f"\x1b]8;;{site.impact.url}/incident/2/\x1b\\" in ended.out
    assert "\x1b" not in plain(ended.out)
    assert max(map(width_of, plain(ended.out).splitlines())) <= 80
    assert ended.err == ""


@pytest.mark.parametrize("given", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_that_wants_none_gets_no_escape_sequence(
    environ: dict[str, str], given: dict[str, str]
) -> None:
    ended = on_terminal("diff", environ={**environ, **given})

    assert ended.code == ExitCode.DRIFT
    assert "INC-2" in ended.out
    assert "\x1b" not in ended.out


def test_a_pipe_gets_the_same_words_and_no_escape_sequence(environ: dict[str, str]) -> None:
    terminal = on_terminal("diff", environ=environ, columns=80)
    pipe = raidctl("diff", environ=environ)

    def told(ended: Ended) -> list[str]:
        lines = [line.rstrip() for line in plain(ended.out).splitlines()]
        return [line for line in lines if "Requests" not in line]

    assert "\x1b" not in pipe.out
    assert told(pipe) == told(terminal)


@pytest.mark.parametrize("columns", ["80", "50"])
def test_columns_are_kept(environ: dict[str, str], columns: str) -> None:
    ended = within("diff", environ={**environ, "COLUMNS": columns})

    lines = ended.out.splitlines()
    copied = [line for line in lines if line.startswith("  raidctl ")]  # to be copied: one piece
    assert max(map(width_of, set(lines) - set(copied))) <= int(columns)
    assert copied


def test_progress_is_told_on_standard_error_where_that_is_a_terminal(
    environ: dict[str, str],
) -> None:
    ended = on_terminal("diff", "-o", "json", environ=environ, out=False, err=True)

    assert (ended.code, ended.report["summary"]["links"]) == (ExitCode.DRIFT, 8)
    assert "reading" in ended.err
    assert ended.err.count("\x1b[?25l") == ended.err.count("\x1b[?25h"), "the cursor stays hidden"


def test_a_dumb_terminal_sees_no_progress(environ: dict[str, str]) -> None:
    dumb = {**environ, "TERM": "dumb"}
    ended = on_terminal("diff", "-o", "json", environ=dumb, out=False, err=True)

    assert (ended.code, ended.err) == (ExitCode.DRIFT, "")


# Standard output that does not take what it is given


@contextmanager
def broken_pipe() -> Iterator[int]:
    """A pipe whose reader has gone, as after `| head`."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        yield writer
    finally:
        os.close(writer)


@pytest.mark.parametrize("arguments", [("diff",), ("diff", "-o", "json"), ("demo",)])
def test_a_reader_that_goes_away_is_no_error(
    environ: dict[str, str], arguments: tuple[str, ...]
) -> None:
    """`raidctl diff | head -1` says nothing more, and its answer is no defect."""
    with broken_pipe() as pipe:
        done = subprocess.run(
            command(*arguments), env=environ, stdout=pipe, stderr=subprocess.PIPE, check=False
        )

    told = [line for line in done.stderr.decode().splitlines() if "a demo: " not in line]
    assert told == []
    assert done.returncode != ExitCode.DEFECT


@pytest.mark.parametrize("closed", [">&-", "2>&-"])
def test_a_closed_standard_stream_is_no_defect(environ: dict[str, str], closed: str) -> None:
    """As under some supervisors."""
    line = f'exec "$@" {closed}'
    done = subprocess.run(
        ["/bin/sh", "-c", line, "sh", *command("diff")],
        env=environ,
        capture_output=True,
        check=False,
    )

    assert b"defect" not in done.stdout + done.stderr
    assert done.returncode == ExitCode.DRIFT


def test_errors_never_land_on_standard_output(environ: dict[str, str]) -> None:
    """Not even where standard error is closed: a script would take them for the report."""
    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$@" 2>&-', "sh", *command("diff", "-o", "json", "no-target")],
        env=environ,
        capture_output=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (ExitCode.USAGE, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_run_goes_on_where_nobody_can_be_told(environ: dict[str, str], tmp_path: Path) -> None:
    """Its terminal was closed, or the disk of its log is full."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command("diff", "--out", str(tmp_path / "report")),
            env=environ,
            stderr=full,
            check=False,
        )

    assert done.returncode == ExitCode.DRIFT
    assert (tmp_path / "report").read_text(encoding="utf-8")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_told_in_one_line_and_is_no_defect(environ: dict[str, str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command("diff", "-o", "json"),
            env=environ,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )

    told = done.stderr.decode()
    assert "No space left on device" in told
    assert "defect" not in told
    assert told.count("\n") == 1
    assert done.returncode not in {ExitCode.OK, ExitCode.DRIFT, ExitCode.DEFECT}


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv", "markdown"])
def test_every_stream_is_utf_8_in_every_locale(
    spoken: World, tmp_path: Path, encoding: str, form: str
) -> None:
    arguments, environ = ("diff", "-o", form), spoken.ready()
    expected = within(*arguments, environ=environ)

    ended = within(*arguments, environ=environ, encoding=encoding)
    out = tmp_path / "ö.txt"
    filed = within(*arguments, "--out", str(out), environ=environ, encoding=encoding)

    told = expected.out.count("Café 🧯")
    assert told
    assert ended.out.count("Café 🧯") == told
    assert "Café 🧯" in out.read_text(encoding="utf-8")
    if form == "json":
        assert ended.items == expected.items
    assert filed.err == f"raidctl: wrote {out}\n"


def test_a_real_locale_makes_no_difference(spoken: World) -> None:
    """Where Python goes by it: without its own way out of the C locale."""
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    out = spoken.folder / "out.json"

    def said(*options: str) -> bytes:
        done = subprocess.run(
            command("diff", "-o", "json", *options),
            env={**spoken.ready(), **plain},
            capture_output=True,
            check=False,
        )
        told = f"raidctl: wrote {out}\n".encode() if options else b""
        assert (done.returncode, done.stderr) == (ExitCode.DRIFT, told)
        return out.read_bytes() if options else done.stdout

    for found in (said(), said("--out", str(out))):
        (item,) = json.loads(found.decode())["items"]
        assert item["impact"] == "Café 🧯"


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A drift that ASCII has no letters for."""
    with world(
        tmp_path_factory.mktemp("spoken"), (Pair(1, impact={Field.TITLE: "Café 🧯"}),)
    ) as made:
        yield made


# Signals that are ignored


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("arguments", [("diff",), ("reconcile", "--dry-run"), ("baseline",)])
def test_a_signal_that_whoever_started_it_ignores_stays_ignored(
    site: World, arguments: tuple[str, ...], name: str
) -> None:
    """`nohup`, a job in the background, a supervisor."""
    number = getattr(signal, name)
    during = set[object]()

    def look(_: Request) -> bool:
        during.add(signal.getsignal(number))
        return False

    before = signal.signal(number, signal.SIG_IGN)
    try:
        with site.fault("jira", stall(0), look):
            site.run(*arguments)
    finally:
        signal.signal(number, before)

    assert during == {signal.SIG_IGN}


def test_a_closed_terminal_does_not_end_a_run_under_nohup(tmp_path: Path) -> None:
    """Hung up on while a write is under way, it finishes that one and the rest."""
    pairs = tuple(Pair(number, impact={Field.PRIORITY: 1}) for number in (11, 12))

    def hang_up(request: Request) -> bool:
        if request.method == "PUT":
            os.kill(os.getpid(), signal.SIGHUP)
        return False

    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with world(tmp_path, pairs) as place, place.fault("jira", stall(0), hang_up):
            ended = place.reconcile("--yes")
            found = [place.in_jira(pair.number, Field.PRIORITY) for pair in pairs]
    finally:
        signal.signal(signal.SIGHUP, before)

    assert (ended.code, ended.err) == (ExitCode.OK, "")
    assert found == ["Highest", "Highest"]


# Ctrl-C


@pytest.mark.parametrize(("side", "path"), [("impact", "/incidents/"), ("jira", "/bulkfetch")])
def test_ctrl_c_ends_a_run_at_once_whatever_is_under_way(
    site: World, environ: dict[str, str], side: Literal["impact", "jira"], path: str
) -> None:
    asked = threading.Event()

    def is_read(request: Request) -> bool:
        if path in request.path:
            asked.set()
        return asked.is_set()

    with site.fault(side, stall(8), is_read), on_its_own_terminal(environ) as (process, told):
        assert asked.wait(PATIENCE_SECONDS)
        code, seconds = stopped(process, signal.SIGINT)

    assert code == ExitCode.INTERRUPTED
    assert told().endswith("raidctl: interrupted; nothing was written\n")
    assert "Traceback" not in told()
    assert told().count("\x1b[?25l") == told().count("\x1b[?25h"), "the cursor stays hidden"
    assert seconds < 2


def test_ctrl_c_is_heard_though_the_main_thread_is_not_woken(environ: dict[str, str]) -> None:
    """As when it comes just before that thread begins to wait for an answer."""
    script = """
import signal, threading
from raidctl.cli.terminal import end_at_once_on_interrupt
end_at_once_on_interrupt()
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
print("waiting", flush=True)
threading.Event().wait()
"""
    with subprocess.Popen(
        [sys.executable, "-c", script], env=environ, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        code, seconds = stopped(process, signal.SIGINT)
    assert (code, seconds < 2) == (ExitCode.INTERRUPTED, True)


@contextmanager
def on_its_own_terminal(
    environ: dict[str, str],
) -> Iterator[tuple["subprocess.Popen[str]", Callable[[], str]]]:
    """`raidctl diff` with its standard error on a terminal, and what it has said there so far."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command("diff"), env=environ, stdout=subprocess.DEVNULL, stderr=theirs, text=True
    )
    os.close(theirs)
    told: list[bytes] = []
    reader = threading.Thread(target=lambda: told.extend(iter(partial(_read, ours), b"")))
    reader.start()

    def text() -> str:
        reader.join()
        return b"".join(told).decode().replace("\r\n", "\n")

    try:
        yield process, text
    finally:
        process.kill()
        process.wait()
        reader.join()
        os.close(ours)


def test_ctrl_c_while_a_secret_is_fetched_is_told_the_same_way(site: World, tmp_path: Path) -> None:
    """A password manager that waits for its master password is where people give up."""
    asked = tmp_path / "asked"
    script = tmp_path / "pass.sh"
    script.write_text(f"touch {asked}; exec sleep 8")
    text = site.toml().replace('token_env = "JIRA_TOKEN"', f"token_command = '/bin/sh {script}'")
    environ = {**site.environ, "RAIDCTL_CONFIG": str(site.configured(text))}
    with begun("diff", environ=environ) as process:
        until(asked.exists)
        _, seconds = stopped(process, signal.SIGINT)
        ended = over(process)

    told = "raidctl: interrupted; nothing was written\n"
    assert ended == Ended(ExitCode.INTERRUPTED, "", told)
    assert seconds < 2


def _read(handle: int) -> bytes:
    try:
        return os.read(handle, 65536)
    except OSError:  # how Linux tells that a terminal's other end is closed
        return b""
