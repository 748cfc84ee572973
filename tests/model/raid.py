"""raidctl as its commands put it together, over the gateways that a site really has."""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from raidctl.core.events.parse import Parser
from raidctl.core.history import Revision, Revisions
from raidctl.core.mapping.book import MappingBook
from raidctl.core.mapping.people import Users
from raidctl.core.model import Field, Incident, Link, Side, SyncDirection, Value
from raidctl.core.plan.authorship import NOBODY, Accounts
from raidctl.core.plan.item import Hold, Item, pending
from raidctl.core.plan.safety import Limits
from raidctl.core.policy import ImpactWriter
from raidctl.core.reasons import Reason
from raidctl.core.report import Report
from raidctl.core.scope import Scope, Selection
from raidctl.core.writes.log import Run
from raidctl.errors import Category, LostAnswerError, RaidctlError, ServiceError
from raidctl.gateways.http.client import BearerAuth, HttpClient, basic_auth
from raidctl.gateways.impact.database.reader import DatabaseIncidents
from raidctl.gateways.impact.database.writer import DatabaseWriter
from raidctl.gateways.impact.webhook import HANDLER, SignatureAuth, WebhookWriter
from raidctl.gateways.jira.issues import JiraIssues
from raidctl.gateways.jira.transport import JIRA
from raidctl.journal.records import Records
from raidctl.journal.sqlite.writer import WritableFile
from raidctl.ports.impact import IncidentWriter
from raidctl.ports.systems import WritableSystems
from raidctl.runs.backfill.bulk import Job
from raidctl.runs.context import RunContext
from raidctl.runs.events.look import Rules, Wanted
from raidctl.runs.events.places import Directory
from raidctl.runs.events.settle import settle
from raidctl.runs.journalled import recorded
from raidctl.runs.reading.request import Progress, ReadRequest
from raidctl.runs.writing import reconcile, undo
from raidctl.runs.writing import resolve as deciding
from raidctl.runs.writing.choices import Decision, Note, Options, Skipping
from raidctl.runs.writing.session import Approval, Ending, Session
from tests.contract.trackers import gateways
from tests.model.faults import ACTED, Killed, Point, Trouble
from tests.model.ledger import By
from tests.model.wires import JiraWire, WebhookWire
from tests.model.world import SECRET, TOKEN, World
from tests.presets import SITES as SITE_TABLES

SITES = ("http://impact", "http://jira")
GUARD_SECONDS = 30


@dataclass
class Ran:
    """A run and what came of it. `items` are its plan, `done` what became of that.

    `error` ended it, or a part of it; `killed`: it did not end at all. `at` is the ledger's
    number when it began, `now` the time of its plan, `whole` that it could read everything.
    `named` are the fields that events have named.
    """

    command: str
    run: str
    at: int
    now: datetime
    direction: SyncDirection | None = None
    items: Sequence[Item] = ()
    done: Sequence[Item] = ()
    recovered: Sequence[Item] = ()
    error: RaidctlError | None = None
    killed: bool = False
    whole: bool = False
    book: MappingBook | None = None
    taken: set[tuple[int, Field | None]] = field(default_factory=set)
    named: set[tuple[int, Field]] = field(default_factory=set)

    @property
    def ended(self) -> bool:
        """Whether it ended by itself."""
        return not self.killed and self.error is None

    def come_to(self, ending: Ending) -> None:
        """It has ended: what was settled before it planned goes first in its report."""
        items = ending.report.items
        if not self.items:  # nobody was asked, there being nothing to write: all of it is held
            self.items = [item for item in items if isinstance(item, Hold)]
        planned = len(items) - len(self.items)
        if self.command != "resolve":
            self.recovered, self.done = items[:planned], items[planned:]
        else:
            self.recovered = [
                one for one in items if one.reason is Reason.UNFINISHED and one.result is not None
            ]
        self.error, self.whole = ending.error, not ending.report.unread


class Raidctl:
    """Each command starts afresh: nothing but the journal outlives it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.wrote: list[str] = []
        self._count = 0

    def reconcile(self, direction: SyncDirection | None = None) -> Ran:
        """`raidctl reconcile --yes`."""

        def act(ran: Ran, session: Session) -> Ending:
            question = self._question(ran, direction)
            return reconcile.reconcile(session, question, SITES, _noting(ran))

        return self._run("reconcile", act, direction)

    def event(self, payloads: Sequence[bytes], *, everything: bool = False) -> Ran:
        """`raidctl event --yes` of these, and of what is due, or of all that waits."""
        site = self.world.site
        ids = {key: name for name, key in site.jira_fields.items()}
        parser = Parser(ids, site.service_account)

        def act(ran: Ran, session: Session) -> Ending:
            queue, now = session.systems.journal.queue, self.world.clock()
            queue.keep([parser.any(payload) for payload in payloads], now)
            due = queue.due(now + timedelta(days=9 * everything), 99)

            def question(wanted: Wanted) -> ReadRequest:
                ran.named |= {(number, name) for number in wanted for name in wanted[number]}
                scope = Scope(incidents=frozenset(wanted))
                return replace(self._question(ran, site.direction), scope=scope, only=wanted)

            passing = timedelta(seconds=max(site.grace, GUARD_SECONDS))
            rules = Rules(question, _no_job, SITES, Directory(by_issue=True), passing, _evenly)
            return settle(session, rules, _noting(ran), due)

        return self._run("event", act, site.direction)

    def undo(self, run: str) -> Ran:
        """`raidctl undo RUN --yes`."""

        def act(ran: Ran, session: Session) -> Ending:
            wish, policy = undo.UndoRequest(run), self.world.site.policy()
            return undo.undo(session, wish, policy, SITES, _noting(ran))

        return self._run("undo", act)

    def resolve(self, which: int, decision: int) -> Ran:
        """`raidctl resolve`, and one field decided: a side, skip or release, by the number."""

        def act(ran: Ran, session: Session) -> Ending:
            person, question = _Person(ran, which, decision), self._question(ran, None)
            return deciding.resolve(session, question, SITES, person, _noting(ran), _yes)

        return self._run("resolve", act)

    def _run(
        self,
        command: str,
        act: Callable[[Ran, Session], Ending],
        direction: SyncDirection | None = None,
    ) -> Ran:
        """A command from its row in the journal to its end, or its death."""
        world = self.world
        self._count += 1
        name = f"run-{self._count}"
        ran = Ran(command, name, world.ledger.at, world.clock(), direction)
        sent = world.ledger.sent
        journal = Records(_JournalFile(world), world.clock, GUARD_SECONDS)
        row = Run(name, command, ran.now, 1, direction)
        try:
            with recorded(lambda: nullcontext(journal), row, world.clock, nullcontext()) as (
                _,
                record,
            ):
                systems, context = self._desk(journal), self._orders(name)
                session = Session(systems, context, row, record, _Unstopped(), _unshown)
                ran.come_to(act(ran, session))
        except RaidctlError as error:
            ran.error = error
        except Killed:
            ran.killed = True
        finally:
            journal.close()
        if world.ledger.sent > sent:
            self.wrote.append(name)
        return ran

    def _orders(self, name: str) -> RunContext:
        site = self.world.site
        return RunContext(
            name,
            site.book(Users()),
            site.transition_fields,
            site.concurrency,
            self.world.clock,
            accounts=Accounts(site.service_account, NOBODY.skew),
        )

    def _question(self, ran: Ran, direction: SyncDirection | None) -> ReadRequest:
        """About everything; the mapping it is answered by is noted."""
        site = self.world.site

        def book(users: Users) -> MappingBook:
            ran.book = site.book(users)
            return ran.book

        return ReadRequest(
            Scope(everything=True),
            Selection(),
            site.policy(direction),
            book,
            {},
            site.concurrency,
            ran.now,
            thorough=True,
        )

    def _desk(self, journal: Records) -> WritableSystems:
        world, site = self.world, self.world.site
        auth = basic_auth(site.me.email, TOKEN) if site.deployment == "cloud" else BearerAuth(TOKEN)
        wire = JiraWire(world.to_jira)
        http = HttpClient(JIRA, SITES[1], auth, wire, 20.0, world.waiting())
        priority = site.jira_fields[Field.PRIORITY]
        tracker, writer = gateways(site.deployment, http, SITES[1], priority)
        writers, tables = self._writers(tracker), SITE_TABLES[site.preset]
        return WritableSystems(_Incidents(world), tracker, writer, journal, tables, writers)

    def _writers(self, tracker: JiraIssues) -> dict[Field, IncidentWriter]:
        world = self.world
        wire = WebhookWire(world.to_firefighter)
        http = HttpClient(HANDLER, SITES[0], SignatureAuth(SECRET), wire, 40.0, world.waiting())
        made: dict[ImpactWriter, IncidentWriter] = {
            ImpactWriter.WEBHOOK: WebhookWriter(http, tracker.myself, world.site.service_account),
            ImpactWriter.DATABASE: _Database(world),
        }
        return {name: made[kind] for name, kind in world.site.writers.items() if kind in made}


def _no_job(_: frozenset[int]) -> Job:
    raise LookupError("nobody declares an incident here")


def _evenly() -> float:
    return 0.5


def _noting(ran: Ran) -> Approval:
    """Somebody who says yes to every plan, and notes it."""

    def agreed(report: Report) -> bool:
        ran.items = report.items
        return True

    return Approval(Limits(0, 0), ask=agreed)


def _unshown(_: str, __: int = 0) -> AbstractContextManager[Progress]:
    return nullcontext(lambda _: None)


class _Unstopped:
    """Nobody interrupts."""

    wanted = False

    def writing(self) -> None:
        """It is all the same."""

    def waiting(self, idle: str, closing: str = "") -> None:
        """It is all the same."""


def _yes(name: str, items: Sequence[Item]) -> bool:
    return True


@dataclass
class _Person:
    """Somebody who decides one field, by numbers."""

    ran: Ran
    which: int
    decision: int

    def decisions(self, choices: Sequence[Options]) -> Iterator[tuple[Sequence[Options], Decision]]:
        """One of them."""
        self.ran.items = tuple(one.waiting.item for one in choices)
        option = choices[self.which % len(choices)]
        waiting, sides = option.waiting.item, option.sides
        decided: Decision = Note.RELEASE if option.release else Skipping()
        if self.decision < 4 and sides:
            decided = sides[self.decision % len(sides)]
        if not isinstance(decided, Skipping):
            self.ran.taken.add((waiting.subject.incident, waiting.field))
        yield [option], decided

    def told(self, decision: Decision, items: Sequence[Item]) -> None:
        """What was written is noted."""
        if isinstance(decision, Side):
            self.ran.done = tuple(items)

    def begins(self, run: str, held: Sequence[Item], choices: int, beside: str) -> None:
        """It is all the same."""

    def closing(self, run: str) -> str:
        """They wait for another run."""
        return ""

    def closes(self, closing: str) -> None:
        """There is nothing to say."""


class _JournalFile(WritableFile):
    """The journal of a process that may die at each commit, or find the disk full."""

    def __init__(self, world: World) -> None:
        super().__init__(world.journal)
        self.execute("PRAGMA synchronous = OFF")
        self._faults = world.faults

    @contextmanager
    def transaction(self) -> Iterator[None]:
        trouble = self._faults.strike(Point.JOURNAL)
        with super().transaction():
            yield
            if trouble in (Trouble.DROPPED, Trouble.UNAVAILABLE):
                raise sqlite3.OperationalError("database or disk is full")
        if trouble is Trouble.KILLED_AFTER:
            self._faults.die()


class _Incidents(DatabaseIncidents):
    """Impact's database to read, which may be away."""

    def __init__(self, world: World) -> None:
        super().__init__(world.impact.reader, SITES[0])
        self._world = world

    def incidents(self, scope: Scope) -> Iterator[Incident]:
        """Every incident of the scope; what was read is noted."""
        self._reach()
        for incident in super().incidents(scope):
            self._world.ledger.read(Side.IMPACT, [incident.id])
            yield incident

    def current(self, incidents: Collection[int]) -> Mapping[int, Incident]:
        """These incidents; what was read is noted."""
        self._reach()
        found = super().current(incidents)
        self._world.ledger.read(Side.IMPACT, found)
        return found

    def revisions(self, incidents: Collection[int]) -> Revisions:
        """The history."""
        self._reach()
        return super().revisions(incidents)

    def _reach(self) -> None:
        if self._world.faults.strike(Point.IMPACT_READ) not in (None, Trouble.PERSON):
            raise _away(Category.NETWORK)


class _Database(DatabaseWriter):
    """Impact's database to write, which may be away, locked, or break off at the end."""

    def __init__(self, world: World) -> None:
        super().__init__(world.impact.writer, clock=world.clock)
        self._world = world

    def write(
        self, link: Link, values: Mapping[Field, Value], edits: Mapping[Field, Revision]
    ) -> None:
        """Write, as far as nothing goes wrong."""
        self._spoilt(
            link.incident.id, values, lambda: super(_Database, self).write(link, values, edits)
        )

    def restore(self, link: Link, values: Mapping[Field, Value]) -> None:
        """Write back, as far as nothing goes wrong."""
        self._spoilt(link.incident.id, values, lambda: super(_Database, self).restore(link, values))

    def _spoilt(self, number: int, values: Mapping[Field, Value], act: Callable[[], None]) -> None:
        world = self._world
        world.ledger.sending(Side.IMPACT, number)
        trouble = world.faults.strike(Point.IMPACT_WRITE)
        if trouble is Trouble.DROPPED:
            world.ledger.lost(Side.IMPACT, number)
            raise LostAnswerError(_away(Category.NETWORK))
        if trouble is Trouble.CONFLICT:
            raise _away(Category.CONFLICT)
        if trouble in (Trouble.UNAVAILABLE, Trouble.LIMITED, Trouble.DOWN):
            raise _away(Category.NETWORK)
        world.ledger.acting(Side.IMPACT, number, values)
        act()
        world.look(Side.IMPACT, number, By.RAIDCTL)
        if trouble is Trouble.KILLED_AFTER:
            world.faults.die()
        if trouble in ACTED:
            world.ledger.lost(Side.IMPACT, number)
            raise LostAnswerError(_away(Category.NETWORK))


def _away(category: Category) -> ServiceError:
    return ServiceError("Impact's database", "sqlite model", "it is away", "try again", category)


def wrote(items: Iterable[Item]) -> set[tuple[int, Field | None]]:
    """The fields that a plan writes."""
    return {(change.subject.incident, change.field) for change in pending(items)}
