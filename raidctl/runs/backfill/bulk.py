"""How anything is made in bulk: found, planned, agreed to, carried out group by group, told.

What was made is in the journal as soon as it is there, and so is every end: a run that was
interrupted goes on where it stopped, since what is linked is not asked for again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby

from raidctl.core.model import Side
from raidctl.core.packed import Packed, in_order
from raidctl.core.plan.item import Item, number_of, pending
from raidctl.core.plan.plan import Plan
from raidctl.core.reasons import Reason
from raidctl.core.report import Report, Unread, summarised
from raidctl.errors import RaidctlError
from raidctl.ports.systems import Systems, WritableSystems
from raidctl.prefetch import batches
from raidctl.runs.context import RunContext
from raidctl.runs.reading.diff import of_systems
from raidctl.runs.reading.request import Progress
from raidctl.runs.writing.apply import GROUP, apply
from raidctl.runs.writing.recover import recover
from raidctl.runs.writing.sender import MakeSenders
from raidctl.runs.writing.session import Approval, Carry, Ending, Session


@dataclass(frozen=True, slots=True)
class Found:
    """What is to be made, and what is left out.

    `in_scope` counts all incidents that were looked at, `downgraded` those that go on without
    Impact. `tables` are the fingerprints of all that the items rest on, `accounts` those of people
    whom JIRA knows, by e-mail (folded), `notes` what else was seen, a line each.
    """

    items: Sequence[Item]
    in_scope: int
    downgraded: int = 0
    unread: tuple[Unread, ...] = ()
    tables: tuple[str, ...] = ()
    accounts: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def first_of(items: Sequence[Item], limit: int | None) -> Sequence[Item]:
    """The items by incident, changes of so many at most: of the first of them; None for all."""
    some = _first(in_order(items, number_of), limit)
    return Packed(some) if isinstance(items, Packed) else tuple(some)


def _first(items: Iterable[Item], limit: int | None) -> Iterator[Item]:
    wanted = set[int]()
    for item in items:
        number = item.subject.incident
        if limit is None or number in wanted or not any(pending([item])):
            yield item
        elif len(wanted) < limit:
            wanted.add(number)
            yield item


@dataclass(frozen=True, slots=True)
class Job:
    """One kind of backfill: its name, what it finds by reading alone, and what makes that."""

    command: str
    find: Callable[[Systems, Progress], Found]
    senders: MakeSenders


def look(
    job: Job,
    systems: Systems,
    sites: tuple[str, str],
    started_at: datetime,
    clock: Callable[[], datetime],
    progress: Progress,
) -> Report:
    """What would be made, as a report; nothing is. Raises what the job's search raises."""
    found = job.find(systems, progress)
    made = _report(job, found, sites, started_at, clock())
    return replace(
        made,
        summary=replace(made.summary, requests=systems.requests),
        notes=(*found.notes, *of_systems(systems)),
    )


def make(session: Session, job: Job, sites: tuple[str, str], approval: Approval) -> Ending:
    """Settle what an earlier run left, find what is missing, ask, and make it.

    Raises what the job's search and `Session.carry_out` raise.
    """
    systems, context = session.systems, session.context
    recovered = recover(systems, context, job.senders)
    with session.progress("reading") as advance:
        found = job.find(systems.readable, advance)
    systems.journal.record_accounts(found.accounts, context.clock())
    made = _report(job, found, sites, session.run.started_at, context.clock())
    report = replace(
        made,
        run=session.run.id,
        summary=replace(made.summary, requests=systems.requests),
        notes=(*found.notes, *of_systems(systems.readable)),
    )
    plan = _plan(found, sites)
    return session.carry_out(plan, report, recovered, approval, carry=in_groups(job.senders))


def in_groups(make_senders: MakeSenders) -> Carry:
    """Carries items out some incidents at a time: of those alone the content is in memory.

    One set of senders goes through all of them: what stops one stops the rest.
    """

    def carry(
        systems: WritableSystems, context: RunContext, items: Sequence[Item], progress: Progress
    ) -> tuple[Sequence[Item], RaidctlError | None]:
        made, done = make_senders(systems, context), Packed[Item]()
        each = (list(some) for _, some in groupby(in_order(items, number_of), number_of))
        for several in batches(each, GROUP):
            group: Sequence[Item] = [item for some in several for item in some]
            if any(pending(group)) and made.fatal is None and not context.stopping():
                group, _ = apply(systems, context, group, progress, lambda *_: made)
            done.extend(in_order(group, number_of))
        return done, made.fatal

    return carry


def _report(
    job: Job, found: Found, sites: tuple[str, str], started_at: datetime, finished_at: datetime
) -> Report:
    """Nothing is compared: of links it counts those of which the issue was not there to be seen."""
    hidden = sum(item.reason is Reason.NOT_VISIBLE for item in found.items)
    others = {item.subject.incident for item in found.items}
    nothing = dict.fromkeys(Side, 0)
    return Report(
        command=job.command,
        run=None,
        direction=None,
        started_at=started_at,
        finished_at=finished_at,
        plan=_plan(found, sites).hash,
        summary=summarised(found.items, hidden, 0, nothing, found.downgraded, agreeing=others),
        items=found.items,
        unread=found.unread,
    )


def _plan(found: Found, sites: tuple[str, str]) -> Plan:
    return Plan(found.items, found.tables, sites, found.in_scope)
