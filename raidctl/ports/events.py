"""The queue of events: a part of the journal, with a contract of its own.

`tests/contract/journal` holds every kind of journal to it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from raidctl.core.events.event import Queued, QueueState, Seen, State, Turn


class EventReader(Protocol):
    """What waits and what became of it, read alone."""

    def queue(self) -> QueueState:
        """How much waits, and since when."""
        ...

    def events(self, states: Collection[State], limit: int) -> Sequence[Queued]:
        """The latest events of these states, oldest first."""
        ...


class EventQueue(EventReader, Protocol):
    """The queue open for writing. Several threads and processes may use it at once.

    Every call is one transaction: committed and durable when it returns, or nothing of it is kept.
    Raises `JournalError` where it cannot be written.
    """

    def keep(self, seen: Sequence[Seen], at: datetime) -> Sequence[Queued | None]:
        """Keep events that were received; each as it is kept, None for one known by its name."""
        ...

    def due(self, at: datetime, limit: int) -> Sequence[Queued]:
        """Events that wait and may be tried by then, oldest first.

        At most so many links' of them: one that comes with a link brings all of that link's.
        """
        ...

    def turn(self, turns: Sequence[Turn]) -> None:
        """Note how attempts ended; one that is not waiting any more is left as it is."""
        ...

    def retry(self, events: Collection[int], at: datetime) -> Sequence[Queued]:
        """Let dead events wait again, from their first try on; none named: all of them."""
        ...
