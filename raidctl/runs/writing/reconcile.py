"""The `reconcile` run: settle what an earlier run left, plan, and carry the plan out.

Between planning and carrying out the caller asks whoever has to say yes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from raidctl.core.model import Side
from raidctl.core.plan.item import Item, changes, pending
from raidctl.core.plan.plan import Plan
from raidctl.core.plan.safety import changed_links
from raidctl.core.report import Report, summarised
from raidctl.core.writes.log import Run
from raidctl.errors import RaidctlError
from raidctl.ports.systems import WritableSystems
from raidctl.runs.context import RunContext
from raidctl.runs.reading.baselines import BaselineRecorder
from raidctl.runs.reading.diff import report_of
from raidctl.runs.reading.request import Progress, ReadRequest
from raidctl.runs.reading.survey import Survey, survey
from raidctl.runs.writing.apply import apply
from raidctl.runs.writing.recover import recover


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan that waits to be carried out; `report` tells it, `recovered` what came before it."""

    survey: Survey
    report: Report
    recovered: tuple[Item, ...]
    baselines: int


def prepare(
    systems: WritableSystems,
    request: ReadRequest,
    context: RunContext,
    sites: tuple[str, str],
    progress: Progress,
) -> Prepared:
    """Settle open writes by reading, then plan; what is in sync is remembered meanwhile."""
    recovered = recover(systems, context)
    observer = BaselineRecorder(systems.journal, context.run, context.clock)
    found = survey(systems.readable, request, progress, observer)
    report = report_of(found, systems.readable, request, sites, context.clock())
    return Prepared(found, replace(report, run=context.run), tuple(recovered), observer.baselines)


def carry_out(
    systems: WritableSystems, context: RunContext, report: Report, progress: Progress
) -> tuple[Report, RaidctlError | None]:
    """The report with what became of each change, and what ended the run early, if anything."""
    items, ended = apply(systems, context, report.items, progress)
    left = len(list(pending(items)))
    notes = report.notes
    if left:
        all_of_them = len(list(changes(items)))
        why = context.stopping() or "the run ended early"
        notes = (*notes, f"Not begun: {left} of {all_of_them} changes, because {why}.")
    done = replace(
        report,
        items=tuple(items),
        finished_at=context.clock(),
        notes=notes,
        summary=replace(report.summary, requests=systems.requests),
    )
    return done, ended


def report_of_saved(plan: Plan, run: Run) -> Report:
    """A saved plan as the report of the run that carries it out."""
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


def with_recovered(report: Report, recovered: Sequence[Item]) -> Report:
    """The report with what was settled before it planned, first.

    The journal knows no titles and addresses: they come from the plan, where it has them.
    """
    known = {item.subject.incident: item.subject for item in report.items}
    told = [replace(i, subject=known.get(i.subject.incident, i.subject)) for i in recovered]
    return replace(report, items=(*told, *report.items)) if recovered else report
