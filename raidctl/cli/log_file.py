"""The file of the log: private, shared by whoever runs raidctl at the same time, rotated."""

import fcntl
import logging
import os
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import BaseRotatingHandler, RotatingFileHandler, TimedRotatingFileHandler
from pathlib import Path

from raidctl.cli.files import given
from raidctl.cli.terminal import say
from raidctl.errors import UsageError
from raidctl.files import UnfitFileError, append_own
from raidctl.present.log import Attributes, Line, as_json, as_text

_DAYS = {"daily": "MIDNIGHT", "weekly": "W0"}
_MEGABYTE = 1024 * 1024


class Spelled(logging.Formatter):
    """A record as a line; what knows no attributes of ours has none."""

    def __init__(self, form: str, resource: Attributes) -> None:
        super().__init__()
        self._form, self._resource = form, resource
        self.run: str | None = None

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record; of a body the first line alone."""
        line = Line(
            datetime.fromtimestamp(record.created, UTC),
            record.levelname.removesuffix("ING"),
            getattr(record, "event", "said"),
            record.getMessage().partition("\n")[0],
            {"raidctl.run": self.run, **getattr(record, "attributes", {})},
        )
        return as_json(line, self._resource) if self._form == "json" else as_text(line)


class _Shared(BaseRotatingHandler):
    """What a file that others write, move and rotate at the same time needs.

    One that cannot be written any more is told once, and stops nothing.
    """

    _failed = False

    def _open(self) -> TextIOWrapper:
        path = Path(self.baseFilename)
        handle = given(path)
        if handle is None:
            handle = append_own(path)
            _end_line(path, handle)
        return os.fdopen(handle, "a", encoding="utf-8", errors="backslashreplace")

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line to the file that has the name now, not to one that was moved away."""
        try:
            if self._moved():
                self._again()
        except OSError:
            self.handleError(record)
        else:
            super().emit(record)

    def doRollover(self) -> None:  # noqa: N802 - the library's own name
        """Rotate, unless another process has done so meanwhile: its file would be lost."""
        if self.stream is not None:
            fcntl.flock(self.stream, fcntl.LOCK_EX)  # until it is closed
        if self._moved():
            self._again()
        else:
            super().doRollover()  # type: ignore[misc]  # of the class that it is mixed into

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's own name
        """Say that the log has an end."""
        if not self._failed:
            self._failed = True
            error = sys.exc_info()[1]
            why = error.strerror if isinstance(error, OSError) else error
            say(f"the log {self.baseFilename} cannot be written: {why}; the run goes on without it")
        stream, self.stream = (
            self.stream,
            None,
        )  # anew for the next line: half a one may stand there
        with suppress(OSError):
            if stream is not None:
                stream.close()

    def close(self) -> None:
        """Close it, whatever the disk says of what is left to be written."""
        with suppress(OSError):
            super().close()

    def _moved(self) -> bool:
        try:
            now = Path(self.baseFilename).stat()
        except FileNotFoundError:
            return True
        return self.stream is None or not os.path.samestat(os.fstat(self.stream.fileno()), now)

    def _again(self) -> None:
        if self.stream is not None:
            self.stream.close()
        self.stream = self._open()


class _BySize(_Shared, RotatingFileHandler):
    """Rotated at a size, or never."""


class _ByDay(_Shared, TimedRotatingFileHandler):
    """Rotated at a midnight (UTC): of what was written last, so that a run a minute finds it."""

    def _again(self) -> None:
        super()._again()
        self.rolloverAt = self.computeRollover(int(time.time()))


def _end_line(path: Path, handle: int) -> None:
    """End the line that a full disk has cut: the next one is not to be lost with it."""
    with suppress(OSError), path.open("rb") as file:
        file.seek(-1, os.SEEK_END)  # an error where it is empty
        if file.read(1) != b"\n":
            os.write(handle, b"\n")


def opened(path: Path, rotate: str = "", keep: int = 1) -> logging.Handler:
    """What writes to a file, as `[log]` says; raises `UsageError` where nobody may, or should."""
    try:
        if (stream := given(path)) is not None:  # to rename /dev/stderr would be no rotation
            os.close(stream)
            rotate = ""
        if rotate in _DAYS:
            return _ByDay(path, when=_DAYS[rotate], backupCount=keep, utc=True)
        size = int(rotate.partition(" ")[0] or 0) * _MEGABYTE
        return _BySize(path, maxBytes=size, backupCount=keep)
    except UnfitFileError as error:
        raise UsageError(f"the log {path} is left alone: {error.strerror}") from None
    except OSError as error:
        why = f"{error.strerror}; name another file"
        raise UsageError(f"the log {path} cannot be written: {why}") from None
    except ValueError:
        raise UsageError(f"the log {path} cannot be written: no file has such a name") from None
