"""Links made side by side that stand in each other's way: what one leaves, the next one finds.

Two incidents may swap their issues. Each change was planned with the tickets as they stood then; it
is written, and taken back, by those that stand there when its turn comes.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from threading import Lock

from raidctl.core.backfill.tickets import Ticket


class Turns:
    """The tickets that a run has changed so far; whoever changes some waits for his turn."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._left: dict[int, Ticket] = {}

    @contextmanager
    def taken(self, planned: Collection[Ticket]) -> Iterator[None]:
        """A turn, which a link takes that nothing stands in the way of as well as none."""
        if not planned:
            yield
            return
        with self._lock:
            yield

    def now(self, ticket: Ticket) -> Ticket:
        """As it is by now."""
        return self._left.get(ticket.issue_id, ticket)

    def standing(self, link: Ticket, planned: Collection[Ticket]) -> Sequence[Ticket]:
        """What stands in the way of a link by now, of what did when it was planned."""
        now = map(self.now, planned)
        return [
            one for one in now if one.issue_id == link.issue_id or one.incident == link.incident
        ]

    def linked(self, link: Ticket, standing: Collection[Ticket]) -> None:
        """A link was made, and what stood there gave way."""
        self._left |= {one.issue_id: replace(one, incident=None) for one in standing}
        self._left[link.issue_id] = link

    def rekeyed(self, ticket: Ticket, key: str) -> None:
        """A ticket got another key."""
        self._left[ticket.issue_id] = replace(ticket, key=key)
