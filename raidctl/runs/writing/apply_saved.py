"""The `apply` run: carry out a plan that was saved, where all it rests on is still so."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from raidctl.breaker import WriteBreaker
from raidctl.core.mapping.book import MappingBook
from raidctl.core.model import Side
from raidctl.core.plan.file import SavedPlan
from raidctl.core.plan.item import Change, Key, changes
from raidctl.core.plan.plan import Plan
from raidctl.core.plan.safety import changed_links
from raidctl.core.report import Report, summarised
from raidctl.core.writes.outcome import Result
from raidctl.ports.systems import Systems
from raidctl.prefetch import batches
from raidctl.runs.writing.apply import GROUP
from raidctl.runs.writing.recheck import recheck
from raidctl.runs.writing.recover import recover
from raidctl.runs.writing.session import Approval, Ending, Session
from raidctl.runs.writing.stages import by_link


def why_not(
    saved: SavedPlan, version: str, sites: tuple[str, str], tables: Sequence[str]
) -> str | None:
    """What the plan was made with that is otherwise now; None where nothing is."""
    if saved.version != version:
        return f"made by raidctl {saved.version}, this is {version}"
    if saved.plan.sites != sites:
        return f"made for {' and '.join(saved.plan.sites)}"
    if sorted(saved.plan.tables) != sorted(tables):
        return "made with other mapping tables, users or description tails than are configured now"
    return None


def carry_out_saved(session: Session, plan: Plan, approval: Approval) -> Ending:
    """Settle what an earlier run left, then write the plan; what has changed since is stale."""
    recovered = recover(session.systems, session.context)
    return session.carry_out(
        plan, _report(plan, session.run.id, session.run.started_at), recovered, approval
    )


def look_again(systems: Systems, plan: Plan, book: MappingBook, now: datetime) -> Report:
    """The plan as it would be carried out now: what is stale, or cannot be read, has its result."""
    breaker, results = WriteBreaker(GROUP), dict[Key, Result]()
    for group in batches(list(by_link(plan.items)), systems.tracker.current_size):
        incidents = systems.source.current({link.incident for link in group})
        for link in recheck(systems, group, incidents, book, breaker):
            results.update({one.change.key: one.result for one in link.settled})
    items = tuple(
        replace(item, result=results.get(item.key, item.result))
        if isinstance(item, Change)
        else item
        for item in plan.items
    )
    return _report(replace(plan, items=items), None, now)


def _report(plan: Plan, run: str | None, now: datetime) -> Report:
    """The plan as the report of the run that carries it out."""
    nothing = dict.fromkeys(Side, 0)
    return Report(
        command="apply",
        run=run,
        direction=plan.direction,
        started_at=now,
        finished_at=now,
        plan=plan.hash,
        summary=summarised(plan.items, changed_links(list(changes(plan.items))), 0, nothing),
        items=plan.items,
    )
