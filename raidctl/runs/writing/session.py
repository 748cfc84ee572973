"""One run that writes, from the plan through whoever has to say yes to what it answers."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Protocol

from raidctl.core.mapping.book import MappingBook
from raidctl.core.packed import joined
from raidctl.core.plan.item import Item, changes, pending
from raidctl.core.plan.plan import Plan
from raidctl.core.plan.safety import Limits, changed_links
from raidctl.core.report import Report
from raidctl.core.writes.log import Run
from raidctl.errors import ExitCode, RaidctlError
from raidctl.ports.systems import WritableSystems
from raidctl.runs.context import RunContext
from raidctl.runs.exit_codes import NOT_ALL, Fact, exit_code, why, written
from raidctl.runs.journalled import RunRecord
from raidctl.runs.reading.request import Progress
from raidctl.runs.writing.apply import apply

Carry = Callable[
    [WritableSystems, RunContext, Sequence[Item], Progress],
    tuple[Sequence[Item], RaidctlError | None],
]
"""What carries items out, as `apply` does."""


class Showing(Protocol):
    """How the progress of something is shown."""

    def __call__(self, what: str, total: int = 0, /) -> AbstractContextManager[Progress]:
        """Show it while this is entered."""
        ...


class Shutdown(Protocol):
    """How a run is asked to end early; it is told when that must wait."""

    wanted: bool

    def writing(self) -> None:
        """From now on a write may be under way."""
        ...

    def waiting(self, idle: str, closing: str = "") -> None:
        """Nothing is under way any more; `idle` says what there is to know about that.

        `closing` has the lines that sum the run up, should it end now.
        """
        ...


@dataclass(frozen=True, slots=True)
class Approval:
    """Who says yes: to a plan named by its hash that name alone, to others `ask`, within limits.

    Nobody is asked where `ask` is None.
    """

    limits: Limits
    plan: str | None = None
    ask: Callable[[Report], bool] | None = None

    @property
    def of_all(self) -> "Approval":
        """The same for a plan that is all of what was asked for: a percentage says nothing."""
        return replace(self, limits=replace(self.limits, max_change_percent=0))


@dataclass(frozen=True, slots=True)
class Bar:
    """Why nothing was written; `advice` is None where approving this very plan is what helps."""

    why: str
    advice: str | None


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended. `report` tells it, `error` is what ended it early.

    `said` is a line for whoever is there. `seen`: they were shown what was to be written;
    `brief`: they know all that a table of the report would show.
    """

    report: Report
    facts: Collection[Fact] = ()
    error: RaidctlError | None = None
    bar: Bar | None = None
    said: str | None = None
    brief: bool = False
    seen: bool = False

    @property
    def exit_code(self) -> ExitCode:
        """What the run answers."""
        return exit_code(self.facts, self.error)

    @property
    def why(self) -> str | None:
        """Why it answers that, in one line; None where it went well or only drift was found."""
        if self.exit_code is ExitCode.BLOCKED and self.bar is not None:
            advice = f"; {self.bar.advice}" if self.bar.advice else ""
            return f"nothing was written: {self.bar.why}{advice}"
        told = why(self.facts, self.report.items, self.report.unread, self.error)
        return self.said if told == NOT_ALL and self.said else told


@dataclass(frozen=True, slots=True)
class Session:
    """What a run that writes is given; `record` is its row in the journal.

    `progress` shows, while it is entered, that so many more links are done of what it is given to
    name; how many there are is told where that is known, 0 for unknown.
    """

    systems: WritableSystems
    context: RunContext
    run: Run
    record: RunRecord
    shutdown: Shutdown
    progress: Showing

    def by(self, book: MappingBook) -> "Session":
        """The same run, writing by tables that know who is who."""
        return replace(self, context=replace(self.context, book=book))

    def carry_out(
        self,
        plan: Plan,
        report: Report,
        recovered: Sequence[Item],
        approval: Approval,
        also: Collection[Fact] = (),
        carry: Carry = apply,
    ) -> Ending:
        """Ask, and write a plan as `report` tells it, unless something stands in the way.

        `recovered` was settled before it was made, `also` is true of the run as well once it has
        written; `carry` carries its items out. Raises `JournalError` and `ServiceError`.
        """
        bar = self._bar(plan, approval)
        ask = approval.ask if any(pending(report.items)) else None
        asked = bar is None and ask is not None
        agreed = bar is None and (ask is None or self._agreed(ask, report))
        if agreed:
            bar = self._bar(plan, approval)  # a pause may have begun while it was asked
        if bar is not None:
            notes = (*report.notes, f"Nothing was written: {bar.why}.")
            report = replace(report, notes=notes, excess=None if bar.advice else bar.why)
            return self.end(Ending(report, {Fact.BLOCKED}, bar=bar, seen=asked), recovered)
        if not agreed:
            said = "nothing was written"
            return self.end(Ending(report, {Fact.DECLINED}, said=said, seen=True), recovered)
        self.shutdown.writing()
        with self.progress("writing", changed_links(pending(plan.items))) as advance:
            report, error = write_plan(self.systems, self.context, report, advance, carry)
        facts = {*self.facts(report), *also}
        return self.end(Ending(report, facts, error, seen=asked), recovered)

    def _agreed(self, ask: Callable[[Report], bool], report: Report) -> bool:
        with self.asking():
            return ask(report)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """A person is asked in here: whoever is refused the lock meanwhile is told so."""
        journal, run = self.systems.journal, self.run.id
        journal.asking(run, self.context.clock())
        yield
        journal.asking(run, None)

    def facts(self, report: Report) -> set[Fact]:
        """What is true of this run, once its plan has been carried out."""
        return {*written(report), *([Fact.INTERRUPTED] if self.shutdown.wanted else [])}

    def end(self, ending: Ending, recovered: Sequence[Item]) -> Ending:
        """Note how the run ends; its report tells first what was settled before it planned."""
        self.record.found(ending.report, ending.error)
        told = replace(ending.report, items=tuple(recovered), unread=())
        report = with_recovered(ending.report, recovered)
        ending = replace(ending, report=report, facts={*ending.facts, *written(told)})
        self.record.exit_code, self.record.report = ending.exit_code, ending.report
        self.record.why = ending.why
        self.record.declined = Fact.DECLINED in ending.facts
        return ending

    def _bar(self, plan: Plan, approval: Approval) -> Bar | None:
        """What stands in the way of writing; nothing where there is nothing to write."""
        if not any(pending(plan.items)):
            return None
        if self.systems.journal.paused() is not None:
            return Bar("raidctl is paused", "raidctl resume ends that")
        if approval.plan is None:
            limit = plan.excess(approval.limits)
            return None if limit is None else Bar(limit, None)
        if approval.plan == plan.hash:
            return None
        why = f"{approval.plan} approves another plan than this one, {plan.hash}"
        return Bar(f"{why}: look at it first", None)


def write_plan(
    systems: WritableSystems,
    context: RunContext,
    report: Report,
    progress: Progress,
    carry: Carry = apply,
) -> tuple[Report, RaidctlError | None]:
    """The report with what became of each change, and what ended the run early, if anything."""
    items, ended = carry(systems, context, report.items, progress)
    notes = report.notes
    if left := sum(1 for _ in pending(items)):
        planned = sum(1 for _ in changes(items))
        why = context.stopping() or "the run ended early"
        notes = (*notes, f"Not begun: {left} of {planned} changes, because {why}.")
    notes += tuple(note for note in systems.tracker.notes if note not in notes)
    done = replace(
        report,
        items=items,
        finished_at=context.clock(),
        notes=notes,
        summary=replace(report.summary, requests=systems.requests),
    )
    return done, ended


def with_recovered(report: Report, recovered: Sequence[Item]) -> Report:
    """The report with what was settled before it planned, first.

    The journal knows no titles and addresses: they come from the plan, where it has them.
    """
    if not recovered:
        return report
    about = {item.subject.incident for item in recovered}
    known = {i.subject.incident: i.subject for i in report.items if i.subject.incident in about}
    told = [replace(i, subject=known.get(i.subject.incident, i.subject)) for i in recovered]
    return replace(report, items=joined(told, report.items))
