"""What was written, read again: the targets of changes as they are now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from raidctl.core.mapping.book import MappingBook
from raidctl.core.model import Incident, Issue, Side
from raidctl.core.plan.item import Change
from raidctl.core.writes.judge import judged
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.core.writes.settlement import Sent, Settlement
from raidctl.errors import Category, ServiceError
from raidctl.ports.jira import IssueTracker
from raidctl.ports.systems import WritableSystems
from raidctl.prefetch import batches
from raidctl.runs.reading.history import last_authors

GONE = "the issue is gone, hidden from this user, or not to be read"
INCIDENT_GONE = "the incident is gone, hidden from this user, or not to be read"


@dataclass(frozen=True, slots=True)
class Landed:
    """Incidents and issues that were written, as they are now; None is one that is not there."""

    incidents: Mapping[int, Incident]
    issues: Mapping[int, Issue | None]
    tracker: IssueTracker

    def judge(self, book: MappingBook, sent: Sent) -> Settlement:
        """What became of a field's change, by what its target holds, and the baseline it leaves."""
        change, subject = sent.change, sent.change.subject
        incident = self.incidents.get(subject.incident)
        issue = self.issues.get(subject.issue_id or 0)
        target = incident if change.side is Side.IMPACT else issue
        if target is None:
            why = INCIDENT_GONE if change.side is Side.IMPACT else GONE
            result = sent.failure or Result(Outcome.FAILED, None, Category.NOT_FOUND, why)
            return Settlement(change, result, sent.write, None, sent.refused)
        found = target.value(change.name)
        # The project is the one that the issue is in now, as far as it was read.
        relation = book.of(issue.project if issue else subject.project).relations[change.name]
        alone = partial(self._wrote_last, change)
        result, baseline = judged(change, relation, sent.hops, sent.failure, found, alone)
        return Settlement(change, result, sent.write, baseline, sent.refused)

    def _wrote_last(self, change: Change) -> bool:
        """Whether the target's history tells that raidctl itself wrote the field last."""
        issue = change.subject.issue_id
        if change.side is Side.IMPACT or issue is None:
            return False  # Impact keeps what it takes as it is: any third value is another's
        try:
            last = last_authors(self.tracker, [issue]).get(issue, {}).get(change.name)
            return last is not None and last.account == self.tracker.myself()
        except ServiceError:
            return False


def issues_now(tracker: IssueTracker, numbers: Iterable[int]) -> Mapping[int, Issue | None]:
    """These issues by id as they are this moment; None for one that is missing or forbidden.

    Raises `ServiceError` where one of them cannot be read.
    """
    found: dict[int, Issue | None] = {}
    for batch in batches(dict.fromkeys(numbers), tracker.current_size):
        found.update(zip(batch, tracker.current(batch), strict=True))
    return found


def read_targets(systems: WritableSystems, changes: Sequence[Change]) -> Landed:
    """What these changes were to write; raises `ServiceError` where it cannot be read."""
    incidents = {one.subject.incident for one in changes if one.side is Side.IMPACT}
    issues = [one.subject.issue_id for one in changes if one.side is Side.JIRA]
    return Landed(
        systems.source.current(incidents),
        issues_now(systems.tracker, filter(None, issues)),
        systems.tracker,
    )
