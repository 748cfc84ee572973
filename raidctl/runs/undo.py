"""The `undo` run: take back what an earlier run wrote, where nobody has changed it since."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from raidctl.core.mapping import MappingBook
from raidctl.core.model import (
    Field,
    Incident,
    Issue,
    Link,
    Readable,
    Reason,
    SyncDirection,
    values,
)
from raidctl.core.outcome import Outcome, Result
from raidctl.core.policy import Policy
from raidctl.core.record import Run, Write
from raidctl.core.report import Report, summarised
from raidctl.core.saved import plan_hash
from raidctl.core.verdict import Item, Subject, Verdict, subject_of
from raidctl.errors import Category, UsageError
from raidctl.ports import JournalReader
from raidctl.runs.changes import plain
from raidctl.runs.current import incidents_now, issues_now
from raidctl.runs.orders import Desk, Orders
from raidctl.runs.read_back import GONE, INCIDENT_GONE

TO_JIRA = SyncDirection.IMPACT_TO_JIRA


@dataclass(frozen=True, slots=True)
class Wish:
    """What of a run is to be taken back: all of it, or these targets and fields of it."""

    run: str
    incidents: frozenset[int] = frozenset()
    keys: frozenset[str] = frozenset()
    fields: frozenset[Field] = frozenset(Field)


def known_run(journal: JournalReader, wish: Wish) -> Run:
    """The run that a wish is about; raises `UsageError` for one that nobody knows."""
    for run in journal.named_runs([wish.run]):
        return run
    raise UsageError(f"no run {wish.run} in the journal: see raidctl history")


def to_take_back(journal: JournalReader, wish: Wish) -> list[Write]:
    """The writes that a wish is about: of each field the last one that still stands.

    Raises `UsageError` for a run that nobody knows, one that wrote none of it, and one that is
    taken back already.
    """
    known_run(journal, wish)
    writes = [
        write
        for write in journal.writes(run=wish.run, incidents=wish.incidents, keys=wish.keys)
        if write.field in wish.fields and write.landed
    ]
    if not writes:
        of_it = " of this" if wish.incidents or wish.keys or len(wish.fields) < len(Field) else ""
        raise UsageError(f"run {wish.run} wrote nothing{of_it} that could be taken back")
    undoing = journal.undoing([write.id for write in writes])
    standing = [write for write in writes if _stands(write, undoing)]
    if not standing:
        last = undoing[-1].run
        raise UsageError(
            f"run {wish.run} is taken back already, by {last}; raidctl undo {last} takes that back"
        )
    return list({(one.incident, one.issue_id, one.field): one for one in standing}.values())


def plan_undo(
    desk: Desk, orders: Orders, writes: Sequence[Write], policy: Policy
) -> tuple[Item, ...]:
    """An item for each write: the value it replaced, against the one it left.

    What somebody has changed since has a result already, `stale`. Raises `ServiceError` where a
    system cannot be read.
    """
    incidents = incidents_now(desk.source, {write.incident for write in writes})
    issues = issues_now(desk.tracker, [write.issue_id for write in writes])
    items = [
        _item(write, incidents.get(write.incident), issues[write.issue_id], policy, orders.book)
        for write in writes
    ]
    order: dict[Field | None, int] = {name: at for at, name in enumerate(Field)}
    return tuple(sorted(items, key=lambda item: (item.subject.incident, order[item.field])))


def report_of_undo(
    desk: Desk, orders: Orders, run: Run, items: Sequence[Item], sites: tuple[str, str]
) -> Report:
    """The plan of an undo as a report."""
    links = len({item.subject.incident for item in items})
    return Report(
        command="undo",
        run=run.id,
        direction=None,
        started_at=run.started_at,
        finished_at=orders.clock(),
        plan=plan_hash((item for item in items if item.pending), orders.book.fingerprints, sites),
        summary=summarised(items, links, 0, desk.requests),
        items=tuple(items),
    )


def _stands(write: Write, undoing: Collection[Write]) -> bool:
    """Whether nothing that stands took the write back."""
    return not any(
        one.landed and _stands(one, undoing) for one in undoing if one.undoes == write.id
    )


def _item(
    write: Write,
    incident: Incident | None,
    issue: Issue | None,
    policy: Policy,
    book: MappingBook,
) -> Item:
    """The verdict on one write; a result where there is nothing left to do."""
    if incident is None or issue is None:
        gone = INCIDENT_GONE if incident is None else GONE
        subject = Subject(write.incident, "", "", issue=write.issue, issue_id=write.issue_id)
        pair = (None, write.read_back)
        made = _made(write, subject, pair if write.direction is TO_JIRA else pair[::-1])
        return replace(made, result=Result(Outcome.STALE, None, Category.NOT_FOUND, gone))
    link = Link(incident, issue)
    impact, jira = values(link, write.field)
    made = _made(write, subject_of(link), (impact, jira))
    now, side = (jira, "JIRA") if write.direction is TO_JIRA else (impact, "Impact")
    if now != write.read_back:
        why = f"{side} has changed it since that run wrote it"
        return replace(made, result=Result(Outcome.STALE, now, Category.CONFLICT, why))
    status = book.of(issue.project).status
    if made.field is Field.STATUS and status.closes(write.direction.source, made.to):
        made = replace(made, closes=True)
        if not policy.allow_close:
            return replace(made, verdict=Verdict.HOLD, reason=Reason.CLOSING, undoes=None)
    if write.direction is not TO_JIRA and not policy.can_write_impact(write.field, made.to):
        return replace(made, verdict=Verdict.HOLD, reason=Reason.READ_ONLY, undoes=None)
    return made


def _made(write: Write, subject: Subject, pair: tuple[Readable, Readable]) -> Item:
    """The value that was there before, in the place of what the write left."""
    return Item(
        subject=subject,
        field=write.field,
        impact=pair[0],
        jira=pair[1],
        verdict=Verdict.WRITE_JIRA if write.direction is TO_JIRA else Verdict.WRITE_IMPACT,
        direction=write.direction,
        reason=Reason.UNDO,
        to=plain(write.old),
        undoes=write.id,
    )
