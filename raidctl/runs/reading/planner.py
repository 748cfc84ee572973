"""The links of a run compared, and the verdicts that what is known of each leads to."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from raidctl.core.drift import compare
from raidctl.core.mapping.book import MappingBook, ProjectMapping
from raidctl.core.mapping.people import shown_on
from raidctl.core.memory import Readings
from raidctl.core.model import Link
from raidctl.core.plan.case import ComparedLink
from raidctl.core.plan.decide import DriftedFields, drifted, plan_link
from raidctl.core.plan.holds import IMPACT_HAS_IT
from raidctl.core.plan.item import Item
from raidctl.core.reasons import Reason
from raidctl.core.scope import Scope
from raidctl.ports.systems import Systems
from raidctl.runs.reading.accounts import Person
from raidctl.runs.reading.claims import Shared
from raidctl.runs.reading.request import ReadRequest

Expected = tuple[Link, int | None]
"""A link, and the id that its issue was known by before, where one was."""


@dataclass(frozen=True, slots=True)
class Planner:
    """Compares links and gives their verdicts, by the rules of one request."""

    systems: Systems
    request: ReadRequest
    book: MappingBook
    readings: Readings

    def people(self, links: Iterable[Link]) -> Iterator[Person]:
        """Whose accounts their verdicts rest on."""
        for link in links:
            fields = self.request.fields_of(link.incident.id)
            for name in self._mapping(link).people:
                email = link.incident.value(name)
                if name in fields and isinstance(email, str) and email:
                    yield email, shown_on(link.issue, name)

    def compared(
        self, links: Sequence[Expected]
    ) -> Iterator[tuple[ComparedLink, ProjectMapping, DriftedFields]]:
        """Each with its mapping and what of it has drifted (`core.plan.decide.drifted`)."""
        for compared in self._remembered(links):
            mapping = self._mapping(compared.link)
            fields = drifted(compared, mapping, self.request.policy, self.request.now)
            yield compared, mapping, fields

    def verdicts(self, compared: ComparedLink) -> list[Item]:
        """The verdicts of one link, by all that is known of it."""
        mapping = self._mapping(compared.link)
        return plan_link(compared, mapping, self.request.policy, self.request.now)

    def with_shared(
        self, links: Mapping[int, ComparedLink], shared: Mapping[int, Shared]
    ) -> dict[int, ComparedLink]:
        """Hold every link to an issue that several incidents claim.

        The first of them may have been in sync and so not been kept: it is read again.
        """
        lost = frozenset(shared.keys() - links.keys())
        again = self.systems.source.incidents(Scope(incidents=lost)) if lost else ()
        more = [(Link(one, shared[one.id].issue), None) for one in again]
        found = dict(links) | {one.link.incident.id: one for one in self._remembered(more)}
        for number, claim in shared.items():
            if number in found:
                holds = {**found[number].holds, Reason.SHARED_ISSUE: claim.why}
                found[number] = replace(found[number], holds=holds)
        return found

    def _remembered(self, links: Sequence[Expected]) -> Iterator[ComparedLink]:
        """Links compared, with what the journal knows of them."""
        memories = self.systems.journal.memories([(a.incident.id, a.issue.id) for a, _ in links])
        for (link, known), memory in zip(links, memories, strict=True):
            fields = self.request.fields_of(link.incident.id)
            compared = compare(link, self._mapping(link), fields)
            holds, readings = _holds(link, known), self.readings
            yield ComparedLink(link, compared, memory, holds, readings=readings)

    def _mapping(self, link: Link) -> ProjectMapping:
        return self.book.of(link.issue.project)


def _holds(link: Link, known: int | None) -> dict[Reason, str]:
    """What holds it as a whole, as far as it tells itself."""
    holds = {Reason.DOWNGRADED: ""} if link.incident.downgraded else {}
    if known is not None and known != link.issue.id:
        key, now = link.incident.issue_key, link.issue.id
        told = f"{key} led to the issue with id {known}, now to id {now}"
        by_impact = link.incident.issue_id is not None
        holds[Reason.RELINKED] = f"{told}; {IMPACT_HAS_IT}" if by_impact else told
    return holds
