"""What is wrong with a journal, told in one line."""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from raidctl.errors import JournalError
from raidctl.files import UnfitFileError, name_of

_ELSEWHERE = "name another file under journal.path"
# Numbers of the system, and of SQLite below zero.
_FULL = {errno.ENOSPC, errno.EDQUOT, -sqlite3.SQLITE_FULL}
_FORBIDDEN = {
    *(errno.EACCES, errno.EPERM, errno.EROFS),
    *(-sqlite3.SQLITE_PERM, -sqlite3.SQLITE_READONLY, -sqlite3.SQLITE_CANTOPEN),
}

_ODD_DISK = {-sqlite3.SQLITE_IOERR, -sqlite3.SQLITE_PROTOCOL, -sqlite3.SQLITE_NOLFS}


# What rows raise that raidctl did not write.
UNWRITTEN = (
    ArithmeticError,
    AttributeError,
    IndexError,
    KeyError,  # no LookupError: by that the journal itself tells a defect
    RecursionError,
    TypeError,
    ValueError,
)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """What is wrong with a journal as one line that names the file, in a `JournalError`.

    ValueError and TypeError are rows that raidctl did not write.
    """
    try:
        yield
    except UnfitFileError as error:
        raise JournalError(f"the journal {path} cannot be used: {error.strerror}") from None
    except (sqlite3.Error, OSError, *UNWRITTEN) as error:
        raise JournalError(
            f"the journal {path} cannot be used ({said(error)}): {_advice(path, error)}"
        ) from None


def said(error: Exception) -> str:
    """What an error says, in one line and without the path, which the caller names."""
    return " ".join(str(getattr(error, "strerror", None) or error).split())


def busy(error: Exception) -> bool:
    """Whether somebody else has the file locked."""
    return _code(error) == sqlite3.SQLITE_BUSY


def unwritable(path: Path) -> str | None:
    """What keeps this user from writing a journal there, and what to do about it; or None."""
    folder = path.parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    may = partial(os.access, mode=os.W_OK | os.X_OK, effective_ids=True)
    there = path.exists()
    able = may(folder) and (not there or os.access(path, os.R_OK | os.W_OK, effective_ids=True))
    return None if able else barred(path)


def barred(path: Path) -> str:
    """What this user may not do with a file or the folder it is in, and what to do about it."""
    may = partial(os.access, effective_ids=True)
    user, folder = name_of(os.geteuid()), path.parent
    while not may(folder, os.F_OK) and folder != folder.parent:
        folder = folder.parent
    there = may(path, os.F_OK)
    if not may(folder, os.X_OK):
        missing = f"enter {folder}"
    elif there and not may(path, os.R_OK):
        missing = "read it"
    elif there and not may(path, os.W_OK):
        missing = "write it"
    else:
        missing = f"write in {folder}, where files stand beside it"
    return f"{user} may not {missing}: give {user} that right, or {_ELSEWHERE}"


def _advice(path: Path, error: Exception) -> str:
    number = error.errno if isinstance(error, OSError) else -_code(error)
    if number in _FULL:
        return "make room on its disk, then try again"
    if number in _FORBIDDEN:
        return barred(path)
    if busy(error):
        return "another process is writing it, try again when that has ended"
    if number in _ODD_DISK:
        why = "its disk does not answer or lock as it should, as folders of a network may not"
        return f"{why}: see to that, or {_ELSEWHERE}"
    return _ELSEWHERE if isinstance(error, OSError) else f"restore it from a copy, or {_ELSEWHERE}"


def _code(error: Exception) -> int:
    """SQLite's primary result code, the low byte of an extended one; 0 for others' errors."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF
