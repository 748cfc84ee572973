"""The `resolve` run: carry out at once what a person decides about held fields."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from raidctl.core.model import Side, plain
from raidctl.core.plan.item import Hold, Item, pending
from raidctl.core.plan.plan import Plan
from raidctl.core.report import Report, summarised
from raidctl.core.waiting import Waiting
from raidctl.core.writes.log import Skip
from raidctl.errors import BlockedError, RaidctlError
from raidctl.ports.systems import Systems, WritableSystems
from raidctl.runs.context import RunContext
from raidctl.runs.exit_codes import Fact
from raidctl.runs.reading.diff import report_of
from raidctl.runs.reading.held import Held, held
from raidctl.runs.reading.request import Progress, ReadRequest
from raidctl.runs.reading.writers import with_obstacles
from raidctl.runs.writing.apply import apply, known_to_fail
from raidctl.runs.writing.choices import Decider, Decision, Note, Options, Skipping, options
from raidctl.runs.writing.recover import recover
from raidctl.runs.writing.session import Approval, Ending, Session

FOR_GOOD = Skipping()
"""Until either value changes."""

_NAMED = 5
# What is noted, what was done, and why not where it was not.
_WORDS = {
    Skipping: ("skip", "skipped", "these cannot be"),
    Note.RELEASE: ("release", "released", "nothing stands in the way of these, take a side"),
    Note.UNSKIP: ("unskip", "asked about again", "these were not skipped"),
}


def resolve(
    session: Session,
    request: ReadRequest,
    sites: tuple[str, str],
    how: Decision | Decider,
    approval: Approval,
    agreed: Callable[[str, Sequence[Item]], bool],
) -> Ending:
    """Decide what is held: all of it one way, or as somebody answers.

    `agreed` says yes to what is only noted, by its name and of which items. What was skipped before
    is decided again where it is named, or decided for good. Raises `BlockedError` for a pause where
    somebody would be asked in vain, and what `held` raises.
    """
    recovered = recover(session.systems, session.context)
    with session.progress("reading") as advance:
        found = held(session.systems.readable, request, advance)
    session = session.by(found.survey.book)
    decides = isinstance(how, Side) or how is Note.RELEASE
    choices = _open(found, request, how)
    now, readable = session.context.clock(), session.systems.readable
    made = report_of(found.survey, readable, request, sites, now)
    made = replace(_told(made, found, choices), run=session.run.id)
    resolving = _Resolving(session, made, recovered, found, choices, sites)
    if not choices:
        said = "nothing to decide" + ("; raidctl held shows what waits" if found.waiting else "")
        undone = (
            [Fact.NOT_DONE] if decides and found.waiting else []
        )  # no script takes that for done
        return resolving.ended((), said, also=undone)
    match how:
        case Side():
            return resolving.by_side(how, approval)
        case Note() | Skipping():
            return resolving.by_note(how, agreed)
        case _:
            return replace(resolving, choices=_possible(session, choices)).by_asking(how)


def _possible(session: Session, choices: Sequence[Options]) -> Sequence[Options]:
    """The same, without what is sure to be refused: nobody is to decide on that in vain."""
    items = [item for one in choices for item in one.taking.values()]
    failing = known_to_fail(session.systems, session.context, items)
    return [one.without(failing) for one in choices]


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
    choices = _open(found, request, how)
    if isinstance(how, Side):
        items = tuple(one.taking[how] for one in choices if how in one.taking)
    else:
        items = tuple(one.waiting.item for one in choices)
    made = report_of(found.survey, systems, request, sites, request.now)
    plan = Plan(items, tuple(found.survey.book.fingerprints), sites, len(items))
    summary = summarised(items, len({i.subject.incident for i in items}), 0, made.summary.requests)
    told = replace(_told(made, found, choices), items=items, plan=plan.hash, summary=summary)
    written = {(item.subject.incident, item.field) for item in pending(items)}
    left = tuple(i for i in told.held or () if (i.subject.incident, i.field) not in written)
    return with_obstacles(replace(told, held=left), systems)


def _told(report: Report, found: Held, choices: Sequence[Options]) -> Report:
    """The report of a survey as that of what is decided of it."""
    beside = _beside(found, choices)
    return replace(
        report,
        command="resolve",
        unread=found.unread,
        notes=(f"Held, and not decided here: {beside}.",) if beside else (),
        held=tuple(one.item for one in found.waiting if not one.tried_again),
        whole=False,
    )


def _open(found: Held, request: ReadRequest, how: object) -> list[Options]:
    """What there is to decide; what was skipped only where that is named, or decided for good."""
    made = options(found, request.policy, request.now)
    if how is Note.UNSKIP:
        return [one for one in made if one.waiting.skipped]
    everything = request.scope.named or isinstance(how, Side | Note)
    return [one for one in made if everything or not one.waiting.skipped]


@dataclass(frozen=True, slots=True)
class _Resolving:
    """One run of `resolve`, once it is known what there is to decide."""

    session: Session
    report: Report
    recovered: Sequence[Item]
    found: Held
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

    def by_note(
        self, what: Note | Skipping, agreed: Callable[[str, Sequence[Item]], bool]
    ) -> Ending:
        """Remember each field as skipped or not, or let the next run decide it."""
        items = tuple(one.waiting.item for one in self.choices)
        name, done_words, otherwise = _WORDS[type(what) if isinstance(what, Skipping) else what]
        with self.session.asking():
            said_yes = agreed(name, items)
        if not said_yes:
            return self.ended(items, f"nothing was {done_words}", also=[Fact.DECLINED])
        left = [item for item in items if not self._noted(what, item)]
        said = f"{len(items) - len(left)} of {len(items)} {done_words}; nothing was written"
        if left:
            some = ", ".join(f"incident {i.subject.incident} {i.field}" for i in left[:_NAMED])
            more = f" and {len(left) - _NAMED} more" if len(left) > _NAMED else ""
            said += f"; {otherwise}: {some}{more}"
        if beside := _beside(self.found, self.choices):
            said += f"; of {len(self.found.waiting)} held, not touched: {beside}"
        return self.ended(items, f"{said} (run {self.session.run.id})")

    def _noted(self, what: Note | Skipping, item: Item) -> bool:
        """Note it; whether there was anything to note."""
        systems, context = self.session.systems, self.session.context
        match what:
            case Skipping():
                return skip(systems, context, item, what)
            case Note.RELEASE:
                return release(systems, context, item)
            case Note.UNSKIP:
                return unskip(systems, item)

    def by_asking(self, decider: Decider) -> Ending:
        """Do at once what is decided, until nothing is left or something ends it."""
        if self.session.systems.journal.paused() is not None:
            raise BlockedError("nothing was written: raidctl is paused; raidctl resume ends that")
        beside = _beside(self.found, self.choices)
        done: dict[int, Item] = {}
        error: RaidctlError | None = None
        run, shutdown = self.session.run.id, self.session.shutdown
        decider.begins(run, self.report.held or (), len(self.choices), beside)
        shutdown.waiting("nothing was written", decider.closing(run))
        for chosen, decision in self._answers(decider):
            items, error = self._done(chosen, decision)
            done |= zip(map(id, chosen), items, strict=True)
            decider.told(decision, items)
            if shutdown.wanted or error is not None:
                break
            shutdown.waiting(
                "what was carried out so far is done, and nothing else", decider.closing(run)
            )
        decider.closes(decider.closing(run))
        told = [done.get(id(one), one.waiting.item) for one in self.choices]
        return self.ended(told, error=error)

    def _answers(self, decider: Decider) -> Iterator[tuple[Sequence[Options], Decision]]:
        """What is answered; while the next is waited for, that is noted."""
        answers = iter(decider.decisions(self.choices))
        while True:
            with self.session.asking():
                answer = next(answers, None)
            if answer is None:
                return
            yield answer

    def _done(
        self, chosen: Sequence[Options], decision: Decision
    ) -> tuple[Sequence[Item], RaidctlError | None]:
        """The fields with what became of them, and what ends the run, if anything."""
        self.session.shutdown.writing()  # of what is noted as well, nothing is left half done
        items: Sequence[Item] = [one.waiting.item for one in chosen]
        if not isinstance(decision, Side):
            for item in items:
                self._noted(decision, item)
            return items, None
        items = [one.taking[decision] for one in chosen]
        systems, context, error = self.session.systems, self.session.context, None
        try:
            with self.session.progress("writing", len(items)) as advance:
                items, error = apply(systems, context, items, advance)
        except RaidctlError as raised:
            error = raised
        if error is None and any(pending(items)) and not self.session.shutdown.wanted:
            why = context.stopping() or "the run was to end"
            error = BlockedError(f"nothing more is written: {why}; raidctl resume ends that")
        return items, error

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


def _beside(found: Held, choices: Sequence[Options]) -> str:
    """What else is held, and why nothing is decided about it here."""
    chosen = {id(one.waiting) for one in choices}
    rest = Counter(_why_not(one) for one in found.waiting if id(one) not in chosen)
    return ", ".join(f"{count} {words}" for words, count in rest.items())


def _why_not(one: Waiting) -> str:
    """Why nothing is decided about something that is held."""
    if one.item.field is None:
        return "of whole links"
    if one.passing:
        return "a matter of time"
    return "skipped before" if one.skipped else "no value settles"


def skip(
    systems: WritableSystems, context: RunContext, item: Item, how: Skipping = FOR_GOOD
) -> bool:
    """Leave a field as it is, and remember that for this pair of values; whether that can be."""
    subject = item.subject
    if item.field is None or subject.issue_id is None:
        return False
    impact, jira = map(plain, item.pair)
    of = subject.incident, subject.issue_id, item.field
    left = Skip(*of, impact, jira, how.until, how.why)
    systems.journal.skip(left, context.clock())
    return True


def unskip(systems: WritableSystems, item: Item) -> bool:
    """Ask about a field again; whether a person had left it as it is."""
    subject = item.subject
    if item.field is None or subject.issue_id is None:
        return False
    return systems.journal.unskip(subject.incident, subject.issue_id, item.field)


def release(systems: WritableSystems, context: RunContext, item: Item) -> bool:
    """Let the next run decide as if nobody had; whether anything stood in its way."""
    subject = item.subject
    if item.field is None or subject.issue_id is None:
        return False
    return systems.journal.release(subject.incident, subject.issue_id, item.field, context.clock())
