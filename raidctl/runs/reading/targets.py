"""What was written, read again: the targets of changes as they are now."""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TypeVar

from raidctl.core.history import History, Revision
from raidctl.core.mapping.book import MappingBook
from raidctl.core.mapping.relation import Relation
from raidctl.core.model import Incident, Issue, Side, plain
from raidctl.core.plan.item import Change
from raidctl.core.writes.judge import Since, judged
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.core.writes.settlement import Sent, Settlement
from raidctl.errors import Category, ServiceError
from raidctl.ports.impact import IncidentSource
from raidctl.ports.jira import IssueTracker
from raidctl.ports.systems import WritableSystems
from raidctl.prefetch import batches

GONE = "the issue is gone or hidden from this user"
INCIDENT_GONE = "the incident is gone or hidden from this user"
PATIENCE = 12
UNANSWERED = 4  # times what a failure counts that is none of one thing's

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Landed:
    """Incidents and issues that were written, as they are now.

    None is one that is not there, an error one that could not be read.
    """

    incidents: Mapping[int, Incident | ServiceError | None]
    issues: Mapping[int, Issue | ServiceError | None]
    tracker: IssueTracker
    skew: timedelta

    def judge(self, book: MappingBook, sent: Sent) -> Settlement:
        """What became of a field's change, by what its target holds, and the baseline it leaves.

        Raises the `ServiceError` for which its target could not be read.
        """
        change, subject = sent.change, sent.change.subject
        incident = self.incidents.get(subject.incident)
        issue = self.issues.get(subject.issue_id or 0)
        target = incident if change.side is Side.IMPACT else issue
        if isinstance(target, ServiceError):
            raise target
        if target is None:
            why = INCIDENT_GONE if change.side is Side.IMPACT else GONE
            result = sent.failure or Result(Outcome.FAILED, None, Category.NOT_FOUND, why)
            return Settlement(change, result, sent.write, None, sent.refused)
        found = target.value(change.name)
        # The project is the one that the issue is in now, as far as it was read.
        project = issue.project if isinstance(issue, Issue) else subject.project
        relation = book.of(project).relations[change.name]
        since = partial(self._since, sent, relation)
        result, baseline = judged(change, relation, sent.hops, sent.failure, found, since)
        return Settlement(change, result, sent.write, baseline, sent.refused)

    def _since(self, sent: Sent, relation: Relation) -> Since | None:
        """What the target's history tells; nothing where it cannot be asked."""
        change, issue = sent.change, sent.change.subject.issue_id
        if change.side is Side.IMPACT or issue is None:
            return None  # Impact keeps what it takes as it is: any third value is another's
        try:
            told, account = self.tracker.revisions([issue]), self.tracker.myself()
        except ServiceError:
            return None
        revisions = History({Side.JIRA: told.get(issue, ())}).of(Side.JIRA, change.name)
        if not revisions:
            return None
        if revisions[-1].account == account:
            return Since.ALONE
        arrived = any(
            one.account == account
            and one.at != change.edited_at
            and (sent.at is None or one.at >= sent.at - self.skew)
            and relation.same(Side.JIRA, change.to, plain(one.new))
            for one in revisions
        )
        return Since.REPLACED if arrived else Since.OTHERS


def issues_now(
    tracker: IssueTracker, numbers: Iterable[int]
) -> Mapping[int, Issue | ServiceError | None]:
    """These issues by id as they are this moment; None for one that is missing or forbidden.

    An error stands for one that cannot be read.
    """

    def read(batch: Sequence[int]) -> Mapping[int, Issue | None]:
        return dict(zip(batch, tracker.current(batch), strict=True))

    return _each(read, numbers, tracker.current_size)


def incidents_now(
    source: IncidentSource, numbers: Collection[int]
) -> Mapping[int, Incident | ServiceError]:
    """Those of these incidents that there are, as `issues_now`."""

    def read(batch: Sequence[int]) -> Mapping[int, Incident]:
        return source.current(batch)

    return _each(read, numbers, len(numbers))


def incidents_there(
    source: IncidentSource, numbers: Collection[int]
) -> Mapping[int, Incident | ServiceError]:
    """As `incidents_now`, read at once; raises `ServiceError` where Impact itself is away."""
    try:
        return source.current(numbers)
    except ServiceError as error:
        if not error.answered:
            raise
        return incidents_now(source, numbers)


def traced_now(
    tracker: IssueTracker, numbers: Iterable[int]
) -> Mapping[int, tuple[Issue, Sequence[Revision]] | ServiceError | None]:
    """As `issues_now`, each with what its changelog tells."""

    def read(batch: Sequence[int]) -> Mapping[int, tuple[Issue, Sequence[Revision]] | None]:
        return dict(zip(batch, tracker.traced(batch), strict=True))

    return _each(read, numbers, tracker.current_size)


def read_targets(systems: WritableSystems, changes: Sequence[Change], skew: timedelta) -> Landed:
    """What these changes were to write; `skew` is how far clocks may differ."""

    incidents = {one.subject.incident for one in changes if one.side is Side.IMPACT}
    issues = [one.subject.issue_id for one in changes if one.side is Side.JIRA]
    return Landed(
        incidents_now(systems.source, incidents),
        issues_now(systems.tracker, filter(None, issues)),
        systems.tracker,
        skew,
    )


def _each(
    read: Callable[[Sequence[int]], Mapping[int, T]], numbers: Iterable[int], size: int
) -> Mapping[int, T | ServiceError]:
    """What is read batch by batch; where a batch fails, in smaller ones: one thing hides no other.

    Those are halves where the system answers, and single ones where it does not: of those it may
    answer some. Once `PATIENCE` in a row failed, the rest is not asked for.
    """
    found: dict[int, T | ServiceError] = {}
    lost = 0
    last: ServiceError | None = None
    parts = deque(batches(dict.fromkeys(numbers), size))
    while parts:
        part = parts.popleft()
        if last is not None and lost >= PATIENCE:
            found.update(dict.fromkeys(part, last))
            continue
        try:
            found.update(read(part))
            lost = 0
        except ServiceError as error:
            last = error
            if len(part) > 1:
                step = (len(part) + 1) // 2 if error.answered else 1
                parts.extendleft(reversed(list(batches(part, step))))
            else:
                lost += 1 if error.answered else UNANSWERED
                found[part[0]] = error
    return found
