"""Where incidents belong now, whose issues an earlier run wrote."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from raidctl.core.model import Incident, Issue
from raidctl.core.reasons import Reason
from raidctl.core.scope import Scope
from raidctl.core.writes.log import Write
from raidctl.errors import ServiceError
from raidctl.halves import by_halves
from raidctl.ports.jira import IssueRef
from raidctl.ports.systems import Systems
from raidctl.prefetch import batches


@dataclass(frozen=True, slots=True)
class Belonging:
    """Where the incidents belong now: the issue each key leads to, and who claims which key.

    A key leads to None where its issue is not visible, or cannot be read.
    """

    leads: Mapping[str, Issue | None]
    claims: Mapping[str, Collection[int]]

    @classmethod
    def of(
        cls, systems: Systems, incidents: Iterable[Incident], writes: Iterable[Write]
    ) -> "Belonging":
        """Ask both systems; raises `ServiceError`."""
        known = {write.incident: write.issue_id for write in writes}
        refs = [IssueRef(one.issue_key, known[one.id]) for one in incidents if one.issue_key]
        leads: dict[str, Issue | None] = {}
        for batch in batches(refs, systems.tracker.batch_size):
            leads.update((ref.key.upper(), None) for ref in batch)
            for part, found in by_halves(systems.tracker.issues, batch):
                if not isinstance(found, ServiceError):
                    pairs = zip(part, found, strict=True)
                    leads.update((r.key.upper(), i) for r, i in pairs if isinstance(i, Issue))
                elif not found.answered:
                    raise found
        claims: dict[str, set[int]] = {}
        for one in systems.source.incidents(Scope(keys=frozenset(leads))) if leads else ():
            claims.setdefault((one.issue_key or "").upper(), set()).add(one.id)
        return cls(leads, claims)

    def hold(self, write: Write, incident: Incident) -> tuple[Reason, str] | None:
        """Why the link is not the one that was written, or not its incident's alone."""
        key = incident.issue_key
        if key is None:
            return Reason.UNLINKED, f"it belonged to {write.issue} when that run wrote it"
        issue, others = self.leads[key.upper()], self.claims.get(key.upper(), set())
        if issue is None:
            return Reason.NOT_VISIBLE, f"Impact links the incident to {key} now"
        if issue.id != write.issue_id:
            return Reason.RELINKED, f"it belonged to {write.issue} when that run wrote it"
        if shared := sorted(set(others) - {incident.id}):
            named = ", ".join(f"#{number}" for number in shared)
            return Reason.SHARED_ISSUE, f"{issue.key} also belongs to incident {named}"
        return None
