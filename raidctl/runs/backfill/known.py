"""What Impact knows of all links, whatever a run is about: which key and which issue is whose."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from raidctl.core.backfill.tickets import Ticket, same_key
from raidctl.core.model import Incident
from raidctl.core.scope import Scope
from raidctl.ports.impact import IncidentSource
from raidctl.ports.journal import JournalReader
from raidctl.ports.systems import Systems
from raidctl.runs.reading.own_links import LinkedIncidents

EVERYTHING = Scope(everything=True)


class Everyone(LinkedIncidents):
    """Incidents of a scope, for which all are read: `keys` then has the incidents of each key.

    Keys are in capitals; `issues` are those of the issues of which Impact tells the id.
    """

    def __init__(self, source: IncidentSource, journal: JournalReader) -> None:
        super().__init__(source, journal)
        self.keys: dict[str, list[int]] = {}
        self.issues: dict[int, list[int]] = {}

    def incidents(self, scope: Scope) -> Iterator[Incident]:
        """Those of the scope, in no order."""
        for one in super().incidents(EVERYTHING):
            if one.issue_key is not None:
                self.keys.setdefault(one.issue_key.upper(), []).append(one.id)
            if one.issue_id is not None:
                self.issues.setdefault(one.issue_id, []).append(one.id)
            if scope.covers(one):
                yield one


class Tickets:
    """FireFighter's tickets, and the journal's own links as if they were some.

    `doubles` are those that share a key, by it. `not_led_back` are links that raidctl made, by
    incident and issue, of which the issue does not lead back yet.
    """

    def __init__(self, systems: Systems) -> None:
        every = () if systems.tickets is None else tuple(systems.tickets.tickets())
        self.read = systems.tickets is not None
        self.doubles: Mapping[str, Sequence[Ticket]] = same_key(every)
        self._by_incident = {one.incident: one for one in every if one.incident is not None}
        self._by_issue = {one.issue_id: one for one in every}
        self._by_key: dict[str, list[Ticket]] = {}
        for one in every:
            self._by_key.setdefault(one.key, []).append(one)
        own = systems.journal.own_links()
        self._own = {one.incident: Ticket(one.issue_id, one.issue, one.incident) for one in own}
        self.not_led_back = {(one.incident, one.issue_id) for one in own if not one.led_back}

    def of(self, incident: int) -> Ticket | None:
        """FireFighter's own of an incident."""
        return self._by_incident.get(incident)

    def of_issue(self, issue: int) -> Ticket | None:
        """FireFighter's own of an issue."""
        return self._by_issue.get(issue)

    def with_key(self, key: str) -> Sequence[Ticket]:
        """Those that FireFighter has by a key."""
        return self._by_key.get(key, ())

    def standing(self, incident: int, issue: int, *, written: bool) -> Collection[Ticket]:
        """What gives way to a link of these two: where tickets are `written`, FireFighter's."""
        if written:
            found = self._by_incident.get(incident), self._by_issue.get(issue)
            return tuple(dict.fromkeys(one for one in found if one is not None))
        return tuple(
            one for one in self._own.values() if incident == one.incident or issue == one.issue_id
        )

    @property
    def issues(self) -> Collection[int]:
        """The issues that anybody knows, by their ids."""
        return {*self._by_issue, *(one.issue_id for one in self._own.values())}
