"""The `undo` run: take back what an earlier run wrote, where nobody has changed it since."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from raidctl.core.backfill.making import makes_link
from raidctl.core.drift import Comparison
from raidctl.core.mapping.book import MappingBook
from raidctl.core.memory import BaselineState, Memory
from raidctl.core.model import (
    Field,
    Incident,
    Link,
    Pair,
    Readable,
    SyncDirection,
    Unreadable,
    plain,
    values,
)
from raidctl.core.plan.item import (
    ATTACH,
    CREATE_ISSUE,
    PUT_LINK_BACK,
    Change,
    Hold,
    Item,
    Subject,
    Undone,
    pending,
    subject_of,
    target_of,
)
from raidctl.core.plan.plan import Plan
from raidctl.core.plan.safety import changed_links
from raidctl.core.policy import Policy
from raidctl.core.reasons import Kind, Reason
from raidctl.core.report import Report, summarised
from raidctl.core.writes.log import Run, Write
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.errors import Category, ServiceError, UsageError
from raidctl.ports.journal import JournalReader
from raidctl.ports.systems import Systems
from raidctl.runs.backfill.taking_back import items_of_links, senders_with_links
from raidctl.runs.exit_codes import Fact
from raidctl.runs.reading.targets import GONE, INCIDENT_GONE, incidents_there, issues_now
from raidctl.runs.writing.apply import apply
from raidctl.runs.writing.belonging import Belonging
from raidctl.runs.writing.recover import recover
from raidctl.runs.writing.session import Approval, Ending, Session

TO_JIRA, AGREED = SyncDirection.IMPACT_TO_JIRA, BaselineState.AGREED


@dataclass(frozen=True, slots=True)
class UndoRequest:
    """What of a run is to be taken back: all of it, or these targets and fields of it."""

    run: str
    incidents: frozenset[int] = frozenset()
    keys: frozenset[str] = frozenset()
    fields: frozenset[Field] = frozenset(Field)

    def takes_back(self, write: Write) -> bool:
        """Whether it is a link that is to be taken back: whoever names fields means these alone."""
        return makes_link(write.target, write.part) and self.fields == frozenset(Field)


def undo(
    session: Session, wish: UndoRequest, policy: Policy, sites: tuple[str, str], approval: Approval
) -> Ending:
    """Take back what the wish names; raises `UsageError` where there is nothing to take back."""
    recovered = recover(session.systems, session.context, senders_with_links)
    systems, book = session.systems.readable, session.context.book
    with session.progress("reading"):
        plan = plan_undo(systems, book, wish, policy, sites)
        made = report_of_undo(
            systems, book, wish, plan, session.run.started_at, session.context.clock()
        )
    report = replace(
        made, run=session.run.id, summary=replace(made.summary, requests=session.systems.requests)
    )
    also = [Fact.NOT_DONE] if any(isinstance(item, Hold) for item in plan.items) else []
    carry = partial(apply, senders=senders_with_links)
    return session.carry_out(plan, report, recovered, approval.of_all, also, carry)


LAST = "last"
"""Stands for the latest run that wrote anything."""

_LATEST = 1_000  # runs to look for one that wrote
_NAMED = 20  # issues in one sentence


def meant(journal: JournalReader, wish: UndoRequest) -> UndoRequest:
    """The wish with the name of its run; raises `UsageError` for one that nobody knows."""
    if wish.run != LAST:
        return replace(wish, run=known_run(journal, wish).id)
    for run in journal.runs(_LATEST):
        if any(write.landed for write in journal.writes(run=run.id)):
            return replace(wish, run=run.id)
    raise UsageError("no run in the journal wrote anything: see raidctl history")


def known_run(journal: JournalReader, wish: UndoRequest) -> Run:
    """The run that a wish is about; raises `UsageError` for one that nobody knows."""
    for run in journal.named_runs([wish.run]):
        return run
    raise UsageError(f"no run {wish.run} in the journal: see raidctl history")


def to_take_back(journal: JournalReader, wish: UndoRequest) -> list[Write]:
    """The writes that a wish is about: of each field the last one that still stands.

    Raises `UsageError` for a run that nobody knows, one that wrote none of it, and one that is
    taken back already.
    """
    known_run(journal, wish)
    writes = [
        write
        for write in journal.writes(run=wish.run, incidents=wish.incidents, keys=wish.keys)
        if write.landed and (write.field in wish.fields or wish.takes_back(write))
    ]
    if not writes and (back := _put_links_back(journal, wish)):
        raise UsageError(
            f"run {wish.run} put links back: raidctl backfill links --from-csv FILE makes them "
            f"again, of incident,key {back}"
        )
    if not writes and (made := made_by(journal, wish)):
        raise UsageError(f"{_stays(made)} Nothing else of run {wish.run} could be taken back.")
    if not writes:
        of_it = " of this" if wish.incidents or wish.keys or len(wish.fields) < len(Field) else ""
        raise UsageError(f"run {wish.run} wrote nothing{of_it} that could be taken back")
    undoing = journal.undoing([write.id for write in writes])
    standing = [left for write in writes if (left := _left(write, undoing)) is not None]
    if not standing:
        last = undoing[-1].run
        raise UsageError(
            f"run {wish.run} is taken back already, by {last}; raidctl undo {last} takes that back"
        )
    return list(
        {(one.incident, one.issue_id, one.field, one.part): one for one in standing}.values()
    )


def _put_links_back(journal: JournalReader, wish: UndoRequest) -> str:
    """The lines of a CSV that make again the first of the links that a run put back."""
    written = journal.writes(run=wish.run, incidents=wish.incidents, keys=wish.keys)
    done = (one for one in written if one.target == PUT_LINK_BACK and one.landed)
    back = {one.incident: one.issue for one in done}
    return " ".join(f"{number},{key}" for number, key in [*back.items()][:_NAMED])


def links_of(journal: JournalReader, wish: UndoRequest) -> bool:
    """Whether a run has made links that are to be taken back, by what opens Impact for that."""
    written = journal.writes(run=wish.run, incidents=wish.incidents, keys=wish.keys)
    return any(write.landed and wish.takes_back(write) for write in written)


def made_by(journal: JournalReader, wish: UndoRequest) -> list[Write]:
    """The writes of the run that made what stays, whatever is taken back: issues, attachments."""
    written = journal.writes(run=wish.run, incidents=wish.incidents, keys=wish.keys)
    return [write for write in written if write.target in _STAYING and write.landed]


_STAYING = {CREATE_ISSUE: "A created issue", ATTACH: "An attachment"}


def _stays(made: Sequence[Write]) -> str:
    """That what was made stays, a sentence for each kind."""
    return " ".join(
        f"{what} is never deleted: {_listed([one for one in made if one.target == target])} can be "
        "deleted in JIRA alone."
        for target, what in _STAYING.items()
        if any(one.target == target for one in made)
    )


def _listed(made: Sequence[Write]) -> str:
    names = [
        f"{one.issue} {one.read_back}" if one.target == ATTACH else one.issue
        for one in made[:_NAMED]
    ]
    more = f" and {len(made) - _NAMED} more" if len(made) > _NAMED else ""
    return ", ".join(names) + more


def plan_undo(
    systems: Systems, book: MappingBook, wish: UndoRequest, policy: Policy, sites: tuple[str, str]
) -> Plan:
    """The plan of an undo; its links are those it changes: all of a run is no percentage of it.

    Raises what `to_take_back` and `items_of_undo` raise.
    """
    writes = to_take_back(systems.journal, wish)
    fields = [write for write in writes if write.field is not None]
    items = items_of_undo(systems, book, fields, policy)
    items += items_of_links(systems, [write for write in writes if write.field is None])
    return Plan(items, tuple(book.fingerprints), sites, changed_links(list(pending(items))))


def items_of_undo(
    systems: Systems, book: MappingBook, writes: Sequence[Write], policy: Policy
) -> tuple[Item, ...]:
    """An item for each write: the value it replaced, against the one it left.

    What somebody has changed since has a result already, `stale`, and so has what cannot be read
    alone. Raises `ServiceError` where a system cannot be read.
    """
    incidents = incidents_there(systems.source, {write.incident for write in writes})
    issues = issues_now(systems.tracker, [write.issue_id for write in writes])
    links, later = (
        Belonging.of(systems, [i for i in incidents.values() if isinstance(i, Incident)], writes),
        _latest(systems.journal, writes),
    )
    items: list[Item] = []
    for write in writes:
        incident, issue = incidents.get(write.incident), issues[write.issue_id]
        if isinstance(incident, ServiceError):
            items.append(_unread(write, book, incident))
        elif isinstance(issue, ServiceError):
            items.append(_unread(write, book, issue))
        elif incident is None or issue is None:
            why = INCIDENT_GONE if incident is None else GONE
            gone = Result(Outcome.STALE, None, Category.NOT_FOUND, why)
            items.append(_gone(write, book, gone))
        else:
            held = links.hold(write, incident) or _left_alone(write, incident, policy)
            last = later.get((write.incident, write.issue_id, write.field), write)
            items.append(_item(write, last, Link(incident, issue), held, policy, book))
    order: dict[Field | None, int] = {name: at for at, name in enumerate(Field)}
    return tuple(sorted(items, key=lambda item: (item.subject.incident, order[item.field])))


def report_of_undo(
    systems: Systems,
    book: MappingBook,
    wish: UndoRequest,
    plan: Plan,
    started_at: datetime,
    finished_at: datetime,
) -> Report:
    """The plan of an undo as a report, which tells what stays.

    A link agrees as far as its fields in the plan do: by the tables, or as it was seen before.
    """
    incidents = {item.subject.incident for item in plan.items}
    apart = {
        item.subject.incident
        for item, memory in zip(plan.items, _remembered(systems, plan.items), strict=True)
        if not _agrees(item, memory, book)
    }
    made = made_by(systems.journal, wish)
    return Report(
        command="undo",
        run=None,
        direction=None,
        started_at=started_at,
        finished_at=finished_at,
        plan=plan.hash,
        summary=summarised(
            plan.items, len(incidents), 0, systems.requests, agreeing=incidents - apart
        ),
        items=plan.items,
        notes=(_stays(made),) if made else (),
    )


def _remembered(systems: Systems, items: Sequence[Item]) -> Sequence[Memory]:
    links = [(item.subject.incident, item.subject.issue_id or 0) for item in items]
    return systems.journal.memories(links)


def _agrees(item: Item, memory: Memory, book: MappingBook) -> bool:
    """Whether both sides of a field agree now, as far as can be told without asking who is who."""
    name, pair = item.field, item.pair
    if name is None or any(isinstance(value, Unreadable) for value in pair):
        return False
    if item.result is not None and item.result.category != Category.CONFLICT:
        return False  # one of them is gone, or was not read
    impact, jira = map(plain, pair)
    left = memory.baselines.get(name)
    if left is not None and (left.state, left.impact, left.jira) == (AGREED, impact, jira):
        return True
    relation = book.of(item.subject.project).relations[name]
    return Comparison(name, impact, jira, relation).related


def _left(write: Write, undoing: Collection[Write]) -> Write | None:
    """A write with what is left of it; None where something that stands took it back.

    One that was taken back half way is where that stopped, and has the rest of the way to go.
    """
    for one in undoing:
        left = _left(one, undoing) if one.undoes == write.id and one.landed else None
        if left is not None:
            if not one.half_way:
                return None
            write = replace(write, read_back=left.read_back)
    return write


def _left_alone(
    write: Write, incident: Incident, policy: Policy
) -> tuple[Reason, str | None] | None:
    """Why an incident keeps, or keeps to itself, what that run left.

    What stood in JIRA before raidctl came was for JIRA's readers; what raidctl itself wrote there
    was Impact's.
    """
    if write.direction is not TO_JIRA:
        return (Reason.DOWNGRADED, None) if incident.downgraded else None
    again = write.kind is Kind.UNDO and policy.keeps_private(incident, write.name)
    return (Reason.PRIVATE, None) if again else None


def _unread(write: Write, book: MappingBook, error: ServiceError) -> Item:
    why = f"{error.seen}; {error.advice}"
    return _gone(write, book, Result(Outcome.FAILED, None, error.category, why))


def _gone(write: Write, book: MappingBook, result: Result) -> Item:
    """What can be told of a write of which one side is not there any more, or cannot be read."""
    subject = Subject(write.incident, "", "", issue=write.issue, issue_id=write.issue_id)
    left: Pair[Readable] = Pair(None, write.read_back)
    if write.direction is not TO_JIRA:
        left = Pair(*reversed(left))
    made = _made(write, subject, left, book)
    return replace(made, result=result)


def _latest(
    journal: JournalReader, writes: Sequence[Write]
) -> Mapping[tuple[int, int, Field | None], Write]:
    """Of each of these fields, what raidctl wrote last."""
    written = journal.writes(incidents={write.incident for write in writes})
    return {(one.incident, one.issue_id, one.field): one for one in written if one.landed}


def _item(
    write: Write,
    last: Write,
    link: Link,
    held: tuple[Reason, str | None] | None,
    policy: Policy,
    book: MappingBook,
) -> Item:
    """The verdict on one write; a result where somebody was faster."""
    name = write.name
    pair = values(link, name)
    made = _made(write, subject_of(link), pair, book)
    now, side = pair.of(made.side), "JIRA" if write.direction is TO_JIRA else "Impact"
    if held is not None:
        return _held(made, pair, *held)
    if isinstance(now, Unreadable):
        why = f"the token may not see this field in {side}, or it holds what raidctl cannot read"
        return _held(made, pair, Reason.UNREADABLE, why)
    if now != write.read_back:
        why = f"{side} has changed it since that run wrote it"
        if last.id != write.id and now == last.read_back and made.side is last.direction.target:
            why = f"run {last.run} of raidctl has written it since: raidctl undo {last.run} first"
        return replace(made, result=Result(Outcome.STALE, now, Category.CONFLICT, why))
    status = book.of(link.issue.project).status
    if name is Field.STATUS and status.closes(write.direction.source, made.to):
        made = replace(made, closes=True)
        if not policy.allow_close:
            return _held(made, pair, Reason.CLOSING, "raidctl undo takes --allow-close")
    lacking = None if write.direction is TO_JIRA else policy.lacks_writer(name, made.to)
    return made if lacking is None else _held(made, pair, Reason.READ_ONLY, lacking or None)


def _held(made: Change, pair: Pair[Readable], reason: Reason, detail: str | None = None) -> Hold:
    return Hold(made.subject, made.field, pair, reason, made.direction, made.to, detail)


def _made(write: Write, subject: Subject, pair: Pair[Readable], book: MappingBook) -> Change:
    """The value that was there before, in the place of what the write left."""
    name = write.name
    return Change(
        subject=subject,
        target=target_of(name, write.direction.target),
        field=name,
        direction=write.direction,
        pair=pair,
        to=plain(write.old),
        reason=Reason.UNDO,
        tables=book.of(subject.project).fingerprints[name],
        undoes=Undone(write.id, plain(write.source)),
    )
