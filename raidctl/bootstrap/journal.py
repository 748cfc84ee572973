"""The journal alone, for what reads neither system, and for the systems beside it."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from time import monotonic, sleep

from raidctl.bootstrap.clock import utc_now
from raidctl.config import Config
from raidctl.core.writes.log import Run
from raidctl.errors import LockedError
from raidctl.journal import Journal, ReadOnlyJournal, RunLock, Unkept, lock

PATIENCE_SECONDS = 60.0  # for what soon gives the lock back; a batch that takes longer is no moment
AGAIN_SECONDS = 0.05


def looking(config: Config) -> AbstractContextManager[ReadOnlyJournal]:
    """The journal alone, opened so that nothing can be written."""
    return closing(ReadOnlyJournal(config.journal_path, utc_now))


def journal(config: Config) -> AbstractContextManager[Journal]:
    """The journal alone, open for writing."""
    return closing(Journal(config.journal_path, utc_now, config.loop_guard_seconds))


@contextmanager
def alone(config: Config) -> Iterator[None]:
    """The lock that lets one run write: taken before its journal is opened, freed after.

    What holds it for moments, again and again, leaves room in between: that is waited for. Raises
    `LockedError` where another run has it.
    """
    end = monotonic() + PATIENCE_SECONDS
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(lock(config.journal_path, lambda: _last_run(config)))
                break
            except LockedError as error:
                if not error.brief or monotonic() > end:
                    raise
            sleep(AGAIN_SECONDS)
        yield


def in_turns(config: Config) -> RunLock:
    """The same lock for a process that takes it for moments, beside an open journal.

    It is closed after that journal.
    """
    return RunLock(config.journal_path, lambda: _last_run(config), brief=True)


def _last_run(config: Config) -> Run | None:
    with looking(config) as opened:
        return opened.running()


def unkept(config: Config) -> Unkept:
    """The runs in a row that the journal could not keep."""
    return Unkept(config.journal_path)
