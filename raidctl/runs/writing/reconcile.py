"""The `reconcile` run: settle what an earlier run left, plan, and carry the plan out."""

from dataclasses import dataclass, replace

from raidctl.core.plan.item import Item
from raidctl.core.report import Report
from raidctl.ports.systems import WritableSystems
from raidctl.runs.context import RunContext
from raidctl.runs.events.waiting import Waiting
from raidctl.runs.exit_codes import Fact, holds
from raidctl.runs.reading.diff import plan_of, report_of
from raidctl.runs.reading.request import Progress, ReadRequest
from raidctl.runs.reading.survey import Observer, Survey, survey
from raidctl.runs.writing.recorder import BaselineRecorder
from raidctl.runs.writing.recover import recover
from raidctl.runs.writing.session import Approval, Ending, Session


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
    *observers: Observer,
) -> Prepared:
    """Settle open writes by reading, then plan; what is in sync is remembered meanwhile."""
    recovered = recover(systems, context)
    observer = BaselineRecorder(systems.journal, context.run, context.clock)
    found = survey(systems.readable, request, progress, observer, *observers)
    observer.ends(request, found)
    report = report_of(found, systems.readable, request, sites, context.clock())
    return Prepared(found, replace(report, run=context.run), tuple(recovered), observer.baselines)


def reconcile(
    session: Session,
    request: ReadRequest,
    sites: tuple[str, str],
    approval: Approval,
    *,
    telling_holds: bool = False,
) -> Ending:
    """Put right what can be decided; `telling_holds` says that what is held is no success.

    Raises what `prepare` and `Session.carry_out` raise.
    """
    waiting = Waiting(session.systems)
    with session.progress("reading") as advance:
        made = prepare(session.systems, request, session.context, sites, advance, waiting.witness)
    session = session.by(made.survey.book)
    report = replace(made.report, command="reconcile")
    also = [Fact.HELD] if telling_holds and holds(report) else []
    plan = plan_of(made.survey, sites, request.policy)
    ending = session.carry_out(plan, report, made.recovered, approval, also)
    waiting.settle(ending.report, request.policy.fields, session.context)
    return ending
