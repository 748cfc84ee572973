"""The `reconcile` run: settle what an earlier run left, plan, and carry the plan out.

Between planning and carrying out the caller asks whoever has to say yes.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from raidctl.core.model import Side
from raidctl.core.plan.file import SavedPlan
from raidctl.core.plan.item import Item, Verdict
from raidctl.core.plan.safety import changed_links
from raidctl.core.policy import Policy
from raidctl.core.report import Report, summarised
from raidctl.core.writes.log import Run
from raidctl.core.writes.outcome import Outcome
from raidctl.errors import RaidctlError
from raidctl.ports import Journal
from raidctl.runs.context import Desk, Orders
from raidctl.runs.reading.baselines import Observer
from raidctl.runs.reading.diff import report_of
from raidctl.runs.reading.survey import Progress, Question, Survey, survey
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
    desk: Desk,
    question: Question,
    orders: Orders,
    sites: tuple[str, str],
    progress: Progress,
) -> Prepared:
    """Settle open writes by reading, then plan; what is in sync is remembered meanwhile."""
    recovered = recover(desk, orders)
    observer = Observer(desk.journal, orders.run, orders.clock)
    found = survey(desk.systems, question, progress, observer)
    report = report_of(found, desk.systems, question, sites, orders.clock())
    return Prepared(found, replace(report, run=orders.run), tuple(recovered), observer.baselines)


def carry_out(
    desk: Desk, orders: Orders, report: Report, progress: Progress
) -> tuple[Report, RaidctlError | None]:
    """The report with what became of each change, and what ended the run early, if anything."""
    items, ended = apply(desk, orders, report.items, progress)
    left = sum(1 for item in items if item.pending)
    notes = report.notes
    if left:
        changes = sum(1 for item in items if item.writes)
        why = orders.stopping() or "the run ended early"
        notes = (*notes, f"Not begun: {left} of {changes} changes, because {why}.")
    done = replace(
        report,
        items=tuple(items),
        finished_at=orders.clock(),
        notes=notes,
        summary=replace(report.summary, requests=desk.requests),
    )
    return done, ended


def report_of_saved(plan: SavedPlan, run: Run) -> Report:
    """A saved plan as the report of the run that carries it out."""
    nothing = dict.fromkeys(Side, 0)
    return Report(
        command="apply",
        run=run.id,
        direction=plan.direction,
        started_at=run.started_at,
        finished_at=run.started_at,
        plan=plan.hash,
        summary=summarised(plan.items, changed_links(plan.items), 0, nothing),
        items=plan.items,
    )


def with_recovered(report: Report, recovered: Sequence[Item]) -> Report:
    """The report with what was settled before it planned, first.

    The journal knows no titles and addresses: they come from the plan, where it has them.
    """
    known = {item.subject.incident: item.subject for item in report.items}
    told = [replace(i, subject=known.get(i.subject.incident, i.subject)) for i in recovered]
    return replace(report, items=(*told, *report.items)) if recovered else report


def held_until_known(policy: Policy) -> Policy:
    """The rules while nothing is known yet of who changed, and nobody is there to say."""
    fields = {name: rule.held() for name, rule in policy.fields.items()}
    return replace(policy, fields=fields, direction=None)


@dataclass(slots=True)
class Ending:
    """How a run ends; filled in while it goes."""

    exit_code: int = 1
    report: Report | None = None


@contextmanager
def recorded(journal: Journal, run: Run, clock: Callable[[], datetime]) -> Iterator[Ending]:
    """Keep a row of the run in the journal, from before its first write to its end."""
    journal.begin(run)
    ending = Ending()
    try:
        yield ending
    except RaidctlError as error:
        ending.exit_code = error.exit_code
        raise
    finally:
        journal.end(_ended(run, ending, clock()))


def _ended(run: Run, ending: Ending, now: datetime) -> Run:
    report = ending.report
    items = report.items if report else ()
    outcomes = Counter(item.result.outcome for item in items if item.result is not None)
    return replace(
        run,
        direction=report.direction if report else run.direction,
        finished_at=now,
        exit_code=ending.exit_code,
        plan=report.plan if report else None,
        outcomes=tuple((outcome, outcomes[outcome]) for outcome in Outcome if outcomes[outcome]),
        held=sum(1 for item in items if item.verdict is Verdict.HOLD),
    )
