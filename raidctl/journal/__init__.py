"""The journal: what earlier runs left behind, in one local SQLite file.

`ReadOnlyJournal` is what `diff` sees; it cannot write. `Journal` creates the file and writes it.
`lock` lets one run at a time write.
"""

from raidctl.journal.lock import lock
from raidctl.journal.reader import ReadOnlyJournal
from raidctl.journal.writer import Journal

__all__ = ["Journal", "ReadOnlyJournal", "lock"]
