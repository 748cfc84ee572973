"""`raidctl backfill issues` beside FireFighter's own creation, and FireFighter on what it made."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine

from raidctl.gateways.impact.database.engine import writing_engine
from raidctl.gateways.impact.database.ticket_writer import DatabaseTicketWriter
from tests.integration.conftest import FireFighter
from tests.integration.creation import CATEGORY_FIELD
from tests.integration.declared import CASES, NUMBERS, WRITER, declared
from tests.integration.test_tickets import (
    ACCOUNTS,
    TOOLBOX,
    WITHOUT_CHANNEL,
    by_firefighter,
    jira_url,
    of_incident,
    picture,
    simulated,
    stored,
    tickets_of,
    told,
)
from tests.integration.world import BOT, Deployment, configuration, over_rest, people, raidctl
from tests.simulators.jira.state import JiraState

pytestmark = pytest.mark.integration

OURS = [str(case.ours) for case in CASES.values()]


@dataclass(frozen=True, slots=True)
class Site:
    """A FireFighter before a JIRA, and raidctl's configuration for both."""

    server: FireFighter
    engine: Engine
    jira: JiraState
    sent: Sequence[dict[str, Any]]
    config: Path

    def backfill(self, *more: str) -> str:
        """What it says of the incidents that are ours."""
        run = ("backfill", "issues", *OURS, "--yes", *more)
        ended = raidctl(self.config, self.server, *run)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout


@pytest.fixture(params=["cloud", "datacenter"])
def site(
    request: pytest.FixtureRequest, firefighter: FireFighter, tmp_path: Path
) -> Iterator[Site]:
    deployment: Deployment = request.param
    engine = create_engine(firefighter.database_url)
    writing = writing_engine(firefighter.database_url, "")
    with declared(engine), simulated(deployment, BOT) as (jira, sent):
        before = stored(engine)
        try:
            yield Site(firefighter, engine, jira, sent, linking(tmp_path, firefighter, deployment))
        finally:
            for number in NUMBERS:
                for ticket in tickets_of(firefighter, number):
                    accounts = list(ACCOUNTS.values())[1:]
                    DatabaseTicketWriter(writing).unlink(ticket, (), accounts)
        assert stored(engine) == before
    writing.dispose()
    engine.dispose()


def linking(tmp_path: Path, server: FireFighter, deployment: Deployment) -> Path:
    """A configuration that writes FireFighter's tables; who hides an e-mail stands in it."""
    config = configuration(tmp_path, server, "database", deployment, "firefighter")
    text = config.read_text().replace("JIRA_URL", jira_url())
    text = text.replace(
        "[jira]\n",
        f'[impact.writes]\nlink = "database"\n[jira]\nproject = "INC"\n'
        f'incident_category_field = "{CATEGORY_FIELD}"\ntoolbox_url = "{TOOLBOX}"\n',
    )
    config.write_text(f'{text}"{WRITER}" = "{ACCOUNTS[WRITER]}"\n')
    return config


def test_each_incident_gets_one_issue_that_firefighter_knows(site: Site) -> None:
    site.backfill()
    assert len(site.sent) == len(CASES)
    shown = over_rest(site.server).current([case.ours for case in CASES.values()])
    held = {site.jira.issue(number).key for number in site.jira.ids()} - {"INC-900"}
    assert {one.issue_key for one in shown.values()} == held
    assert "Nothing to make." in site.backfill()
    assert len(site.sent) == len(CASES)


def test_its_webhook_works_on_what_was_made(site: Site) -> None:
    site.backfill()
    made = of_incident(site.server, CASES[WITHOUT_CHANNEL].ours)
    assert told(site.server, site.jira, made, "in progress") == (200, "MITIGATING")


@pytest.mark.parametrize("site", ["cloud"], indirect=True)
def test_requests_and_rows_are_those_of_firefighters_own(site: Site) -> None:
    """But that the commander is assigned, and that FireFighter sends an empty label."""
    by_firefighter()
    site.backfill()
    theirs = {fields["summary"]: fields for fields in site.sent[: len(CASES)]}
    ours = {fields["summary"]: fields for fields in site.sent[len(CASES) :]}
    assert theirs.keys() == ours.keys()
    for title, expected in theirs.items():
        found = ours[title]
        assert found.pop("assignee")["accountId"] in {person.account for person in people()}
        assert ["", *found.pop("labels", [])] == expected.pop("labels")
        alike = ("project", "issuetype", "reporter")  # one names them, the other has ids
        assert {n: v for n, v in found.items() if n not in alike} == {
            n: v for n, v in expected.items() if n not in alike
        }
    for case in CASES.values():
        one, other = (of_incident(site.server, number) for number in (case.theirs, case.ours))
        rows, own = picture(site.engine, one), picture(site.engine, other)
        assert rows["issue"].pop("assignee_id") is None
        assert own["issue"].pop("assignee_id") is not None
        assert own == rows
