"""What is answered in the test's process is what a process of its own answers."""

import gc
import os
import re
import signal
import sys
import time
from pathlib import Path

import pytest

from raidctl.errors import ExitCode
from tests.cli.inside import within
from tests.cli.process import Ended, clean_environ, raidctl, talking
from tests.cli.world import World

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def state() -> tuple[object, ...]:
    """What a run may change of its process."""
    handlers = [signal.getsignal(number) for number in SIGNALS]
    streams = (sys.stdin, sys.stdout, sys.stderr)
    return (
        handlers,
        dict(os.environ),
        Path.cwd(),
        streams,
        sys.argv,
        gc.get_threshold(),
        time.tzname,
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("diff",), ExitCode.DRIFT),
        (("explain", "987654"), ExitCode.INCOMPLETE),
        (("diff", "--frobnicate"), ExitCode.USAGE),
    ],
)
def test_both_ways_end_alike_and_nothing_is_changed(
    site: World, arguments: tuple[str, ...], code: ExitCode
) -> None:
    environ = site.ready(TZ="Asia/Kolkata", COLUMNS="70")
    before = state()

    inside = within(*arguments, environ=environ)

    assert state() == before
    assert inside.code == code
    assert steady(inside) == steady(raidctl(*arguments, environ=environ))


def test_at_a_terminal_a_fork_ends_as_a_process_does(site: World) -> None:
    environ = site.ready(TZ="Asia/Kolkata", TERM="dumb")
    ended = []
    for through in ((), ("/bin/sh", "-c", 'exec "$@"', "sh")):
        with talking("diff", environ=environ, through=through) as talk:
            ended.append(steady(talk.ended()))

    assert ended[0] == ended[1]
    assert ended[0].code == ExitCode.DRIFT
    assert "INC-4" in ended[0].err, "which is the whole screen"


def steady(ended: Ended) -> Ended:
    """Without the seconds that a run took."""
    out, err = (re.sub(r"\d+(\.\d+)? s\b", "n s", text) for text in (ended.out, ended.err))
    return Ended(ended.code, out, err)


def test_a_defect_is_told_and_not_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("nobody foresaw this")

    monkeypatch.setattr("raidctl.cli.app.app", broken)

    ended = within("diff", environ=clean_environ(tmp_path))

    assert (ended.code, ended.out) == (ExitCode.DEFECT, "")
    assert re.match(
        r"raidctl: a defect of raidctl: ZeroDivisionError in .*please report", ended.err
    )


def test_a_text_that_no_encoding_can_say_is_escaped(tmp_path: Path) -> None:
    ended = within("diff", "\udc80x", environ=clean_environ(tmp_path))

    assert ended.code == ExitCode.USAGE
    assert "\udc80" not in ended.err
