"""What backfill needs of Impact: FireFighter's own records of issues, read and written."""

from collections.abc import Collection, Iterator, Sequence
from typing import Protocol

from raidctl.core.backfill.tickets import NewTicket, Ticket


class TicketSource(Protocol):
    """Reads tickets, where the database is read. `requests` counts the queries."""

    @property
    def requests(self) -> int:
        """Queries sent so far."""
        ...

    def tickets(self) -> Iterator[Ticket]:
        """Every ticket once, in no order, read as it is asked for. Raises `ServiceError`."""
        ...

    def of(self, incidents: Collection[int], issues: Collection[int] = ()) -> Sequence[Ticket]:
        """Those of these incidents and of these issues as they are this moment, each once.

        Raises `ServiceError`.
        """
        ...


class TicketWriter(Protocol):
    """Writes tickets, each call in one transaction. What came of it is told by reading alone.

    Everything is compared with what the caller saw, under a lock. Every method raises
    `ServiceError` where nothing was written: category `conflict` where something else stands there
    than was seen, `permission`, `validation` for what FireFighter's tables do not take; and
    `LostAnswerError` where it cannot be known whether it was. Written again, nothing happens.
    """

    @property
    def requests(self) -> int:
        """Transactions sent so far."""
        ...

    def missing(self) -> Sequence[str]:
        """What the user lacks to write tickets, each in words; nothing where it is all there.

        Raises `ServiceError` where Impact is not what this writer knows how to write.
        """
        ...

    def link(self, new: NewTicket, standing: Collection[Ticket] = ()) -> frozenset[str]:
        """Make the issue the incident's, by the rows that FireFighter's own creation leaves.

        `standing` are the tickets of the incident and of the issue as the caller saw them. They
        give way: the incident's other ticket is no incident's then, and the issue's own is this
        incident's. The answer is the accounts that became FireFighter's JIRA users by it. An
        assignee whom FireFighter has no user for is left out; a reporter like that is `validation`.
        """
        ...

    def rekey(self, ticket: Ticket, key: str) -> None:
        """Give a ticket the key that its issue has now; `ticket` is how the caller saw it."""
        ...

    def unlink(
        self, ticket: Ticket, standing: Collection[Ticket], accounts: Collection[str] = ()
    ) -> None:
        """Take back the `link` that left `ticket`, to the tickets that were `standing` before it.

        A ticket that was not among them is deleted with its rows; so are the JIRA users of
        `accounts`, as `link` answered them, where nothing else needs them.
        """
        ...
