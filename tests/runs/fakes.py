"""Hand-written stand-ins for both systems and the journal, and the small worlds made of them."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from raidctl.core.backfill.declaration import Declaration
from raidctl.core.events.event import Names, Queued, QueueState, State
from raidctl.core.history import OwnWrite, Revision, Revisions, Told
from raidctl.core.mapping.book import MappingBook, project_mapping
from raidctl.core.mapping.people import Users
from raidctl.core.mapping.tables import RAID
from raidctl.core.memory import Memory, Reading
from raidctl.core.model import Field, Incident, Issue
from raidctl.core.notices import Matter
from raidctl.core.paths import Transition
from raidctl.core.policy import Policy
from raidctl.core.report import Unread
from raidctl.core.scope import Scope, Selection
from raidctl.core.writes.log import Mark, OwnLink, Pause, Run, SeenLink, Skip, Write
from raidctl.errors import Category, ServiceError
from raidctl.ports.impact import IncidentSource
from raidctl.ports.jira import IssueRef, IssueTracker
from raidctl.ports.journal import JournalReader
from raidctl.ports.systems import Systems
from raidctl.runs.reading.request import ReadRequest
from tests.core.strategies import (
    EVERY_WRITER,
    INCIDENT,
    ISSUE,
    MARKERS,
    NOW,
    impact_with,
    jira_with,
)
from tests.presets import RAID_SITE


def error(category: Category = Category.NETWORK, system: str = "JIRA") -> ServiceError:
    return ServiceError(system, "https://jira.example.com", "timed out", "try again", category)


def incident(number: int, **values: Any) -> Incident:
    """Incident `number`, linked to INC-`number` and in sync with `issue(number)`."""
    made = replace(INCIDENT, id=number, issue_key=f"INC-{number}")
    return impact_with(made, **values)


def issue(number: int, **values: Any) -> Issue:
    """Issue INC-`number` with the id 10000 + `number`."""
    made = replace(ISSUE, id=10_000 + number, key=f"INC-{number}")
    return jira_with(made, **values)


def of_fields(told: Sequence[Revision], fields: Collection[Field]) -> Sequence[Revision]:
    return [one for one in told if one.field in fields]


@dataclass(slots=True)
class FakeSource:
    """Impact: `drawn` counts the incidents handed out, `scopes` holds what was asked for.

    `spoils` holds the error of any reading by id with that incident.
    """

    stored: Sequence[Incident]
    table: Mapping[str, str] = field(default_factory=dict)
    history: Revisions = field(default_factory=dict)
    declared: Mapping[int, Declaration] = field(default_factory=dict)
    unread: Sequence[Unread] = ()
    fails: ServiceError | None = None
    spoils: Mapping[int, ServiceError] = field(default_factory=dict)
    history_fails: ServiceError | None = None
    clock_ahead: timedelta = timedelta(0)
    drawn: int = 0
    requests: int = 0
    scopes: list[Scope] = field(default_factory=list)
    histories: list[list[int]] = field(default_factory=list)

    def incidents(self, scope: Scope) -> Iterator[Incident]:
        self.requests += 1
        self.scopes.append(scope)
        for each in self.stored:
            if scope.covers(each):
                self.drawn += 1
                yield each
        if self.fails is not None:
            raise self.fails

    def current(self, incidents: Collection[int]) -> Mapping[int, Incident]:
        for number in sorted(self.spoils.keys() & set(incidents)):
            raise self.spoils[number]
        return {one.id: one for one in self.incidents(Scope(incidents=frozenset(incidents)))}

    def accounts(self) -> Mapping[str, str]:
        return self.table

    def revisions(self, incidents: Collection[int]) -> Revisions:
        self.histories.append(sorted(incidents))
        if self.history_fails is not None:
            raise self.history_fails
        return {number: self.history[number] for number in incidents if number in self.history}

    def all_revisions(self, scope: Scope) -> Iterator[tuple[int, Told]]:
        if self.history_fails is not None:
            raise self.history_fails
        for number, told in sorted(self.history.items()):
            yield number, partial(of_fields, told)

    def declarations(self, incidents: Collection[int]) -> Mapping[int, Declaration]:
        return {number: self.declared[number] for number in incidents if number in self.declared}


@dataclass(slots=True)
class FakeTracker:
    """JIRA. An issue answers under its key and under those of `aliases` (it was moved).

    Asked for under two keys at once it answers only under the first, as Cloud does. `fails`
    holds the error of any batch with that key; `calls` and `look_ups` what was asked.
    """

    stored: Iterable[Issue]
    aliases: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[str, str | ServiceError | None] = field(default_factory=dict)
    fails: Mapping[str, ServiceError] = field(default_factory=dict)
    history: Revisions = field(default_factory=dict)
    history_fails: ServiceError | None = None
    search_fails: ServiceError | None = None
    clock_ahead: timedelta = timedelta(0)
    notes: Sequence[str] = ()
    batch_size: int = 2
    requests: int = 0
    calls: list[list[IssueRef]] = field(default_factory=list)
    look_ups: list[str] = field(default_factory=list)
    histories: list[list[int]] = field(default_factory=list)

    def issues(self, refs: Sequence[IssueRef]) -> Sequence[Issue | None]:
        self.requests += 1
        self.calls.append(list(refs))
        assert 0 < len(refs) <= self.batch_size
        for ref in refs:
            if ref.key in self.fails:
                raise self.fails[ref.key]
        by_key = {each.key: each for each in self.stored}
        answered: dict[int, str] = {}
        found: list[Issue | None] = []
        for ref in refs:
            one = by_key.get(self.aliases.get(ref.key, ref.key))
            if one is not None and answered.setdefault(one.id, ref.key) != ref.key:
                one = None
            found.append(one)
        return found

    @property
    def current_size(self) -> int:
        return self.batch_size

    @property
    def history_size(self) -> int:
        return self.batch_size

    def current(self, issues: Sequence[int]) -> Sequence[Issue | None]:
        self.requests += 1
        by_id = {each.id: each for each in self.stored}
        return [by_id.get(number) for number in issues]

    def traced(self, issues: Sequence[int]) -> Sequence[tuple[Issue, Sequence[Revision]] | None]:
        found = self.current(issues)
        return [None if one is None else (one, self.history.get(one.id, ())) for one in found]

    def account(self, email: str) -> str | None:
        self.look_ups.append(email)
        answer = self.people.get(email.strip().casefold())
        if isinstance(answer, ServiceError):
            raise answer
        return answer

    def myself(self) -> str:
        return "acc-bot"

    def revisions(self, issues: Collection[int]) -> Revisions:
        self.histories.append(sorted(issues))
        if self.history_fails is not None:
            raise self.history_fails
        return {number: self.history[number] for number in issues if number in self.history}

    def updated(self, since: datetime) -> Set[int]:
        """The issues whose updates are told; one that tells none may have been."""
        self.requests += 1
        if self.search_fails is not None:
            raise self.search_fails
        return {one.id for one in self.stored if one.updated_at is None or one.updated_at >= since}

    @property
    def asked(self) -> list[list[str]]:
        """The keys of each batch, in the order of the keys (batches run side by side)."""
        return sorted([ref.key for ref in call] for call in self.calls)


class EmptyQueue:
    """No events."""

    def state(self) -> QueueState:
        return QueueState(0, 0, None)

    def events(self, states: Collection[State], limit: int) -> Sequence[Queued]:
        return ()

    def named(self, names: Collection[str]) -> Sequence[Queued]:
        return ()

    def due(self, at: datetime, limit: int) -> Sequence[Queued]:
        return ()

    def of_links(self, names: Names, but: Collection[int] = ()) -> Sequence[Queued]:
        return ()


@dataclass(slots=True)
class FakeJournal:
    """The journal as a reader sees it."""

    stored: Mapping[tuple[int, int], Memory] = field(default_factory=dict)
    known: Mapping[int, IssueRef] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    watched: frozenset[int] = frozenset()
    pause: Pause | None = None
    read: Mapping[Field, Reading] = field(default_factory=dict)
    own: Sequence[OwnWrite] = ()
    links: Sequence[OwnLink] = ()

    @property
    def queue(self) -> EmptyQueue:
        return EmptyQueue()

    def told(self, receiver: str) -> Mapping[Matter, datetime]:
        return {}

    def latest_links(self, limit: int) -> Sequence[SeenLink]:
        return ()

    def preset(self, asked: str) -> str | None:
        return None

    def own_links(self) -> Sequence[OwnLink]:
        return self.links

    def own_links_of(self, incidents: Collection[int]) -> Sequence[OwnLink]:
        return [link for link in self.links if link.incident in incidents]

    def paused(self) -> Pause | None:
        return self.pause

    def runs_of(self, command: str, limit: int) -> Sequence[Run]:
        return ()

    def runs(self, limit: int) -> Sequence[Run]:
        return ()

    def named_runs(self, names: Collection[str]) -> Sequence[Run]:
        return ()

    def writes(
        self, *, run: str | None = None, incidents: Collection[int] = (), keys: Collection[str] = ()
    ) -> Sequence[Write]:
        return ()

    def readings(self) -> Mapping[Field, Reading]:
        return self.read

    def sent(self, incidents: Collection[int]) -> Sequence[OwnWrite]:
        return self.own

    def undoing(self, writes: Collection[int]) -> Sequence[Write]:
        return ()

    def marks(self) -> Sequence[Mark]:
        return ()

    def skips(self) -> Sequence[Skip]:
        return ()

    def learnt(self, project: str, issue_type: str) -> Mapping[str, Sequence[Transition]]:
        return {}

    @property
    def has_baselines(self) -> bool:
        return any(memory.baselines for memory in self.stored.values())

    def memories(self, links: Sequence[tuple[int, int]]) -> Sequence[Memory]:
        return [self.stored.get(link, Memory()) for link in links]

    def known_issues(self, incidents: Sequence[int]) -> Mapping[int, IssueRef]:
        return {number: self.known[number] for number in incidents if number in self.known}

    def claimants(self, issues: Collection[int]) -> Mapping[int, Sequence[int]]:
        wanted = {ref.id: number for number, ref in self.known.items() if ref.id in issues}
        return {issue: [number] for issue, number in wanted.items() if issue is not None}

    def last_seen_open(self) -> frozenset[int]:
        return self.watched

    def accounts(self) -> Mapping[str, str]:
        return self.people


def _are_ports(
    source: FakeSource, tracker: FakeTracker, journal: FakeJournal
) -> tuple[IncidentSource, IssueTracker, JournalReader]:
    """Only for the type checker: the fakes are the ports."""
    return source, tracker, journal


def book(users: Users) -> MappingBook:
    return MappingBook(project_mapping(RAID, MARKERS, users))


EVERY_LINK, EVERYTHING = Selection(), Scope(everything=True)
FREE = Policy(impact_writers=EVERY_WRITER)
ADA = {"ada@example.com": "acc-ada"}


def question(
    policy: Policy = FREE,
    selection: Selection = EVERY_LINK,
    scope: Scope = EVERYTHING,
    maker: Callable[[Users], MappingBook] = book,
    concurrency: int = 2,
    names: Collection[str] = (),
) -> ReadRequest:
    """A question about everything by a policy that may write all; Ada is a configured user."""
    given = (scope, selection, policy, maker, ADA, concurrency, NOW)
    return ReadRequest(*given, names=frozenset(names))


def systems(
    source: FakeSource, tracker: FakeTracker, journal: FakeJournal | None = None
) -> Systems:
    return Systems(source, tracker, journal or FakeJournal(), RAID_SITE)


LATELY = NOW - timedelta(seconds=30)
LONG_AGO = NOW - timedelta(days=3)
