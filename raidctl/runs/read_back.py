"""Read what was written, and settle it in the journal."""

from collections.abc import Mapping, Sequence

from raidctl.core.judge import judged
from raidctl.core.mapping import Relation
from raidctl.core.memory import Baseline
from raidctl.core.model import Field, Issue, jira_value
from raidctl.core.outcome import Outcome, Result
from raidctl.core.record import Attempt, Intent, Settled
from raidctl.errors import Category, ServiceError
from raidctl.ports import IssueTracker
from raidctl.runs.brakes import Brakes
from raidctl.runs.changes import Change, Job
from raidctl.runs.orders import Desk, Orders

GONE = "the issue is gone or hidden from this user"
UNKNOWN = "it could not be read back, so nobody knows whether it acted: the next run reads first"


class Historian:
    """Tells whether raidctl itself was the last to write a field of an issue."""

    def __init__(self, tracker: IssueTracker) -> None:
        self._tracker = tracker

    def wrote_last(self, issue: int, name: Field) -> bool:
        """By JIRA's changelog; False where it does not tell."""
        try:
            edit = self._tracker.edits([issue]).get(issue, {}).get(name)
            return edit is not None and edit.account == self._tracker.myself()
        except ServiceError:
            return False


def settle(desk: Desk, orders: Orders, jobs: Sequence[Job], brakes: Brakes) -> None:
    """Read every issue that was written, judge each change, and journal the outcomes at once.

    What cannot be read back stays open in the journal.
    """
    sent = [job for job in jobs if any(change.write is not None for change in job.changes)]
    issues, failure = _read(desk.tracker, [job.issue for job in sent])
    historian = Historian(desk.tracker)
    for job in sent:
        if failure is not None:
            brakes.failed(job.project, failure)
        for change in job.changes:
            if change.write is None or change.result is not None:
                continue
            if failure is not None:
                change.result = Result(Outcome.FAILED, None, failure.category, UNKNOWN)
            else:
                _judge(change, issues[job.issue], historian)
    _journal(desk, orders, [change for job in jobs for change in job.changes], failure)


def _read(
    tracker: IssueTracker, numbers: Sequence[int]
) -> tuple[Mapping[int, Issue | None], ServiceError | None]:
    if not numbers:
        return {}, None
    try:
        return dict(zip(numbers, tracker.current(numbers), strict=True)), None
    except ServiceError as error:
        return {}, error


def _judge(change: Change, issue: Issue | None, historian: Historian) -> None:
    intent = change.intent
    change.result, change.baseline = judge_issue(
        intent, change.relation, change.hops, change.trouble, issue, historian
    )


def judge_issue(
    intent: Intent,
    relation: Relation,
    hops: Sequence[str],
    trouble: Result | None,
    issue: Issue | None,
    historian: Historian,
) -> tuple[Result, Baseline | None]:
    """What became of a write, by the issue as it is now; None is one that is not there."""
    if issue is None:
        return trouble or Result(Outcome.FAILED, None, Category.NOT_FOUND, GONE), None
    return judged(
        intent,
        relation,
        hops,
        trouble,
        jira_value(issue, intent.field),
        lambda: historian.wrote_last(issue.id, intent.field),
    )


def _refused_account(change: Change) -> bool:
    """Whether JIRA does not take an account any more: the next run looks the person up anew."""
    result = change.result
    return (
        change.intent.field is Field.COMMANDER
        and result is not None
        and (result.outcome, result.category) == (Outcome.REFUSED, Category.VALIDATION)
    )


def _journal(
    desk: Desk, orders: Orders, changes: Sequence[Change], failure: ServiceError | None
) -> None:
    settled: list[Settled] = []
    attempts: list[Attempt] = []
    baselines: list[tuple[int, int, Field, Baseline]] = []
    for change in changes:
        intent = change.intent
        if change.result is None:
            continue
        if change.write is None:
            attempts.append(Attempt(intent, change.result))
            if change.baseline is not None:
                baselines.append((intent.incident, intent.issue_id, intent.field, change.baseline))
        elif failure is None:
            settled.append(Settled(change.write, change.result, change.baseline))
    now = orders.clock()
    if unknown := [change.intent.new for change in changes if _refused_account(change)]:
        desk.journal.forget_accounts(str(account) for account in unknown)
    if baselines:
        desk.journal.record_baselines(baselines, orders.run, now)
    if settled or attempts:
        desk.journal.settle(settled, attempts, orders.run, now)
