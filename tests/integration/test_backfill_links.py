"""`raidctl backfill links` beside a real FireFighter, which hears of an issue again after it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, update

from raidctl.core.backfill.tickets import Ticket
from raidctl.gateways.impact.database import tables
from raidctl.gateways.impact.database.engine import writing_engine
from raidctl.gateways.impact.database.ticket_writer import DatabaseTicketWriter
from tests.integration.conftest import FireFighter
from tests.integration.declared import ADA, CASES, declared
from tests.integration.test_backfill import linking
from tests.integration.test_tickets import (
    ACCOUNTS,
    WITHOUT_CHANNEL,
    simulated,
    stored,
    tickets_of,
    told,
)
from tests.integration.world import BOT, Deployment, raidctl
from tests.simulators.jira.state import JiraState

pytestmark = pytest.mark.integration

ONE, OTHER = WITHOUT_CHANNEL, "one of a team without a project"


@dataclass(frozen=True, slots=True)
class Site:
    """A FireFighter before a JIRA, two of its incidents with issues, and a configuration."""

    server: FireFighter
    engine: Engine
    jira: JiraState
    config: Path
    one: Ticket
    other: Ticket

    def mend(self, *more: str) -> str:
        """What it says."""
        ended = raidctl(self.config, self.server, "backfill", "links", *more, "--yes")
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def paired(self, *rows: str) -> str:
        """What it says to a file of these lines."""
        file = self.config.with_name("pairs.csv")
        file.write_text("\n".join(["incident,key", *rows, ""]))
        return self.mend("--from-csv", str(file))

    def told(self, new: Ticket, status: str) -> tuple[int, object]:
        """What FireFighter answers to a webhook of an issue, and what its incident then has."""
        return told(self.server, self.jira, new, status)


@pytest.fixture(params=["cloud", "datacenter"])
def site(
    request: pytest.FixtureRequest, firefighter: FireFighter, tmp_path: Path
) -> Iterator[Site]:
    deployment: Deployment = request.param
    engine = create_engine(firefighter.database_url)
    writing = writing_engine(firefighter.database_url, "")
    with declared(engine), simulated(deployment, BOT) as (jira, _):
        before = stored(engine)
        made = [
            jira.create("INC", "Incident", {"summary": name, "reporter": ACCOUNTS[ADA]})
            for name in (ONE, OTHER)
        ]
        one, other = (
            Ticket(record.id, record.key, CASES[name].ours)
            for name, record in zip((ONE, OTHER), made, strict=True)
        )
        config = linking(tmp_path, firefighter, deployment)
        found = Site(firefighter, engine, jira, config, one, other)
        try:
            found.paired(*(f"{ticket.incident},{ticket.key}" for ticket in (one, other)))
            yield found
        finally:
            for number in (CASES[name].ours for name in (ONE, OTHER)):
                for ticket in tickets_of(firefighter, number):
                    DatabaseTicketWriter(writing).unlink(ticket, ())
        assert stored(engine) == before
    writing.dispose()
    engine.dispose()


def test_a_moved_issue_is_heard_again(site: Site) -> None:
    assert site.told(site.one, "in progress") == (200, "MITIGATING")
    site.jira.move(site.one.issue_id, "PAY-777")
    assert site.told(site.one, "Incoming") == (200, "MITIGATING"), "it is dropped"
    assert "PAY-777" in site.mend(str(site.one.incident))
    assert site.told(site.one, "Reporter validation") == (200, "MITIGATED")


def test_two_tickets_with_one_key_are_heard_again(site: Site) -> None:
    issue = update(tables.jira_issue).where(tables.jira_issue.c.id == site.other.issue_id)
    with site.engine.begin() as connection:
        connection.execute(issue.values(key=site.one.key))
    assert site.told(site.one, "in progress") == (500, "OPEN"), "it is refused"
    site.paired(f"{site.other.incident},{site.other.key}")
    assert site.told(site.one, "Reporter validation") == (200, "MITIGATED")
    assert site.told(site.other, "in progress") == (200, "MITIGATING")
