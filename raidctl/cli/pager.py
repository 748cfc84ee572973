"""A pager between a long result and the terminal, as git has one."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO

from raidctl.cli.terminal import Capabilities, capabilities, lines, on_screen, say, show
from raidctl.config.secrets import Environ

TOO_LONG = "Too long for this screen, and there is no pager: add | cat to see all of it."
_NONE = {"", "cat"}
_OUT, _ERR = 1, 2  # descriptors, which the pager is given as its own output


def show_paged(
    whole: Callable[[Capabilities], str], short: Callable[[Capabilities], str] | None = None
) -> None:
    """Put a result on standard output, through a pager where that is a screen it is longer than.

    Where there is no pager, `short` is shown in its place, if there is any. Through a pager goes
    no hyperlink: not every one knows them.
    """
    able = capabilities()
    text = whole(able)
    if not on_screen(sys.stdout) or text.count("\n") < lines(sys.stdout):
        show(text, None)
    elif (command := pager(os.environ)) is not None:
        _page(whole(Capabilities({**able, "hyperlinks": False})), command, _OUT)
    else:
        show(text if short is None else f"{short(able)}{TOO_LONG}\n", None)


def show_beside(whole: Callable[[Capabilities], str]) -> None:
    """Put what is looked at before a question on standard error, as `show_paged` would."""
    able = capabilities(stream=sys.stderr)
    text = whole(able)
    paged = on_screen(sys.stderr) and text.count("\n") >= lines(sys.stderr)
    if paged and (command := pager(os.environ)) is not None:
        sys.stderr.flush()
        _page(whole(Capabilities({**able, "hyperlinks": False})), command, _ERR)
    else:
        sys.stderr.write(text)


def pager(environ: Environ) -> str | None:
    """The pager's command line: `$RAIDCTL_PAGER`, `$PAGER`, or less; None where there is none.

    NO_PAGER, an empty one or `cat` mean that none is wanted.
    """
    if environ.get("NO_PAGER") or environ.get("TERM") in {"dumb", "unknown"}:
        return None
    named = next((name for name in ("RAIDCTL_PAGER", "PAGER") if name in environ), None)
    command = "less" if named is None else environ[named].strip()
    if command in _NONE:
        return None
    if _is_there(command, environ):
        return command
    if named is not None:
        say(f"${named} names {command!r}, which is not there: nothing is paged")
    return None


def _is_there(command: str, environ: Environ) -> bool:
    """Whether its program can be found; of what is more, the shell tells."""
    try:
        program = next(iter(shlex.split(command)), "")
    except ValueError:
        return True
    return "=" in program or shutil.which(program, path=environ.get("PATH")) is not None


def _page(text: str, command: str, out: int) -> None:
    """Show a text in a pager and wait for its end; one that ends early is no error."""
    environ = {"LESS": "FRX", "LV": "-c", **os.environ}
    process = subprocess.Popen(command, shell=True, stdin=subprocess.PIPE, stdout=out, env=environ)  # noqa: S602 - as git does
    with _interrupts_left_to_it():
        if process.stdin is not None:
            _fill(process.stdin, text)
        process.wait()


def _fill(stream: IO[bytes], text: str) -> None:
    with suppress(BrokenPipeError):
        stream.write(text.encode())
    with suppress(BrokenPipeError):
        stream.close()


@contextmanager
def _interrupts_left_to_it() -> Iterator[None]:
    """Ctrl-C is for the pager while there is one: it must not be left alone with the terminal."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
