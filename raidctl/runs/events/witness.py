"""Which links a survey has read: what events tell of these is settled by what it found."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from raidctl.core.events.event import Event
from raidctl.core.mapping.book import ProjectMapping
from raidctl.core.memory import Readings
from raidctl.core.model import Incident
from raidctl.core.plan.case import ComparedLink
from raidctl.core.plan.decide import DriftedFields
from raidctl.core.plan.item import Item
from raidctl.ports.jira import IssueTracker

LAG = timedelta(seconds=5)
"""How much earlier than the event of a change JIRA may say that an issue was changed by it."""


@dataclass(frozen=True, slots=True)
class Sight:
    """An incident's issue as it was read; `id` is None where it was not visible."""

    key: str
    id: int | None = None
    updated_at: datetime | None = None

    def before(self, event: Event, ahead: timedelta) -> bool:
        """Whether it was read as it stood before an event; JIRA's clock is `ahead` of ours.

        A search shows that as long as its index lags.
        """
        told, seen = event.at, self.updated_at
        return told is not None and seen is not None and seen + LAG < told - ahead


class Witness:
    """A survey's observer that keeps which issue each incident had, as `links`.

    Of all that is read it keeps what `events` are about, where some are given.
    """

    def __init__(self, events: Collection[Event] | None = None) -> None:
        self.links: dict[int, Sight] = {}
        self._events = events
        told = events or ()
        self._incidents = {one.incident for one in told}
        self._issues = {name for one in told for name in (one.issue_id, one.issue) if name}

    def saw(self, link: ComparedLink, mapping: ProjectMapping, drifted: DriftedFields) -> None:
        """A link was read."""
        issue = link.link.issue
        self._keep(link.link.incident.id, Sight(issue.key, issue.id, issue.updated_at))

    def missed(self, incident: Incident, readings: Readings) -> None:
        """Its issue was asked for, and is not visible."""
        self._keep(incident.id, Sight(incident.issue_key or ""))

    def batch_ends(self, accounts: Mapping[str, str]) -> None:
        """Nothing is written."""

    def _keep(self, incident: int, sight: Sight) -> None:
        named = incident in self._incidents or not self._issues.isdisjoint((sight.id, sight.key))
        if named or self._events is None:
            self.links[incident] = sight


def searches(tracker: IssueTracker) -> bool:
    """Whether it reads issues by a search, whose index may lag; by id none does."""
    return tracker.current_size < tracker.batch_size


def by_incident(items: Iterable[Item]) -> Mapping[int, Sequence[Item]]:
    """Items by whose they are."""
    found: dict[int, list[Item]] = defaultdict(list)
    for item in items:
        found[item.subject.incident].append(item)
    return found
