"""The `apply` run: carry out a plan that was saved, where a plan of now says the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from raidctl.core.mapping.book import MappingBook, ProjectMapping
from raidctl.core.mapping.people import Users
from raidctl.core.memory import Readings
from raidctl.core.model import Incident, Side
from raidctl.core.plan.again import PlanOfNow
from raidctl.core.plan.case import ComparedLink
from raidctl.core.plan.decide import DriftedFields
from raidctl.core.plan.file import SavedPlan
from raidctl.core.plan.plan import Plan
from raidctl.core.plan.safety import Limits, changed_links
from raidctl.core.report import Report, summarised
from raidctl.core.scope import Scope
from raidctl.errors import UsageError
from raidctl.ports.impact import IncidentSource
from raidctl.ports.systems import Systems
from raidctl.runs.reading.diff import of_systems
from raidctl.runs.reading.links import IncidentsInScope
from raidctl.runs.reading.request import Progress, ReadRequest
from raidctl.runs.reading.survey import survey
from raidctl.runs.writing.recover import recover
from raidctl.runs.writing.session import Approval, Ending, Session

OTHER_TABLES = "made with other mapping tables, users or description tails than are configured now"


def why_not(
    saved: SavedPlan, version: str, sites: tuple[str, str], *, tables_known: bool
) -> str | None:
    """What the plan was made with that is otherwise now; None where nothing is.

    `tables_known`: its tables are among those that may be in force.
    """
    if saved.version != version:
        return f"made by raidctl {saved.version}, this is {version}"
    if saved.plan.sites != sites:
        return f"made for {' and '.join(saved.plan.sites)}"
    return None if tables_known else OTHER_TABLES


def carry_out_saved(
    session: Session, saved: SavedPlan, request: ReadRequest, approval: Approval
) -> Ending:
    """Settle what an earlier run left, then write the plan; what has changed since is stale.

    The links of the plan are read and planned anew, by `request`: what that does not say is not
    written, whatever the file says. What was written or seen to agree since is stale as well: a
    plan is good for once. Raises what `survey` and `Session.carry_out` raise.
    """
    recovered = recover(session.systems, session.context)
    with session.progress("reading") as advance:
        report, book = look_again(session.systems.readable, saved, request, advance)
        plan = with_links(session.systems.source, saved.plan, approval.limits)
    report = replace(report, run=session.run.id, started_at=session.run.started_at)
    return session.by(book).carry_out(plan, report, recovered, approval)


def with_links(source: IncidentSource, plan: Plan, limits: Limits) -> Plan:
    """The plan with no more links in scope than there are, where a limit rests on them.

    They are counted as far as the file says that there are any.
    """
    if plan.excess(limits) is not None or replace(plan, links=0).excess(limits) is None:
        return plan
    there = islice(IncidentsInScope(source, Scope(everything=True)), plan.links)
    return replace(plan, links=sum(1 for _ in there))


def look_again(
    systems: Systems, saved: SavedPlan, request: ReadRequest, progress: Progress
) -> tuple[Report, MappingBook]:
    """The plan as it would be carried out now, what is stale with its result, and by which tables.

    Raises `UsageError` where other tables are in force than those that the plan was made by, and
    what `survey` raises.
    """
    plan, seen = saved.plan, _Seen()
    if sorted(request.book(Users(request.exceptions)).fingerprints) != sorted(plan.tables):
        raise UsageError(f"the plan was {OTHER_TABLES}: plan again")
    report = _report(plan, request.now)
    if not plan.changes:
        return report, request.book(Users(request.exceptions))
    found = survey(systems, request, progress, seen)
    now = PlanOfNow.of(found.items, seen.links)
    items = tuple(now.still(change, saved.made_at) for change in plan.changes)
    drifted = {item.subject.incident for item in found.items}
    agreeing, links = seen.links.keys() - drifted, report.summary.links
    summary = summarised(plan.items, links, 0, systems.requests, agreeing=agreeing)
    notes = tuple(of_systems(systems))
    told = replace(report, items=items, unread=found.unread, summary=summary, notes=notes)
    return replace(told, agreeing=agreeing), found.book


@dataclass(frozen=True, slots=True)
class _Seen:
    """An `Observer` that keeps the links, by incident."""

    links: dict[int, ComparedLink] = field(default_factory=dict)

    def saw(self, link: ComparedLink, mapping: ProjectMapping, drifted: DriftedFields) -> None:
        self.links[link.link.incident.id] = link

    def missed(self, incident: Incident, readings: Readings) -> None:
        pass

    def batch_ends(self, accounts: Mapping[str, str]) -> None:
        pass


def _report(plan: Plan, now: datetime) -> Report:
    """The plan as the report of the run that carries it out."""
    nothing = dict.fromkeys(Side, 0)
    return Report(
        command="apply",
        run=None,
        direction=plan.direction,
        prefer=plan.prefer,
        started_at=now,
        finished_at=now,
        plan=plan.hash,
        summary=summarised(plan.items, changed_links(plan.changes), 0, nothing),
        items=plan.items,
    )
