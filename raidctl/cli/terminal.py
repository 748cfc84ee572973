"""What the terminal can show, and how errors are told on standard error."""

import io
import os
import sys
import termios
import textwrap
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn, Protocol, TextIO, TypedDict

from raidctl.cli.files import write_private
from raidctl.cli.signals import ENDING, on_signals
from raidctl.errors import ConfigError, ExitCode, LinesError, RaidctlError, UsageError
from raidctl.present.text.safe import visible

_PIECE = 64 * 1024  # characters
_LINES = 50  # of a file that are named as wrong; nobody mends more at once


class Capabilities(TypedDict):
    """What can be shown where a result goes, as arguments of what renders it."""

    width: int
    colour: bool
    hyperlinks: bool


def capabilities(out: Path | None = None, stream: TextIO | None = None) -> Capabilities:
    """Of a file, else of a stream, by default standard output.

    NO_COLOR means no escape sequence at all, FORCE_COLOR is obeyed.
    """
    if out is not None:
        return Capabilities(width=120, colour=False, hyperlinks=False)
    stream = stream or sys.stdout
    environ, terminal = os.environ, on_screen(stream)
    dumb = environ.get("TERM") in {"dumb", "unknown"}
    plain = bool(environ.get("NO_COLOR")) or (dumb and not environ.get("FORCE_COLOR"))
    colour = not plain and (terminal or bool(environ.get("FORCE_COLOR")))
    return Capabilities(
        width=columns(stream),
        colour=colour,
        hyperlinks=colour and terminal and environ.get("TERM") != "linux",
    )


def on_screen(stream: TextIO | None) -> bool:
    """Whether a terminal shows it."""
    return stream is not None and not stream.closed and stream.isatty()


def columns(stream: TextIO | None) -> int:
    """As wide as $COLUMNS says, else the stream's terminal, else 80."""
    with suppress(ValueError):
        if (wanted := int(os.environ.get("COLUMNS", ""))) > 0:
            return wanted
    with suppress(OSError, ValueError, AttributeError):  # no terminal, or no stream
        return os.get_terminal_size(stream.fileno()).columns or 80  # type: ignore[union-attr]
    return 80


def lines(stream: TextIO | None) -> int:
    """As many lines as $LINES says, else the stream's terminal; no end of them where none does."""
    with suppress(ValueError):
        if (wanted := int(os.environ.get("LINES", ""))) > 0:
            return wanted
    with suppress(OSError, ValueError, AttributeError):  # no terminal, or no stream
        return os.get_terminal_size(stream.fileno()).lines or sys.maxsize  # type: ignore[union-attr]
    return sys.maxsize


def tell_error(error: RaidctlError) -> None:
    """What raidctl foresaw, in one line; of a configuration or a file all that is wrong with it."""
    if isinstance(error, ConfigError):
        say("the configuration cannot be used:")
        for problem in error.problems:
            tell(f"  {problem}")
    elif isinstance(error, LinesError):
        say(f"{error.file} is refused whole, nothing was made:")
        for problem in error.problems[:_LINES]:
            tell(f"  {problem}")
        if (more := len(error.problems) - _LINES) > 0:
            tell(f"  and {more} more lines")
    else:
        say(str(error))


def say(text: str, command: str = "") -> None:
    """One line on standard error, under raidctl's name; on a terminal broken between words.

    A `command` to copy follows in one piece, on a line of its own where it does not fit.
    """
    line = f"raidctl: {text}"
    if command and on_screen(sys.stderr) and len(line) + len(command) >= columns(sys.stderr):
        tell(line)
        _put(f"  {command}")
    else:
        tell(f"{line} {command}" if command else line)


def tell(text: str) -> None:
    """One line on standard error, whatever it quotes made harmless; see `say`."""
    line = visible(text)
    for one in _listening:
        one.said(line)
    if on_screen(sys.stderr) and len(line) >= columns(sys.stderr):
        indent = " " * (len(line) - len(line.lstrip()) + 2)
        line = textwrap.fill(
            line,
            columns(sys.stderr) - 1,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
    _put(line)


class Listener(Protocol):
    """Who hears what is told on standard error, and when a process ends at once."""

    def said(self, line: str, /) -> None:
        """A line was told."""
        ...

    def end(self, code: int, /) -> None:
        """The process ends with this code, and nothing else of it is done."""
        ...


_listening: list[Listener] = []


@contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """Let somebody hear each line that is told on standard error."""
    _listening.append(listener)
    try:
        yield
    finally:
        _listening.remove(listener)


def tell_whole(lines: Iterable[str]) -> None:
    """Lines that belong together on standard error, in one piece and broken nowhere else."""
    _put("\n".join(map(visible, lines)))


def _put(line: str) -> None:
    if sys.stderr is None:  # closed under some supervisors; standard output is no stand-in
        return
    try:
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
    except OSError:  # a terminal that is gone, a full disk: the run goes on without
        _give_up(sys.stderr)


def show(text: Iterable[str], out: Path | None) -> None:
    """Put a result on standard output, or into a file that only its owner can read.

    It may come in pieces. A reader that went away (`raidctl diff | head`) is no error. Raises
    `UsageError` when the file or standard output cannot be written.
    """
    pieces = [text] if isinstance(text, str) else text
    if out is None:
        _write_out(pieces)
    else:
        write_private(out, pieces)
        say(f"wrote {out}")


def _write_out(pieces: Iterable[str]) -> None:
    if sys.stdout is None:
        return
    try:
        for piece in pieces:
            for start in range(0, len(piece), _PIECE):  # a long one is not encoded as a whole
                sys.stdout.write(piece[start : start + _PIECE])
        sys.stdout.flush()
    except OSError as error:
        _give_up(sys.stdout)
        if not isinstance(error, BrokenPipeError):
            raise UsageError(f"standard output cannot be written: {error.strerror}") from None


def _give_up(stream: TextIO) -> None:
    """What is left in its buffer must not be tried again, and fail again, at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def speak_utf_8() -> None:
    """Let standard output and error be UTF-8 whatever the locale: JSON and CSV are no less."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def end_at_once_on_interrupt() -> None:
    """Let Ctrl-C and a kill end a command that only reads, whatever requests are under way."""
    on_signals(lambda: end_at_once("interrupted; nothing was written"), *ENDING)


_to_put_back: list[Callable[[], None]] = []  # `os._exit` runs no `finally`


@contextmanager
def put_back_at_any_end(put_back: Callable[[], None]) -> Iterator[None]:
    """Put back what is changed of the terminal, also where a signal ends the run meanwhile."""
    _to_put_back.append(put_back)
    try:
        yield
    finally:
        _to_put_back.remove(put_back)
        _put_back([put_back])


def _put_back(what: Iterable[Callable[[], None]]) -> None:
    for one in what:
        with suppress(OSError, termios.error):  # a terminal that is gone
            one()


def end_at_once(text: str, more: str = "") -> NoReturn:
    """End as interrupted, whatever other threads do, with one line of raidctl's own, and `more`."""
    said = f"{text}\n{more}" if more else text
    _put_back(list(_to_put_back))
    say_in_between(said, after="\x1b[?25h")  # a bar hides the cursor
    for one in _listening:
        one.end(ExitCode.INTERRUPTED)
    os._exit(ExitCode.INTERRUPTED)


def say_in_between(text: str, after: str = "") -> None:
    """Say one of raidctl's own lines while the main thread does something else.

    Past Python's stream, which may be in the middle of a line, of a bar's redrawing, or of
    saying the same. On a terminal that line is wiped, and the sequence `after` sent as well;
    neither is a colour.
    """
    for one in _listening:
        one.said(text)
    drawn = os.isatty(2) and os.environ.get("TERM") not in {"dumb", "unknown"}
    wipe = f"\r\x1b[2K{after}" if drawn else ""
    with suppress(OSError):  # closed under some supervisors
        os.write(2, f"{wipe}raidctl: {text}\n".encode())
