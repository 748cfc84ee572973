"""Read what was written, and settle it in the journal."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from raidctl.breaker import WriteBreaker
from raidctl.core.mapping.relation import Relation
from raidctl.core.memory import Baseline
from raidctl.core.model import Field, Incident, Issue, Side, impact_value, jira_value
from raidctl.core.writes.judge import judged
from raidctl.core.writes.log import Attempt, Intent, PermanentRefusal, Settled
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.errors import Category, ServiceError
from raidctl.ports.journal import JournalReader
from raidctl.ports.systems import WritableSystems
from raidctl.runs.context import RunContext
from raidctl.runs.reading.current import issues_now
from raidctl.runs.reading.history import Historian
from raidctl.runs.writing.changes import Change, Job

GONE = "the issue is gone or hidden from this user"
INCIDENT_GONE = "the incident is gone or hidden from this user"
UNKNOWN = "it could not be read back, so nobody knows whether it acted: the next run reads first"


@dataclass(frozen=True, slots=True)
class Targets:
    """Incidents and issues that were written, as they are now; None is one that is not there."""

    incidents: Mapping[int, Incident]
    issues: Mapping[int, Issue | None]
    historian: Historian

    def judge(
        self, intent: Intent, relation: Relation, hops: Sequence[str], trouble: Result | None
    ) -> tuple[Result, Baseline | None]:
        """What became of a write, by what its target holds now, and the baseline it leaves."""
        if intent.direction.target is Side.IMPACT:
            incident = self.incidents.get(intent.incident)
            if incident is None:
                return _gone(trouble, INCIDENT_GONE)
            # Impact keeps what it takes as it is: any third value is somebody else's.
            found, alone = impact_value(incident, intent.field), lambda: False
            return judged(intent, relation, hops, trouble, found, alone)
        issue = self.issues.get(intent.issue_id)
        if issue is None:
            return _gone(trouble, GONE)
        wrote_last = self.historian.wrote_last
        value, last = jira_value(issue, intent.field), lambda: wrote_last(issue.id, intent.field)
        return judged(intent, relation, hops, trouble, value, last)


def read_targets(systems: WritableSystems, intents: Sequence[Intent]) -> Targets:
    """What these writes were to change; raises `ServiceError` where it cannot be read."""
    incidents = {one.incident for one in intents if one.direction.target is Side.IMPACT}
    issues = [one.issue_id for one in intents if one.direction.target is Side.JIRA]
    return Targets(
        systems.source.current(incidents),
        issues_now(systems.tracker, issues),
        Historian(systems.tracker),
    )


def settle(
    systems: WritableSystems,
    context: RunContext,
    jobs: Sequence[Job],
    breaker: WriteBreaker,
    unmoved: Callable[[Job, Change], None],
) -> None:
    """Read all that was written, judge each change, and journal the outcomes at once.

    `unmoved` has the last word on a change of which Impact kept the old value and said nothing.
    What cannot be read back stays open in the journal.
    """
    for side in Side:
        sent = [(job, c) for job in jobs for c in job.changes if c.sent and c.target is side]
        try:
            targets = read_targets(systems, [change.intent for _, change in sent])
        except ServiceError as error:
            for job, change in sent:
                if side is Side.JIRA:
                    breaker.failed(job.project, error)
                change.result = Result(Outcome.FAILED, None, error.category, UNKNOWN)
                change.unread = True
            continue
        for job, change in sent:
            change.result, change.baseline = targets.judge(
                change.intent, change.relation, change.hops, change.trouble
            )
            if change.result.outcome is not Outcome.REFUSED or change.trouble is not None:
                continue
            if side is Side.IMPACT:
                unmoved(job, change)
            elif ended_so_before(systems.journal, change, Outcome.REFUSED):
                # A text whose form in JIRA is the one that stood there would be sent for ever.
                change.refused = PermanentRefusal()
    _journal(systems, context, [change for job in jobs for change in job.changes])


def ended_so_before(journal: JournalReader, change: Change, outcome: Outcome) -> bool:
    """Whether the last time these very values were sent it came to the same."""
    intent = change.intent
    past = [
        one
        for one in journal.writes(incidents=[intent.incident])
        if (one.field, one.issue_id) == (intent.field, intent.issue_id)
        if one.sent and one.id != change.write and one.direction is intent.direction
    ]
    if not past:
        return False
    last = past[-1]
    same = (last.source, last.old, last.new) == (intent.source, intent.old, intent.new)
    return same and last.outcome is outcome


def _gone(trouble: Result | None, why: str) -> tuple[Result, None]:
    return trouble or Result(Outcome.FAILED, None, Category.NOT_FOUND, why), None


def _refused_account(change: Change) -> bool:
    """Whether JIRA does not take an account any more: the next run looks the person up anew."""
    result = change.result
    return (
        change.intent.field is Field.COMMANDER
        and change.target is Side.JIRA
        and result is not None
        and (result.outcome, result.category) == (Outcome.REFUSED, Category.VALIDATION)
    )


def _journal(systems: WritableSystems, context: RunContext, changes: Sequence[Change]) -> None:
    ends = [change.settled for change in changes]
    settled = [end for end in ends if isinstance(end, Settled)]
    attempts = [end for end in ends if isinstance(end, Attempt)]
    baselines = [
        (change.intent.incident, change.intent.issue_id, change.intent.field, change.baseline)
        for change in changes
        if change.write is None and change.baseline is not None
    ]
    now = context.clock()
    if unknown := [change.intent.new for change in changes if _refused_account(change)]:
        systems.journal.forget_accounts(str(account) for account in unknown)
    if baselines:
        systems.journal.record_baselines(baselines, context.run, now)
    if settled or attempts:
        systems.journal.settle(settled, attempts, context.run, now)
