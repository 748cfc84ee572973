"""Tell FireFighter of the changes of a field one after the other, as JIRA would have told it.

What goes before the last change are hops of its write: each in the journal before it is sent, and
read back before the next one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from raidctl.core.history import Revision
from raidctl.core.model import Field, Link, Side, Value, plain
from raidctl.core.paths import Transition
from raidctl.core.plan.item import INCIDENT
from raidctl.core.writes.outcome import Outcome, ReadBack, Result, landing
from raidctl.core.writes.settlement import Sent
from raidctl.errors import Category, LostAnswerError, ServiceError
from raidctl.ports.impact import IncidentWriter
from raidctl.ports.systems import WritableSystems
from raidctl.runs.context import RunContext
from raidctl.runs.writing.failures import failure_of
from raidctl.runs.writing.incident import OF_SOME_FIELD, SILENT, IncidentSender
from raidctl.runs.writing.sender import Senders
from raidctl.runs.writing.senders import field_senders

OUTRUN = "somebody changed it in Impact meanwhile"


@dataclass(frozen=True, slots=True)
class Step:
    """A change in JIRA, and the value that it is in Impact."""

    revision: Revision
    value: Value

    @property
    def name(self) -> Field:
        """The field that it is of."""
        return self.revision.field


@dataclass
class Replay:
    """What goes before the last change of each incident's fields, oldest first.

    `results` fills with what became of each, while its link is written.
    """

    steps: Mapping[int, Sequence[Step]]
    results: dict[tuple[int, Revision], Result] = field(default_factory=dict)

    def senders(self, systems: WritableSystems, context: RunContext) -> Senders:
        """The senders of fields, that of incidents telling all of this."""
        made = field_senders(systems, context)
        return replace(made, of={**made.of, INCIDENT: _Replaying(systems, context, self)})


_End = ServiceError | Result | None
"""Why nothing more is to be told; None while more may be."""


class _Replaying(IncidentSender):
    """Sends hops before a change, through writers that are told of events."""

    def __init__(self, systems: WritableSystems, context: RunContext, replay: Replay) -> None:
        super().__init__(systems, context, 2 * context.concurrency)
        self._left = dict(replay.steps)
        self._results = replay.results

    def _delivered(self, writer: IncidentWriter, link: Link, sent: Sequence[Sent]) -> list[Sent]:
        """All at once, after what goes before; that is told once."""
        steps = () if writer.sees_changes else self._left.pop(link.incident.id, ())
        for step in steps:
            own = next((one for one in sent if one.change.name is step.name), None)
            if own is None:  # its field is not to be written now
                continue
            link, result, end = self._told(writer, link, own, step)
            self._results[link.incident.id, step.revision] = result
            if result.outcome is Outcome.APPLIED or isinstance(end, LostAnswerError):
                reached = replace(own, hops=(*own.hops, str(step.value)))
                sent = [reached if one is own else one for one in sent]
            if isinstance(end, ServiceError):
                return self._failed(writer, sent, end)
            if end is not None:
                return [replace(one, failure=end) for one in sent]
        return super()._delivered(writer, link, sent)

    def _told(
        self, writer: IncidentWriter, link: Link, own: Sent, step: Step
    ) -> tuple[Link, Result, _End]:
        """The link as it is after one step, and what became of that."""
        number, name = link.incident.id, step.name
        at = self._context.clock()
        self._systems.journal.hop(own.write, Transition("", "", str(step.value), ""), at)
        try:
            writer.write(link, {name: step.value}, {name: step.revision})
            now = self._systems.source.current([number]).get(number)
        except ServiceError as error:
            end = None if error.category in OF_SOME_FIELD else error
            return link, failure_of(error, name), end
        found = None if now is None else now.value(name)
        relation = self._context.book.of(link.issue.project).relations[name]
        before = plain(link.incident.value(name))
        landed = landing(relation, Side.IMPACT, step.value, before, found)
        if now is None or landed is ReadBack.OTHER:
            stale = Result(Outcome.STALE, found, Category.CONFLICT, OUTRUN)
            return link, stale, stale
        after = replace(link, incident=now)
        if landed is ReadBack.SENT:
            return after, Result(Outcome.APPLIED, found), None
        return after, self._kept(writer, after, step), None

    def _kept(self, writer: IncidentWriter, link: Link, step: Step) -> Result:
        """FireFighter answered and did nothing: by a rule of its own, as far as that is known."""
        rule = writer.explain_refusal(link, step.name, step.value)
        certain = rule is not None and rule.certain
        outcome = Outcome.REFUSED if certain else Outcome.NO_EFFECT
        why = SILENT if rule is None else rule.words
        return Result(outcome, link.incident.value(step.name), Category.REFUSED, why)
