"""The journal alone, for what reads neither system, and for the systems beside it."""

from contextlib import AbstractContextManager, closing

from raidctl.bootstrap.clock import utc_now
from raidctl.config import Config
from raidctl.core.writes.log import Run
from raidctl.journal import Journal, ReadOnlyJournal, Unkept, lock


def looking(config: Config) -> AbstractContextManager[ReadOnlyJournal]:
    """The journal alone, opened so that nothing can be written."""
    return closing(ReadOnlyJournal(config.journal_path, utc_now))


def journal(config: Config) -> AbstractContextManager[Journal]:
    """The journal alone, open for writing."""
    return closing(Journal(config.journal_path, utc_now, config.loop_guard_seconds))


def alone(config: Config) -> AbstractContextManager[None]:
    """The lock that lets one run write: taken before its journal is opened, freed after.

    Raises `LockedError` where another run has it.
    """
    return lock(config.journal_path, lambda: _last_run(config))


def _last_run(config: Config) -> Run | None:
    with looking(config) as opened:
        return opened.running()


def unkept(config: Config) -> Unkept:
    """The runs in a row that the journal could not keep."""
    return Unkept(config.journal_path)
