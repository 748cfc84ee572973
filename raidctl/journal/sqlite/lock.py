"""The lock that lets one run at a time write; it dies with its process."""

import errno
import fcntl
import os
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from raidctl.core.writes.log import Run
from raidctl.errors import JournalError, LockedError
from raidctl.files import UnfitFileError, refuse_unfit
from raidctl.journal.sqlite.errors import barred, explained, said
from raidctl.journal.sqlite.place import real

_LINUX = sys.platform.startswith("linux")
_BYTE = 1 << 48  # of the journal, far behind its last one and those that SQLite locks
_BRIEF = _BYTE + 1  # held beside it by whoever soon gives it back
_FLOCK = "hhqqi"  # fcntl(2), struct flock


@contextmanager
def lock(path: Path, holder: Callable[[], Run | None]) -> Iterator[None]:
    """Hold the lock of the journal at `path`, once; see `RunLock`."""
    with closing(RunLock(path, holder)) as one, one.held():
        yield


class RunLock:
    """The lock of the journal at `path`: of a file beside it, which stays, and of its own.

    The file beside it keeps out a raidctl of whatever version; the journal itself, made where there
    is none, one that finds that file gone or comes by another way. The kernel holds both for this
    process alone, not for its children, and frees them when the process ends, however that happens.
    Where the journal is not opened after it is held and closed before, this is closed last of all:
    closing a file takes SQLite's locks away.

    `brief`: it is held for moments, again and again; whoever is refused is told so.
    """

    def __init__(
        self, path: Path, holder: Callable[[], Run | None], *, brief: bool = False
    ) -> None:
        self._path, self._holder, self._brief = path, holder, brief
        with explained(path):
            self._own = real(path)
        self._place = self._own.with_name(f"{self._own.name}.lock")
        self._bytes: _OwnLock | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold it. Raises `LockedError` where another run has it, which `holder` names then.

        Raises `JournalError` where the file cannot be locked at all.
        """
        from filelock import FileLock, Timeout  # noqa: PLC0415 - 0.06 s that readers need not pay

        # Where the file system cannot lock, filelock would go by the file being there, which
        # outlives its process.
        beside = FileLock(
            self._place, mode=0o600, blocking=False, thread_local=False, fallback_to_soft=False
        )
        with ExitStack() as stack:
            if self._brief:
                stack.callback(self._opened().give_back, _BRIEF)
                self._opened().acquired(_BRIEF)
            try:
                self._own.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                with suppress(FileNotFoundError):
                    refuse_unfit(self._place, self._place.lstat())
                beside.acquire()
            except Timeout:
                raise self._refused() from None
            except OSError as error:
                why = _why(self._place, error)
                raise JournalError(f"the lock {self._place} cannot be taken{why}") from None
            stack.callback(beside.release)
            stack.callback(self._opened().give_back, _BYTE)
            if not self._opened().acquired(_BYTE):
                raise self._refused()
            yield

    def close(self) -> None:
        """Let go of the journal's file."""
        if self._bytes is not None:
            self._bytes.close()
            self._bytes = None

    def _opened(self) -> "_OwnLock":
        if self._bytes is None:
            self._bytes = _OwnLock(self._path, self._own)
        return self._bytes

    def _refused(self) -> LockedError:
        brief = not self._brief and self._own.exists() and self._opened().taken(_BRIEF)
        run = _known(self._holder)
        return LockedError(_held(run), brief=brief, asking=bool(run and run.asking_since))


class _OwnLock:
    """Bytes of the journal itself, locked for this open file; SQLite has locks beside them.

    A lock of the whole file would keep SQLite out where files come over a network.
    """

    def __init__(self, path: Path, own: Path) -> None:
        self._path, self._own = path, own
        with explained(path):
            self._handle = os.open(own, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        os.register_at_fork(after_in_child=self.close)  # else a child would keep it

    def acquired(self, byte: int) -> bool:
        """Whether it could be had; raises `JournalError` for a journal that is gone meanwhile."""
        with explained(self._path):
            try:
                self._set(fcntl.F_WRLCK, byte)
            except OSError as error:
                if error.errno in {errno.EACCES, errno.EAGAIN}:
                    return False
                raise
            if not os.path.samestat(os.fstat(self._handle), self._own.lstat()):
                raise UnfitFileError("it was replaced at this very moment: run raidctl again")
        return True

    def taken(self, byte: int) -> bool:
        """Whether another open file has it."""
        if not _LINUX:
            return False
        with explained(self._path):
            asked = _flock(fcntl.F_WRLCK, byte)
            kind, *_ = struct.unpack(_FLOCK, fcntl.fcntl(self._handle, fcntl.F_OFD_GETLK, asked))
        return bool(kind != fcntl.F_UNLCK)

    def give_back(self, byte: int) -> None:
        """Free it, though a program that is starting right now may have the file open too."""
        with suppress(OSError, ValueError):  # in a forked child there is nothing to give back
            self._set(fcntl.F_UNLCK, byte)

    def close(self) -> None:
        """Let go of the file, and of its bytes with it."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _set(self, kind: int, byte: int) -> None:
        if _LINUX:  # elsewhere the file beside it must do
            fcntl.fcntl(self._handle, fcntl.F_OFD_SETLK, _flock(kind, byte))


def _flock(kind: int, byte: int) -> bytes:
    return struct.pack(_FLOCK, kind, os.SEEK_SET, byte, 1, 0)


def _why(place: Path, error: OSError) -> str:
    if isinstance(error, UnfitFileError):
        return f": {error.strerror}; raidctl makes it anew once it is gone"
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return f" ({said(error)}): {barred(place)}"
    return f" ({said(error)}): name another file under journal.path"


def _known(holder: Callable[[], Run | None]) -> Run | None:
    """Who holds it, as far as that can be told."""
    try:
        run = holder()
    except JournalError:
        return None  # which does not make the lock free
    # The newest unfinished run may be one that was killed; of another host nobody can tell here.
    there = run is not None and run.host not in {"", os.uname().nodename}
    return run if run is not None and (there or _alive(run.pid)) else None


def _held(run: Run | None) -> str:
    if run is None:
        return "another run is writing: try again when it has ended"
    who = f"{run.command}, process {run.pid}{run.host and f' on {run.host}'}"
    who = f"another run is writing: {who}, since {_at(run.started_at)}"
    if run.asking_since is None:
        return f"{who}; try again when it has ended"
    return (
        f"{who}; since {_at(run.asking_since)} it waits for a person's answer: give it at that "
        f"terminal, or end it there (kill {run.pid}), which is safe as long as it waits"
    )


def _at(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # another user's
        return True
    return True
