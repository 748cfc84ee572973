"""The `apply` run: carry out a plan that was saved, where a plan of now says the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from raidctl.core.mapping.book import ProjectMapping
from raidctl.core.memory import Readings
from raidctl.core.model import Incident
from raidctl.core.plan.again import PlanOfNow
from raidctl.core.plan.case import ComparedLink
from raidctl.core.plan.file import SavedPlan
from raidctl.core.plan.item import Item
from raidctl.core.plan.plan import Plan
from raidctl.core.plan.safety import changed_links
from raidctl.core.report import Report, Unread, summarised
from raidctl.core.writes.log import Run
from raidctl.ports.systems import WritableSystems
from raidctl.runs.reading.request import ReadRequest
from raidctl.runs.reading.survey import survey
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


def carry_out_saved(
    session: Session, saved: SavedPlan, request: ReadRequest, approval: Approval
) -> Ending:
    """Settle what an earlier run left, then write the plan; what has changed since is stale.

    The links of the plan are read and planned anew, by `request`: what that does not say is not
    written, whatever the file says. Raises what `survey` and `Session.carry_out` raise.
    """
    recovered = recover(session.systems, session.context)
    plan, seen = saved.plan, _Seen()
    items: Sequence[Item] = plan.items
    unread: Sequence[Unread] = ()
    if plan.changes:
        with session.progress("reading") as advance:
            found = survey(session.systems.readable, request, advance, seen)
        now, unread = PlanOfNow.of(found.items, seen.links), found.unread
        items = [now.still(change, saved.made_at) for change in plan.changes]
        session = session.by(found.book)
    report = _report(plan, session.run, session.systems)
    told = replace(report, items=tuple(items), unread=tuple(unread))
    return session.carry_out(plan, told, recovered, approval)


@dataclass(frozen=True, slots=True)
class _Seen:
    """An `Observer` that keeps the links, by incident."""

    links: dict[int, ComparedLink] = field(default_factory=dict)

    def saw(self, link: ComparedLink, mapping: ProjectMapping, verdicts: Sequence[Item]) -> None:
        self.links[link.link.incident.id] = link

    def missed(self, incident: Incident, readings: Readings) -> None:
        pass

    def batch_ends(self, accounts: Mapping[str, str]) -> None:
        pass


def _report(plan: Plan, run: Run, systems: WritableSystems) -> Report:
    """The plan as the report of the run that carries it out."""
    return Report(
        command="apply",
        run=run.id,
        direction=plan.direction,
        prefer=plan.prefer,
        started_at=run.started_at,
        finished_at=run.started_at,
        plan=plan.hash,
        summary=summarised(plan.items, changed_links(plan.changes), 0, systems.requests),
        items=plan.items,
    )
