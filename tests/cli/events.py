"""A FireFighter that hears of JIRA's changes, or does not: what `missed` is about."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, create_engine, insert, select, update

from raidctl.core.mapping.tables import FIREFIGHTER, FIREFIGHTER_PRIORITY_FIELD
from raidctl.core.model import Field
from raidctl.gateways.impact.database import tables
from raidctl.sandbox.jira.state import Person
from raidctl.sandbox.jira.workflows import Status
from tests.cli.process import WEBHOOK_SECRET, Ended
from tests.cli.world import ADA, GRACE, NOW, NUMBERS, Pair, Sort, World, world
from tests.simulators.echo import delivery, event_of
from tests.simulators.impact.webhook import Webhook
from tests.simulators.jira.workflows import FIREFIGHTER as FLOW

SERVICE = Person("acc-firefighter", "FireFighter", "firefighter@example.test")
ELSEWHERE = (
    Status("10105", "Code Review", "indeterminate"),  # no table knows it
    Status("10106", "In Progress", "indeterminate"),  # FireFighter's has it in small letters
)
FIELDS = {
    "title": "summary",
    "description": "description",
    "priority": FIREFIGHTER_PRIORITY_FIELD,
    "status": "status",
    "commander": "assignee",
}


def minutes(ago: float) -> datetime:
    """So many minutes ago."""
    return NOW - timedelta(minutes=ago)


@dataclass
class Events:
    """Both systems, and what goes on between them; times are minutes ago."""

    site: World
    engine: Engine
    at: datetime = NOW
    webhook: Webhook = field(init=False)

    def __post_init__(self) -> None:
        secret, service = WEBHOOK_SECRET, SERVICE.account
        self.webhook = Webhook(self.engine, secret, service, now=lambda: self.at)

    def in_jira(
        self, number: int, ago: float, by: str = GRACE.account, *, heard: bool = False, **to: Any
    ) -> None:
        """Somebody changes an issue; FireFighter hears of it a second later, or not at all."""
        state, clock = self.site.state, self.site.state.now
        state.now = lambda: minutes(ago)
        state.edit(10_000 + number, by, **{FIELDS[name]: value for name, value in to.items()})
        state.now = clock
        if heard:
            self.hears(number, ago)

    def hears(self, number: int, ago: float) -> None:
        """FireFighter is told of the issue's last change a second after that."""
        self.at = minutes(ago) + timedelta(seconds=1)
        event = event_of(self.site.state, self.site.state.history(10_000 + number)[-1])
        assert self.webhook.answer(delivery(event, WEBHOOK_SECRET)).status == 200

    def in_impact(self, number: int, ago: float, *, pushed: bool = False, **to: Any) -> None:
        """Ada changes an incident; FireFighter pushes that to JIRA a second later, or does not."""
        at = minutes(ago)
        with self.engine.begin() as connection:
            who = select(tables.user.c.id).where(tables.user.c.email == ADA.email)
            columns = dict(to)
            if "status" in to:
                columns["status"] = NUMBERS[to["status"]]
            if "priority" in to:
                of = select(tables.priority.c.id).where(tables.priority.c.value == to["priority"])
                columns["priority_id"] = connection.scalar(of)
                del columns["priority"]
            own = update(tables.incident).where(tables.incident.c.id == number)
            connection.execute(own.values(**columns, updated_at=at))
            row = {"id": uuid4(), "incident_id": number, "created_by_id": connection.scalar(who)}
            row |= dict.fromkeys(("event_ts", "created_at", "updated_at"), at)
            connection.execute(insert(tables.incident_update), {**row, **columns})
        if pushed:
            self.at = at
            name = FIREFIGHTER.status_to_jira[to["status"]]
            self.webhook.pushes.note(number, "status", name)
            self.in_jira(number, ago - 1 / 60, SERVICE.account, heard=True, status=name)

    def missed(self, *arguments: str, reads: str = "database", **more: Any) -> Ended:
        """`raidctl missed`, as JSON."""
        return self.run("missed", "-o", "json", *arguments, reads=reads, **more)

    def run(self, *arguments: str, reads: str = "database", **more: Any) -> Ended:
        """Any command with this configuration."""
        return self.site.run(*arguments, config=self.settings(reads), **more)

    def settings(self, reads: str = "database") -> str:
        """A stock FireFighter's."""
        return self.site.toml(
            impact=f'reads = "{reads}"\ndatabase_url_env = "IMPACT_DATABASE_URL"\n'
            f'service_account = "{SERVICE.account}"',
            more='[mapping]\npreset = "firefighter"\n[safety]\ngrace_seconds = 30\n',
        )


@contextmanager
def events(folder: Path, count: int = 4, *, sort: Sort = "cloud", **more: Any) -> Iterator[Events]:
    """So many incidents that agree with their issues, mitigating, of priority 4."""
    ours = {Field.PRIORITY: 4}
    theirs = {Field.STATUS: "in progress", Field.PRIORITY: "4"}
    pairs = tuple(Pair(n, ours, theirs, agreed=False) for n in range(1, count + 1))
    with world(
        folder,
        pairs,
        sort=sort,
        priority_field=FIREFIGHTER_PRIORITY_FIELD,
        workflow=replace(FLOW, statuses=(*FLOW.statuses, *ELSEWHERE)),
        **more,
    ) as site:
        site.state.add_user(SERVICE)
        engine = create_engine(f"sqlite:///{site.database}")
        yield Events(site, engine)
        engine.dispose()


def told(ended: Ended) -> list[tuple[Any, ...]]:
    """What was missed: incident, field, value, why, and whether a later change went over it."""
    return [
        (one["incident"], one["field"], one["to"], one["why"], one["overtaken"])
        for one in ended.report["changes"]
    ]
