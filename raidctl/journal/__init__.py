"""The journal: what earlier runs left behind, in one local SQLite file.

`ReadOnlyJournal` is what `diff` sees; it cannot write. `Journal` creates the file and writes it.
`lock` lets one run at a time write.
"""

from raidctl.journal.sqlite.lock import lock
from raidctl.journal.sqlite.reader import ReadOnlyJournal
from raidctl.journal.sqlite.writer import Journal

__all__ = ["Journal", "ReadOnlyJournal", "lock"]
