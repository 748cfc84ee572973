"""The `resolve` run: carry out at once what a person decides about held fields."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from raidctl.core.memory import BaselineState, Memory
from raidctl.core.model import Field, Side, SyncDirection, plain
from raidctl.core.plan.decide import plan_link
from raidctl.core.plan.item import Change, Hold, Item
from raidctl.core.plan.plan import Plan
from raidctl.core.policy import Policy
from raidctl.core.reasons import Reason
from raidctl.core.report import Report, summarised
from raidctl.core.waiting import Waiting
from raidctl.core.writes.log import Skip
from raidctl.errors import BlockedError, RaidctlError
from raidctl.ports.systems import Systems, WritableSystems
from raidctl.runs.context import RunContext
from raidctl.runs.exit_codes import Fact
from raidctl.runs.reading.diff import report_of
from raidctl.runs.reading.held import Held, Seen, held
from raidctl.runs.reading.request import Progress, ReadRequest
from raidctl.runs.reading.writers import with_obstacles
from raidctl.runs.writing.apply import apply
from raidctl.runs.writing.recover import recover
from raidctl.runs.writing.session import Approval, Ending, Session


@dataclass(frozen=True, slots=True)
class Options:
    """What can be decided about one field: by side what taking its value would do, or why not.

    `release` says that the next run can be let decide anew.
    """

    waiting: Waiting
    taking: dict[Side, Item]
    release: bool

    @property
    def sides(self) -> list[Side]:
        """The sides whose value can be taken."""
        return [side for side, item in self.taking.items() if isinstance(item, Change)]


class Note(StrEnum):
    """What can be decided beside taking a side's value."""

    SKIP = "skip"
    RELEASE = "release"


Decision = Side | Note


class Decider(Protocol):
    """Somebody who decides one field after the other, and is told what became of each."""

    def decisions(self, choices: Sequence[Options]) -> Iterator[tuple[Options, Decision]]:
        """What is decided, as far as it is; each is done before the next is asked for."""
        ...

    def told(self, decision: Decision, item: Item) -> None:
        """A decision was carried out; `item` has its result."""
        ...

    def left(self, number: int) -> None:
        """So many were not decided."""
        ...


def resolve(
    session: Session,
    request: ReadRequest,
    sites: tuple[str, str],
    how: Decision | Decider,
    approval: Approval,
) -> Ending:
    """Decide what is held: all of it one way, or one by one.

    What was skipped before is decided again where it is named, or decided for good. Raises
    `BlockedError` for a pause where somebody would be asked in vain, and what `held` raises.
    """
    recovered = recover(session.systems, session.context)
    with session.progress("reading") as advance:
        found = held(session.systems.readable, request, advance)
    session = session.by(found.survey.book)
    decides = how is Note.RELEASE or isinstance(how, Side)
    choices = _open(found, request, decides=decides)
    now, readable = session.context.clock(), session.systems.readable
    made = report_of(found.survey, readable, request, sites, now)
    made = replace(made, command="resolve", run=session.run.id, unread=found.unread, notes=())
    resolving = _Resolving(session, made, recovered, choices, sites)
    if not choices:
        said = "nothing to decide" + ("; raidctl held shows what waits" if found.waiting else "")
        undone = (
            [Fact.NOT_DONE] if decides and found.waiting else []
        )  # no script takes that for done
        return resolving.ended((), said, also=undone)
    match how:
        case Side():
            return resolving.by_side(how, approval)
        case Note():
            return resolving.by_note(how)
        case _:
            return resolving.by_asking(how)


def look(
    systems: Systems,
    request: ReadRequest,
    sites: tuple[str, str],
    how: Decision | None,
    progress: Progress,
) -> Report:
    """What `resolve` would write, or else what it would decide on; it writes nothing.

    `how` is None where somebody would be asked.
    """
    found = held(systems, request, progress)
    decides = how is Note.RELEASE or isinstance(how, Side)
    choices = _open(found, request, decides=decides)
    if isinstance(how, Side):
        items = tuple(one.taking[how] for one in choices if how in one.taking)
    else:
        items = tuple(one.waiting.item for one in choices)
    made = report_of(found.survey, systems, request, sites, request.now)
    plan = Plan(items, tuple(found.survey.book.fingerprints), sites, len(items))
    summary = summarised(items, len({i.subject.incident for i in items}), 0, made.summary.requests)
    told = replace(made, command="resolve", unread=found.unread, notes=(), items=items)
    return with_obstacles(replace(told, plan=plan.hash, summary=summary), systems)


def _open(found: Held, request: ReadRequest, *, decides: bool) -> list[Options]:
    """What there is to decide; what was skipped only where that is named, or decided for good."""
    return [
        one
        for one in options(found, request.policy, request.now)
        if decides or request.scope.named or not one.waiting.skipped
    ]


@dataclass(frozen=True, slots=True)
class _Resolving:
    """One run of `resolve`, once it is known what there is to decide."""

    session: Session
    report: Report
    recovered: Sequence[Item]
    choices: Sequence[Options]
    sites: tuple[str, str]

    def by_side(self, side: Side, approval: Approval) -> Ending:
        """One side's values for all of it; what cannot be taken stays held, and counts."""
        items = tuple(one.taking[side] for one in self.choices if side in one.taking)
        if not items:
            said = f"nothing to write: the other side agrees with {side.value}'s already"
            return self.ended((), said)
        tables = tuple(self.session.context.book.fingerprints)
        plan = Plan(items, tables, self.sites, len(items))
        report = replace(self._of(items), plan=plan.hash)
        also = [Fact.NOT_DONE] if any(isinstance(item, Hold) for item in items) else []
        of_all = approval.of_all  # a person has looked at them
        return self.session.carry_out(plan, report, self.recovered, of_all, also)

    def by_note(self, note: Note) -> Ending:
        """Remember each field as skipped, or let the next run decide it."""
        session, items = self.session, tuple(one.waiting.item for one in self.choices)
        act = skip if note is Note.SKIP else release
        done = sum(1 for item in items if act(session.systems, session.context, item))
        words = "skipped" if note is Note.SKIP else "released"
        return self.ended(items, f"{done} of {len(items)} {words}; nothing was written")

    def by_asking(self, decider: Decider) -> Ending:
        """Do at once what is decided, until nothing is left or something ends it."""
        if self.session.systems.journal.paused() is not None:
            raise BlockedError("nothing was written: raidctl is paused; raidctl resume ends that")
        done: dict[int, Item] = {}
        error: RaidctlError | None = None
        for option, decision in decider.decisions(self.choices):
            item, error = self._done(option, decision)
            done[id(option)] = item
            decider.told(decision, item)
            if self.session.shutdown.wanted or error is not None:
                break
            self.session.shutdown.waiting("what was decided so far is done")
        if left := len(self.choices) - len(done):
            decider.left(left)
        items = tuple(done.get(id(one), one.waiting.item) for one in self.choices)
        return self.ended(items, error=error)

    def _done(self, option: Options, decision: Decision) -> tuple[Item, RaidctlError | None]:
        """The field with what became of it, and what ends the run, if anything."""
        systems, context, item = self.session.systems, self.session.context, option.waiting.item
        if isinstance(decision, Note):
            act = skip if decision is Note.SKIP else release
            act(systems, context, item)
            return item, None
        self.session.shutdown.writing()
        item = option.taking[decision]
        try:
            item, error = write_one(systems, context, item)
        except RaidctlError as raised:
            error = raised
        if item.result is None and error is None and not self.session.shutdown.wanted:
            why = context.stopping() or "the run was to end"
            error = BlockedError(f"nothing more is written: {why}; raidctl resume ends that")
        return item, error

    def ended(
        self,
        items: Sequence[Item],
        said: str | None = None,
        error: RaidctlError | None = None,
        also: Sequence[Fact] = (),
    ) -> Ending:
        """How a run ends that wrote no plan as a whole."""
        report = replace(self._of(items), finished_at=self.session.context.clock())
        facts = {*self.session.facts(report), *also}
        return self.session.end(Ending(report, facts, error, said=said, brief=True), self.recovered)

    def _of(self, items: Sequence[Item]) -> Report:
        """The report of these fields alone: what else drifted is no matter of this run."""
        links = len({item.subject.incident for item in items})
        summary = summarised(items, links, 0, self.report.summary.requests)
        return replace(self.report, items=tuple(items), summary=summary)


def options(found: Held, policy: Policy, now: datetime) -> list[Options]:
    """What can be decided here, field by field; holds of whole links cannot."""
    made = []
    for one in found.waiting:
        name, seen = one.item.field, found.seen.get(one.item.subject.incident)
        if name is None or seen is None or one.passing:
            continue
        taking = {
            side: item
            for side in Side
            if (item := taken(seen, name, side, policy, now)) is not None
        }
        option = Options(one, taking, release=one.marked)
        if option.sides or option.release:
            made.append(option)
    return made


def taken(seen: Seen, name: Field, side: Side, policy: Policy, now: datetime) -> Item | None:
    """The verdict on a field, were one side's value taken; None where both agree already.

    A person goes over whatever only waits for one; what lies in the value itself still holds it.
    Where the other side holds the value already, taking it is what makes the two agree.
    """
    compared, mapping = seen
    ours = SyncDirection.IMPACT_TO_JIRA if side is Side.IMPACT else SyncDirection.JIRA_TO_IMPACT
    rules = replace(policy, direction=ours, grace=timedelta(0), service_account="")
    fields = [found for found in compared.fields if found.field is name]
    history = replace(compared.history, account=None)  # whoever left it there: a person decides
    memory = _free(compared.memory, name)
    alone = replace(compared, fields=fields, memory=memory, history=history)
    for item in plan_link(alone, mapping, rules, now):
        if item.field is not name:
            continue
        return replace(item, reason=Reason.RESOLVED) if isinstance(item, Change) else item
    return None


def write_one(
    systems: WritableSystems,
    context: RunContext,
    item: Item,
    progress: Callable[[int], None] = lambda _: None,
) -> tuple[Item, RaidctlError | None]:
    """Write one decided field, by all the steps of `apply`; what ended that early, if anything."""
    (done,), ended = apply(systems, context, [item], progress)
    return done, ended


def skip(systems: WritableSystems, context: RunContext, item: Item) -> bool:
    """Leave a field as it is, and remember that for this pair of values; whether that can be."""
    subject = item.subject
    if item.field is None or subject.issue_id is None:
        return False
    impact, jira = map(plain, item.pair)
    left = Skip(subject.incident, subject.issue_id, item.field, impact, jira)
    systems.journal.skip(left, context.clock())
    return True


def release(systems: WritableSystems, context: RunContext, item: Item) -> bool:
    """Let the next run decide as if nobody had; whether anything stood in its way."""
    subject = item.subject
    if item.field is None or subject.issue_id is None:
        return False
    return systems.journal.release(subject.incident, subject.issue_id, item.field, context.clock())


def _free(memory: Memory, name: Field) -> Memory:
    """What is remembered, but for what only a person could go over."""
    baselines = {
        key: baseline
        for key, baseline in memory.baselines.items()
        if key is not name or baseline.state is not BaselineState.UNDONE
    }
    return replace(memory, baselines=baselines, guards={}, flapping=frozenset(), refusals={})
