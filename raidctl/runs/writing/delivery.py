"""The `missed --deliver` run: what never arrived in Impact is told there, as a plan says.

The plan is that of `reconcile`, of the fields alone that missed a change: what it would write to
Impact is delivered, and whatever else it says of a field is told. So nothing goes over a newer
edit. FireFighter hears of the changes of a field one after the other, other writers of the last.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from raidctl.core.drift import Comparison
from raidctl.core.mapping.book import MappingBook
from raidctl.core.missed import Missed, MissedReport
from raidctl.core.model import Field, SyncDirection, plain
from raidctl.core.plan.item import INCIDENT, Change, Item
from raidctl.core.plan.plan import Plan
from raidctl.core.report import Report, summarised
from raidctl.core.scope import Scope
from raidctl.core.writes.outcome import DONE, Result
from raidctl.errors import RaidctlError
from raidctl.ports.systems import Systems, WritableSystems
from raidctl.runs.context import RunContext
from raidctl.runs.exit_codes import Fact
from raidctl.runs.reading.diff import report_of
from raidctl.runs.reading.missed import MissedRequest, missed
from raidctl.runs.reading.request import Progress, ReadRequest
from raidctl.runs.reading.survey import Survey, survey
from raidctl.runs.reading.writers import with_obstacles
from raidctl.runs.writing.apply import apply
from raidctl.runs.writing.recover import recover
from raidctl.runs.writing.replaying import Replay, Step
from raidctl.runs.writing.session import Approval, Ending, Session

NOT_ALL = "not every change that was replayed arrived: see what became of each"
_TO_IMPACT = SyncDirection.JIRA_TO_IMPACT
_Place = tuple[int, Field]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What was missed, and what a plan says of it.

    `report` has the changes to be delivered alone, `told` what is to be done with each field;
    `replay` what goes before them. `book` knows who is who; None where nothing was missed.
    """

    found: MissedReport
    plan: Plan
    report: Report
    told: Mapping[_Place, Item]
    replay: Replay
    book: MappingBook | None

    def ended(self, items: Collection[Item]) -> MissedReport:
        """What was missed, with what became of it: `items` are the changes with their results."""
        now = {**self.told, **{(i.subject.incident, i.field): i for i in items if i.field}}
        last = {one.place: one for one in self.found.open}
        return replace(
            self.found,
            missed=[
                one if one.overtaken else self._ended(one, now.get(one.place), last)
                for one in self.found.missed
            ],
            requests=self.report.summary.requests,
            finished_at=self.report.finished_at,
            unread=self.report.unread,
            notes=tuple(dict.fromkeys((*self.found.notes, *self.report.notes))),
            run=self.report.run,
        )

    def _ended(self, one: Missed, item: Item | None, last: Mapping[_Place, Missed]) -> Missed:
        result = None if item is None else item.result
        if last[one.place] is one:
            return replace(one, item=item, result=result)
        arrived = result is not None and result.outcome in DONE
        own = self.replay.results.get((one.subject.incident, one.revision))
        return replace(one, item=item, result=own, overtaken=arrived and own is None)


def deliver(
    session: Session, asked: MissedRequest, approval: Approval
) -> tuple[Ending, MissedReport]:
    """How it ended, and what was missed with what became of it.

    Raises what `missed`, `survey` and `Session.carry_out` raise.
    """
    systems, context = session.systems, session.context
    recovered = recover(systems, context)
    with session.progress("reading") as advance:
        made = to_deliver(systems.readable, asked, context.clock, advance)
    session = session if made.book is None else session.by(made.book)
    report = replace(made.report, run=session.run.id)
    also = list[Fact]()

    def carry(
        systems: WritableSystems, context: RunContext, items: Sequence[Item], progress: Progress
    ) -> tuple[Sequence[Item], RaidctlError | None]:
        done = apply(systems, context, items, progress, made.replay.senders)
        also.extend(Fact.NOT_DONE for one in made.replay.results.values() if not _arrived(one))
        return done

    ending = session.carry_out(made.plan, report, recovered, approval, also, carry)
    if also:
        ending = replace(ending, said=NOT_ALL)
        session.record.why = ending.why
    items = ending.report.items[len(recovered) :]
    return ending, replace(made, report=ending.report).ended(items)


def _arrived(result: Result) -> bool:
    return result.outcome in DONE


def to_deliver(
    systems: Systems, asked: MissedRequest, clock: Callable[[], datetime], progress: Progress
) -> Delivery:
    """What `deliver` would do. Raises what `missed` and `survey` raise."""
    found = missed(systems, asked, clock, progress)
    wanted: dict[int, frozenset[Field]] = {}
    for one in found.open:
        number = one.subject.incident
        wanted[number] = wanted.get(number, frozenset()) | {one.field}
    scope = Scope(incidents=frozenset(wanted))
    request = replace(asked.request, scope=scope, only=wanted, thorough=True)
    seen = survey(systems, request, progress) if wanted else None
    told = {} if seen is None else {_place(i): i for i in seen.items if i.field is not None}
    items = tuple(item for item in told.values() if delivers(item))
    summary = summarised(items, found.links, 0, systems.requests)
    plan = Plan(items, (), asked.sites, found.links, request.policy.direction)
    report = Report(
        command="missed",
        run=None,
        direction=request.policy.direction,
        started_at=request.now,
        finished_at=clock(),
        plan=plan.hash,
        summary=summary,
        items=items,
        unread=tuple(found.unread),
    )
    if seen is not None:
        plan = replace(plan, tables=tuple(seen.book.fingerprints))
        notes = report_of(seen, systems, request, asked.sites, clock()).notes
        unread = dict.fromkeys((*found.unread, *seen.unread))
        report = replace(report, plan=plan.hash, notes=notes, unread=tuple(unread))
    steps = {} if seen is None else _steps(found, items, seen, request)
    return Delivery(found, plan, report, told, Replay(steps), None if seen is None else seen.book)


def preview(
    systems: Systems, asked: MissedRequest, clock: Callable[[], datetime], progress: Progress
) -> Delivery:
    """The same for whoever only looks, with what stands in the way of those who would write."""
    made = to_deliver(systems, asked, clock, progress)
    return replace(made, report=with_obstacles(made.report, systems))


def delivers(item: Item) -> bool:
    """Whether a plan has it written to Impact, and over nobody's newer edit there."""
    return isinstance(item, Change) and item.target == INCIDENT and not item.overrides


def _place(item: Item) -> _Place:
    if item.field is None:
        raise LookupError(f"incident {item.subject.incident} is held as a whole")
    return item.subject.incident, item.field


def _steps(
    found: MissedReport, items: Collection[Item], seen: Survey, request: ReadRequest
) -> Mapping[int, Sequence[Step]]:
    """What goes before the last change of each field that is to be delivered, oldest first.

    What Impact cannot hold, or may not close, is left out: a later change goes over it.
    """
    places = {_place(item) for item in items}
    chains: dict[_Place, list[Missed]] = {}
    for one in found.open:
        if one.place in places:
            chains.setdefault(one.place, []).append(one)
    steps: dict[int, list[Step]] = {}
    for (number, _), members in chains.items():
        before = [step for one in members[:-1] if (step := _step(one, seen, request)) is not None]
        steps.setdefault(number, []).extend(before)
    return {
        number: sorted(some, key=lambda step: step.revision.at) for number, some in steps.items()
    }


def _step(one: Missed, seen: Survey, request: ReadRequest) -> Step | None:
    compared = seen.drifted[one.subject.incident]
    pair = next(pair for pair in compared.fields if pair.field is one.field)
    value = plain(one.revision.new)
    if not isinstance(pair, Comparison) or pair.relation.empty(value):
        return None
    image = pair.relation.to_impact(value, pair.impact)
    policy, mapping = request.policy, seen.book.of(compared.link.issue.project)
    closing = mapping.closes(one.field, _TO_IMPACT, image.value) and not policy.allow_close
    fits = image.problem is None and policy.lacks_writer(one.field, image.value) is None
    return Step(one.revision, image.value) if fits and not closing else None
