"""Settle what an earlier run left open: read, judge, record; nothing is sent again."""

from collections.abc import Sequence
from dataclasses import replace

from raidctl.core.mapping import Relation
from raidctl.core.model import Issue, Reason, SyncDirection
from raidctl.core.outcome import Outcome, Result
from raidctl.core.record import OpenWrite, Settled
from raidctl.core.verdict import Item, Subject, Verdict
from raidctl.runs.orders import Desk, Orders
from raidctl.runs.read_back import Historian, judge_issue

_WORDS = {
    Outcome.APPLIED: "it had been written",
    Outcome.NORMALISED: "it had been written",
    Outcome.REFUSED: "it had not been written",
}


def recover(desk: Desk, orders: Orders) -> list[Item]:
    """An item for each open write of an earlier run, with what became of it.

    Raises `ServiceError` where that cannot be read: then nothing may be written.
    """
    open_writes = desk.journal.open_writes()
    if not open_writes:
        return []
    historian = Historian(desk.tracker)
    items, settled = [], []
    for write, issue in zip(open_writes, _issues(desk, open_writes), strict=True):
        one = _settled(orders, write, issue, historian)
        settled.append(one)
        items.append(_item(write, one.result))
    desk.journal.settle(settled, [], orders.run, orders.clock())
    return items


def _issues(desk: Desk, writes: Sequence[OpenWrite]) -> list[Issue | None]:
    numbers = list(dict.fromkeys(write.intent.issue_id for write in writes))
    found: dict[int, Issue | None] = {}
    size = desk.tracker.current_size
    for start in range(0, len(numbers), size):
        lot = numbers[start : start + size]
        found.update(zip(lot, desk.tracker.current(lot), strict=True))
    return [found[write.intent.issue_id] for write in writes]


def _settled(
    orders: Orders, write: OpenWrite, issue: Issue | None, historian: Historian
) -> Settled:
    intent = write.intent
    project = (intent.issue if issue is None else issue.key).rpartition("-")[0]
    relation: Relation = orders.book.of(project).relations[intent.field]
    result, baseline = judge_issue(intent, relation, write.hops, None, issue, historian)
    words = _WORDS.get(result.outcome, result.detail)
    why = f"run {write.run} ended before it knew: {words}"
    return Settled(write.id, replace(result, outcome=Outcome.RECOVERED, detail=why), baseline)


def _item(write: OpenWrite, result: Result) -> Item:
    intent = write.intent
    to_jira = intent.direction is SyncDirection.IMPACT_TO_JIRA
    sides = (intent.source, intent.old) if to_jira else (intent.old, intent.source)
    return Item(
        subject=Subject(intent.incident, "", "", issue=intent.issue, issue_id=intent.issue_id),
        field=intent.field,
        impact=sides[0],
        jira=sides[1],
        verdict=Verdict.WRITE_JIRA if to_jira else Verdict.WRITE_IMPACT,
        direction=intent.direction,
        reason=Reason.UNFINISHED,
        to=intent.new,
        result=result,
    )
