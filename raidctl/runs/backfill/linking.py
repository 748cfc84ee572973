"""Make issues their incidents': in FireFighter's tables or the journal, and in JIRA itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from raidctl.breaker import WriteBreaker
from raidctl.core.backfill import making
from raidctl.core.backfill.backlink import (
    PROPERTY,
    global_id,
    named_by,
    property_of,
    remote_link,
)
from raidctl.core.backfill.declaration import CustomFields, Declaration
from raidctl.core.backfill.first_issue import business_impact_of
from raidctl.core.backfill.making import PROPERTY_OF, REMOTE_LINK, TICKET, makes_link
from raidctl.core.backfill.tickets import Account, NewTicket, Ticket, spelled, tickets_in
from raidctl.core.mapping.people import Users
from raidctl.core.model import Field, Incident, Issue, Pair, Value, plain
from raidctl.core.plan.item import CREATE_LINK, Change, Subject
from raidctl.core.writes.log import OwnLink
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.core.writes.settlement import Sent, Settlement
from raidctl.errors import Category, LostAnswerError, RaidctlError, ServiceError
from raidctl.ports.systems import Makers, WritableSystems
from raidctl.ports.tickets import TicketWriter
from raidctl.runs.backfill.request import BackfillRequest
from raidctl.runs.backfill.turns import Turns
from raidctl.runs.context import RunContext
from raidctl.runs.reading.targets import INCIDENT_GONE, Landed
from raidctl.runs.writing.failures import failure_of
from raidctl.runs.writing.sender import Sender
from raidctl.runs.writing.stages import LinkWrites, changes_for

NO_ISSUE = "its issue is not there"
NOT_TAKEN = "Impact took it, and does not show it"


class Linker(Sender):
    """Links incidents and issues.

    FireFighter's tables have a breaker of their own: where they are out of reach JIRA may be up.
    """

    def __init__(
        self,
        systems: WritableSystems,
        context: RunContext,
        makers: Makers,
        request: BackfillRequest,
        breaker: WriteBreaker,
    ) -> None:
        super().__init__(systems, context)
        self._admin = makers.admin
        self._tickets = makers.tickets
        self._known_tickets = makers.known
        self._private_to_jira = request.blueprint.private_to_jira
        self._site = request.blueprint.site
        self._configured = Users(request.exceptions)
        self._jira = breaker
        self._impact = WriteBreaker(2 * context.concurrency)
        self._turns = Turns()
        self._declared: Mapping[int, Declaration] = {}

    @property
    def fatal(self) -> RaidctlError | None:
        """What stopped the writing of FireFighter's tables."""
        return self._impact.fatal

    def preflight(self, links: Sequence[LinkWrites]) -> Sequence[LinkWrites]:
        """What the user of the database may not write is not tried."""
        to_link = [
            change
            for change in changes_for(links, [CREATE_LINK])
            if makes_link(change.target, change.part)
        ]
        if self._tickets is None or not to_link:
            return links
        try:
            lacking = self._tickets.missing()
            numbers = [change.subject.incident for change in to_link]
            self._declared = self._systems.source.declarations(numbers)
        except ServiceError as error:
            self._impact.trip(error)
            return links
        if not lacking:
            return links
        why = f"the user of impact.database_url lacks {', '.join(lacking)}"
        refused = Result(Outcome.REFUSED, None, Category.PERMISSION, why)
        return [
            link.settling([c for c in link.open_for(CREATE_LINK) if c in to_link], refused)
            for link in links
        ]

    def send(self, link: LinkWrites) -> LinkWrites:
        """Each part of a link by itself."""
        for change in link.open_for(CREATE_LINK):
            incident, issue = link.incident_now, link.issue_now
            if incident is None or issue is None:
                link = link.failing([change], Category.CONFLICT, NO_ISSUE)
            elif change.part == REMOTE_LINK:
                link = self._led_back(link, change, incident, issue)
            elif change.part == PROPERTY_OF:
                link = self._named(link, change, incident, issue)
            elif change.part == TICKET:
                link = self._linked(link, change, incident, issue)
            else:
                link = self._rekeyed(link, change)
        return link

    def _led_back(
        self, link: LinkWrites, change: Change, incident: Incident, issue: Issue
    ) -> LinkWrites:
        about = remote_link(self._site, self._shown(incident))
        made = OwnLink(incident.id, issue.key, issue.id, led_back=True)
        act = partial(self._admin.put_remote_link, issue.id, about)
        return self._through(self._jira, link, change, act, made)

    def _shown(self, incident: Incident) -> Incident:
        """The incident, without a title that may not be for JIRA's readers."""
        if self._private_to_jira or incident.private is False:
            return incident
        return replace(incident, values={})

    def _named(
        self, link: LinkWrites, change: Change, incident: Incident, issue: Issue
    ) -> LinkWrites:
        value = property_of(self._site, incident.id)
        act = partial(self._admin.set_property, issue.id, PROPERTY, value)
        return self._through(self._jira, link, change, act)

    def _linked(
        self, link: LinkWrites, change: Change, incident: Incident, issue: Issue
    ) -> LinkWrites:
        made = OwnLink(incident.id, issue.key, issue.id, _leads_back(link, change))
        new, planned = Ticket(issue.id, issue.key, incident.id), tickets_in(change.pair.impact)
        with self._turns.taken(planned):
            standing = self._turns.standing(new, planned)
            others = {one.incident for one in standing} - {incident.id, None}

            def act() -> None:
                self._systems.journal.forget_own_links([n for n in others if n is not None])
                if self._tickets is not None:
                    self._tickets.link(self._ticket(incident, issue), standing)

            as_now = replace(change, pair=Pair(spelled(standing), None))
            link = self._through(self._impact, link, as_now, act, made)
            if _written(link, as_now):
                self._turns.linked(new, standing)
        return link

    def _rekeyed(self, link: LinkWrites, change: Change) -> LinkWrites:
        (planned,), key = tickets_in(change.pair.impact), str(change.to)
        with self._turns.taken([planned]):
            ticket = self._turns.now(planned)
            as_now = replace(change, pair=Pair(spelled([ticket]), None))
            act = partial(self._writer.rekey, ticket, key)
            link = self._through(self._impact, link, as_now, act)
            if _written(link, as_now):
                self._turns.rekeyed(ticket, key)
        return link

    @property
    def _writer(self) -> TicketWriter:
        if self._tickets is None:
            raise LookupError("nothing was opened that writes tickets")
        return self._tickets

    def _through(
        self,
        breaker: WriteBreaker,
        link: LinkWrites,
        change: Change,
        act: Callable[[], None],
        made: OwnLink | None = None,
    ) -> LinkWrites:
        """Journal a part and write it; `made` is what has come of it where that worked."""
        if (stop := breaker.stopped) is not None:
            return link.failing([change], *stop)
        (sent,) = self.intend([change])
        try:
            act()
        except ServiceError as error:
            breaker.failed(error)
            lost = isinstance(error, LostAnswerError)  # then reading tells
            return link.sending([sent if lost else replace(sent, failure=failure_of(error))])
        return link.sending([replace(sent, made=made)])

    def _ticket(self, incident: Incident, issue: Issue) -> NewTicket:
        """What JIRA says of the issue, as FireFighter keeps it."""
        declared = self._declared.get(incident.id)
        reporter = issue.reporter or self._systems.tracker.myself()
        assignee, commander = (plain(one.value(Field.COMMANDER)) for one in (issue, incident))
        creator = None if declared is None else declared.creator
        custom = (None if declared is None else declared.custom) or CustomFields()
        return NewTicket(
            incident=incident.id,
            issue_id=issue.id,
            key=issue.key,
            summary=str(plain(issue.value(Field.TITLE)) or ""),
            description=str(plain(issue.value(Field.DESCRIPTION)) or ""),
            issue_type=issue.issue_type or "",
            reporter=self._account(reporter, issue.reporter_email, creator),
            assignee=self._account(str(assignee), issue.assignee_email, commander)
            if assignee
            else None,
            business_impact=business_impact_of(custom),
        )

    def _account(self, account: str, shown: str | None, email: Value) -> Account:
        """With the e-mail that JIRA shows, or hides of somebody whom the configuration names."""
        named = isinstance(email, str) and self._configured.account(email) == account
        return Account(account, shown or (str(email) if named else None))

    def judge(self, sent: Sent, now: Landed) -> Settlement:
        """What became of one part, by what its target says now."""
        if sent.failure is not None:
            return Settlement(sent.change, sent.failure, sent.write)
        match sent.change.part:
            case making.REMOTE_LINK:
                return self._judged_in_jira(sent)
            case making.PROPERTY_OF:
                return self._judged_property(sent)
            case making.TICKET:
                return self._judged_in_impact(sent, now)
            case _:
                return self._judged_key(sent)

    def _judged_property(self, sent: Sent) -> Settlement:
        subject = sent.change.subject
        named = named_by(self._admin.read_property(subject.issue_id or 0, PROPERTY))
        if named == global_id(self._site, subject.incident):
            return Settlement(sent.change, Result(Outcome.APPLIED, sent.change.to), sent.write)
        why = "JIRA shows no such property"
        missing = Result(Outcome.REFUSED, None, Category.REFUSED, why)
        return Settlement(sent.change, missing, sent.write)

    def _judged_key(self, sent: Sent) -> Settlement:
        """By the ticket itself: it need not be the incident's own."""
        change = sent.change
        if self._known_tickets is None:
            raise LookupError("nothing was opened that reads tickets")
        asked = [one.issue_id for one in tickets_in(change.pair.impact)]
        keys = {one.key for one in self._known_tickets.of((), asked)}
        if keys == {change.to}:
            return Settlement(change, Result(Outcome.APPLIED, change.to), sent.write)
        kept = Result(Outcome.REFUSED, ", ".join(sorted(keys)) or None, Category.REFUSED, NOT_TAKEN)
        return Settlement(change, kept, sent.write)

    def _judged_in_jira(self, sent: Sent) -> Settlement:
        """What leads back is no link yet: where the journal has that already, it keeps this too."""
        change, subject = sent.change, sent.change.subject
        if sent.made is None and not self._led_back_to(subject):
            why = "JIRA shows no such link"
            missing = Result(Outcome.REFUSED, None, Category.REFUSED, why)
            return Settlement(change, missing, sent.write)
        own = self._systems.journal.own_links_of([subject.incident])
        made = [replace(one, led_back=True) for one in own if one.issue_id == subject.issue_id]
        done = Result(Outcome.APPLIED, change.to)
        return Settlement(change, done, sent.write, made=next(iter(made), None))

    def _led_back_to(self, subject: Subject) -> bool:
        """Whether an issue has a remote link to its incident. Raises `ServiceError`."""
        name = global_id(self._site, subject.incident)
        links = self._admin.remote_links(subject.issue_id or 0)
        return any(link.global_id == name for link in links)

    def _judged_in_impact(self, sent: Sent, now: Landed) -> Settlement:
        """Impact's own key tells; where its tables are not written, the journal's link is all.

        That one is kept by the settlement itself: a run that died before it has not linked them.
        """
        change, number = sent.change, sent.change.subject.incident
        made = sent.made
        if made is None and self._tickets is not None:
            made = self._known(change)
        if made is None:
            missing = Result(Outcome.REFUSED, None, Category.REFUSED, NO_ISSUE)
            return Settlement(change, missing, sent.write)
        done = Settlement(change, Result(Outcome.APPLIED, made.issue), sent.write, made=made)
        if self._tickets is None:
            return done
        incident = now.incidents.get(number)
        if isinstance(incident, ServiceError):
            raise incident
        if incident is None:
            gone = Result(Outcome.FAILED, None, Category.NOT_FOUND, INCIDENT_GONE)
            return Settlement(change, gone, sent.write)
        if incident.own_link or incident.issue_key != made.issue:
            kept = Result(Outcome.REFUSED, incident.issue_key, Category.REFUSED, NOT_TAKEN)
            return Settlement(change, kept, sent.write)
        return done

    def _known(self, change: Change) -> OwnLink | None:
        """The link as an earlier run knew it."""
        subject = change.subject
        if subject.issue is not None and subject.issue_id is not None:
            back = self._led_back_to(subject)
            return OwnLink(subject.incident, subject.issue, subject.issue_id, back)
        return next(iter(self._systems.journal.own_links_of([subject.incident])), None)

    def refused_again(self, one: Settlement) -> Settlement:
        """A refusal is not remembered: what was in the way may be gone in the next run."""
        return one


def _leads_back(link: LinkWrites, change: Change) -> bool:
    """Whether the issue of a ticket leads back by now, as far as is known.

    It was found by its remote link, or had one, or got it just now.
    """
    asked = [one for one in link.changes if one.part == REMOTE_LINK]
    done = any(one.change in asked and one.made is not None for one in link.sent)
    return change.subject.issue_id is not None and (done or not asked)


def _written(link: LinkWrites, change: Change) -> bool:
    """Whether a change was sent, and nothing is known to have gone wrong."""
    return any(one.change is change and one.failure is None for one in link.sent)
