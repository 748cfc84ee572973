"""The journal alone, for what reads neither system, and for the systems beside it."""

from contextlib import AbstractContextManager, closing

from raidctl.bootstrap.clock import utc_now
from raidctl.config import Config
from raidctl.journal import Journal, ReadOnlyJournal


def looking(config: Config) -> AbstractContextManager[ReadOnlyJournal]:
    """The journal alone, opened so that nothing can be written."""
    return closing(ReadOnlyJournal(config.journal_path, utc_now))


def journal(config: Config) -> AbstractContextManager[Journal]:
    """The journal alone, open for writing."""
    return closing(Journal(config.journal_path, utc_now, config.loop_guard_seconds))
