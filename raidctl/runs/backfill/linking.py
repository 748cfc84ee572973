"""Make issues their incidents': in FireFighter's tables or the journal, and in JIRA itself."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from raidctl.breaker import WriteBreaker
from raidctl.core.backfill.backlink import global_id, remote_link
from raidctl.core.backfill.making import REMOTE_LINK, TICKET
from raidctl.core.declaration import CustomFields, Declaration
from raidctl.core.first_issue import business_impact_of
from raidctl.core.mapping.people import Users
from raidctl.core.model import Field, Incident, Issue, Value, plain
from raidctl.core.plan.item import CREATE_LINK, Change
from raidctl.core.tickets import Account, NewTicket
from raidctl.core.writes.log import OwnLink
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.core.writes.settlement import Sent, Settlement
from raidctl.errors import Category, LostAnswerError, RaidctlError, ServiceError
from raidctl.ports.systems import Makers, WritableSystems
from raidctl.runs.backfill.request import BackfillRequest
from raidctl.runs.context import RunContext
from raidctl.runs.reading.targets import INCIDENT_GONE, Landed
from raidctl.runs.writing.failures import failure_of
from raidctl.runs.writing.sender import Sender
from raidctl.runs.writing.stages import LinkWrites, changes_for

NO_ISSUE = "its issue is not there"
NOT_TAKEN = "Impact took it and shows no issue for the incident"


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
        self._site = request.blueprint.site
        self._configured = Users(request.exceptions)
        self._jira = breaker
        self._impact = WriteBreaker(2 * context.concurrency)
        self._declared: Mapping[int, Declaration] = {}

    @property
    def fatal(self) -> RaidctlError | None:
        """What stopped the writing of FireFighter's tables."""
        return self._impact.fatal

    def preflight(self, links: Sequence[LinkWrites]) -> Sequence[LinkWrites]:
        """What the user of the database may not write is not tried."""
        to_link = [change for change in changes_for(links, [CREATE_LINK]) if change.part == TICKET]
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
            else:
                link = self._linked(link, change, incident, issue)
        return link

    def _led_back(
        self, link: LinkWrites, change: Change, incident: Incident, issue: Issue
    ) -> LinkWrites:
        if (stop := self._jira.stopped) is not None:
            return link.failing([change], *stop)
        (sent,) = self.intend([change])
        try:
            self._admin.put_remote_link(issue.id, remote_link(self._site, incident))
        except ServiceError as error:
            self._jira.failed(error)
            lost = isinstance(error, LostAnswerError)
            return link.sending([sent if lost else replace(sent, failure=failure_of(error))])
        made = OwnLink(incident.id, issue.key, issue.id, led_back=True)
        return link.sending([replace(sent, made=made)])

    def _linked(
        self, link: LinkWrites, change: Change, incident: Incident, issue: Issue
    ) -> LinkWrites:
        if (stop := self._impact.stopped) is not None:
            return link.failing([change], *stop)
        (sent,) = self.intend([change])
        back = change.subject.issue_id is not None and not any(
            one.part == REMOTE_LINK for one in link.changes
        )  # an issue that was found by its remote link, or is known to have one
        sent = replace(sent, made=OwnLink(incident.id, issue.key, issue.id, back))
        try:
            if self._tickets is not None:
                self._tickets.link(self._ticket(incident, issue))
        except LostAnswerError as error:
            self._impact.failed(error)  # reading tells
        except ServiceError as error:
            self._impact.failed(error)
            sent = replace(sent, failure=failure_of(error))
        return link.sending([sent])

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
        if sent.change.part == REMOTE_LINK:
            return self._judged_in_jira(sent)
        return self._judged_in_impact(sent, now)

    def _judged_in_jira(self, sent: Sent) -> Settlement:
        change, subject = sent.change, sent.change.subject
        made = sent.made
        if made is None:
            name = global_id(self._site, subject.incident)
            links = self._admin.remote_links(subject.issue_id or 0)
            if any(link.global_id == name for link in links):
                made = OwnLink(subject.incident, subject.issue or "", subject.issue_id or 0, True)
        if made is None:
            why = "JIRA shows no such link"
            missing = Result(Outcome.REFUSED, None, Category.REFUSED, why)
            return Settlement(change, missing, sent.write)
        return Settlement(change, Result(Outcome.APPLIED, change.to), sent.write, made=made)

    def _judged_in_impact(self, sent: Sent, now: Landed) -> Settlement:
        """Impact's own key tells; where its tables are not written, the journal's link is all."""
        change, number = sent.change, sent.change.subject.incident
        made = sent.made or self._known(change)
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
            return OwnLink(subject.incident, subject.issue, subject.issue_id)
        return next(iter(self._systems.journal.own_links_of([subject.incident])), None)

    def refused_again(self, one: Settlement) -> Settlement:
        """A refusal is not remembered: what was in the way may be gone in the next run."""
        return one
