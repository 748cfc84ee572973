"""raidctl in this process: for what it answers, where neither a terminal nor a signal matters."""

import gc
import io
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from raidctl.cli.app import main
from tests.cli.process import Ended


def within(
    *arguments: str,
    environ: Mapping[str, str],
    cwd: Path | None = None,
    typed: str | None = None,
    encoding: str = "utf-8",
) -> Ended:
    """What `process.raidctl` would answer, several times as fast.

    With `typed`, a terminal says that it is one and somebody has typed that much at it; `encoding`
    is what the locale has its streams begin with.
    """
    terminal = typed is not None
    given = _Stream(typed or "", terminal)
    out, err = _Stream(encoding=encoding), _Stream("", terminal, encoding)
    with pytest.MonkeyPatch.context() as patch, _given_back():
        patch.setattr(sys, "argv", ["raidctl", *arguments])
        for name, stream in (("stdin", given), ("stdout", out), ("stderr", err)):
            patch.setattr(sys, name, stream)
        patch.setattr(tempfile, "tempdir", None)  # the former TMPDIR, remembered
        patch.chdir(cwd or environ["HOME"])
        code = _code(environ)
    return Ended(code, out.said, err.said)


_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""All that raidctl hears of. (To ask after each that there is takes longer than some runs.)"""


class _Stream(io.TextIOWrapper):
    """As a pipe or a terminal would be: what UTF-8 cannot say fails or is escaped."""

    def __init__(self, text: str = "", terminal: bool = False, encoding: str = "utf-8") -> None:
        super().__init__(io.BytesIO(text.encode()), encoding=encoding, write_through=True)
        self._terminal = terminal

    def isatty(self) -> bool:
        """Whether it says that it is a terminal."""
        return self._terminal

    @property
    def said(self) -> str:
        """What was written, as a program reads it."""
        self.flush()
        raw = self.buffer
        assert isinstance(raw, io.BytesIO)
        return raw.getvalue().decode()


def _code(environ: Mapping[str, str]) -> int:
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            patch.delenv(name)
        for name, value in environ.items():
            patch.setenv(name, value)
        time.tzset()
        try:
            main()
        except SystemExit as ended:
            return ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
    return 0


@contextmanager
def _given_back() -> Iterator[None]:
    """The signal handlers, the time zone and the rhythm of collection are as they were."""
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    rhythm = gc.get_threshold()
    try:
        yield
    finally:
        gc.set_threshold(*rhythm)
        time.tzset()
        for number, handler in handlers.items():
            if signal.getsignal(number) is not handler:
                signal.signal(number, handler)
