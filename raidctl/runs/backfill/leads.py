"""What issues say whose they are, and what they lack to say it."""

from collections.abc import Iterator
from dataclasses import dataclass

from raidctl.core.backfill.backlink import PROPERTY, global_id, incident_of, named_by
from raidctl.core.backfill.making import property_part, remote_link_of
from raidctl.core.plan.item import Change, Subject
from raidctl.ports.jira_admin import IssueAdmin


@dataclass(frozen=True, slots=True)
class Leads:
    """The global ids that an issue carries: in its remote links, and in its property."""

    linked: frozenset[str]
    named: str | None

    def incidents(self, site: str) -> frozenset[int]:
        """The incidents of this site that it leads to."""
        found = (incident_of(site, name) for name in {*self.linked, self.named})
        return frozenset(number for number in found if number is not None)

    def lacking(self, site: str, subject: Subject) -> Iterator[Change]:
        """The changes after which it leads to the incident of a subject, and says so."""
        name = global_id(site, subject.incident)
        if name not in self.linked:
            yield remote_link_of(subject)
        if name != self.named:
            yield property_part(subject)


def leads_of(admin: IssueAdmin, issue: int) -> Leads:
    """What an issue says, in two requests. Raises `ServiceError`."""
    linked = frozenset(link.global_id for link in admin.remote_links(issue))
    return Leads(linked, named_by(admin.read_property(issue, PROPERTY)))
