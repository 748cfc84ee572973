"""raidctl against a real FireFighter with its PostgreSQL, and the JIRA simulator."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from raidctl.core.history import latest
from raidctl.core.model import Field, Incident
from raidctl.core.scope import Scope
from raidctl.gateways.impact.database.engine import read_only_engine
from raidctl.gateways.impact.database.reader import DatabaseIncidents
from tests.integration.conftest import FireFighter
from tests.integration.world import (
    BOT,
    EVERYTHING,
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


@pytest.fixture
def over_database(firefighter: FireFighter) -> Iterator[DatabaseIncidents]:
    engine = read_only_engine(firefighter.database_url, "")
    yield DatabaseIncidents(engine, firefighter.url)
    engine.dispose()


def by_id(incidents: Iterator[Incident]) -> dict[int, Incident]:
    return {incident.id: incident for incident in incidents}


def test_rest_and_database_read_the_same_incidents(
    firefighter: FireFighter, over_database: DatabaseIncidents
) -> None:
    rest = by_id(over_rest(firefighter).incidents(EVERYTHING))
    database = by_id(over_database.incidents(EVERYTHING))
    assert len(rest) >= 200
    # Each knows something that the other does not; in all else the two are to be the same.
    bare = {
        number: replace(incident, issue_id=None, updated_at=None, private=None)
        for number, incident in database.items()
    }
    told = {number: replace(incident, needs_postmortem=None) for number, incident in rest.items()}
    assert bare == told
    assert {type(incident.private) for incident in database.values()} == {bool}
    assert all(incident.updated_at for incident in database.values())


@pytest.mark.parametrize(
    "scope",
    [
        Scope(),
        Scope(incidents=frozenset({3, 60, 9_999_999})),
        Scope(keys=frozenset({"INC-7", "INC-9999999"})),
        Scope(closed_since=datetime(2024, 1, 4, tzinfo=UTC)),
        Scope(created_since=datetime(2024, 1, 4, 12, tzinfo=UTC)),
        Scope(watched=frozenset({5, 11})),
    ],
    ids=["open", "ids", "keys", "closed-since", "since", "watched"],
)
def test_every_scope_means_the_same_over_rest_and_database(
    firefighter: FireFighter, over_database: DatabaseIncidents, scope: Scope
) -> None:
    rest = by_id(over_rest(firefighter).incidents(scope))
    assert rest
    assert rest.keys() == by_id(over_database.incidents(scope)).keys()


def test_the_database_knows_firefighters_own_jira_users(over_database: DatabaseIncidents) -> None:
    assert over_database.accounts()["ada.lovelace@example.test"] == "acc-0001"


def test_the_history_tells_who_changed_what_last(over_database: DatabaseIncidents) -> None:
    edits = latest(over_database.revisions([40])[40])
    declared = edits[Field.TITLE].at
    assert edits[Field.STATUS].at - declared >= timedelta(0)
    assert edits[Field.COMMANDER].author


@pytest.mark.parametrize("reads", ["rest", "database"])
@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_diff_finds_exactly_the_drift_that_was_made(
    firefighter: FireFighter,
    tmp_path: Path,
    reads: Reads,
    deployment: Deployment,
) -> None:
    config = configuration(tmp_path, firefighter, reads, deployment)
    incidents = by_id(over_rest(firefighter).incidents(EVERYTHING))
    jira = twins(config, firefighter, deployment, incidents.values())
    made: dict[tuple[int, str], dict[str, Any]] = {
        (1, "title"): {"summary": "Something else"},
        (2, "description"): {"description": "Not what Impact says"},
        (3, "priority"): {"priority": "Lowest"},
        (4, "status"): {"status": "Open"},
        (8, "commander"): {"assignee": None},
    }
    for (number, _), change in made.items():
        jira.edit(10000 + number, BOT.account, **change)
    jira.forbid(10006)
    with LoopbackServer(jira_answer(jira, token="jira-token")) as server:
        config.write_text(config.read_text().replace("JIRA_URL", server.url))
        ran = raidctl(config, firefighter, "diff", "--all", "-o", "json")
    assert ran.returncode == 3, ran.stderr
    report: dict[str, Any] = json.loads(ran.stdout)
    found = {(item["incident"], item["field"]) for item in report["items"] if item["field"]}
    assert found == set(made)
    invisible = [i["incident"] for i in report["items"] if i["reason"] == "not_visible"]
    assert invisible == [6]
    unlinked = {i["incident"] for i in report["items"] if i["reason"] == "unlinked"}
    assert unlinked == {n for n, incident in incidents.items() if incident.issue_key is None}
    assert report["unread"] == []


def test_the_embedded_impact_answers_as_the_real_one(firefighter: FireFighter) -> None:
    """The sandbox's own suite, with the real server as its other half."""
    suite = Path(__file__).parents[1] / "sandbox" / "test_impact_sandbox.py"
    environ = {
        "RAIDCTL_FIREFIGHTER_URL": firefighter.url,
        "RAIDCTL_FIREFIGHTER_TOKEN": firefighter.token,
        "RAIDCTL_FIREFIGHTER_DATABASE_URL": firefighter.database_url,
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-m", "integration", str(suite)],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    assert re.search(r"[1-9]\d* passed", done.stdout), done.stdout[-1000:]
    assert "skipped" not in done.stdout
