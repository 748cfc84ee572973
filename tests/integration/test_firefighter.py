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
from typing import Any, Literal

import pytest

from raidctl.config import load
from raidctl.core.mapping import Users, project_mapping
from raidctl.core.model import Field, Incident, Issue
from raidctl.core.scope import Scope
from raidctl.gateways.failures import IMPACT
from raidctl.gateways.http import BearerAuth, HttpClient, ReadOnlyAdapter
from raidctl.gateways.impact_database import DatabaseIncidents, read_only_engine
from raidctl.gateways.impact_rest import RestIncidents
from raidctl.sandbox.jira import jira_answer
from raidctl.sandbox.jira_state import JiraState, Person
from raidctl.sandbox.server import LoopbackServer
from tests.integration.conftest import FireFighter

pytestmark = pytest.mark.integration

EVERYTHING = Scope(everything=True)
JIRA_FIELDS = {
    Field.TITLE: "summary",
    Field.DESCRIPTION: "description",
    Field.PRIORITY: "priority",
    Field.STATUS: "status",
    Field.COMMANDER: "assignee",
}


def over_rest(server: FireFighter) -> RestIncidents:
    http = HttpClient(IMPACT, server.url, BearerAuth(server.token), ReadOnlyAdapter((), 4), 20)
    return RestIncidents(http, 4)


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
    # The database alone knows these; in all else the two are to be the same.
    bare = {
        number: replace(incident, issue_id=None, updated_at=None, private=None)
        for number, incident in database.items()
    }
    assert bare == rest
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
    edits = over_database.edits([40])[40]
    declared = edits[Field.TITLE].at
    assert edits[Field.STATUS].at - declared >= timedelta(0)
    assert edits[Field.COMMANDER].author


@pytest.mark.parametrize("reads", ["rest", "database"])
@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_diff_finds_exactly_the_drift_that_was_made(
    firefighter: FireFighter,
    tmp_path: Path,
    reads: Literal["rest", "database"],
    deployment: Literal["cloud", "datacenter"],
) -> None:
    config = configuration(tmp_path, firefighter, reads, deployment)
    jira = JiraState(deployment=deployment, users=(*people(), BOT), me=BOT.account)
    incidents = by_id(over_rest(firefighter).incidents(EVERYTHING))
    for incident in incidents.values():
        add_twin(jira, incident, config, firefighter)
    made: dict[tuple[int, str], dict[str, Any]] = {
        (1, "title"): {"summary": "Something else"},
        (2, "description"): {"description": "Not what Impact says"},
        (3, "priority"): {"priority": "Lowest"},
        (4, "status"): {"status": "Open"},
        (5, "commander"): {"assignee": None},
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


BOT = Person("acc-bot", "raidctl", "raidctl@example.test")


def people() -> list[Person]:
    names = [
        "ada.lovelace", "grace.hopper", "alan.turing", "edsger.dijkstra", "barbara.liskov",
        "donald.knuth", "margaret.hamilton", "linus.torvalds", "user09", "user10", "user11",
        "ken.thompson",
    ]  # fmt: skip
    return [
        Person(f"acc-{n:04d}", name, f"{name}@example.test", email_hidden=n % 2 == 0)
        for n, name in enumerate(names, start=1)
    ]


def configuration(tmp_path: Path, server: FireFighter, reads: str, deployment: str) -> Path:
    config = tmp_path / "raidctl.toml"
    user = f'user = "{BOT.email}"\n' if deployment == "cloud" else ""
    # Over REST nothing tells the account behind a hidden e-mail: those users are configured.
    hidden = "".join(f'"{p.email}" = "{p.account}"\n' for p in people() if p.email_hidden)
    config.write_text(
        f"""\
[impact]
url = "{server.url}"
reads = "{reads}"
token_env = "TEST_IMPACT_TOKEN"
database_url_env = "TEST_DATABASE_URL"
[jira]
url = "JIRA_URL"
{user}token_env = "TEST_JIRA_TOKEN"
[journal]
path = "{tmp_path / "journal.db"}"
[users]
{hidden}
"""
    )
    return config


def add_twin(jira: JiraState, incident: Incident, config: Path, server: FireFighter) -> None:
    """The issue that agrees with an incident in everything."""
    if incident.issue_key is None:
        return
    settings = load_with_secrets(config, server)
    users = Users(firefighter={person.email: person.account for person in people()})
    mapping = project_mapping(settings.tables, settings.description_tail, users)
    blank = Issue(0, "INC-0", None, None, None, None, None, "")
    values: dict[str, Any] = {}
    for field, name in JIRA_FIELDS.items():
        value = getattr(incident, field.value)
        assert value is None or isinstance(value, str | int)
        values[name] = mapping.relation(field, blank).to_jira(value, None).value
    number = int(incident.issue_key.removeprefix("INC-"))
    jira.add_issue(incident.issue_key, 10000 + number, **values)


def load_with_secrets(config: Path, server: FireFighter) -> Any:
    text = config.read_text().replace("JIRA_URL", "http://127.0.0.1:1")
    settled = config.with_name("settled.toml")
    settled.write_text(text)
    return load(settled, secrets(server))


def secrets(server: FireFighter) -> dict[str, str]:
    return {
        "TEST_IMPACT_TOKEN": server.token,
        "TEST_DATABASE_URL": server.database_url,
        "TEST_JIRA_TOKEN": "jira-token",
    }


def raidctl(
    config: Path, server: FireFighter, *arguments: str
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "raidctl", "--config", str(config), *arguments],
        env={**os.environ, **secrets(server)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


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
