"""Which incidents claim one and the same issue: none of them is written then."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from raidctl.core.model import Issue, Link
from raidctl.core.scope import Scope
from raidctl.ports.systems import Systems
from raidctl.runs.reading.links import FoundLink
from raidctl.runs.reading.request import ReadRequest


@dataclass(frozen=True, slots=True)
class Shared:
    """An issue that other incidents claim too, and what there is to say of it."""

    issue: Issue
    why: str


class Claims:
    """Gathers, while links are read, who claims which issue."""

    def __init__(self) -> None:
        self._owners: dict[int, int] = {}  # by issue the incident that had it first
        self._shared: dict[int, tuple[Issue, list[int]]] = {}
        self._read: set[int] = set()
        self._unasked: set[int] = set()  # of them; a run of everything has none

    def read(self, links: Sequence[FoundLink], asked: Sequence[FoundLink]) -> None:
        """These links were read; of them those that the run is about."""
        read = {link.incident.id for link in links}
        self._read |= read
        self._unasked |= read - {link.incident.id for link in asked}
        for link in links:
            if link.issue is not None:
                self._claim(link.issue, link.incident.id)

    def is_shared(self, issue: int) -> bool:
        """Whether several incidents are known to claim an issue by now."""
        return issue in self._shared

    def look_for_others(
        self,
        systems: Systems,
        request: ReadRequest,
        drifted: Collection[Link],
        calm: Collection[Link] = (),
    ) -> None:
        """Incidents that were not asked for may claim the same issues: they are read to know.

        Those of `calm` links, of which nothing is written, as far as the journal knows them.
        """
        self._look(systems, _others(systems, request, drifted), drifted)
        self._look(systems, _known(systems, calm), calm)

    def _look(self, systems: Systems, scope: Scope, links: Collection[Link]) -> None:
        claims = {
            key.upper(): link.issue
            for link in links
            for key in (link.issue.key, link.incident.issue_key or "")
        }
        for incident in systems.source.incidents(scope) if scope.named else ():
            issue = claims.get((incident.issue_key or "").upper())
            if issue is not None and incident.id not in self._read:
                self._claim(issue, incident.id)

    @property
    def shared(self) -> Mapping[int, Shared]:
        """The incidents asked for whose issue others claim as well."""
        shared: dict[int, Shared] = {}
        for issue, claimants in self._shared.values():
            for number in filter(self._was_asked, claimants):
                others = ", ".join(f"#{other}" for other in claimants if other != number)
                shared[number] = Shared(issue, f"{issue.key} also belongs to incident {others}")
        return shared

    def _was_asked(self, incident: int) -> bool:
        return incident in self._read and incident not in self._unasked

    def _claim(self, issue: Issue, incident: int) -> None:
        owner = self._owners.setdefault(issue.id, incident)
        if owner != incident:
            self._shared.setdefault(issue.id, (issue, [owner]))[1].append(incident)


def _others(systems: Systems, request: ReadRequest, drifted: Collection[Link]) -> Scope:
    """Where other claimants may be: by their issue's key, else by what the journal knows."""
    if request.thorough:
        keys = {(link.incident.issue_key or "").upper() for link in drifted}
        return Scope(keys=frozenset(keys | {link.issue.key for link in drifted}))
    return _known(systems, drifted)


def _known(systems: Systems, links: Collection[Link]) -> Scope:
    """The other incidents that the journal has seen with these issues."""
    issues = {link.issue.id for link in links}
    known = systems.journal.claimants(issues) if issues else {}
    numbers = frozenset(number for claim in known.values() for number in claim)
    return Scope(incidents=numbers - {link.incident.id for link in links})
