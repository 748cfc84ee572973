"""How much an incident matters now: its priority, how open it is, how new."""

from dataclasses import dataclass
from datetime import datetime

from raidctl.core.model import Incident, IncidentStatus, Readable

_LAST = 1_000  # behind every priority of FireFighter's, its GAMEDAY (20) too


@dataclass(frozen=True, slots=True)
class Urgency:
    """Impact's own priority and status of an incident when it was read, and when it began."""

    priority: Readable
    status: Readable
    created_at: datetime

    @property
    def rank(self) -> tuple[int, int, float]:
        """What is to be looked at first comes first: P1 before P2, open before closed, then new.

        A priority that is none comes last; a status that is not known to be over counts as open.
        """
        priority = self.priority if isinstance(self.priority, int) else _LAST
        return priority, self.openness, -self.created_at.timestamp()

    @property
    def openness(self) -> int:
        """How far it is on its way to be closed: 0 for who knows."""
        found = IncidentStatus.__members__.get(str(self.status))
        return 0 if found is None else found.value


def urgency_of(incident: Incident) -> Urgency:
    """That of an incident as it was read."""
    return Urgency(incident.priority, incident.status, incident.created_at)
