"""A run that writes, in one process: a hand-written Impact, the real gateway before a simulated
JIRA, and a real journal in a file.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from raidctl.core.mapping.people import Users
from raidctl.core.mapping.tables import folded
from raidctl.core.model import Field, Incident, Link
from raidctl.core.plan.item import Item
from raidctl.core.plan.plan import Plan
from raidctl.core.policy import Choice, FieldPolicy, Policy
from raidctl.core.report import Report
from raidctl.core.scope import Scope, Selection
from raidctl.core.writes.log import Run
from raidctl.core.writes.outcome import Outcome
from raidctl.errors import RaidctlError
from raidctl.gateways.jira.transport import WritingAdapter
from raidctl.journal import Journal
from raidctl.ports.systems import WritableSystems
from raidctl.runs.context import RunContext
from raidctl.runs.journalled import recorded
from raidctl.runs.reading.diff import plan_of
from raidctl.runs.reading.request import ReadRequest
from raidctl.runs.reading.survey import survey
from raidctl.runs.writing import reconcile
from raidctl.runs.writing.session import with_recovered, write_plan
from raidctl.sandbox.jira.state import Person
from raidctl.sandbox.server import Reply, Request
from tests.contract.trackers import BOT, TOKEN, Deployment, client, gateways
from tests.core.strategies import impact_with
from tests.fresh import fresh_journal
from tests.presets import RAID_SITE
from tests.runs.fakes import EVERYTHING, FakeSource, book, incident
from tests.simulators.jira.server import jira_answer
from tests.simulators.jira.state import JiraState
from tests.simulators.server import LoopbackServer

SITES = ("https://impact.example.com", "https://jira.example.com")
ADA = Person("acc-ada", "Ada Lovelace", "ada@example.com")
GRACE = Person("acc-grace", "Grace Hopper", "grace@example.com")
PEOPLE = {person.email: person.account for person in (ADA, GRACE)}
IMPACT_WINS = Policy(
    fields={name: FieldPolicy(Choice.IMPACT, Choice.IMPACT) for name in Field},
    allow_close=True,
    grace=timedelta(0),
)
"""Whatever drifts goes to JIRA."""


@dataclass
class Office:
    """Everything a run needs, and what a test wants to look at afterwards."""

    state: JiraState
    server: LoopbackServer
    seen: list[Request]
    source: FakeSource
    desk: WritableSystems
    journal: Journal
    clock: "Clock"
    policy: Policy = IMPACT_WINS
    transition_fields: dict[str, dict[str, object]] = field(default_factory=dict)
    stopping: bool = False
    ended: RaidctlError | None = None
    count: int = 0

    def reconcile(self, scope: Scope = EVERYTHING) -> Report:
        """One run; `ended` is what ended it early."""
        orders, question = self.orders(), self.question(scope)
        run = Run(orders.run, "reconcile", self.clock(), 1)
        with recorded(lambda: nullcontext(self.journal), run, self.clock, nullcontext()):
            found = reconcile.prepare(self.desk, question, orders, SITES, lambda _: None)
            orders = replace(orders, book=found.survey.book)
            report, self.ended = write_plan(self.desk, orders, found.report, lambda _: None)
        return with_recovered(report, found.recovered)

    def question(self, scope: Scope = EVERYTHING) -> ReadRequest:
        """By the policy, about everything."""
        return ReadRequest(scope, Selection(), self.policy, book, PEOPLE, 2, self.clock())

    def plan(self) -> Plan:
        """What a reconcile would do."""
        found = survey(self.desk.readable, self.question(), lambda _: None)
        return plan_of(found, SITES, self.policy)

    def link(self, number: int) -> Link:
        """An incident and its issue as they are now."""
        (stored,) = [one for one in self.source.stored if one.id == number]
        (found,) = self.desk.tracker.current([10_000 + number])
        assert found is not None
        return Link(stored, found)

    def orders(self) -> RunContext:
        """Those of a run of its own."""
        self.count += 1
        fields = {folded(status): values for status, values in self.transition_fields.items()}
        return RunContext(
            f"run-{self.count}",
            book(Users()),
            fields,
            2,
            self.clock,
            lambda: "it was told to" if self.stopping else None,
        )

    def issue(self, number: int) -> dict[str, Any]:
        """The values of INC-`number` as JIRA has them."""
        return dict(self.state.issue(10_000 + number).values)

    def sent(self, method: str = "") -> list[str]:
        """What JIRA was sent, by method and path without the version, newest last."""
        return [
            f"{request.method} {request.path.removeprefix('/rest/api/2/')}"
            for request in self.seen
            if request.method == method or not method
        ]

    def writes(self) -> list[str]:
        """The requests that write."""
        return [
            one
            for one in self.sent()
            if one.startswith("PUT") or (one.startswith("POST") and one.endswith("transitions"))
        ]

    def impact(self, number: int, **values: Any) -> None:
        """Somebody changes an incident."""
        self.source.stored = [
            impact_with(one, **values) if one.id == number else one for one in self.source.stored
        ]


@dataclass
class Clock:
    """A clock that stands until a test moves it."""

    now: datetime = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **length: float) -> None:
        self.now += timedelta(**length)


@contextmanager
def office(
    folder: Path,
    deployment: Deployment = "cloud",
    numbers: Sequence[int] = (1, 2, 3),
    status: str = "In Progress",
    **given: Any,
) -> Iterator[Office]:
    """Incidents and issues of these numbers, in sync; `given` goes to the state of JIRA."""
    clock = Clock()
    state = JiraState(
        deployment=deployment, users=(BOT, ADA, GRACE), me=BOT.account, now=clock, **given
    )
    incidents: list[Incident] = []
    for number in numbers:
        one = incident(number, status="MITIGATING")
        incidents.append(one)
        state.add_issue(
            f"INC-{number}",
            10_000 + number,
            summary=one.title,
            description=one.values[Field.DESCRIPTION],
            priority="Medium",
            status=status,
            assignee=ADA.account,
        )
    inside = jira_answer(state, token=TOKEN)
    seen: list[Request] = []

    def answer(request: Request) -> Reply:
        seen.append(request)
        return inside(request)

    with ExitStack() as stack:
        server = stack.enter_context(LoopbackServer(answer))
        http = client(deployment, server.url, WritingAdapter(4))
        tracker, writer = gateways(deployment, http, server.url)
        journal = Journal(fresh_journal(folder / "journal.db"), clock)
        stack.callback(journal.close)
        source = FakeSource(incidents)
        desk = WritableSystems(source, tracker, writer, journal, RAID_SITE)
        yield Office(state, server, seen, source, desk, journal, clock)


def outcomes(report: Report) -> dict[tuple[int, str], Outcome]:
    """What became of each change, by incident and field."""
    return {
        (item.subject.incident, str(item.field)): item.result.outcome
        for item in report.items
        if item.result is not None
    }


def item_of(report: Report, number: int, name: Field) -> Item:
    """One item of a report."""
    (found,) = [i for i in report.items if i.subject.incident == number and i.field is name]
    return found
