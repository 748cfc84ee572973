"""FireFighter's own records of issues, which it calls tickets: whose an issue is, and its key."""

import re
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

    def __str__(self) -> str:
        whose = "no incident" if self.incident is None else f"incident {self.incident}"
        return f"{self.key} (issue {self.issue_id}) of {whose}"


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


_SPELLED = re.compile(r"(.*?) \(issue (\d{1,18})\) of (?:incident (\d{1,18})|no incident)(?:; |$)")


def spelled(tickets: Iterable[Ticket]) -> str | None:
    """Tickets as the journal keeps them and its history shows them; None for none."""
    ordered = sorted(tickets, key=lambda one: (one.issue_id, one.incident or 0))
    return "; ".join(map(str, ordered)) or None


def tickets_in(text: object) -> tuple[Ticket, ...]:
    """The tickets that `spelled` spelled; none for any other value.

    A text that somebody else made may tell of others: who writes by them compares them first.
    """
    if not isinstance(text, str):
        return ()
    return tuple(
        Ticket(int(issue), key, int(incident) if incident else None)
        for key, issue, incident in _SPELLED.findall(text)
    )
