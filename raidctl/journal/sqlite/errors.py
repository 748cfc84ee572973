"""What is wrong with a journal, told in one line."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from raidctl.errors import JournalError


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """What is wrong with a journal as one line that names the file, in a `JournalError`.

    ValueError and TypeError are rows that raidctl did not write.
    """
    try:
        yield
    except (sqlite3.Error, OSError, ValueError, TypeError, KeyError) as error:
        raise JournalError(
            f"the journal {path} cannot be used ({said(error)}): {_advice(error)}"
        ) from None


def said(error: Exception) -> str:
    """What an error says, in one line and without the path, which the caller names."""
    return " ".join(str(getattr(error, "strerror", None) or error).split())


def busy(error: Exception) -> bool:
    """Whether somebody else has the file locked."""
    return _code(error) == sqlite3.SQLITE_BUSY


def _advice(error: Exception) -> str:
    full = {errno.ENOSPC, errno.EDQUOT}
    if _code(error) == sqlite3.SQLITE_FULL or getattr(error, "errno", None) in full:
        return "make room on its disk, and run raidctl again"
    if busy(error):
        return "another process is writing it, try again when that has ended"
    return "restore it from a copy, or name another file under journal.path"


def _code(error: Exception) -> int:
    """SQLite's primary result code, the low byte of an extended one; 0 for others' errors."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF
