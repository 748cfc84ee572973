"""The lock that lets one run at a time write; it dies with its process."""

import errno
import fcntl
import os
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC
from pathlib import Path

from raidctl.core.writes.log import Run
from raidctl.errors import JournalError, LockedError
from raidctl.files import UnfitFileError, refuse_unfit
from raidctl.journal.sqlite.errors import barred, explained, said
from raidctl.journal.sqlite.place import real

_LINUX = sys.platform.startswith("linux")
_BYTE = 1 << 48  # of the journal, far behind its last one and those that SQLite locks


@contextmanager
def lock(path: Path, holder: Callable[[], Run | None]) -> Iterator[None]:
    """Hold the lock of the journal at `path`: of a file beside it, which stays, and of its own.

    The file beside it keeps out a raidctl of whatever version; the journal itself, made where there
    is none, one that finds that file gone or comes by another way. The kernel holds both for this
    process alone, not for its children, and frees them when the process ends, however that happens.
    The journal is opened after this and closed before: closing a file takes SQLite's locks away.

    Raises `LockedError` where another run has it; `holder` is asked then which one. Raises
    `JournalError` where the file cannot be locked at all.
    """
    from filelock import FileLock, Timeout  # noqa: PLC0415 - 0.06 s that readers need not pay

    with explained(path):
        own = real(path)
    place = own.with_name(f"{own.name}.lock")
    # Where the file system cannot lock, filelock would go by the file being there, which outlives
    # its process.
    held = FileLock(place, mode=0o600, blocking=False, thread_local=False, fallback_to_soft=False)
    try:
        own.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with suppress(FileNotFoundError):
            refuse_unfit(place, place.lstat())
        held.acquire()
    except Timeout:
        raise LockedError(_held(holder)) from None
    except OSError as error:
        raise JournalError(f"the lock {place} cannot be taken{_why(place, error)}") from None
    try:
        with closing(_OwnLock(path, own)) as lock_of_its_own:
            if not lock_of_its_own.acquired():
                raise LockedError(_held(holder))
            yield
    finally:
        held.release()


class _OwnLock:
    """One byte of the journal itself, locked for this open file; SQLite has locks beside it.

    A lock of the whole file would keep SQLite out where files come over a network.
    """

    def __init__(self, path: Path, own: Path) -> None:
        self._path, self._own = path, own
        with explained(path):
            self._handle = os.open(own, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        os.register_at_fork(after_in_child=self._forget)  # else a child would keep it

    def acquired(self) -> bool:
        """Whether it could be had; raises `JournalError` for a journal that is gone meanwhile."""
        with explained(self._path):
            try:
                self._set(fcntl.F_WRLCK)
            except OSError as error:
                if error.errno in {errno.EACCES, errno.EAGAIN}:
                    return False
                raise
            if not os.path.samestat(os.fstat(self._handle), self._own.lstat()):
                raise UnfitFileError("it was replaced at this very moment: run raidctl again")
        return True

    def close(self) -> None:
        """Give it back, though a program that is starting right now may have the file open too."""
        with suppress(OSError, ValueError):  # in a forked child there is nothing to give back
            self._set(fcntl.F_UNLCK)
        self._forget()

    def _set(self, kind: int) -> None:
        if _LINUX:  # elsewhere the file beside it must do
            asked = struct.pack("hhqqi", kind, os.SEEK_SET, _BYTE, 1, 0)  # fcntl(2), struct flock
            fcntl.fcntl(self._handle, fcntl.F_OFD_SETLK, asked)

    def _forget(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def _why(place: Path, error: OSError) -> str:
    if isinstance(error, UnfitFileError):
        return f": {error.strerror}; raidctl makes it anew once it is gone"
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return f" ({said(error)}): {barred(place)}"
    return f" ({said(error)}): name another file under journal.path"


def _held(holder: Callable[[], Run | None]) -> str:
    try:
        run = holder()
    except JournalError:
        run = None  # which does not make the lock free
    if run is None or not _alive(run.pid):  # the newest unfinished run may be one that was killed
        return "another run is writing: try again when it has ended"
    since = f"{run.started_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    return (
        f"another run is writing: {run.command}, process {run.pid}, since {since}; "
        "try again when it has ended"
    )


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # another user's
        return True
    return True
