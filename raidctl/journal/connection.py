"""What the journal asks of a database: all that a further backend has to bring, beside its lock."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

Parameters = Mapping[str, object]

NONE: Parameters = {}
WRITE_PATH = "_002_write_path"
PEOPLE = "_003_people"
TARGETS = "_004_targets"
STANDING = "_007_standing"
SEEN = "_006_seen"
ENDS = "_008_ends"
EXACT = "_009_exact"
OWN_LINKS = "_010_own_links"
PRESETS = "_012_presets"
EVENTS = "_013_events"
WATCH = "_015_watch"
TOLD = "_016_told"
COUNTING = "_017_counting"
ASKING = "_018_asking"


class Connection(Protocol):
    """A database that holds a journal, or may hold one later. Several threads may use it.

    Whatever is wrong with it is raised as `JournalError`, in one line that names the place.
    """

    def execute(self, sql: str, parameters: Parameters = NONE) -> list[Any]:
        """The rows that one statement answers; none where there is no journal yet.

        The statements are those of `journal/sql.py`: a parameter is `:named`, and `IN :names` is
        followed by the name of a list.
        """
        ...

    def knows(self, step: str) -> bool:
        """Whether the journal has taken this step of its schema (one of those above)."""
        ...

    def explained(self) -> AbstractContextManager[None]:
        """Tells a ValueError, TypeError or KeyError about rows in here as damage to the journal."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class WritableConnection(Connection, Protocol):
    """One that is up to date and may be written."""

    def execute_each(self, sql: str, rows: Iterable[Parameters]) -> None:
        """Carry out a statement for each of these rows."""
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """All that this thread executes in here, or nothing; it is durable when the block ends.

        Another thread, process or host waits, for as long as a write may take. Within one of this
        thread's own it is a part of that.
        """
        ...
