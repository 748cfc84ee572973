"""The queue of events: a part of the journal, with a contract of its own.

`tests/contract/journal` holds every kind of journal to it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from raidctl.core.events.event import Names, Queued, QueueState, Seen, State, Turn


class EventReader(Protocol):
    """What waits and what became of it, read alone; nothing, of a journal older than the queue."""

    def state(self) -> QueueState:
        """How much waits, and since when."""
        ...

    def events(self, states: Collection[State], limit: int) -> Sequence[Queued]:
        """The latest events of these states, oldest first."""
        ...

    def named(self, names: Collection[str]) -> Sequence[Queued]:
        """Those of these names that there are, oldest first."""
        ...

    def due(self, at: datetime, limit: int) -> Sequence[Queued]:
        """Events that wait and may be tried by then, oldest first.

        At most so many subjects' of them (`Event.subject`): one brings all that wait of its own.
        One that was not tried yet is due, though the clock was turned back since it was received.
        What is to wait for days yet was given its time by a clock that was wrong: it is due.
        """
        ...

    def of_links(self, names: Names, but: Collection[int] = ()) -> Sequence[Queued]:
        """All that wait about links of these names, but for those of these numbers."""
        ...


class EventQueue(EventReader, Protocol):
    """The queue open for writing. Several threads and processes may use it at once.

    Every call is one transaction: committed and durable when it returns, or nothing of it is kept.
    Raises `JournalError` where it cannot be written.
    """

    def keep(self, seen: Sequence[Seen], at: datetime) -> Sequence[Queued | None]:
        """Keep events that were received; each as it is kept, None for one known by its name.

        One without a time of its own is known while an equal one waits, which then has come once
        more; after that it is kept anew, in the place of that one. Of what waits no longer and is
        not dead the oldest go, the latest 10,000 stay.
        """
        ...

    def probe(self) -> None:
        """Write what is taken away at once: it raises where an event could not be kept either."""
        ...

    def turn(self, turns: Sequence[Turn]) -> None:
        """Note how attempts ended.

        One that does not wait any more is left as it is, and so is one that has come once more.
        """
        ...

    def retry(self, events: Collection[int], at: datetime) -> Sequence[Queued]:
        """Let dead events wait again, from their first try on; none named: all of them."""
        ...
