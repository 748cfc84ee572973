"""Which incidents events are about: as they say, as the journal knows, as Impact shows."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from raidctl.core.events.event import Event
from raidctl.core.scope import Scope
from raidctl.ports.systems import Systems

Places = Mapping[str, frozenset[int]]
"""Incidents by the name of the event: nobody's is about none, and one that is missing could not be
looked for."""
_MARGIN = timedelta(minutes=10)  # clocks may be apart, and one transaction may last


class Directory:
    """Finds incidents by their issues; what the journal does not know Impact is asked for.

    By REST no filter finds an incident by its issue: the whole list is read once (1.1 ms an
    incident), and from then on what was created since. `by_issue`: one query does.
    """

    def __init__(self, *, by_issue: bool) -> None:
        self._by_issue = by_issue
        self._seen: dict[int | str, set[int]] = defaultdict(set)
        self._read_at: datetime | None = None

    def places(self, systems: Systems, events: Iterable[Event], now: datetime) -> Places:
        """The incidents of each event. Raises `ServiceError`."""
        found: dict[str, frozenset[int]] = {}
        of_issues = []
        for event in events:
            if event.incident is None:
                of_issues.append(event)
            else:
                found[event.name] = frozenset({event.incident})
        known = _known(systems, of_issues)
        unknown = [event for event in of_issues if not known.get(event.name)]
        complete = self._look(systems, unknown, now) if unknown else True
        for event in unknown:
            names = (event.issue, event.issue_id)
            incidents = {one for name in names if name for one in self._seen.get(name, ())}
            if incidents or complete:
                found[event.name] = frozenset(incidents)
        return found | {name: incidents for name, incidents in known.items() if incidents}

    def _look(self, systems: Systems, events: Collection[Event], now: datetime) -> bool:
        """Read what may have them; whether all of it could be read."""
        if self._by_issue:
            keys = frozenset(event.issue for event in events if event.issue)
            ids = frozenset(event.issue_id for event in events if event.issue_id)
            scope, self._seen = Scope(keys=keys, issues=ids), defaultdict(set)
        elif self._read_at is None:
            scope = Scope(everything=True)
        else:
            scope = Scope(created_since=self._read_at - _MARGIN)
        before = len(systems.source.unread)
        for incident in systems.source.incidents(scope):
            for name in ((incident.issue_key or "").upper(), incident.issue_id):
                if name:
                    self._seen[name].add(incident.id)
        complete = len(systems.source.unread) == before
        if complete:
            self._read_at = now
        return complete


def _known(systems: Systems, events: Collection[Event]) -> Mapping[str, frozenset[int]]:
    """By the journal: what was last seen linked to the issue, and its own links."""
    if not events:
        return {}
    ids = {event.issue_id for event in events if event.issue_id}
    claimants = systems.journal.claimants(ids)
    own: dict[object, set[int]] = defaultdict(set)
    for link in systems.journal.own_links():
        own[link.issue_id].add(link.incident)
        own[link.issue.upper()].add(link.incident)
    return {
        event.name: frozenset(claimants.get(event.issue_id or 0, ()))
        | frozenset(own.get(event.issue_id, ()))
        | frozenset(own.get(event.issue, ()))
        for event in events
    }
