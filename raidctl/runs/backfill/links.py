"""What `backfill links` is to mend: links that broke, as far as both systems tell themselves.

A key that its issue has no more is corrected, and an issue that leads back to one incident which
has none, and to no other, is that one's. All else that is broken is held: a person says whose an
issue is, in a CSV (`pairing.py`). Titles are never compared.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from raidctl.core.backfill.making import (
    adopted,
    rekeying,
    relinking,
    subject_alone,
)
from raidctl.core.backfill.tickets import Ticket
from raidctl.core.model import Issue
from raidctl.core.plan.item import Change, Item, Subject, changes, link_hold
from raidctl.core.reasons import Reason
from raidctl.core.report import Unread
from raidctl.ports.jira_admin import IssueAdmin
from raidctl.ports.systems import Systems
from raidctl.runs.backfill.bulk import Found, first_of
from raidctl.runs.backfill.known import Everyone, Tickets
from raidctl.runs.backfill.leads import leads_of
from raidctl.runs.backfill.orphans import Orphan, orphans
from raidctl.runs.backfill.request import BackfillRequest
from raidctl.runs.backfill.taken_back import taken_back
from raidctl.runs.reading.links import FoundLink, IncidentsInScope, LinkReader
from raidctl.runs.reading.request import Progress
from raidctl.runs.reading.targets import issues_now

NAMED = 5  # issues or incidents in one sentence
LISTED = 100  # issues that nobody knows, a line each
NO_TABLES = 'FireFighter finds it by that key alone: it takes [impact.writes] link = "database"'


def find(
    systems: Systems, admin: IssueAdmin, request: BackfillRequest, progress: Progress
) -> Found:
    """Look at all links of the scope, and for issues that no incident knows.

    Raises `ServiceError` when a system is out of reach or refuses the credentials.
    """
    looking = _Looking(systems, admin, request)
    with ThreadPoolExecutor(request.concurrency, "backfill") as pool:
        looking.look(pool, progress)
        looking.judge()
        looking.match(pool, progress)
    return looking.found()


def line_for(incident: int, key: str = "ITS-KEY") -> str:
    """What to write into a CSV of links."""
    return f"the line {incident},{key} in a CSV of incident,key says whose it is"


@dataclass(frozen=True, slots=True)
class _Seen:
    """A link as it was read, without its texts; `known` is the id that its issue had before."""

    subject: Subject
    known: int | None
    issue: int | None
    key: str | None

    @property
    def number(self) -> int:
        return self.subject.incident

    @property
    def stored(self) -> str:
        """The key by which it is linked."""
        return self.subject.linked_as or ""

    @property
    def led_elsewhere(self) -> bool:
        """Whether the key led to another issue than it once did."""
        return self.known is not None and self.issue is not None and self.known != self.issue


@dataclass
class _Looking:
    """One look at the links of a request."""

    systems: Systems
    admin: IssueAdmin
    request: BackfillRequest
    items: list[Item] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.everyone = Everyone(self.systems.source, self.systems.journal)
        self.tickets = Tickets(self.systems)
        self.incidents = IncidentsInScope(self.everyone, self.request.scope)
        self.links: list[_Seen] = []
        self.downgraded: set[int] = set()

    def look(self, pool: ThreadPoolExecutor, progress: Progress) -> None:
        """Read the issues of all links in scope; of every other link the key is known then."""
        systems = self.systems
        reader = LinkReader(systems.tracker, systems.journal, pool, self.request.concurrency)
        for batch in reader.links(self.incidents):
            self.links += [self._seen(one) for one in batch]
            progress(len(batch))
        self.unread += [*systems.source.unread, *reader.unread, *self.incidents.unread]

    def judge(self) -> None:
        """What is wrong with each link that was read."""
        claims = self._claims()
        asked = {one.known for one in self.links if one.led_elsewhere}
        asked |= {one.issue_id for some in self.tickets.doubles.values() for one in some}
        elsewhere = issues_now(self.systems.tracker, sorted(filter(None, asked)))
        now = {n: one.key for n, one in elsewhere.items() if isinstance(one, Issue)}
        for one in self.links:
            self.items += self._judged(one, claims, now)

    def match(self, pool: ThreadPoolExecutor, progress: Progress) -> None:
        """Give incidents without an issue those that lead back to them alone."""
        alone = {one.id: subject_alone(one) for one in self.incidents.unlinked}
        self.downgraded |= {one.id for one in self.incidents.unlinked if one.downgraded}
        known = {*self.tickets.issues, *self.everyone.issues}
        known |= {one.issue for one in self.links if one.issue is not None}
        told = orphans(self.admin, self.request, pool, alone, self.everyone.keys, known)
        self.unread += told.unread
        site = self.request.blueprint.site
        leading: dict[int, list[Orphan]] = {}
        for orphan in told.found:
            for number in orphan.leads.incidents(site) & alone.keys():
                leading.setdefault(number, []).append(orphan)
        for number, subject in alone.items():
            self.items += self._matched(subject, leading.get(number, ()), known)
        led = {one.issue.id for some in leading.values() for one in some}
        self._list([one for one in told.found if one.issue.id not in led])
        progress(len(told.found))

    def found(self) -> Found:
        """All of it, by incident; no more of it is to be made than was asked for."""
        asked = {one.subject.incident for one in changes(self.items)}
        undone = taken_back(self.systems.journal, asked)
        items = [self._left_alone(item, undone) for item in self.items]
        return Found(
            first_of(items, self.request.limit),
            self.incidents.linked + len(self.incidents.unlinked),
            len(self.incidents.downgraded),
            tuple(self.unread),
            notes=tuple(self.notes),
        )

    def _seen(self, one: FoundLink) -> _Seen:
        ticket = self.tickets.of(one.incident.id)
        subject = subject_alone(one.incident)
        if one.incident.downgraded:
            self.downgraded.add(one.incident.id)
        known = one.ref.id if ticket is None else ticket.issue_id
        if one.issue is None:
            return _Seen(replace(subject, issue_id=known), known, None, None)
        named = replace(
            subject, issue=one.issue.key, issue_id=one.issue.id, issue_url=one.issue.url
        )
        return _Seen(named, known, one.issue.id, one.issue.key)

    def _claims(self) -> Mapping[int, Collection[int]]:
        """The incidents that have each issue, by all that is known."""
        claims: dict[int, set[int]] = {}
        for one in self.links:
            if one.issue is not None:
                others = self.everyone.keys.get((one.key or "").upper(), ())
                claims.setdefault(one.issue, set()).update([one.number], others)
        for issue, incidents in self.everyone.issues.items():
            claims.setdefault(issue, set()).update(incidents)
        return claims

    def _judged(
        self, one: _Seen, claims: Mapping[int, Collection[int]], now: Mapping[int, str]
    ) -> Iterator[Item]:
        """The first that is wrong with a link: the rest depends on it."""
        subject = one.subject
        if one.issue is None or one.key is None:
            last = "" if one.known is None else f" (issue {one.known})"
            why = f"Impact has {one.stored}{last}; {line_for(one.number)}"
            yield link_hold(subject, Reason.NOT_VISIBLE, why)
        elif doubles := self.tickets.doubles.get(one.stored):
            yield link_hold(subject, Reason.SHARED_ISSUE, _doubled(one, doubles, now))
        elif one.led_elsewhere:
            there = now.get(one.known or 0)
            first = f"{one.stored} led to the issue with id {one.known}, now to id {one.issue}"
            other = f", and that is {there}" if there else ""
            why = f"{first}{other}; {line_for(one.number, there or 'ITS-KEY')}"
            yield link_hold(subject, Reason.RELINKED, why)
        elif others := sorted(set(claims.get(one.issue, ())) - {one.number}):
            named = ", ".join(f"#{number}" for number in others[:NAMED])
            why = f"{one.key} also belongs to incident {named}; {line_for(one.number)}"
            yield link_hold(subject, Reason.SHARED_ISSUE, why)
        elif not subject.own_link and one.stored.upper() != one.key.upper():
            yield self._moved(one, one.key)
        else:
            yield from self._unfinished(subject, one.issue)

    def _unfinished(self, subject: Subject, issue: int) -> Iterator[Item]:
        """What an earlier run has left of a link that it made."""
        if (subject.incident, issue) in self.tickets.not_led_back:
            leads = leads_of(self.admin, issue)
            yield from leads.lacking(self.request.blueprint.site, subject)
        if subject.own_link and self.request.tickets:  # it was made when they were not written
            standing = self.tickets.standing(subject.incident, issue, written=True)
            yield relinking(subject, standing)

    def _moved(self, one: _Seen, key: str) -> Item:
        told = f"Impact knows it as {one.stored}, JIRA as {key}"
        ticket = self.tickets.of(one.number)
        if not self.request.tickets or ticket is None:
            return link_hold(one.subject, Reason.MOVED, f"{told}: {NO_TABLES}")
        if others := self.tickets.with_key(key):
            why = f"{told}, and FireFighter has that key already: {others[0]}"
            return link_hold(one.subject, Reason.SHARED_ISSUE, f"{why}; {line_for(one.number)}")
        return rekeying(one.subject, ticket, key)

    def _matched(
        self, subject: Subject, leading: Sequence[Orphan], known: Collection[int]
    ) -> Iterator[Item]:
        """What is to become of an incident without an issue, by what leads to it."""
        site = self.request.blueprint.site
        if not leading:
            yield link_hold(subject, Reason.UNLINKED)
            return
        (first, *others) = leading
        lonely = first.leads.incidents(site) == {subject.incident}
        if others or not lonely or first.issue.id in known:
            named = " and ".join(_leading(one, site, known) for one in leading[:NAMED])
            why = f"{named}; {line_for(subject.incident)}"
            yield link_hold(subject, Reason.LOOK_ALIKE, why)
            return
        its = adopted(subject, first.issue.key, first.issue.id)
        written = self.request.tickets
        yield from first.leads.lacking(site, its)
        yield relinking(
            its, self.tickets.standing(subject.incident, first.issue.id, written=written)
        )

    def _left_alone(self, item: Item, undone: Collection[tuple[int, int]]) -> Item:
        """A change, unless Impact has let its incident go, or a person took the same back."""
        subject = item.subject
        if not isinstance(item, Change):
            return item
        if subject.incident in self.downgraded:
            return link_hold(subject, Reason.DOWNGRADED)
        if (subject.incident, subject.issue_id) in undone:
            return link_hold(subject, Reason.UNDONE, line_for(subject.incident, str(subject.issue)))
        return item

    def _list(self, rest: Sequence[Orphan]) -> None:
        """Tell of the issues that no incident knows, with what was seen of them."""
        listed = [one for one in rest if one.seen is not None]
        self.notes += [_told(one, self.request.blueprint.site) for one in listed[:LISTED]]
        if (more := len(listed) - LISTED) > 0:
            self.notes.append(f"No incident has {more} more issues of the type.")


def _doubled(one: _Seen, doubles: Sequence[Ticket], now: Mapping[int, str]) -> str:
    """That FireFighter has a key twice, and what JIRA calls these issues."""
    called = {ticket: now.get(ticket.issue_id) for ticket in doubles[:NAMED]}
    told = "; ".join(
        f"{ticket}, which JIRA {f'calls {key}' if key else 'does not show'}"
        for ticket, key in called.items()
    )
    mine = next((key for ticket, key in called.items() if ticket.incident == one.number), None)
    said = f"FireFighter has it twice, and refuses all that JIRA tells of it: {told}"
    return f"{said}; {line_for(one.number, mine or 'ITS-KEY')}"


def _leading(one: Orphan, site: str, known: Collection[int]) -> str:
    others = sorted(one.leads.incidents(site))
    where = ", ".join(f"#{number}" for number in others[:NAMED])
    has = ", and is an incident's already" if one.issue.id in known else ""
    return f"{one.issue.key} leads back to {where}{has}"


def _told(one: Orphan, site: str) -> str:
    """An issue that nobody knows, in a line."""
    numbers = sorted(one.leads.incidents(site))
    leads = ", ".join(f"#{number}" for number in numbers[:NAMED])
    said = (
        f"leads back to {leads}, which has another or is not in scope"
        if leads
        else "leads back to none"
    )
    seen = one.seen
    created = "" if seen is None else f" created {seen.created:%Y-%m-%d %H:%M} UTC:"
    title = "" if seen is None else f" {seen.summary!r}"
    return f"No incident has {one.issue.key},{created}{title}; it {said}."
