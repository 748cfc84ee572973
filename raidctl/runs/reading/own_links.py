"""Incidents with the issues that raidctl's journal has for them, where Impact knows of none."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from raidctl.core.backfill.declaration import Declaration
from raidctl.core.history import Revisions, Told
from raidctl.core.model import Incident
from raidctl.core.report import Unread
from raidctl.core.scope import Scope
from raidctl.core.writes.log import OwnLink
from raidctl.ports.impact import IncidentSource
from raidctl.ports.journal import JournalReader


class LinkedIncidents:
    """An `IncidentSource` that completes another one by the journal's own links.

    The journal is asked each time: what a run has just made is found by its next reading. What
    Impact says of a link goes before.
    """

    def __init__(self, source: IncidentSource, journal: JournalReader) -> None:
        self._source = source
        self._journal = journal

    @property
    def requests(self) -> int:
        """Of the source."""
        return self._source.requests

    @property
    def clock_ahead(self) -> timedelta:
        """Of the source."""
        return self._source.clock_ahead

    @property
    def unread(self) -> Sequence[Unread]:
        """Of the source."""
        return self._source.unread

    def accounts(self) -> Mapping[str, str]:
        """Of the source."""
        return self._source.accounts()

    def revisions(self, incidents: Collection[int]) -> Revisions:
        """Of the source."""
        return self._source.revisions(incidents)

    def all_revisions(self, scope: Scope) -> Iterator[tuple[int, Told]]:
        """Of the source."""
        return self._source.all_revisions(scope)

    def declarations(self, incidents: Collection[int]) -> Mapping[int, Declaration]:
        """Of the source."""
        return self._source.declarations(incidents)

    def incidents(self, scope: Scope) -> Iterator[Incident]:
        """Every incident of the scope; one is found by the key of an own link as well."""
        own = _by_incident(self._journal.own_links())
        named = {number for number, link in own.items() if link.issue.upper() in scope.keys}
        if named:
            scope = replace(scope, incidents=scope.incidents | named)
        for incident in self._source.incidents(scope):
            yield _linked(incident, own)

    def current(self, incidents: Collection[int]) -> Mapping[int, Incident]:
        """These incidents as they are this moment."""
        own = _by_incident(self._journal.own_links_of(incidents))
        found = self._source.current(incidents)
        return {number: _linked(one, own) for number, one in found.items()}


def _by_incident(links: Iterable[OwnLink]) -> Mapping[int, OwnLink]:
    return {link.incident: link for link in links}


def _linked(incident: Incident, own: Mapping[int, OwnLink]) -> Incident:
    link = own.get(incident.id)
    if link is None or incident.issue_key is not None:
        return incident
    return replace(incident, issue_key=link.issue, issue_id=link.issue_id, own_link=True)
