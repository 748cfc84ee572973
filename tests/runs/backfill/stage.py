"""Incidents without issues, in one process: a hand-written Impact, the real gateway before a
simulated JIRA, and a real journal in a file.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from raidctl.bootstrap.clock import utc_now
from raidctl.core.backfill.backlink import PROPERTY, global_id
from raidctl.core.backfill.declaration import Declaration
from raidctl.core.backfill.draft import Blueprint
from raidctl.core.backfill.tickets import NewTicket, Ticket
from raidctl.core.plan.item import Item
from raidctl.core.plan.safety import Limits
from raidctl.core.report import Report
from raidctl.core.scope import Scope
from raidctl.core.writes.log import Run
from raidctl.errors import ServiceError
from raidctl.gateways.http.pace import Waiting
from raidctl.gateways.jira.admin import JiraAdmin
from raidctl.gateways.jira.cloud import CloudDialect
from raidctl.gateways.jira.datacenter import DataCenterDialect
from raidctl.gateways.jira.fields import Fields
from raidctl.gateways.jira.issues import JiraIssues
from raidctl.gateways.jira.transport import MakingAdapter
from raidctl.gateways.jira.writer import JiraWriter
from raidctl.ports.systems import Makers, WritableSystems
from raidctl.runs.backfill.bulk import Job, look, make
from raidctl.runs.backfill.issues import find
from raidctl.runs.backfill.request import BackfillRequest
from raidctl.runs.backfill.senders import makers_for
from raidctl.runs.journalled import RunRecord
from raidctl.runs.reading.own_links import LinkedIncidents
from raidctl.runs.writing.session import Approval, Ending, Session
from raidctl.sandbox.jira.state import Record
from tests.contract.trackers import NOW, Deployment, Naps, client
from tests.runs.desk import ADA, PEOPLE, SITES, Office, office
from tests.runs.fakes import EVERYTHING, book

ALWAYS = Approval(Limits(0, 0))
IDS = {name: row.id for name, row in Fields("priority").rows.items()}
BLUEPRINT = Blueprint(SITES[0], "INC", "Incident", IDS, private_to_jira=True, allow_close=True)


class Quiet:
    """A run that nobody interrupts."""

    wanted = False

    def writing(self) -> None: ...

    def waiting(self, idle: str, closing: str = "") -> None: ...


@dataclass
class Tickets:
    """FireFighter's tables: what is linked shows in Impact."""

    office: Office
    made: list[NewTicket] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)  # of the issues, when they were linked
    lacking: Sequence[str] = ()
    fails: ServiceError | None = None
    requests: int = 0

    def missing(self) -> Sequence[str]:
        return self.lacking

    def link(self, new: NewTicket, standing: Collection[Ticket] = ()) -> frozenset[str]:
        self.requests += 1
        if self.fails is not None:
            raise self.fails
        self.made.append(new)
        self.statuses.append(str(self.office.state.issue(new.issue_id).values["status"]))
        self.office.impact(new.incident, issue_key=new.key)
        return frozenset()

    def rekey(self, ticket: Ticket, key: str) -> None:
        raise NotImplementedError

    def unlink(
        self, ticket: Ticket, standing: Collection[Ticket], accounts: Collection[str] = ()
    ) -> None:
        raise NotImplementedError


def declared(number: int, **values: Any) -> Declaration:
    """An incident declared by Ada, in the category Payment."""
    made = Declaration(number, ADA.email, "PRD", "Payment", "Money", "P3", "🌩️")
    return replace(made, **values)


@dataclass
class Works:
    """An office in which issues are made."""

    at: Office
    desk: WritableSystems
    admin: JiraAdmin
    blueprint: Blueprint = BLUEPRINT
    tickets: Tickets | None = None
    limit: int | None = None
    approval: Approval = ALWAYS
    people: Mapping[str, str] = field(default_factory=lambda: PEOPLE)

    def job(self, scope: Scope = EVERYTHING) -> Job:
        request = BackfillRequest(
            scope,
            self.blueprint,
            self.at.policy,
            book,
            self.people,
            2,
            self.at.clock(),
            self.limit,
            self.tickets is not None,
        )
        return Job(
            "backfill issues",
            lambda systems, advance: find(systems, self.admin, request, advance),
            makers_for(request),
        )

    def run(self, scope: Scope = EVERYTHING) -> Ending:
        """One run of `backfill issues`."""
        orders = self.at.orders()
        run = Run(orders.run, "backfill issues", self.at.clock(), 1)
        self.at.journal.begin(run)
        desk = replace(self.desk, makers=Makers(self.admin, self.tickets))
        show = lambda *_: nullcontext(lambda _: None)  # noqa: E731
        session = Session(desk, orders, run, RunRecord(), Quiet(), show)
        ending = make(session, self.job(scope), SITES, self.approval)
        self.at.journal.end(replace(run, finished_at=self.at.clock(), exit_code=ending.exit_code))
        return ending

    def look(self, scope: Scope = EVERYTHING) -> Report:
        """What a run would make."""
        clock = self.at.clock
        systems = self.desk.readable
        return look(self.job(scope), systems, SITES, clock(), clock, lambda _: None)

    def unlinked(self, *numbers: int, **values: Any) -> None:
        """Take the issues of these incidents away."""
        for number in numbers:
            self.at.impact(number, issue_key=None, **values)
            self.at.state.delete(10_000 + number)

    def issues(self, number: int) -> list[Record]:
        """The issues in JIRA that say they are this incident's."""
        name = global_id(SITES[0], number)
        state = self.at.state
        return [
            state.issue(issue)
            for issue, properties in state.properties.items()
            if properties.get(PROPERTY, {}).get("globalId") == name
        ]

    def led_back(self, number: int) -> set[int]:
        """The issues with a remote link to this incident."""
        return self.at.state.linked_by([global_id(SITES[0], number)])

    def creations(self) -> int:
        """How often an issue was asked for."""
        return sum(one == "POST issue" for one in self.at.sent("POST"))


@dataclass
class Following(Naps):
    """A client's sleeps, and its time by a clock that a test moves."""

    by: Callable[[], datetime] = utc_now

    def waiting(self, now: datetime = NOW) -> Waiting:
        return Waiting(self.sleep, self.jitter, self.by, lambda: self.time)


@contextmanager
def works(
    folder: Path,
    deployment: Deployment = "cloud",
    numbers: Sequence[int] = (1, 2, 3),
    **given: Any,
) -> Iterator[Works]:
    """Incidents without issues, all declared by Ada; `given` goes to the state of JIRA."""
    with office(folder, deployment, numbers, **given) as at:
        http = client(deployment, at.server.url, MakingAdapter(4), Following(by=at.clock))
        fields = Fields("priority", http.clock)
        cloud = deployment == "cloud"
        dialect = CloudDialect(http, fields) if cloud else DataCenterDialect(http, fields)
        at.source.declared = {number: declared(number) for number in numbers}
        desk = WritableSystems(
            LinkedIncidents(at.source, at.journal),
            JiraIssues(http, dialect, fields, at.server.url),
            JiraWriter(http, deployment, fields),
            at.journal,
        )
        made = Works(at, desk, JiraAdmin(http, deployment, fields))
        made.unlinked(*numbers)
        at.seen.clear()
        yield made


def told(items: Sequence[Item]) -> list[tuple[int, str, str | None]]:
    """Of each item its incident, what was to be done, and what became of it."""
    return [
        (
            item.subject.incident,
            str(item.field or item.verdict),
            None if item.result is None else item.result.outcome,
        )
        for item in items
    ]
