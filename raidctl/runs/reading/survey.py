"""Read both sides, link by link, and plan: what `diff` shows and `reconcile` applies.

Incidents are streamed and issues read in batches; only what drifted is kept.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Protocol

from raidctl.core.drift import compare
from raidctl.core.mapping.book import MappingBook, ProjectMapping
from raidctl.core.mapping.people import Users
from raidctl.core.memory import Memory
from raidctl.core.model import Field, Incident, Issue, Link, Side
from raidctl.core.plan.decide import ComparedLink, plan_link
from raidctl.core.plan.item import Item, Subject, link_hold
from raidctl.core.reasons import Reason
from raidctl.core.report import Unread
from raidctl.core.scope import Scope
from raidctl.errors import Category, ServiceError
from raidctl.ports.systems import Systems
from raidctl.runs.reading.history import for_verdicts, read_histories
from raidctl.runs.reading.pairs import Pair, PairReader
from raidctl.runs.reading.request import Progress, ReadRequest


class Observer(Protocol):
    """Is told of every link that was compared, batch by batch."""

    def saw(self, link: ComparedLink, mapping: ProjectMapping, verdicts: Sequence[Item]) -> None:
        """A link with its verdicts; a compared field without one is in sync."""
        ...

    def batch_ends(self, accounts: Mapping[str, str]) -> None:
        """A batch is done; `accounts` were found in JIRA so far, by e-mail (folded)."""
        ...


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found. `had_baselines`: the journal knew any before.

    `drifted` has the links of which a field drifted or is held, by incident, with all that their
    verdicts rest on. `in_scope` counts the links in scope, `links` those selected of them,
    `unread_links` those not read.
    """

    items: tuple[Item, ...]
    had_baselines: bool
    in_scope: int
    links: int
    unread_links: int
    unread: tuple[Unread, ...]
    book: MappingBook
    drifted: Mapping[int, ComparedLink]


def survey(
    systems: Systems, request: ReadRequest, progress: Progress, observer: Observer | None = None
) -> Survey:
    """Compare every link of the request; `progress` is told how many more are done.

    Raises `ServiceError` when a system is out of reach or refuses the credentials.
    """
    knew = systems.journal.has_baselines
    found = dict[str, str | None](systems.journal.accounts())
    users = Users(request.exceptions, systems.source.accounts(), found)
    run = _Run(systems, request, users, request.book(users), found, observer)
    with ThreadPoolExecutor(request.concurrency, "jira") as pool:
        reader = PairReader(systems.tracker, systems.journal, pool, request.concurrency)
        incidents = run.linked(systems.source.incidents(request.scope))
        for pairs in reader.pairs(incidents):
            run.take(pool, pairs)
            progress(len(pairs))
    items = run.planned()
    unread = (*systems.source.unread, *reader.unread, *run.unread)
    links = run.links + reader.unread_links
    return Survey(
        tuple(items),
        knew,
        run.in_scope,
        links,
        reader.unread_links,
        unread,
        run.book,
        run.drifted,
    )


@dataclass(frozen=True, slots=True)
class _Shared:
    """An issue that several incidents claim."""

    issue: Issue
    incidents: list[int]


@dataclass(slots=True)
class _Run:
    """The state of one survey.

    `owners` tells by issue id which incident had it first, `shared` which have it together;
    `compared` are the incidents that were read, `left_out` those not asked for or not selected.
    """

    systems: Systems
    request: ReadRequest
    users: Users
    book: MappingBook
    found: dict[str, str | None]
    observer: Observer | None
    in_scope: int = 0
    links: int = 0
    items: list[Item] = field(default_factory=list)
    drifted: dict[int, ComparedLink] = field(default_factory=dict)
    owners: dict[int, int] = field(default_factory=dict)
    shared: dict[int, _Shared] = field(default_factory=dict)
    compared: set[int] = field(default_factory=set)
    left_out: set[int] = field(default_factory=set)
    unread: list[Unread] = field(default_factory=list)

    def linked(self, incidents: Iterable[Incident]) -> Iterator[Incident]:
        """The incidents that have an issue; the others, and targets nobody has, are noted."""
        scope = self.request.scope
        targets: set[int | str] = {*scope.incidents, *scope.keys}
        for incident in incidents:
            targets -= {incident.id, (incident.issue_key or "").upper()}
            if incident.issue_key is not None:
                self.in_scope += 1
                yield incident
            elif self.request.selection.takes(incident, None):
                self.items.append(link_hold(_subject(incident), Reason.UNLINKED))
        for target in sorted(targets, key=str):
            self.unread.append(_nobodys(target))

    def take(self, pool: ThreadPoolExecutor, pairs: Sequence[Pair]) -> None:
        """Compare a batch and keep what drifted."""
        links: list[tuple[Link, int | None]] = []
        for pair in pairs:
            if pair.issue is not None:
                self._claim(pair.issue, pair.incident.id)
            self.compared.add(pair.incident.id)
            if self.request.selection.takes(pair.incident, pair.issue):
                self.links += 1
                if pair.issue is None:
                    subject = replace(_subject(pair.incident), issue_id=pair.ref.id)
                    self.items.append(link_hold(subject, Reason.NOT_VISIBLE))
                else:
                    links.append((Link(pair.incident, pair.issue), pair.ref.id))
            else:
                self.left_out.add(pair.incident.id)
        if Field.COMMANDER in self.request.policy.fields:
            self._find_users(pool, [link for link, _ in links])
        ids = [(link.incident.id, link.issue.id) for link, _ in links]
        memories = self.systems.journal.memories(ids)
        for (link, known), memory in zip(links, memories, strict=True):
            self._compare(link, known, memory)
        if self.observer is not None:
            self.observer.batch_ends({email: who for email, who in self.found.items() if who})

    def planned(self) -> list[Item]:
        """The verdicts, in the order of incidents and fields."""
        self._find_other_claims()
        self._hold_shared()
        policy, now = self.request.policy, self.request.now
        wanted = for_verdicts(self.drifted.values(), policy, now)
        told = read_histories(self.systems, wanted, "the history of {} drifted links")
        self.unread += told.unread
        items = list(self.items)
        for number, drifted in self.drifted.items():
            self.drifted[number] = replace(drifted, history=told.by_incident[number])
            items += self._verdicts(self.drifted[number])
        order: dict[Field | None, int] = {name: at for at, name in enumerate(Field)}
        return sorted(items, key=lambda item: (item.subject.incident, order.get(item.field, -1)))

    def _claim(self, issue: Issue, incident: int) -> None:
        owner = self.owners.setdefault(issue.id, incident)
        if owner != incident:
            self.shared.setdefault(issue.id, _Shared(issue, [owner])).incidents.append(incident)

    def _compare(self, link: Link, known: int | None, memory: Memory) -> None:
        holds: dict[Reason, str] = {}
        if known is not None and known != link.issue.id:
            key, now = link.incident.issue_key, link.issue.id
            holds[Reason.RELINKED] = f"{key} led to the issue with id {known}, now to id {now}"
        mapping = self.book.of(link.issue.project)
        compared = compare(link, mapping, self.request.policy.fields)
        drifted = ComparedLink(link, compared, memory, holds)
        verdicts = plan_link(drifted, mapping, self.request.policy, self.request.now)
        if verdicts or link.issue.id in self.shared:
            self.drifted[link.incident.id] = drifted
        if self.observer is not None:
            self.observer.saw(drifted, mapping, verdicts)

    def _mapping(self, link: Link) -> ProjectMapping:
        return self.book.of(link.issue.project)

    def _verdicts(self, drifted: ComparedLink) -> list[Item]:
        mapping = self._mapping(drifted.link)
        return plan_link(drifted, mapping, self.request.policy, self.request.now)

    def _find_users(self, pool: ThreadPoolExecutor, links: Sequence[Link]) -> None:
        """Look up each commander that nothing tells yet, once."""
        unknown: dict[str, str] = {}
        for link in links:
            email, issue = link.incident.commander, link.issue
            if not isinstance(email, str) or not email or email.strip().casefold() in self.found:
                continue
            seen = (issue.assignee_email or "", str(issue.assignee))
            if self.users.account(email, seen) is None:
                unknown.setdefault(email.strip().casefold(), email)
        for key, (account, error) in zip(
            unknown, pool.map(self._account, unknown.values()), strict=True
        ):
            self.found[key] = account
            if error is not None:
                what = f"the account of {unknown[key]}"
                self.unread.append(Unread(Side.JIRA, what, str(error), error.category))

    def _account(self, email: str) -> tuple[str | None, ServiceError | None]:
        try:
            return self.systems.tracker.account(email), None
        except ServiceError as error:
            if error.category is Category.AUTH:
                raise
            return None, error

    def _find_other_claims(self) -> None:
        """Incidents that were not asked for may have the same issues: they are read to know."""
        links = {drifted.link.issue.id: drifted.link for drifted in self.drifted.values()}
        if not links:
            return
        if self.request.thorough:
            keys = {(link.incident.issue_key or "").upper() for link in links.values()}
            scope = Scope(keys=frozenset(keys | {link.issue.key for link in links.values()}))
        else:
            known = self.systems.journal.claimants(links)
            scope = Scope(incidents=frozenset(n for claim in known.values() for n in claim))
            scope = replace(scope, incidents=scope.incidents - self.drifted.keys())
        claims = {
            key.upper(): link.issue
            for link in links.values()
            for key in (link.issue.key, link.incident.issue_key or "")
        }
        for incident in self.systems.source.incidents(scope) if scope.named else ():
            issue = claims.get((incident.issue_key or "").upper())
            if issue is not None and incident.id not in self.compared:
                self.left_out.add(incident.id)
                self._claim(issue, incident.id)

    def _hold_shared(self) -> None:
        """Hold every link to an issue that several incidents claim.

        The first of them may have been in sync and so not been kept: it is read again.
        """
        claims = [
            (number, shared)
            for shared in self.shared.values()
            for number in shared.incidents
            if number not in self.left_out
        ]
        lost = frozenset(number for number, _ in claims) - self.drifted.keys()
        again = self.systems.source.incidents(Scope(incidents=lost)) if lost else ()
        owners = {incident.id: incident for incident in again}
        for number, shared in claims:
            if number in owners:
                self._keep(Link(owners[number], shared.issue))
            if number in self.drifted:
                held = self.drifted[number]
                others = ", ".join(f"#{other}" for other in shared.incidents if other != number)
                why = f"{shared.issue.key} also belongs to incident {others}"
                holds = {**held.holds, Reason.SHARED_ISSUE: why}
                self.drifted[number] = replace(held, holds=holds)

    def _keep(self, link: Link) -> None:
        compared = compare(link, self._mapping(link), self.request.policy.fields)
        memory = self.systems.journal.memories([(link.incident.id, link.issue.id)])[0]
        self.drifted[link.incident.id] = ComparedLink(link, compared, memory)


def _nobodys(target: int | str) -> Unread:
    if isinstance(target, int):
        what, why = f"incident {target}", "Impact has no such incident, or hides it from this user"
    else:
        what, why = f"issue {target}", "no incident in Impact is linked to it by this key"
    return Unread(Side.IMPACT, what, why, Category.NOT_FOUND)


def _subject(incident: Incident) -> Subject:
    title = incident.title if isinstance(incident.title, str) else ""
    return Subject(incident.id, incident.url, title, incident.private, incident.issue_key)
