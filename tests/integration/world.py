"""What integration tests share: a JIRA that agrees with a FireFighter, and raidctl before both."""

import os
import subprocess
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from raidctl.config import Config, load
from raidctl.core.mapping.book import project_mapping
from raidctl.core.mapping.people import Users
from raidctl.core.mapping.tables import FIREFIGHTER_PRIORITY_FIELD
from raidctl.core.model import Field, Incident, Issue
from raidctl.core.scope import Scope
from raidctl.gateways.http.client import BearerAuth, HttpClient, ReadOnlyAdapter
from raidctl.gateways.impact.rest import IMPACT, RestIncidents
from raidctl.sandbox.jira.state import Person
from raidctl.sandbox.jira.workflows import RAID
from tests.integration.conftest import FireFighter
from tests.simulators.jira.state import JiraState
from tests.simulators.jira.workflows import FIREFIGHTER

Reads = Literal["rest", "database"]
Deployment = Literal["cloud", "datacenter"]
Preset = Literal["raid", "firefighter"]

EVERYTHING = Scope(everything=True)
BOT = Person("acc-bot", "raidctl", "raidctl@example.test")
JIRA_TOKEN = "jira-token"
PRIORITY_FIELDS = {"raid": "priority", "firefighter": FIREFIGHTER_PRIORITY_FIELD}
WORKFLOWS = {"raid": RAID, "firefighter": FIREFIGHTER}


def over_rest(server: FireFighter) -> RestIncidents:
    """Its incidents as raidctl reads them over REST."""
    http = HttpClient(IMPACT, server.url, BearerAuth(server.token), ReadOnlyAdapter((), 4), 20)
    return RestIncidents(http, 4)


def people() -> list[Person]:
    """FireFighter's users, half of them with an e-mail that JIRA hides."""
    names = [
        "ada.lovelace", "grace.hopper", "alan.turing", "edsger.dijkstra", "barbara.liskov",
        "donald.knuth", "margaret.hamilton", "linus.torvalds", "user09", "user10", "user11",
        "ken.thompson",
    ]  # fmt: skip
    return [
        Person(f"acc-{n:04d}", name, f"{name}@example.test", email_hidden=n % 2 == 0)
        for n, name in enumerate(names, start=1)
    ]


def configuration(
    tmp_path: Path,
    server: FireFighter,
    reads: Reads,
    deployment: Deployment,
    preset: Preset = "raid",
) -> Path:
    """A configuration in which `JIRA_URL` stands for what is not known yet."""
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
priority_field = "{PRIORITY_FIELDS[preset]}"
[jira.transition_fields.Closed]
resolution = {{ name = "Duplicate" }}
[mapping]
preset = "{preset}"
[journal]
path = "{tmp_path / "journal.db"}"
[users]
{hidden}
"""
    )
    return config


def twins(
    config: Path,
    server: FireFighter,
    deployment: Deployment,
    incidents: Iterable[Incident],
    preset: Preset = "raid",
    created: datetime | None = None,
    bot: Person = BOT,
) -> JiraState:
    """A JIRA with an issue for each linked incident that agrees with it in everything.

    They are all as old as `created`, by default new; `bot` is who may ask it.
    """
    jira = JiraState(
        deployment=deployment,
        users=(*people(), bot),
        me=bot.account,
        workflow=WORKFLOWS[preset],
    )
    settings = _settled(config, server)
    users = Users(firefighter={person.email: person.account for person in people()})
    mapping = project_mapping(settings.mappings[0].common, settings.description_tail, users)
    names = {
        Field.TITLE: "summary",
        Field.DESCRIPTION: "description",
        Field.PRIORITY: PRIORITY_FIELDS[preset],
        Field.STATUS: "status",
        Field.COMMANDER: "assignee",
    }
    blank = Issue(0, "INC-0", {}, "")
    for incident in incidents:
        if incident.issue_key is None:
            continue
        values: dict[str, Any] = {}
        for field, name in names.items():
            value = incident.values[field]
            assert value is None or isinstance(value, str | int)
            values[name] = mapping.of(blank)[field].to_jira(value, None).value
        number = int(incident.issue_key.removeprefix("INC-"))
        jira.add_issue(incident.issue_key, 10000 + number, created=created, **values)
    return jira


def raidctl(
    config: Path, server: FireFighter, *arguments: str
) -> "subprocess.CompletedProcess[str]":
    """Run it to the end."""
    return subprocess.run(
        [sys.executable, "-m", "raidctl", "--config", str(config), *arguments],
        env={**os.environ, **secrets(server)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def _settled(config: Path, server: FireFighter) -> Config:
    text = config.read_text().replace("JIRA_URL", "http://127.0.0.1:1")
    settled = config.with_name("settled.toml")
    settled.write_text(text)
    return load(settled, secrets(server))


def secrets(server: FireFighter) -> dict[str, str]:
    """What its configuration names."""
    return {
        "TEST_IMPACT_TOKEN": server.token,
        "TEST_DATABASE_URL": server.database_url,
        "TEST_JIRA_TOKEN": JIRA_TOKEN,
        "TEST_SECRET": "s3cret",
    }
