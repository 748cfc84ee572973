"""The `event` run: settle what waits in the queue, by reading both sides, as `reconcile` does."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from raidctl.core.events.event import Names, Queued, State, Turn, dead_words
from raidctl.core.events.turns import Stop, Timing, away, in_vain
from raidctl.core.plan.item import Item
from raidctl.errors import Category, ServiceError
from raidctl.ports.systems import Systems
from raidctl.runs.backfill.bulk import in_groups
from raidctl.runs.events.fate import Fate
from raidctl.runs.events.look import Asked, Rules, look, making, nothing_read
from raidctl.runs.events.places import Places
from raidctl.runs.events.witness import by_incident
from raidctl.runs.exit_codes import Fact
from raidctl.runs.writing.apply import apply
from raidctl.runs.writing.recorder import BaselineRecorder
from raidctl.runs.writing.recover import recover
from raidctl.runs.writing.senders import field_senders
from raidctl.runs.writing.session import Approval, Ending, Session

BLOCKED = timedelta(minutes=10)
"""Before it is planned anew what somebody has to say yes to."""
_ANY = 1  # the id of what is asked for to see whether anybody answers


def settle(session: Session, rules: Rules, approval: Approval, due: Sequence[Queued]) -> Ending:
    """Settle these events, and all that wait about the same links, in one plan.

    The queue and the report tell what became of each. A system out of reach is the ending's
    error. Raises `JournalError`: they wait as before then.
    """
    run = _Run(session, rules, approval, list(due))
    try:
        ending = run.carried_out()
    except ServiceError as error:
        ending = run.broken_off(error)
    session.systems.journal.queue.turn(run.turns)
    turns = {turn.id: turn for turn in run.turns}
    told = tuple(one.turned(turns[one.id]).told for one in run.events)
    dead = [turn for turn in run.turns if turn.state is State.DEAD]
    if dead:
        said = ending.said or dead_words(dead[0])
        ending = replace(ending, facts={*ending.facts, Fact.DEAD}, said=said)
    return session.end(replace(ending, report=replace(ending.report, events=told)), ())


@dataclass(slots=True)
class _Run:
    """One plan on its way; `events` and `turns` grow while it goes."""

    session: Session
    rules: Rules
    approval: Approval
    events: list[Queued]
    turns: list[Turn] = field(default_factory=list)
    recovered: list[Item] = field(default_factory=list)

    @property
    def timing(self) -> Timing:
        """By the clock of now."""
        return Timing(self.session.context.clock(), self.rules.passing, self.rules.random)

    def carried_out(self) -> Ending:
        """Read, plan, ask, write; what became of each event. Raises `ServiceError`."""
        session, rules = self.session, self.rules
        systems, context = session.systems, session.context
        with session.progress("reading") as advance:
            places = self._places()
            named = [one.event for one in self.events]
            made = making(systems.readable, named, rules, context.clock())
            senders = field_senders if made.job is None else made.job.senders
            self.recovered = [*recover(systems, context, senders)]
            recorder = BaselineRecorder(systems.journal, context.run, context.clock)
            asked = Asked(named, places, made)
            looked = look(systems.readable, asked, rules, context.clock, advance, recorder)
        systems.journal.record_accounts(looked.accounts, context.clock())
        if looked.survey is not None:
            session = session.by(looked.survey.book)
        report = replace(looked.report, run=session.run.id)
        carry = apply if looked.making.job is None else in_groups(senders)
        ending = session.carry_out(
            looked.plan, report, self.recovered, self.approval.of_all, carry=carry
        )
        items = by_incident(ending.report.items[len(self.recovered) :])
        fate = Fate(places, looked, items, self.timing, _stopped(ending))
        self.turns = [fate.of(event) for event in self.events]
        return ending

    def broken_off(self, error: ServiceError) -> Ending:
        """A system did not answer: whether that is its own fault, or that of what was asked."""
        timing, of_all = self.timing, error.category in {Category.AUTH, Category.PERMISSION}
        fault = not of_all and _answers(self.session.systems.readable, error.system)
        after = in_vain if fault else away
        self.turns = [after(event, str(error), timing) for event in self.events]
        systems, run = self.session.systems, self.session.run
        report = nothing_read(self.rules.sites, run.started_at, timing.now, systems.requests)
        return self.session.end(Ending(replace(report, run=run.id), error=error), self.recovered)

    def _places(self) -> Places:
        """Whose the events are, all those included that wait about the same links."""
        systems, now = self.session.systems.readable, self.session.context.clock()
        find = self.rules.directory.places
        places = find(systems, [one.event for one in self.events], now)
        incidents = {number for some in places.values() for number in some}
        known = systems.journal.known_issues(sorted(incidents)).values()
        named = [(one.event.issue_id, one.event.issue) for one in self.events]
        named += [(ref.id, ref.key.upper()) for ref in known]
        names = Names(
            frozenset(incidents),
            frozenset(number for number, _ in named if number is not None),
            frozenset(key for _, key in named if key is not None),
        )
        waiting = systems.journal.queue.of_links(names, [one.id for one in self.events])
        makes = self.session.systems.makers is not None
        more = [one for one in waiting if makes or not one.event.creation]
        self.events = sorted([*self.events, *more], key=lambda one: one.id)
        return {**places, **find(systems, [one.event for one in more], now)}


def _stopped(ending: Ending) -> Stop | None:
    """What kept the run from doing all that it planned; None where nothing did."""
    facts, why = set(ending.facts), ending.why
    if ending.bar is not None and ending.bar.advice is None:
        return Stop(f"{ending.bar.why}: raidctl event --approve {ending.report.plan}", BLOCKED)
    if Fact.BLOCKED in facts:
        return Stop(why or "it was blocked", BLOCKED)
    if Fact.DECLINED in facts:
        return Stop("nobody said yes to it", BLOCKED)
    if ending.error is not None or Fact.INTERRUPTED in facts:
        return Stop(why or "the run ended early")
    return None


def _answers(systems: Systems, system: str) -> bool:
    """Whether a system answers as it should, asked for something else."""
    try:
        if system == "JIRA":
            systems.tracker.current([_ANY])
        else:
            systems.source.current([_ANY])
    except ServiceError:
        return False
    return True
