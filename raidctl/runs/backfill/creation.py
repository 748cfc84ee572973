"""Create issues: each journalled before, known to the journal as soon as JIRA tells its name.

An issue carries whose it is from the request on that creates it. Where the answer gets lost, JIRA
is asked for an issue that says so, at once, to go on with it, and once its index must have it;
nothing is ever created again before that.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta

from raidctl.breaker import WriteBreaker
from raidctl.core.backfill.backlink import global_id
from raidctl.core.backfill.draft import Draft
from raidctl.core.backfill.making import first_baselines, way_to_status
from raidctl.core.memory import Baseline
from raidctl.core.model import Field, Incident, Link
from raidctl.core.plan.item import CREATE_ISSUE, Change
from raidctl.core.writes.log import OwnLink
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.core.writes.settlement import Sent, Settlement
from raidctl.errors import Category, FieldsRefusedError, LostAnswerError, ServiceError
from raidctl.ports.jira_admin import IssueAdmin, IssueName
from raidctl.ports.systems import WritableSystems
from raidctl.runs.backfill.drafting import Drafter
from raidctl.runs.backfill.lost import Lost
from raidctl.runs.backfill.request import BackfillRequest
from raidctl.runs.backfill.search import Already, already_there, wanted_of
from raidctl.runs.context import RunContext
from raidctl.runs.reading.targets import Landed
from raidctl.runs.writing.failures import failure_of
from raidctl.runs.writing.sender import Sender
from raidctl.runs.writing.stages import LinkWrites, changes_for

INDEX_LAG = timedelta(minutes=2)  # until then a search may miss what was created (facts: seconds)
LOST = Lost("JIRA's search may not show yet whether it was created", "JIRA has not created it")
OTHERWISE = "its issue would be another one than was planned: plan again"
NO_REPORTER = "who declared it needs a row in [users]: their e-mail, and an account that JIRA takes"
LATE = "JIRA showed it too late to go on with it: run this again, which does"
FOUND = "JIRA has {} by now, which is its own or looks like it: plan again"


@dataclass(frozen=True, slots=True)
class _Beginning:
    """What was read of a new issue, None where it could not be, and what went wrong with it."""

    link: Link | None
    lack: Result | None = None


class IssueCreator(Sender):
    """Creates issues, leads back from them, and hands on the way to their status."""

    def __init__(
        self,
        systems: WritableSystems,
        context: RunContext,
        admin: IssueAdmin,
        request: BackfillRequest,
        breaker: WriteBreaker,
    ) -> None:
        super().__init__(systems, context)
        self._admin = admin
        self._request = request
        self._breaker = breaker
        self._drafter: Drafter | None = None
        self._drafts: Mapping[int, Draft] = {}
        self._begun: dict[int, _Beginning] = {}
        self._lost: set[int] = set()  # of this run: of an earlier one's this run makes the rest

    def preflight(self, links: Sequence[LinkWrites]) -> Sequence[LinkWrites]:
        """Draft the issues of a group, and search JIRA once more for what it has of them by now."""
        planned = [change.subject.incident for change in changes_for(links, [CREATE_ISSUE])]
        self._drafts = {}
        if not planned:
            return links
        try:
            return self._drafted(links, planned)
        except ServiceError as error:
            self._breaker.trip(error)
            why = f"{error.seen}; {error.advice}"
            return [
                link.failing(link.open_for(CREATE_ISSUE), error.category, why) for link in links
            ]

    def _drafted(self, links: Sequence[LinkWrites], planned: Sequence[int]) -> Sequence[LinkWrites]:
        now = self._systems.source.current(planned)
        if self._drafter is None:
            self._drafter = Drafter(self._systems.readable, self._request)
        with ThreadPoolExecutor(self._context.concurrency, "draft") as pool:
            found = self._drafter.drafts(list(now.values()), pool)
        self._drafts = {number: one for number, one in found.items() if isinstance(one, Draft)}
        wanted = [wanted_of(draft) for draft in self._drafts.values()]
        there = already_there(
            self._systems.source,
            self._admin,
            self._request,
            wanted,
            seen_until=self._request.now - INDEX_LAG,  # the plan has looked, somewhat later
        )
        return [self._still(link, there) for link in links]

    def _still(self, link: LinkWrites, there: Already) -> LinkWrites:
        """A link without what is not to be created any more."""
        number = link.incident
        found = [*there.own.get(number, ()), *(one.issue for one in there.alike.get(number, ()))]
        for change in link.open_for(CREATE_ISSUE):
            draft = self._drafts.get(number)
            if found:
                link = _stale(link, FOUND.format(found[0].key))
            elif draft is None or draft.fingerprint != change.tables:
                link = _stale(link, OTHERWISE)
        return link

    def send(self, link: LinkWrites) -> LinkWrites:
        """Create the issue, lead back from it, read it, and add the way to its status."""
        for change in link.open_for(CREATE_ISSUE):
            draft = self._drafts[link.incident]
            if (stop := self._breaker.reason(_place(draft))) is not None:
                link = link.failing(link.open, *stop)
            elif link.incident_now is None or link.incident_now.values != draft.incident.values:
                link = _stale(link, OTHERWISE)
            else:
                link = self._created(link, change, draft, link.incident_now)
        return link

    def _created(
        self, link: LinkWrites, change: Change, draft: Draft, incident: Incident
    ) -> LinkWrites:
        (sent,) = self.intend([change])
        try:
            name = self._admin.create(draft.issue)
        except ServiceError as error:
            self._failed(draft, error)
            if not isinstance(error, LostAnswerError):
                return link.sending([replace(sent, failure=_failure(error))])
            if (found := self._found_at_once(sent)) is None:
                self._lost.add(sent.write)
                return link.sending([sent])  # `judge` looks once more
            name = found
        else:
            self._breaker.worked(_place(draft))
        made = OwnLink(link.incident, name.key, name.id)
        self._systems.journal.made(sent.write, made, self._context.clock())
        lack = self._led_back(name, draft)
        begun = self._read(name, incident)
        self._begun[sent.write] = replace(begun, lack=lack or begun.lack)
        made = replace(made, led_back=lack is None)
        link = replace(link.sending([replace(sent, made=made)]), issue=name.id)
        return link if begun.link is None else self._on_its_way(link, change, begun.link)

    def _found_at_once(self, sent: Sent) -> IssueName | None:
        """The issue whose answer got lost, where JIRA's search shows it already."""
        try:
            made = self._searched(sent)
        except ServiceError as error:
            self._breaker.failed(error)
            return None
        return None if made is None else IssueName(made.issue_id, made.issue)

    def _led_back(self, name: IssueName, draft: Draft) -> Result | None:
        """Set the remote link; what went wrong, if anything did. The next run sets it then."""
        try:
            self._admin.put_remote_link(name.id, draft.link)
        except ServiceError as error:
            self._failed(draft, error)
            why = f"does not lead back to the incident yet: {error.seen}; {error.advice}"
            return _lacking(name.key, error.category, why)
        return None

    def _read(self, name: IssueName, incident: Incident) -> _Beginning:
        try:
            issue = self._systems.tracker.current([name.id])[0]
        except ServiceError as error:
            self._breaker.failed(error)
            why = f"could not be read: {error.seen}; {error.advice}"
            return _Beginning(None, _lacking(name.key, error.category, why))
        if issue is None:
            why = "is hidden from the user of jira.token, who has created it"
            return _Beginning(None, _lacking(name.key, Category.PERMISSION, why))
        return _Beginning(Link(incident, issue))

    def _on_its_way(self, link: LinkWrites, creation: Change, begun: Link) -> LinkWrites:
        """With the change of its status, where that is not what it begins with."""
        project, link = begun.issue.project, replace(link, issue_now=begun.issue)
        change = way_to_status(begun, creation.subject, self._context.book.of(project))
        if change is None:
            return link
        return replace(link, project=project, changes=(*link.changes, change))

    def judge(self, sent: Sent, now: Landed) -> Settlement:
        """What became of a creation; one whose answer got lost is looked for."""
        change = sent.change
        if sent.failure is not None:
            return Settlement(change, sent.failure, sent.write)
        made, begun = sent.made, self._begun.pop(sent.write, None)
        if made is None:
            made = self._named_before(change) or self._searched(sent)
        if made is None:
            return LOST.ends(sent, INDEX_LAG, self._context.clock())
        if begun is None:
            begun = self._beginning(made)
            if sent.write in self._lost:
                begun = replace(begun, lack=_lacking(made.issue, Category.NETWORK, LATE))
        result = begun.lack or Result(Outcome.APPLIED, made.issue)
        return Settlement(change, result, sent.write, made=made, first=self._first(begun.link))

    def refused_again(self, one: Settlement) -> Settlement:
        """A refusal is not remembered: what JIRA lacks may be there in the next run."""
        return one

    def _named_before(self, change: Change) -> OwnLink | None:
        """The issue that an earlier run knew it had made."""
        subject = change.subject
        if subject.issue is None or subject.issue_id is None:
            return None
        return OwnLink(subject.incident, subject.issue, subject.issue_id)

    def _searched(self, sent: Sent) -> OwnLink | None:
        """The issue that JIRA has made all the same. Raises `ServiceError`."""
        number, blueprint = sent.change.subject.incident, self._request.blueprint
        since = (sent.at or self._context.clock()) - self._request.skew
        known = {link.issue for link in self._systems.journal.own_links()}
        project, kind = str(sent.change.to), blueprint.issue_type
        for seen in self._admin.made_by_us(project, kind, since, known):
            if seen.incident == global_id(blueprint.site, number):
                return OwnLink(number, seen.issue.key, seen.issue.id)
        return None

    def _beginning(self, made: OwnLink) -> _Beginning:
        """Both sides as they are, of an issue that an earlier run made. Raises `ServiceError`."""
        incident = self._systems.source.current([made.incident]).get(made.incident)
        issue = self._systems.tracker.current([made.issue_id])[0]
        return _Beginning(None if incident is None or issue is None else Link(incident, issue))

    def _first(self, link: Link | None) -> tuple[tuple[Field, Baseline], ...]:
        if link is None:
            return ()
        return tuple(first_baselines(link, self._context.book.of(link.issue.project)))

    def _failed(self, draft: Draft, error: ServiceError) -> None:
        if error.category is Category.PERMISSION:
            self._breaker.forbidden(_place(draft), draft.incident.id, error)
        else:
            self._breaker.failed(error)


def _failure(error: ServiceError) -> Result:
    """Why an issue was not created, and how to mend a reporter of FireFighter's own table."""
    failure = failure_of(error)
    if isinstance(error, FieldsRefusedError) and "reporter" in error.fields:
        return replace(failure, detail=f"{error.seen}; {NO_REPORTER}")
    return failure


def _stale(link: LinkWrites, why: str) -> LinkWrites:
    """Nothing of it goes on: what depends on the issue neither."""
    return link.stale(Category.CONFLICT, why)


def _lacking(key: str, category: Category, why: str) -> Result:
    """An issue was created, and not all that belongs to it is there."""
    return Result(Outcome.FAILED, key, category, f"it is there as {key}, and {why}")


def _place(draft: Draft) -> str:
    return f"creation in {draft.issue.project}"
