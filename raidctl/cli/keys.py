"""Answers at a terminal: one key each, or lines where single keys cannot be had."""

import io
import os
import select
import sys
import termios
import tty
from contextlib import suppress

from raidctl.cli.terminal import on_screen, put_back_at_any_end
from raidctl.present.text.safe import visible

_END = "\x04"  # Ctrl-D, where the terminal does not make an end of input of it
_ESCAPE = b"\x1b"
_REST_SECONDS = 0.05  # until what belongs to an escape is there, over a slow line too


class Keys:
    """Whoever sits at standard input, asked on standard error."""

    def __init__(self) -> None:
        self._handle = _terminal()

    @property
    def single(self) -> bool:
        """Whether one key is an answer, without Enter."""
        return self._handle is not None

    def ask(self, question: str) -> str | None:
        """The key that is pressed, in small letters, "" for what is none; None at the end.

        What was typed before the question could be seen is no answer to it, nor are several keys
        at once: an arrow, a paste. In lines the whole line is the answer.
        """
        if self._handle is None:
            return self.line(question)
        key = _pressed(self._handle, question)
        _say("\n" if key is None else f"{visible(key)}\n")
        return key

    def line(self, question: str) -> str | None:
        """A line as it is typed, without blanks around it; None at the end."""
        _say(question)
        line = sys.stdin.buffer.readline()
        if not line:  # the terminal is gone, or Ctrl-D
            _say("\n")
            return None
        return line.decode(errors="replace").strip()


def _pressed(handle: int, question: str) -> str | None:
    try:
        found = termios.tcgetattr(handle)
        with put_back_at_any_end(lambda: termios.tcsetattr(handle, termios.TCSANOW, found)):
            tty.setcbreak(handle, termios.TCSAFLUSH)  # Ctrl-C stays what it is
            _say(question)
            keys = os.read(handle, 64)
            if keys.startswith(_ESCAPE):
                select.select([handle], [], [], _REST_SECONDS)
                termios.tcflush(handle, termios.TCIFLUSH)
                return ""
    except (OSError, termios.error):  # how Linux tells that the terminal is gone
        return None
    text = keys.decode(errors="replace").rstrip("\r\n")  # a shell may have put lines back (fg)
    if not keys or text == _END:
        return None
    return text.lower() if len(text) == 1 else ""


def _terminal() -> int | None:
    """The descriptor to read keys from; None where there are lines alone."""
    if os.environ.get("TERM", "dumb") in {"dumb", "unknown"} or not on_screen(sys.stdin):
        return None
    with suppress(OSError, io.UnsupportedOperation, termios.error):
        handle = sys.stdin.fileno()
        termios.tcgetattr(handle)
        return handle
    return None


def _say(text: str) -> None:
    with suppress(OSError):  # then nobody answers either
        sys.stderr.write(text)
        sys.stderr.flush()
