"""FireFighter's own records of issues, which it calls tickets: whose an issue is, and its key."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Ticket:
    """One record; `incident` is None where the issue is no incident's.

    An incident has one ticket at most, and an issue one; several may have one `key`, which is what
    FireFighter finds them by.
    """

    issue_id: int
    key: str
    incident: int | None


class Account(NamedTuple):
    """A JIRA account, and the e-mail of the FireFighter user whose it is, where that is known."""

    id: str
    email: str | None


@dataclass(frozen=True, slots=True)
class NewTicket:
    """A record to be made: what JIRA says of the issue, as FireFighter keeps it.

    `business_impact` is the value of FireFighter's field in JIRA; None where that is empty.
    """

    incident: int
    issue_id: int
    key: str
    summary: str
    description: str
    issue_type: str
    reporter: Account
    assignee: Account | None = None
    business_impact: str | None = None

    @property
    def ticket(self) -> Ticket:
        """What a reader finds once it is there."""
        return Ticket(self.issue_id, self.key, self.incident)


def same_key(tickets: Iterable[Ticket]) -> Mapping[str, tuple[Ticket, ...]]:
    """The tickets that share a key, by it: FireFighter answers 500 to every webhook of those."""
    found: dict[str, tuple[Ticket, ...]] = {}
    for ticket in tickets:
        found[ticket.key] = (*found.get(ticket.key, ()), ticket)
    return {key: some for key, some in found.items() if len(some) > 1}
