"""The `apply` run: carry out a plan that was saved, where all it rests on is still so."""

from collections.abc import Sequence
from dataclasses import replace

from raidctl.core.model import Side
from raidctl.core.plan.file import SavedPlan
from raidctl.core.plan.plan import Plan
from raidctl.core.plan.safety import changed_links
from raidctl.core.report import Report, summarised
from raidctl.core.writes.log import Run
from raidctl.runs.writing.recover import recover
from raidctl.runs.writing.session import Approval, Ending, Session


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


def carry_out_saved(session: Session, saved: SavedPlan, approval: Approval) -> Ending:
    """Settle what an earlier run left, then write the plan; what has changed since is stale.

    So is what has been written or seen to agree since: a plan is good for once.
    """
    plan = saved.plan
    session = replace(session, context=replace(session.context, planned_at=saved.made_at))
    recovered = recover(session.systems, session.context)
    return session.carry_out(plan, _report(plan, session.run), recovered, approval)


def _report(plan: Plan, run: Run) -> Report:
    """The plan as the report of the run that carries it out."""
    nothing = dict.fromkeys(Side, 0)
    return Report(
        command="apply",
        run=run.id,
        direction=plan.direction,
        started_at=run.started_at,
        finished_at=run.started_at,
        plan=plan.hash,
        summary=summarised(plan.items, changed_links(plan.changes), 0, nothing),
        items=plan.items,
    )
