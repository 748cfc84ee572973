"""Creations in any order with people, FireFighter and faults: never two issues for one incident.

A machine of its own beside that of fields: incidents arise without issues, FireFighter makes some
of them itself or links them elsewhere, JIRA's index lags, answers get lost, runs die, journals are
put back. After each run no incident has two issues of raidctl's; once people have stopped, each
that is to have one has exactly one, where it belongs.
"""

import shutil
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from raidctl.core.backfill.backlink import PROPERTY, global_id
from raidctl.core.backfill.declaration import Declaration
from raidctl.core.mapping.people import Users
from raidctl.core.model import Field, Incident
from raidctl.core.plan.authorship import NOBODY
from raidctl.core.scope import Scope
from raidctl.core.writes.log import Run
from raidctl.errors import Category, ExitCode, RaidctlError, ServiceError
from raidctl.gateways.http.client import BearerAuth, HttpClient, basic_auth
from raidctl.gateways.http.pace import Waiting
from raidctl.gateways.jira.admin import JiraAdmin
from raidctl.gateways.jira.cloud import CloudDialect
from raidctl.gateways.jira.datacenter import DataCenterDialect
from raidctl.gateways.jira.fields import Fields
from raidctl.gateways.jira.issues import JiraIssues
from raidctl.gateways.jira.transport import JIRA, MakingAdapter
from raidctl.gateways.jira.writer import JiraWriter
from raidctl.journal import Journal
from raidctl.journal.records import Records
from raidctl.journal.sqlite.writer import WritableFile
from raidctl.ports.systems import Makers, WritableSystems
from raidctl.runs.backfill.bulk import Job, make
from raidctl.runs.backfill.issues import find
from raidctl.runs.backfill.request import BackfillRequest
from raidctl.runs.backfill.senders import makers_for
from raidctl.runs.context import RunContext
from raidctl.runs.journalled import recorded
from raidctl.runs.reading.own_links import LinkedIncidents
from raidctl.runs.writing.session import Session
from raidctl.sandbox.server import Reply, Request
from tests.contract.trackers import BOT, TOKEN
from tests.model.faults import (
    COMMITS,
    JOURNAL,
    READS,
    WRITES,
    Fault,
    Faults,
    Killed,
    Point,
    Trouble,
)
from tests.model.play import in_memory, play_machine
from tests.model.wires import Exchange, InProcess
from tests.presets import RAID_SITE
from tests.runs.backfill.stage import ALWAYS, BLUEPRINT, declared
from tests.runs.desk import ADA, GRACE, IMPACT_WINS, PEOPLE, SITES
from tests.runs.fakes import FakeSource, book, incident
from tests.simulators.jira.server import jira_answer
from tests.simulators.jira.state import JiraState

START = datetime.fromisoformat("2026-11-24T12:00:00+00:00")
STATUSES = {"OPEN": "Open", "MITIGATING": "In Progress", "MITIGATED": "Resolved"}
LONG = 600  # seconds; longer than any lag, and than it takes until one is over
SETTLING_RUNS = 6
_AFTER = st.sampled_from((0, 0, 1, 1, 2, 4, 8))
_TROUBLES = st.sampled_from([one for one in Trouble if one is not Trouble.PERSON])
FAULTS = st.lists(
    st.one_of(
        st.builds(Fault, st.just(WRITES), _TROUBLES, _AFTER, st.sampled_from((1, 1, 2))),
        st.builds(Fault, st.just(READS), _TROUBLES, _AFTER),
        st.builds(Fault, st.just(JOURNAL), st.sampled_from(COMMITS), st.integers(0, 14)),
    ),
    min_size=1,
    max_size=2,
)


class _Wire(MakingAdapter, InProcess):
    """To JIRA, for a run that makes issues."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__(1)
        self.exchange = exchange


class _Source(FakeSource):
    """Impact, which may be away."""

    faults: Faults

    def incidents(self, scope: Scope) -> Iterator[Incident]:
        self._reach()
        yield from super().incidents(scope)

    def current(self, incidents: Collection[int]) -> Mapping[int, Incident]:
        self._reach()
        return super().current(incidents)

    def declarations(self, incidents: Collection[int]) -> Mapping[int, Declaration]:
        self._reach()
        return super().declarations(incidents)

    def _reach(self) -> None:
        if self.faults.strike(Point.IMPACT_READ) is not None:
            away = "Impact", "here", "it is away", "try again", Category.NETWORK
            raise ServiceError(*away)


class _JournalFile(WritableFile):
    """The journal of a process that may die at each commit, or find the disk full."""

    def __init__(self, path: Path, faults: Faults) -> None:
        super().__init__(path)
        self.execute("PRAGMA synchronous = OFF")
        self._faults = faults

    @contextmanager
    def transaction(self) -> Iterator[None]:
        trouble = self._faults.strike(Point.JOURNAL)
        with super().transaction():
            yield
            if trouble is Trouble.DROPPED:
                raise sqlite3.OperationalError("database or disk is full")
        if trouble is Trouble.KILLED_AFTER:
            self._faults.die()


class Machine(RuleBasedStateMachine):
    """One example; `seen` counts what has happened in all of them."""

    folder: ClassVar[Path]
    seen: ClassVar[Counter[str]] = Counter()

    @initialize(cloud=st.booleans(), lag=st.sampled_from((0, 5, 40, 90)), robot=st.booleans())
    def begin(self, cloud: bool, lag: int, robot: bool) -> None:
        """A JIRA with one issue, and no incident."""
        self.seen["examples"] += 1
        self._seconds, self._count, self.deployment = 0.0, 0, "cloud" if cloud else "datacenter"
        self.faults, self.moved, self.robot = Faults(), set[int](), robot
        self.state = JiraState(
            deployment="cloud" if cloud else "datacenter",
            users=(BOT, ADA, GRACE),
            me=BOT.account,
            now=self._now,
            index_lag=lag,
        )
        self.state.add_issue("INC-1", 10_001, summary="Another", created=START)
        self._answer = jira_answer(self.state, token=TOKEN)
        self.source = _Source([])
        self.source.faults = self.faults
        # A folder for each: what a killed run leaves open is closed whenever its turn comes, and
        # takes the files of that name along.
        shutil.rmtree(self.folder / str(self.seen["examples"] - 1), ignore_errors=True)
        place = self.folder / str(self.seen["examples"])
        place.mkdir()
        self.journal, self.copy = place / "journal.db", place / "copy.db"
        Journal(self.journal).close()

    @rule(status=st.sampled_from([*STATUSES]), same=st.booleans())
    def an_incident_arises(self, status: str, same: bool) -> None:
        """Through FireFighter's interface, so that it gets no issue."""
        number = len(self.source.stored) + 1
        title = "The same again" if same else f"Incident {number}"
        one = incident(number, status=status, title=title)
        one = replace(one, issue_key=None, created_at=self._now())
        self.source.stored = [*self.source.stored, one]
        self.source.declared = {**self.source.declared, number: declared(number)}

    @rule(which=st.integers(0, 9), status=st.sampled_from([*STATUSES]))
    def somebody_moves_it(self, which: int, status: str) -> None:
        """In Impact."""
        self._change(which, status=status)

    @rule(which=st.integers(0, 9))
    def somebody_renames_it(self, which: int) -> None:
        """In Impact."""
        self._change(which, title=f"Another title, the {self._count}th")

    @rule(which=st.integers(0, 9), known=st.booleans())
    def firefighter_makes_one_itself(self, which: int, known: bool) -> None:
        """And may fail to note it."""
        alone = [one for one in self.source.stored if one.issue_key is None]
        if alone:
            one = alone[which % len(alone)]
            values = {"summary": one.title, "reporter": ADA.account}
            made = self.state.create("INC", "Incident", values)
            if known:
                self._put(replace(one, issue_key=made.key))

    @rule(seconds=st.sampled_from((1, 20, 70, 130, LONG)))
    def time_passes(self, seconds: int) -> None:
        """And the index learns."""
        self._seconds += seconds

    @rule()
    def the_journal_is_kept(self) -> None:
        """A copy of it."""
        self.copy.unlink(missing_ok=True)
        with closing(sqlite3.connect(self.journal)) as books:
            books.execute("VACUUM INTO ?", [str(self.copy)])

    @rule()
    def the_journal_is_put_back(self) -> None:
        """Long after: what JIRA's index does not know yet only the journal could."""
        if self.copy.exists():
            self._seconds += LONG
            for rest in ("", "-wal", "-shm"):
                self.journal.with_name(f"journal.db{rest}").unlink(missing_ok=True)
            shutil.copyfile(self.copy, self.journal)
            self.seen["journals put back"] += 1

    @rule(faults=FAULTS)
    def a_run_in_which_something_goes_wrong(self, faults: Sequence[Fault]) -> None:
        """And may end at once."""
        self.faults.arm(faults, lambda: None)
        self._run()
        self.faults.disarm()

    @rule()
    def a_run(self) -> None:
        """In which nothing goes wrong."""
        self._run()

    @invariant()
    def none_has_two(self) -> None:
        """Whatever goes wrong."""
        for one in getattr(self, "source", _Source([])).stored:
            assert len(self._made(one.id)) <= 1, f"incident {one.id}: {self._made(one.id)}"

    def teardown(self) -> None:
        """People stop: each incident that is to have an issue gets one, and the rest is quiet."""
        if not hasattr(self, "source"):
            return
        self._seconds += LONG
        for _ in range(SETTLING_RUNS):
            code, items = self._run()
            self._seconds += LONG
            if code is ExitCode.OK and not [one for one in items if one.verdict != "hold"]:
                break
        else:
            raise AssertionError(f"it does not come to rest: {code}, {items}")
        held = {one.subject.incident for one in items}
        for one in self.source.stored:
            made = self._made(one.id)
            assert made or one.issue_key or one.id in held, f"incident {one.id} has no issue"
            self.none_has_two()
            for issue in made if one.issue_key is None else ():
                found = self.state.issue(issue)
                assert self.state.linked_by([global_id(SITES[0], one.id)]) == {issue}
                self.seen["issues made"] += 1
                if one.id not in self.moved:
                    assert found.values["status"] == STATUSES[str(one.status)], one

    def _change(self, which: int, **values: Any) -> None:
        if self.source.stored:
            one = self.source.stored[which % len(self.source.stored)]
            if self._made(one.id):
                self.moved.add(one.id)
            fields = {Field(name): value for name, value in values.items()}
            self._put(replace(one, values={**one.values, **fields}))

    def _put(self, changed: Incident) -> None:
        self.source.stored = [changed if i.id == changed.id else i for i in self.source.stored]

    def _made(self, number: int) -> list[int]:
        """The issues that say they are the incident's."""
        name = global_id(SITES[0], number)
        state = self.state
        return [
            issue
            for issue, told in state.properties.items()
            if told.get(PROPERTY, {}).get("globalId") == name
        ]

    def _now(self) -> datetime:
        return START + timedelta(seconds=self._seconds)

    def _wait(self, seconds: float) -> None:
        self._seconds += seconds

    def _exchange(self, request: Request) -> Reply:
        self.faults.alive()
        self._wait(0.02)
        path = request.path
        asked = request.method == "GET" or "search" in path or path.endswith("fetch")
        point = Point.JIRA_READ if asked else Point.JIRA_WRITE
        return self.faults.exchange(point, request, self._answered)

    def _answered(self, request: Request) -> Reply:
        """JIRA, and an automation that renames what is new."""
        reply = self._answer(request)
        if self.robot and request.path.endswith("/issue") and reply.status == 201:
            made: Any = reply.body
            self.state.edit(int(made["id"]), GRACE.account, summary="[AUTO] It has another title")
        return reply

    def _run(self) -> tuple[ExitCode | None, Sequence[Any]]:
        """One run of `backfill issues`; None where it did not end by itself."""
        self._count += 1
        self.seen["runs"] += 1
        name = f"run-{self._count}"
        row = Run(name, "backfill issues", self._now(), 1)
        journal = Records(_JournalFile(self.journal, self.faults), self._now)
        context = RunContext(name, book(Users()), {}, 1, self._now, accounts=NOBODY)
        try:
            with recorded(lambda: nullcontext(journal), row, self._now, nullcontext()) as (
                memory,
                record,
            ):
                show = lambda *_: nullcontext(lambda _: None)  # noqa: E731 - the same for all
                systems, job = self._systems(memory)
                session = Session(systems, context, row, record, _Unstopped(), show)
                ending = make(session, job, SITES, ALWAYS)
                return ending.exit_code, ending.report.items
        except Killed:
            self.seen["runs killed"] += 1
        except RaidctlError as error:
            return error.exit_code, []
        finally:
            journal.close()
        return None, []

    def _systems(self, journal: Any) -> tuple[WritableSystems, Job]:
        waiting = Waiting(self._wait, lambda low, _: low, self._now, lambda: self._seconds)
        cloud = self.deployment == "cloud"
        auth = basic_auth(BOT.email, TOKEN) if cloud else BearerAuth(TOKEN)
        http = HttpClient(JIRA, SITES[1], auth, _Wire(self._exchange), 20.0, waiting)
        fields = Fields("priority", http.clock)
        dialect = CloudDialect(http, fields) if cloud else DataCenterDialect(http, fields)
        admin = JiraAdmin(http, self.deployment, fields)
        everything = Scope(everything=True)
        request = BackfillRequest(everything, BLUEPRINT, IMPACT_WINS, book, PEOPLE, 1, self._now())
        systems = WritableSystems(
            LinkedIncidents(self.source, journal),
            JiraIssues(http, dialect, fields, SITES[1]),
            JiraWriter(http, self.deployment, fields),
            journal,
            RAID_SITE,
            makers=Makers(admin),
        )
        return systems, Job(
            "backfill issues",
            lambda readable, advance: find(readable, admin, request, advance),
            makers_for(request),
        )


class _Unstopped:
    """Nobody interrupts."""

    wanted = False

    def writing(self) -> None:
        """It is all the same."""

    def waiting(self, idle: str, closing: str = "") -> None:
        """It is all the same."""


def play_creations(examples: int, seeded: int, steps: int, *, shrink: bool = True) -> None:
    """Raise what an example finds, made as small as it gets where it is to `shrink`."""
    with in_memory() as folder:
        Machine.folder = folder
        Machine.seen.clear()
        play_machine(Machine, examples, seeded, steps, shrink=shrink)
