"""The journal: what earlier runs left behind.

`Queries` and `Records` read and write it by way of a `Connection`; `sqlite` has one to a local
file. `ReadOnlyJournal` is what `diff` sees; it cannot write. `lock` and `RunLock` let one run at a
time write;
`unwritable` tells why none could.
"""

from raidctl.journal.sqlite import Journal, ReadOnlyJournal
from raidctl.journal.sqlite.errors import unwritable
from raidctl.journal.sqlite.lock import RunLock, lock
from raidctl.journal.unkept import Unkept

__all__ = ["Journal", "ReadOnlyJournal", "RunLock", "Unkept", "lock", "unwritable"]
