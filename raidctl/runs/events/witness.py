"""Which links a survey has read: what events tell of these is settled by what it found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from raidctl.core.mapping.book import ProjectMapping
from raidctl.core.memory import Readings
from raidctl.core.model import Incident
from raidctl.core.plan.case import ComparedLink
from raidctl.core.plan.item import Item


@dataclass(frozen=True, slots=True)
class Sight:
    """An incident's issue as it was read; `id` is None where it was not visible."""

    key: str
    id: int | None = None
    updated_at: datetime | None = None


class Witness:
    """A survey's observer that keeps which issue each incident had, as `links`."""

    def __init__(self) -> None:
        self.links: dict[int, Sight] = {}

    def saw(self, link: ComparedLink, mapping: ProjectMapping, verdicts: Sequence[Item]) -> None:
        """A link was read."""
        issue = link.link.issue
        self.links[link.link.incident.id] = Sight(issue.key, issue.id, issue.updated_at)

    def missed(self, incident: Incident, readings: Readings) -> None:
        """Its issue was asked for, and is not visible."""
        self.links[incident.id] = Sight(incident.issue_key or "")

    def batch_ends(self, accounts: Mapping[str, str]) -> None:
        """Nothing is written."""
