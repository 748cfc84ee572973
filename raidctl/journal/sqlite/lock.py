"""The lock that lets one run at a time write; it dies with its process."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path

from raidctl.core.writes.log import Run
from raidctl.errors import JournalError, LockedError
from raidctl.journal.sqlite.errors import said


@contextmanager
def lock(path: Path, holder: Callable[[], Run | None]) -> Iterator[None]:
    """Hold the lock of the journal at `path`, a file beside it, which stays.

    The kernel holds it for this process alone, not for its children, and frees it when the
    process ends, however that happens. Raises `LockedError` where another run has it; `holder`
    is asked then which one. Raises `JournalError` where the file cannot be locked at all.
    """
    from filelock import FileLock, Timeout  # noqa: PLC0415 - 0.06 s that readers need not pay

    place = path.with_name(f"{path.name}.lock")
    # Where the file system cannot lock, filelock would go by the file being there, which outlives
    # its process.
    held = FileLock(place, mode=0o600, blocking=False, thread_local=False, fallback_to_soft=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        held.acquire()
    except Timeout:
        raise LockedError(_held(holder)) from None
    except OSError as error:
        raise JournalError(
            f"the lock {place} cannot be taken ({said(error)}): make it writable, or name "
            "another file under journal.path"
        ) from None
    try:
        yield
    finally:
        held.release()


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
