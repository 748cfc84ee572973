"""`raidctl doctor` before a real FireFighter with its PostgreSQL, and the JIRA simulator."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from tests.integration.conftest import FireFighter, state
from tests.integration.world import (
    EVERYTHING,
    JIRA_TOKEN,
    Deployment,
    Reads,
    configuration,
    over_rest,
    raidctl,
    twins,
)
from tests.simulators.jira.server import jira_answer
from tests.simulators.server import LoopbackServer

pytestmark = pytest.mark.integration

USES = """
service_account = "ff-service-account"
webhook_secret_env = "TEST_SECRET"
[impact.writes]
status = "webhook"
priority = "webhook"
title = "database"
description = "database"
commander = "database"
link = "database"
"""
FIRST_DAY = {"journal.baselines": "warning", "cron.age": "warning"}


@dataclass
class Place:
    """A configuration of both, and the FireFighter behind it."""

    config: Path
    firefighter: FireFighter

    def told(self, **other: str) -> dict[str, str]:
        """What is neither in order nor skipped, by id; `other` is how to get in otherwise."""
        return {
            number: one["state"]
            for number, one in self.checks(**other).items()
            if one["state"] not in {"ok", "skipped"}
        }

    def checks(self, **other: str) -> dict[str, dict[str, Any]]:
        """All checks by id."""
        ran = raidctl(self.config, replace(self.firefighter, **other), "doctor", "-o", "json")
        assert ran.returncode in {0, 4}, ran.stdout + ran.stderr
        found = {one["id"]: one for one in json.loads(ran.stdout)["checks"]}
        problem = any(one["state"] == "problem" for one in found.values())
        assert ran.returncode == (4 if problem else 0)
        return found


@pytest.fixture(scope="module")
def engine(firefighter: FireFighter) -> Iterator[Engine]:
    engine = create_engine(firefighter.database_url)
    yield engine
    engine.dispose()


@pytest.fixture(params=[("rest", "cloud"), ("database", "datacenter")], ids="-".join)
def place(
    request: pytest.FixtureRequest, tmp_path: Path, firefighter: FireFighter
) -> Iterator[Place]:
    reads: Reads = request.param[0]
    deployment: Deployment = request.param[1]
    config = configuration(tmp_path, firefighter, reads, deployment, "firefighter")
    incidents = over_rest(firefighter).incidents(EVERYTHING)
    jira = twins(config, firefighter, deployment, incidents, "firefighter")
    jira.choices["customfield_11064"] = ("1", "2", "3", "4", "5")
    with LoopbackServer(jira_answer(jira, token=JIRA_TOKEN)) as server:
        given = config.read_text().replace("JIRA_URL", server.url)
        given = given.replace("[jira]\n", f'{USES}[jira]\nproject = "INC"\n', 1)
        config.write_text(given)
        yield Place(config, firefighter)


def rows(engine: Engine) -> tuple[Any, ...]:
    """What a webhook could have changed."""
    with engine.connect() as connection:
        statement = "SELECT count(*), max(updated_at) FROM incidents_incidentupdate"
        more = "SELECT count(*), max(updated_at), sum(status) FROM incidents_incident"
        return (*connection.execute(text(statement)).one(), *connection.execute(text(more)).one())


def test_a_stock_firefighter_is_in_order_and_nothing_is_changed(
    place: Place, engine: Engine
) -> None:
    before = rows(engine)
    found = place.checks()

    assert place.told() == FIRST_DAY, {n: c for n, c in found.items() if c["state"] == "problem"}
    for number in ("impact.webhook", "impact.grants", "impact.schema", "jira.paths"):
        assert found[number]["state"] == "ok", found[number]
    assert found["impact.clock"]["state"] == "ok"
    assert "PostgreSQL" in found["impact.database"]["what"]
    assert rows(engine) == before


def test_a_wrong_webhook_secret_is_found(place: Place) -> None:
    place.config.write_text(place.config.read_text().replace("TEST_SECRET", "TEST_JIRA_TOKEN"))
    assert place.told() == {**FIRST_DAY, "impact.webhook": "problem"}


def test_a_schema_that_is_not_there_is_found(place: Place) -> None:
    place.config.write_text(
        place.config.read_text().replace("[impact]\n", '[impact]\nschema = "nowhere"\n', 1)
    )
    assert place.told() == {**FIRST_DAY, "impact.schema": "problem"}


def test_a_database_that_is_not_there_is_found(place: Place) -> None:
    url = place.firefighter.database_url.replace("/ff", "/nowhere")
    found = place.checks(database_url=url)
    assert found["impact.database"]["state"] == "problem"
    assert "firefighter:firefighter" not in json.dumps(found)


def test_a_grant_that_is_missing_is_named(place: Place, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("REVOKE INSERT ON raid_jiraticket FROM firefighter"))
    try:
        found = place.checks()
    finally:
        with engine.begin() as connection:
            connection.execute(text("GRANT INSERT ON raid_jiraticket TO firefighter"))
    assert found["impact.grants"]["what"].endswith("lacks INSERT on raid_jiraticket")
    assert [n for n, one in found.items() if one["state"] == "problem"] == ["impact.grants"]


def test_a_token_that_may_not_view_incidents_is_found(place: Place) -> None:
    if 'reads = "database"' in place.config.read_text():
        pytest.skip("it has no use for a token")
    nobody = json.loads((state() / "tokens.json").read_text())["nobody"]
    assert place.told(token=nobody) == {**FIRST_DAY, "impact.token": "problem"}
    assert place.told(token="unknown") == {**FIRST_DAY, "impact.token": "problem"}
