"""Links that a run made, taken back: what each would put in its place, and what does that."""

from collections.abc import Sequence
from dataclasses import replace
from threading import Lock

from raidctl.breaker import WriteBreaker
from raidctl.core.backfill.making import TICKET, TO_IMPACT, subject_alone
from raidctl.core.backfill.tickets import Ticket, spelled, tickets_in
from raidctl.core.model import Incident, Pair, Readable, plain
from raidctl.core.plan.item import PUT_LINK_BACK, Change, Item, Subject, Undone
from raidctl.core.reasons import Reason
from raidctl.core.writes.log import OwnLink, Write
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.core.writes.settlement import Sent, Settlement
from raidctl.errors import Category, LostAnswerError, RaidctlError, ServiceError
from raidctl.ports.systems import Systems, WritableSystems
from raidctl.ports.tickets import TicketWriter
from raidctl.runs.context import RunContext
from raidctl.runs.reading.targets import INCIDENT_GONE, Landed, incidents_there
from raidctl.runs.writing.failures import failure_of
from raidctl.runs.writing.sender import Sender, Senders
from raidctl.runs.writing.senders import field_senders
from raidctl.runs.writing.stages import LinkWrites

CHANGED = "somebody has linked it to {} since that run"
NO_TABLES = 'FireFighter\'s tables have it: it takes [impact.writes] link = "database"'
NOT_PUT_BACK = "it is still as that run left it"


def items_of_links(systems: Systems, writes: Sequence[Write]) -> tuple[Item, ...]:
    """An item for each write of a link, the last of a run first. Raises `ServiceError`.

    One whose link is another by now has a result already, `stale`.
    """
    incidents = incidents_there(systems.source, {write.incident for write in writes})
    return tuple(_item(write, incidents.get(write.incident)) for write in reversed(writes))


def _item(write: Write, incident: Incident | ServiceError | None) -> Item:
    key = str(write.read_back)  # what was sent may have been "the new issue"
    if not isinstance(incident, Incident):
        subject = Subject(write.incident, "", "", issue=write.issue, issue_id=write.issue_id)
        why = INCIDENT_GONE if incident is None else f"{incident.seen}; {incident.advice}"
        category = Category.NOT_FOUND if incident is None else incident.category
        outcome = Outcome.STALE if incident is None else Outcome.FAILED
        return replace(_change(write, subject, ()), result=Result(outcome, None, category, why))
    subject = replace(subject_alone(incident), issue=write.issue, issue_id=write.issue_id)
    left = tickets_in(_left(write, key))
    if incident.issue_key != key and write.part == TICKET:
        why = CHANGED.format(incident.issue_key or "nothing")
        stale = Result(Outcome.STALE, incident.issue_key, Category.CONFLICT, why)
        return replace(_change(write, subject, left), result=stale)
    return _change(write, subject, left)


def _left(write: Write, key: str) -> str | None:
    """The tickets that a write left, of which it was sent one."""
    if write.part == TICKET:
        return spelled([Ticket(write.issue_id, key, write.incident)])
    return spelled(replace(one, key=key) for one in tickets_in(plain(write.old)))


def _change(write: Write, subject: Subject, left: Sequence[Ticket]) -> Change:
    """What stood there before, in the place of what the write left."""
    return Change(
        subject=subject,
        target=PUT_LINK_BACK,
        field=None,
        direction=TO_IMPACT,
        pair=Pair[Readable](spelled(left), None),
        to=plain(write.old),
        reason=Reason.UNDO,
        undoes=Undone(write.id, None),
        part=write.part,
    )


def senders_with_links(systems: WritableSystems, context: RunContext) -> Senders:
    """The senders of fields, and what puts links back after them."""
    fields = field_senders(systems, context)
    return replace(fields, of={**fields.of, PUT_LINK_BACK: LinkReturner(systems, context)})


class LinkReturner(Sender):
    """Puts links back, in FireFighter's tables where it has them, and in the journal."""

    def __init__(self, systems: WritableSystems, context: RunContext) -> None:
        super().__init__(systems, context)
        self._breaker = WriteBreaker(2 * context.concurrency)
        self._one_by_one = Lock()

    @property
    def fatal(self) -> RaidctlError | None:
        """What stopped the writing of FireFighter's tables."""
        return self._breaker.fatal

    def send(self, link: LinkWrites) -> LinkWrites:
        """Each change by itself, in the order in which they were planned."""
        for change in link.open_for(PUT_LINK_BACK):
            if (stop := self._breaker.stopped) is not None:
                link = link.failing([change], *stop)
                continue
            own = link.incident_now is not None and link.incident_now.own_link
            if not own and self._writer is None:
                link = link.failing([change], Category.PERMISSION, NO_TABLES)
                continue
            (sent,) = self.intend([change])
            try:
                self._put_back(change, None if own else self._writer)
            except ServiceError as error:
                self._breaker.failed(error)
                if not isinstance(error, LostAnswerError):  # then reading tells
                    sent = replace(sent, failure=failure_of(error))
            link = link.sending([sent])
        return link

    @property
    def _writer(self) -> TicketWriter | None:
        makers = self._systems.makers
        return None if makers is None else makers.tickets

    def _put_back(self, change: Change, writer: TicketWriter | None) -> None:
        """By the writer where FireFighter's tables have the link, and those first."""
        (left,) = tickets_in(change.pair.impact)
        before = tickets_in(change.to)
        journal = self._systems.journal
        if writer is not None and change.part == TICKET:
            writer.unlink(left, before)
        elif writer is not None:
            writer.rekey(left, before[0].key)
        number = change.subject.incident
        with self._one_by_one:  # another incident's may just have put this one's link back
            own = journal.own_links_of([number])
            if change.part == TICKET and any(one.issue_id == left.issue_id for one in own):
                journal.forget_own_links([number])
            if writer is None:
                made = [
                    OwnLink(n, t.key, t.issue_id) for t in before if (n := t.incident) is not None
                ]
                journal.record_own_links(made, self._context.clock())

    def judge(self, sent: Sent, now: Landed) -> Settlement:
        """Whether the tickets are those of before, or at least not those that were left."""
        if sent.failure is not None:
            return Settlement(sent.change, sent.failure, sent.write)
        change = sent.change
        left, before = tickets_in(change.pair.impact), tickets_in(change.to)
        found = self._there(change, left, before)
        if not set(left) & found:
            return Settlement(change, Result(Outcome.APPLIED, change.to), sent.write)
        kept = Result(Outcome.REFUSED, change.old, Category.REFUSED, NOT_PUT_BACK)
        return Settlement(change, kept, sent.write)

    def _there(
        self, change: Change, left: Sequence[Ticket], before: Sequence[Ticket]
    ) -> set[Ticket]:
        """The tickets that there are now of this incident and these issues, own links as such."""
        number = change.subject.incident
        own = self._systems.journal.own_links_of([number])
        found = {Ticket(one.issue_id, one.issue, one.incident) for one in own}
        makers = self._systems.makers
        if makers is not None and makers.known is not None:
            issues = {one.issue_id for one in (*left, *before)}
            found |= set(makers.known.of([number], issues))
        return found

    def refused_again(self, one: Settlement) -> Settlement:
        """A refusal is not remembered: what was in the way may be gone in the next run."""
        return one
