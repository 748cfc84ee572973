"""Write one incident: its fields by the writers that are configured for them.

A database refuses what it does not take. FireFighter's webhook answers every event alike, so
whether it acted is told by reading, and why it did not only where its rules are known.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from raidctl.breaker import WriteBreaker
from raidctl.core.history import Revision, latest
from raidctl.core.model import Field, Link, Side
from raidctl.core.plan.item import INCIDENT, Change, Key
from raidctl.core.reasons import Kind
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.core.writes.settlement import PermanentRefusal, Sent, Settlement
from raidctl.errors import Category, FieldsRefusedError, RaidctlError, ServiceError
from raidctl.ports.impact import IncidentWriter
from raidctl.ports.systems import WritableSystems
from raidctl.runs.context import RunContext
from raidctl.runs.writing.failures import failure_of
from raidctl.runs.writing.recheck import outdated
from raidctl.runs.writing.sender import Sender
from raidctl.runs.writing.stages import LinkWrites, changes_for

NO_WRITER = "nothing is configured that writes this field of Impact"
SILENT = "FireFighter answered and did not act; it swallows what it takes for its own echo"
ONCE_MORE = {
    Kind.SYNC: "the next run tries once more",
    Kind.RESOLVE: "decide it again in a minute",
    Kind.UNDO: "undo it again in a minute",
}
SILENT_TWICE = "FireFighter answered and did not act, twice: it has a rule against this change"
OF_SOME_FIELD = frozenset({Category.VALIDATION, Category.PERMISSION, Category.REFUSED})


class IncidentSender(Sender):
    """Sends the changes of incidents; what became of them is judged by reading, afterwards.

    Each writer has a breaker of its own: where FireFighter's Slack is down its database may be up.
    """

    def __init__(self, systems: WritableSystems, context: RunContext, patience: int) -> None:
        super().__init__(systems, context)
        self._writers = systems.incident_writers
        self._breakers = {writer.name: WriteBreaker(patience) for writer in self._writers.values()}
        self._edits: dict[int, Mapping[Field, Revision]] = {}

    @property
    def fatal(self) -> RaidctlError | None:
        """What stopped a writer for good, if anything did."""
        return next((b.fatal for b in self._breakers.values() if b.fatal is not None), None)

    def preflight(self, links: Sequence[LinkWrites]) -> Sequence[LinkWrites]:
        """What no writer is there for, or what its user may not write, is not tried."""
        changes = changes_for(links, [INCIDENT])
        refused = {
            change.key: Result(Outcome.REFUSED, None, Category.REFUSED, NO_WRITER)
            for change in changes
            if change.name not in self._writers
        }
        for writer, its in self._by_writer(changes):
            try:
                lacking = writer.missing({change.name for change in its})
            except ServiceError as error:  # it is no FireFighter's, or out of reach
                self._breakers[writer.name].trip(error)
                continue
            if lacking:
                why = f"the user of impact.database_url lacks {', '.join(lacking)}"
                result = Result(Outcome.REFUSED, None, Category.PERMISSION, why)
                refused |= {change.key: result for change in its}
        return [_settling(link, refused) for link in links]

    def prepare(self, links: Sequence[LinkWrites]) -> Sequence[LinkWrites]:
        """Note who changed these issues last: some writers have to say so."""
        for link in links:
            if link.issue is not None:
                self._edits[link.issue] = latest(link.history.told.get(Side.JIRA, ()))
        return links

    def send(self, link: LinkWrites) -> LinkWrites:
        """Send what is open for incidents, writer by writer."""
        for writer, changes in self._by_writer(link.open_for(INCIDENT)):
            if (stop := self._breakers[writer.name].stopped) is not None:
                link = link.failing(changes, *stop)
                continue
            if not writer.sees_changes:
                link = self._unless_changed(link, changes, self._breakers[writer.name])
            if still := [change for change in changes if change in link.open]:
                sent = self.intend(still)
                link = link.sending(self._delivered(writer, link.link, sent))
        return link

    def explain_refusal(self, link: LinkWrites, one: Settlement) -> Settlement:
        """Tell a refusal from an event that FireFighter swallowed.

        It swallows one within 60 seconds of a push of its own (facts, section 3), so what it is
        not known for certain to refuse is tried once more by the next run.
        """
        change = one.change
        writer = self._writers.get(change.name)
        if writer is None or writer.sees_changes:
            return self.refused_again(one)
        rule = writer.explain_refusal(link.link, change.name, change.to)
        if (rule and rule.certain) or self.ended_so_before(one, Outcome.NO_EFFECT):
            why = rule.words if rule else SILENT_TWICE
            result = Result(Outcome.REFUSED, change.old, Category.REFUSED, why)
            return replace(one, result=result, refused=self.for_good(change))
        why = f"{SILENT}; {ONCE_MORE[change.kind]}"
        return replace(one, result=Result(Outcome.NO_EFFECT, change.old, Category.REFUSED, why))

    def _delivered(self, writer: IncidentWriter, link: Link, sent: Sequence[Sent]) -> list[Sent]:
        """All at once; the rest once more where some of the fields are at fault."""
        values = {one.change.name: one.change.to for one in sent}
        try:
            if sent[0].change.kind is Kind.UNDO:  # the changes of a link are of one kind
                writer.restore(link, values)
            else:
                writer.write(link, values, self._edits.get(link.issue.id, {}))
        except FieldsRefusedError as error:
            rest = [one for one in sent if one.change.name not in error.fields]
            failed = self._failed(writer, [one for one in sent if one not in rest], error)
            again = rest and len(rest) < len(sent)
            return failed + (self._delivered(writer, link, rest) if again else rest)
        except ServiceError as error:
            if error.category in OF_SOME_FIELD and len(sent) > 1:  # of which, nothing tells
                return [end for one in sent for end in self._delivered(writer, link, [one])]
            return self._failed(writer, sent, error)
        self._breakers[writer.name].worked()
        return list(sent)

    def _failed(
        self, writer: IncidentWriter, sent: Sequence[Sent], error: ServiceError
    ) -> list[Sent]:
        """Note it; what concerns one field alone is no reason to leave other incidents alone."""
        if error.category not in OF_SOME_FIELD:
            self._breakers[writer.name].failed(error)
        refused = error.category is Category.REFUSED
        return [
            replace(
                one,
                failure=failure_of(error, one.change.name),
                refused=self.for_good(one.change) if refused else one.refused,
            )
            for one in sent
        ]

    def for_good(self, change: Change) -> PermanentRefusal:
        """As long as JIRA's field is not changed either, there and back, as far as that is told."""
        edit = self._edits.get(change.subject.issue_id or 0, {}).get(change.name)
        return PermanentRefusal(None if edit is None else edit.at, self._name_of(change))

    def _unless_changed(
        self, link: LinkWrites, changes: Sequence[Change], breaker: WriteBreaker
    ) -> LinkWrites:
        """The link, its changes settled where the incident is not what it was a moment ago."""
        try:
            now = self._systems.source.current([link.incident]).get(link.incident)
        except ServiceError as error:
            breaker.failed(error)
            return link.failing(changes, error.category, f"{error.seen}; {error.advice}")
        changed = [
            change.name.value
            for change in changes
            if now is None or outdated(change, {Side.IMPACT: now}) is not None
        ]
        if not changed:
            return link
        why = f"Impact changed its {', '.join(changed)} since the plan was made"
        return link.settling(changes, Result(Outcome.STALE, None, Category.CONFLICT, why))

    def _by_writer(
        self, changes: Sequence[Change]
    ) -> Iterator[tuple[IncidentWriter, list[Change]]]:
        """The changes of each writer, in the order of the fields."""
        for name in self._breakers:
            its = [change for change in changes if self._name_of(change) == name]
            if its:
                yield self._writers[its[0].name], its

    def _name_of(self, change: Change) -> str | None:
        writer = self._writers.get(change.name)
        return None if writer is None else writer.name


def _settling(link: LinkWrites, results: Mapping[Key, Result]) -> LinkWrites:
    for change in link.open:
        if change.key in results:
            link = link.settling([change], results[change.key])
    return link
