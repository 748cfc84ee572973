"""Settle what an earlier run left open: read, judge, record; nothing is sent again."""

from dataclasses import replace

from raidctl.core.model import SyncDirection
from raidctl.core.plan.item import Item, Subject, Verdict
from raidctl.core.reasons import Reason
from raidctl.core.writes.log import OpenWrite, Settled
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.ports.systems import WritableSystems
from raidctl.runs.context import RunContext
from raidctl.runs.writing.read_back import Targets, read_targets

_WORDS = {
    Outcome.APPLIED: "it had been written",
    Outcome.NORMALISED: "it had been written",
    Outcome.REFUSED: "it had not been written",
}


def recover(systems: WritableSystems, context: RunContext) -> list[Item]:
    """An item for each open write of an earlier run, with what became of it.

    Raises `ServiceError` where that cannot be read: then nothing may be written.
    """
    open_writes = systems.journal.open_writes()
    if not open_writes:
        return []
    targets = read_targets(systems, [write.intent for write in open_writes])
    settled = [_settled(context, write, targets) for write in open_writes]
    systems.journal.settle(settled, [], context.run, context.clock())
    return [_item(write, one.result) for write, one in zip(open_writes, settled, strict=True)]


def _settled(context: RunContext, write: OpenWrite, targets: Targets) -> Settled:
    intent = write.intent
    issue = targets.issues.get(intent.issue_id)
    project = (intent.issue if issue is None else issue.key).rpartition("-")[0]
    relation = context.book.of(project).relations[intent.field]
    result, baseline = targets.judge(intent, relation, write.hops, None)
    words = _WORDS.get(result.outcome, result.detail)
    why = f"run {write.run} ended before it knew: {words}"
    return Settled(write.id, replace(result, outcome=Outcome.RECOVERED, detail=why), baseline)


def _item(write: OpenWrite, result: Result) -> Item:
    intent = write.intent
    to_jira = intent.direction is SyncDirection.IMPACT_TO_JIRA
    impact, jira = intent.pair(intent.old)
    return Item(
        subject=Subject(intent.incident, "", "", issue=intent.issue, issue_id=intent.issue_id),
        field=intent.field,
        impact=impact,
        jira=jira,
        verdict=Verdict.WRITE_JIRA if to_jira else Verdict.WRITE_IMPACT,
        direction=intent.direction,
        reason=Reason.UNFINISHED,
        to=intent.new,
        result=result,
    )
