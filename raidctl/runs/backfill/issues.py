"""What `backfill issues` is to make: an issue for each incident without one, and what it left open.

Incidents are streamed. Of each that lacks an issue only its change is kept, never a body: what is
sent is drafted again just before.
"""

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from raidctl.core.backfill.draft import Draft
from raidctl.core.backfill.making import (
    adopted,
    creation,
    held_alone,
    remote_link_of,
    subject_alone,
    ticket,
)
from raidctl.core.drift import compare
from raidctl.core.memory import BaselineState, Memory
from raidctl.core.model import Field, Incident, Link
from raidctl.core.packed import Packed
from raidctl.core.plan.case import ComparedLink
from raidctl.core.plan.decide import plan_link
from raidctl.core.plan.item import Change, Item, changes, link_hold, subject_of
from raidctl.core.reasons import Reason
from raidctl.core.report import Unread
from raidctl.core.writes.log import OwnLink
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.errors import ConfigError
from raidctl.ports.jira_admin import IssueAdmin, IssueName, Seen
from raidctl.ports.systems import Systems
from raidctl.prefetch import batches
from raidctl.runs.backfill.bulk import Found, first_of
from raidctl.runs.backfill.drafting import Drafter, Screens
from raidctl.runs.backfill.request import BackfillRequest
from raidctl.runs.backfill.search import Already, Wanted, already_there, made_before, wanted_of
from raidctl.runs.backfill.taken_back import taken_back
from raidctl.runs.reading.links import FoundLink, IncidentsInScope, LinkReader
from raidctl.runs.reading.request import Progress

GROUP = 100  # incidents that are drafted together
SEARCHED = 500  # that JIRA is searched for together
_GO_ON = frozenset({Reason.UNFINISHED, Reason.CLOSING})
"""What a status may be told of that an earlier backfill left on its way."""


def find(
    systems: Systems, admin: IssueAdmin, request: BackfillRequest, progress: Progress
) -> Found:
    """Look for incidents without an issue, and for what an earlier backfill has not finished.

    Raises `ConfigError` where the screens on which issues are created want another configuration,
    and `ServiceError` when a system is out of reach or refuses the credentials.
    """
    with ThreadPoolExecutor(request.concurrency, "backfill") as pool:
        looking = _Looking(systems, admin, request, pool)
        looking.look(progress)
        if looking.screens.problems:
            raise ConfigError(looking.screens.problems)
        looking.search(progress)
    return looking.found()


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An issue that is to be created, and what is searched for before."""

    change: Change
    wanted: Wanted


class _Looking:
    """One look at all incidents of a request."""

    def __init__(
        self,
        systems: Systems,
        admin: IssueAdmin,
        request: BackfillRequest,
        pool: ThreadPoolExecutor,
    ) -> None:
        self.screens = Screens(admin)
        self._systems = systems
        self._admin = admin
        self._request = request
        self._pool = pool
        self._drafter = Drafter(systems, request)
        self._own = {link.incident: link for link in systems.journal.own_links()}
        self._alone: list[Incident] = []
        self._count = 0
        self._taken: set[str] = set()
        self._candidates = Packed[_Candidate]()
        self._items = Packed[Item]()
        self._incidents = IncidentsInScope(systems.source, request.scope, self._take)
        self._unread: tuple[Unread, ...] = ()

    def look(self, progress: Progress) -> None:
        """Go through all incidents, and those of their issues that are linked."""
        systems = self._systems
        width = self._request.concurrency
        reader = LinkReader(systems.tracker, systems.journal, self._pool, width)
        for batch in reader.links(self._incidents):
            self._linked(batch)
            progress(len(batch))
        self._plan(self._alone, progress)
        self._unread = (*systems.source.unread, *reader.unread, *self._incidents.unread)

    def search(self, progress: Progress) -> None:
        """Look for issues that there are after all, until as many are to be made as are wanted."""
        wishes = (one.wanted for one in self._candidates)
        ours = made_before(self._admin, self._request, wishes, self._taken)
        left, waiting = self._request.limit, self._candidates.in_order(_incident)
        for some in batches(waiting, SEARCHED if left is None else GROUP):
            wanted = [one.wanted for one in some]
            there = already_there(self._systems.source, self._admin, self._request, wanted, ours)
            undone = taken_back(self._systems.journal, there.own.keys())
            for one in some:
                if left is not None and left <= 0:
                    return
                made = self._decided(one, there, undone)
                self._items.extend(made)
                left = None if left is None else left - any(changes(made))
            progress(len(some))

    def found(self) -> Found:
        """All of it, by incident."""
        return Found(
            first_of(self._items, self._request.limit),
            self._incidents.linked + self._count,
            len(self._incidents.downgraded),
            (*self._unread, *self._drafter.unread),
            tuple(self._drafter.book.fingerprints),
            self._drafter.found,
        )

    def _take(self, incident: Incident) -> None:
        """An incident without an issue."""
        self._alone.append(incident)
        self._count += 1
        if len(self._alone) >= GROUP:
            self._plan(self._alone, lambda _: None)
            self._alone = []

    def _plan(self, incidents: Sequence[Incident], progress: Progress) -> None:
        drafts = self._drafter.drafts(incidents, self._pool) if incidents else {}
        for incident in incidents:
            match drafts.get(incident.id):
                case None:
                    continue
                case Draft() as draft:
                    self._consider(draft)
                case holds:
                    self._items.append(held_alone(incident, holds))
        progress(len(incidents))

    def _consider(self, draft: Draft) -> None:
        """A draft by what JIRA's screen says to it."""
        change = creation(draft)
        if (refusal := self.screens.refusal(draft)) is not None:
            why = f"{refusal.seen}; {refusal.advice}"
            self._items.append(
                replace(change, result=Result(Outcome.REFUSED, None, refusal.category, why))
            )
        elif (objection := self.screens.objection(draft)) is not None:
            self._items.append(held_alone(draft.incident, {Reason.UNMAPPED: objection}))
        else:
            self._candidates.append(_Candidate(change, wanted_of(draft)))

    def _decided(
        self, one: _Candidate, there: Already, undone: Collection[tuple[int, int]]
    ) -> list[Item]:
        """What is to be done about one that lacks an issue, by what JIRA has."""
        subject = one.change.subject
        own, alike = there.own.get(subject.incident, ()), there.alike.get(subject.incident, ())
        if len(own) == 1:
            found = adopted(subject, own[0].key, own[0].id)
            if (subject.incident, own[0].id) in undone:
                return [link_hold(found, Reason.UNDONE, _listed(own, alike))]
            back = [] if subject.incident in there.led_back else [remote_link_of(found)]
            return [*back, ticket(found)]
        if own or alike:
            return [link_hold(subject, Reason.LOOK_ALIKE, _listed(own, alike))]
        return [one.change, *([ticket(subject)] if self._request.tickets else [])]

    def _linked(self, batch: Sequence[FoundLink]) -> None:
        """Incidents with issues: all there is to do is what a backfill left of them."""
        left: list[tuple[Link, OwnLink]] = []
        for one in batch:
            own = self._own.get(one.incident.id)
            self._taken.add(one.ref.key if one.issue is None else one.issue.key)
            if one.issue is None:
                subject = replace(subject_alone(one.incident), issue_id=one.ref.id)
                self._items.append(link_hold(subject, Reason.NOT_VISIBLE))
            elif own is not None and own.issue_id == one.issue.id:
                left.append((Link(one.incident, one.issue), own))
        known = [(link.incident.id, link.issue.id) for link, _ in left]
        memories = self._systems.journal.memories(known)
        for (link, own), memory in zip(left, memories, strict=True):
            self._items.extend(self._unfinished(link, own, memory))

    def _unfinished(self, link: Link, own: OwnLink, memory: Memory) -> Iterator[Item]:
        subject = subject_of(link)
        if not own.led_back:
            yield remote_link_of(subject)
        if self._request.tickets and link.incident.own_link:
            yield ticket(subject)
        left = memory.baselines.get(Field.STATUS)
        if left is None or left.state is not BaselineState.UNFINISHED:
            return
        mapping = self._drafter.book.of(link.issue.project)
        compared = ComparedLink(link, compare(link, mapping, [Field.STATUS]), memory)
        items = plan_link(compared, mapping, self._request.policy, self._request.now)
        yield from (item for item in items if item.reason in _GO_ON)


def _incident(candidate: _Candidate) -> int:
    return candidate.wanted.incident


def _listed(own: Sequence[IssueName], alike: Sequence[Seen]) -> str:
    told = [f"{issue.key}, which leads back to it" for issue in own]
    told += [f"{seen.issue.key}, created {seen.created:%Y-%m-%d %H:%M} UTC" for seen in alike]
    return " and ".join(told)
