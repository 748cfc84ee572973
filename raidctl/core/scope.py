"""Which incidents a run looks at."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from raidctl.core.mapping.tables import folded
from raidctl.core.model import Incident, IncidentStatus, Issue


@dataclass(frozen=True, slots=True)
class Scope:
    """Incidents to read. Times are aware.

    Named ones (`incidents` by id, `keys` by issue key, `issues` by issue id where Impact shows
    that, which is where its database is read) are in scope whatever their status.
    Else every open one, those last seen open (`watched`), and closed ones created since
    `closed_since`; `everything` lifts that. `created_since` takes all since then, closed ones
    too, and none from before.
    """

    incidents: frozenset[int] = frozenset()
    keys: frozenset[str] = frozenset()
    everything: bool = False
    closed_since: datetime | None = None
    created_since: datetime | None = None
    watched: frozenset[int] = frozenset()
    issues: frozenset[int] = frozenset()

    @property
    def named(self) -> bool:
        """Whether single incidents or issues were asked for."""
        return bool(self.incidents or self.keys or self.issues)

    @property
    def partly(self) -> bool:
        """Whether less was asked for than a run looks at by itself."""
        return self.named or self.created_since is not None

    def covers(self, incident: Incident) -> bool:
        """Whether an incident that was read is one of those asked for."""
        if self.created_since is not None and incident.created_at < self.created_since:
            return False
        if self.named:
            key = (incident.issue_key or "").upper()
            ours = incident.id in self.incidents or key in self.keys
            return ours or incident.issue_id in self.issues
        return (
            self.everything
            or self.created_since is not None
            or incident.status != IncidentStatus.CLOSED.name
            or incident.id in self.watched
            or (self.closed_since is not None and incident.created_at >= self.closed_since)
        )


@dataclass(frozen=True, slots=True)
class Selection:
    """Folded names; empty means any. A link is taken when either side has one of them.

    `typed` has every name as it was asked for, with its folded spellings.
    """

    statuses: frozenset[str] = frozenset()
    priorities: frozenset[str] = frozenset()
    typed: tuple[tuple[str, frozenset[str]], ...] = field(default=(), compare=False)

    def takes(self, incident: Incident, issue: Issue | None) -> bool:
        """Whether a link is to be shown; an incident without a visible issue counts alone."""
        if not (self.statuses or self.priorities):  # as nearly always
            return True
        statuses = {incident.status, issue.status if issue else None}
        priorities = {incident.priority, issue.priority if issue else None}
        return _any(self.statuses, statuses) and _any(self.priorities, priorities)

    def unknown(self, names: Collection[str]) -> list[str]:
        """What was asked for and is none of these folded names."""
        return [typed for typed, spellings in self.typed if spellings.isdisjoint(names)]


def names_of(one: Incident | Issue | None) -> set[str]:
    """The folded names of its status and its priority, as far as it has any."""
    values = () if one is None else (one.status, one.priority)
    return {folded(str(value)) for value in values if value is not None}


def selection(statuses: list[str], priorities: list[str]) -> Selection:
    """A selection out of what a user types: "Post-mortem", "in progress", "P2", "2", "High"."""
    by_status = [(typed, frozenset(_spellings(typed))) for typed in statuses]
    by_priority = [(typed, frozenset(_values(typed))) for typed in priorities]
    return Selection(
        frozenset(name for _, names in by_status for name in names),
        frozenset(name for _, names in by_priority for name in names),
        (*by_status, *by_priority),
    )


def _spellings(status: str) -> set[str]:
    """JIRA's own name, and Impact's: its label differs from the name we give it."""
    return {folded(status), folded(status).replace("-", "_").replace(" ", "_")}


def _values(priority: str) -> set[str]:
    """JIRA's own name, and the number behind FireFighter's "P2"."""
    name = folded(priority)
    number = name.removeprefix("p")
    return {name, number} if number.isdigit() else {name}


def _any(wanted: frozenset[str], values: Collection[object]) -> bool:
    return not wanted or any(folded(str(value)) in wanted for value in values if value is not None)
