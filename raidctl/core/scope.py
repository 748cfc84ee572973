"""Which incidents a run looks at."""

from dataclasses import dataclass
from datetime import datetime

from raidctl.core.model import Incident, IncidentStatus


@dataclass(frozen=True, slots=True)
class Scope:
    """Incidents to read. Times are aware.

    Named ones (`incidents` by id, `keys` by issue key) are in scope whatever their status.
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

    @property
    def named(self) -> bool:
        """Whether single incidents or issues were asked for."""
        return bool(self.incidents or self.keys)

    def covers(self, incident: Incident) -> bool:
        """Whether an incident that was read is one of those asked for."""
        if self.created_since is not None and incident.created_at < self.created_since:
            return False
        if self.named:
            key = (incident.issue_key or "").upper()
            return incident.id in self.incidents or key in self.keys
        return (
            self.everything
            or self.created_since is not None
            or incident.status != IncidentStatus.CLOSED.name
            or incident.id in self.watched
            or (self.closed_since is not None and incident.created_at >= self.closed_since)
        )
