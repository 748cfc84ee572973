"""Write one incident: its fields by the writers that are configured for them.

A database refuses what it does not take. FireFighter's webhook answers every event alike, so
whether it acted is told by reading, and why it did not only where its rules are known.
"""

from collections.abc import Iterator, Mapping, Sequence

from raidctl.breaker import WriteBreaker
from raidctl.core.history import Revision
from raidctl.core.model import Field, Link, Side, impact_value
from raidctl.core.writes.log import Kind, PermanentRefusal
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.errors import Category, FieldsRefusedError, RaidctlError, ServiceError
from raidctl.ports.impact import IncidentWriter
from raidctl.ports.systems import WritableSystems
from raidctl.runs.context import RunContext
from raidctl.runs.reading.history import last_authors
from raidctl.runs.writing.changes import Change, Job
from raidctl.runs.writing.failures import trouble
from raidctl.runs.writing.read_back import ended_so_before

ANYWHERE = ""  # a writer is out of reach, or not, for all incidents alike
NO_WRITER = "nothing is configured that writes this field of Impact"
SILENT = "FireFighter answered and did not act; it swallows what it takes for its own echo"
ONCE_MORE = {
    Kind.SYNC: "the next run tries once more",
    Kind.RESOLVE: "decide it again in a minute",
    Kind.UNDO: "undo it again in a minute",
}
SILENT_TWICE = "FireFighter answered and did not act, twice: it has a rule against this change"
OF_SOME_FIELD = frozenset({Category.VALIDATION, Category.PERMISSION, Category.REFUSED})


class IncidentWriting:
    """Sends the changes of incidents; what became of them is judged by reading, afterwards.

    Each writer has breaker of its own: where FireFighter's Slack is down its database may be up.
    """

    def __init__(self, systems: WritableSystems, context: RunContext, patience: int) -> None:
        self._systems = systems
        self._context = context
        self._writers = systems.incident_writers
        self._breaker = {writer.name: WriteBreaker(patience) for writer in self._writers.values()}
        self._edits: dict[int, Mapping[Field, Revision]] = {}

    @property
    def fatal(self) -> RaidctlError | None:
        """What stopped a writer for good, if anything did."""
        return next((b.fatal for b in self._breaker.values() if b.fatal is not None), None)

    def skip_forbidden(self, jobs: Sequence[Job]) -> None:
        """What no writer is there for, or what its user may not write, is not tried."""
        changes = [change for job in jobs for change in job.open_in(Side.IMPACT)]
        for change in changes:
            if change.intent.field not in self._writers:
                change.skip(Outcome.REFUSED, Category.REFUSED, NO_WRITER)
        for writer, its in self._by_writer(changes):
            try:
                lacking = writer.missing({change.intent.field for change in its})
            except ServiceError as error:  # it is no FireFighter's, or out of reach
                self._breaker[writer.name].fatal = error
                continue
            for change in its if lacking else ():
                why = f"the user of impact.database_url lacks {', '.join(lacking)}"
                change.skip(Outcome.REFUSED, Category.PERMISSION, why)

    def ask_authors(self, jobs: Sequence[Job]) -> None:
        """Ask JIRA who changed these issues last, for the writers that have to say so.

        Where that cannot be read their changes have failed.
        """
        asking = {
            job.issue: changes
            for job in jobs
            for writer, changes in self._by_writer(job.open_in(Side.IMPACT))
            if job.link is not None and not writer.sees_changes
            if changes[0].intent.kind is not Kind.UNDO
        }
        try:
            self._edits |= last_authors(self._systems.tracker, asking)
        except ServiceError as error:
            why = f"who changed it in JIRA cannot be read: {error.seen}"
            for change in (change for changes in asking.values() for change in changes):
                change.skip(Outcome.FAILED, error.category, why)

    def write(self, job: Job, link: Link) -> None:
        """Send what is open of the job, writer by writer."""
        for writer, changes in self._by_writer(job.open_in(Side.IMPACT)):
            breaker = self._breaker[writer.name]
            if (stop := breaker.reason(ANYWHERE)) is not None:
                for change in changes:
                    change.skip(Outcome.FAILED, *stop)
            elif writer.sees_changes or self._unchanged(link, changes, breaker):
                self._intend(changes)
                self._deliver(writer, link, changes)

    def judge_unmoved(self, job: Job, change: Change) -> None:
        """Tell a refusal from an event that FireFighter swallowed.

        It swallows one within 60 seconds of a push of its own (facts, section 3), so what it is
        not known for certain to refuse is tried once more by the next run.
        """
        writer, intent = self._writers.get(change.intent.field), change.intent
        if writer is None or writer.sees_changes or job.link is None:
            return
        rule = writer.explain_refusal(job.link, intent.field, intent.new)
        if (rule and rule.certain) or ended_so_before(
            self._systems.journal, change, Outcome.NO_EFFECT
        ):
            change.refused = self._for_good(change)
            why = rule.words if rule else SILENT_TWICE
            change.result = Result(Outcome.REFUSED, intent.old, Category.REFUSED, why)
        else:
            why = f"{SILENT}; {ONCE_MORE[intent.kind]}"
            change.result = Result(Outcome.NO_EFFECT, intent.old, Category.REFUSED, why)

    def _intend(self, changes: Sequence[Change]) -> None:
        context, intents = self._context, [change.intent for change in changes]
        numbers = self._systems.journal.intend(intents, context.run, context.clock())
        for change, number in zip(changes, numbers, strict=True):
            change.write = number

    def _deliver(self, writer: IncidentWriter, link: Link, changes: Sequence[Change]) -> None:
        """All at once; the rest once more where some of the fields are at fault."""
        breaker = self._breaker[writer.name]
        values = {change.intent.field: change.intent.new for change in changes}
        try:
            if changes[0].intent.kind is Kind.UNDO:  # the changes of a job are of one kind
                writer.restore(link, values)
            else:
                writer.write(link, values, self._edits.get(link.issue.id, {}))
        except FieldsRefusedError as error:
            rest = [change for change in changes if change.intent.field not in error.fields]
            self._failed(writer, [c for c in changes if c not in rest], error)
            if rest and len(rest) < len(changes):
                self._deliver(writer, link, rest)
        except ServiceError as error:
            if error.category in OF_SOME_FIELD and len(changes) > 1:  # of which, nothing tells
                for change in changes:
                    self._deliver(writer, link, [change])
                return
            self._failed(writer, changes, error)
        else:
            breaker.worked()

    def _failed(
        self, writer: IncidentWriter, changes: Sequence[Change], error: ServiceError
    ) -> None:
        """Note it; what concerns one field alone is no reason to leave other incidents alone."""
        if error.category not in OF_SOME_FIELD:
            self._breaker[writer.name].failed(ANYWHERE, error)
        for change in changes:
            change.trouble = trouble(error, change.intent.field)
            if error.category is Category.REFUSED:
                change.refused = self._for_good(change)

    def _for_good(self, change: Change) -> PermanentRefusal:
        edit = self._edits.get(change.intent.issue_id, {}).get(change.intent.field)
        return PermanentRefusal(None if edit is None else edit.at)

    def _unchanged(self, link: Link, changes: Sequence[Change], breaker: WriteBreaker) -> bool:
        """Whether the incident is still as the link has it; if not, the changes are done with."""
        number = link.incident.id
        try:
            now = self._systems.source.current([number]).get(number)
        except ServiceError as error:
            breaker.failed(ANYWHERE, error)
            for change in changes:
                change.skip(Outcome.FAILED, error.category, f"{error.seen}; {error.advice}")
            return False
        changed = [
            change.intent.field.value
            for change in changes
            if now is None or impact_value(now, change.intent.field) != change.intent.old
        ]
        for change in changes if changed else ():
            why = f"Impact changed its {', '.join(changed)} since the plan was made"
            change.skip(Outcome.STALE, Category.CONFLICT, why)
        return not changed

    def _by_writer(
        self, changes: Sequence[Change]
    ) -> Iterator[tuple[IncidentWriter, list[Change]]]:
        """The changes of each writer, in the order of the fields."""
        for name in self._breaker:
            its = [change for change in changes if self._name_of(change) == name]
            if its:
                yield self._writers[its[0].intent.field], its

    def _name_of(self, change: Change) -> str | None:
        writer = self._writers.get(change.intent.field)
        return None if writer is None else writer.name
