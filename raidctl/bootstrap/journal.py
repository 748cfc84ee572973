"""The journal alone, for what reads neither system, and for the systems beside it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from raidctl.bootstrap.clock import utc_now
from raidctl.config import Config
from raidctl.journal import Journal, ReadOnlyJournal


@contextmanager
def looking(config: Config) -> Iterator[ReadOnlyJournal]:
    """The journal alone, opened so that nothing can be written."""
    with closing(ReadOnlyJournal(config.journal_path, utc_now)) as opened:
        yield opened


@contextmanager
def journal(config: Config) -> Iterator[Journal]:
    """The journal alone, open for writing."""
    with closing(Journal(config.journal_path, utc_now, config.loop_guard_seconds)) as opened:
        yield opened
