"""The journal in one local SQLite file."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from raidctl.journal.queries import Queries
from raidctl.journal.records import GUARD_SECONDS, Records, utc_now
from raidctl.journal.sqlite.reader import ReadOnlyFile
from raidctl.journal.sqlite.writer import WritableFile


class ReadOnlyJournal(Queries):
    """A `ports.JournalReader` over a file that it cannot write, and that need not be there."""

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        super().__init__(ReadOnlyFile(path), now)


class Journal(Records):
    """A `ports.Journal` over a file, which it makes where there is none."""

    def __init__(
        self,
        path: Path,
        now: Callable[[], datetime] = utc_now,
        guard_seconds: float = GUARD_SECONDS,
    ) -> None:
        super().__init__(WritableFile(path), now, guard_seconds)
