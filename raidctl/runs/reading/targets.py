"""What was written, read again: the targets of changes as they are now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from raidctl.core.mapping.book import MappingBook
from raidctl.core.mapping.relation import Relation
from raidctl.core.model import Incident, Issue, Side, impact_value, jira_value
from raidctl.core.plan.item import Change
from raidctl.core.writes.judge import judged
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.core.writes.settlement import Sent, Settlement
from raidctl.errors import Category
from raidctl.ports.systems import WritableSystems
from raidctl.runs.reading.current import issues_now
from raidctl.runs.reading.history import Historian

GONE = "the issue is gone or hidden from this user"
INCIDENT_GONE = "the incident is gone or hidden from this user"


@dataclass(frozen=True, slots=True)
class Targets:
    """Incidents and issues that were written, as they are now; None is one that is not there."""

    incidents: Mapping[int, Incident]
    issues: Mapping[int, Issue | None]
    historian: Historian

    def judge(self, book: MappingBook, sent: Sent) -> Settlement:
        """What became of a field's change, by what its target holds, and the baseline it leaves."""
        change = sent.change
        if change.side is Side.IMPACT:
            return self._judge_incident(book, sent, self.incidents.get(change.subject.incident))
        return self._judge_issue(book, sent, self.issues.get(change.subject.issue_id or 0))

    def _judge_incident(
        self, book: MappingBook, sent: Sent, incident: Incident | None
    ) -> Settlement:
        if incident is None:
            return _gone(sent, INCIDENT_GONE)
        change, relation = sent.change, self._relation(book, sent.change)
        found = impact_value(incident, change.name)
        # Impact keeps what it takes as it is: any third value is somebody else's.
        ended = judged(change, relation, sent.hops, sent.failure, found, lambda: False)
        return Settlement(change, ended[0], sent.write, ended[1], sent.refused)

    def _judge_issue(self, book: MappingBook, sent: Sent, issue: Issue | None) -> Settlement:
        if issue is None:
            return _gone(sent, GONE)
        change, relation, number = sent.change, self._relation(book, sent.change), issue.id

        def alone() -> bool:
            return self.historian.wrote_last(number, change.name)

        found = jira_value(issue, change.name)
        ended = judged(change, relation, sent.hops, sent.failure, found, alone)
        return Settlement(change, ended[0], sent.write, ended[1], sent.refused)

    def _relation(self, book: MappingBook, change: Change) -> Relation:
        """By the project that the issue is in now, as far as it was read."""
        issue = self.issues.get(change.subject.issue_id or 0)
        project = change.subject.project if issue is None else issue.project
        return book.of(project).relations[change.name]


def read_targets(systems: WritableSystems, changes: Sequence[Change]) -> Targets:
    """What these changes were to write; raises `ServiceError` where it cannot be read."""
    incidents = {one.subject.incident for one in changes if one.side is Side.IMPACT}
    issues = [one.subject.issue_id for one in changes if one.side is Side.JIRA]
    return Targets(
        systems.source.current(incidents),
        issues_now(systems.tracker, [number for number in issues if number is not None]),
        Historian(systems.tracker),
    )


def _gone(sent: Sent, why: str) -> Settlement:
    result = sent.failure or Result(Outcome.FAILED, None, Category.NOT_FOUND, why)
    return Settlement(sent.change, result, sent.write, None, sent.refused)
