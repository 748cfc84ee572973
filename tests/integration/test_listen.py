"""An edit in JIRA reaches a real FireFighter's database through `raidctl listen` alone.

JIRA tells raidctl, and FireFighter nothing: it is the database that is written.
"""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from sqlalchemy import Engine, create_engine, select

from raidctl.core.model import Field
from raidctl.gateways.impact.database import tables
from tests.cli.process import until
from tests.integration.conftest import FireFighter
from tests.integration.impact_edits import restored
from tests.integration.world import (
    EVERYTHING,
    JIRA_TOKEN,
    PRIORITY_FIELDS,
    configuration,
    over_rest,
    raidctl,
    secrets,
    twins,
)
from tests.listen.asgi import signature
from tests.simulators.echo import Echo
from tests.simulators.jira.server import jira_answer
from tests.simulators.jira.state import JiraState
from tests.simulators.server import LoopbackServer

pytestmark = pytest.mark.integration

INCIDENT, OTHER, GRACE, SERVICE = 24, 13, "acc-0002", "ff-service-account"
SECRET = "listen-s3cret"
PRIORITY = PRIORITY_FIELDS["firefighter"]
SETTINGS = """
[impact.writes]
status = "database"
priority = "database"
title = "database"
description = "database"
commander = "database"
[listen]
port = 0
secret_env = "TEST_LISTEN_SECRET"
[safety]
grace_seconds = 0
[loop_guard]
seconds = 0
"""


@pytest.fixture(scope="module")
def engine(firefighter: FireFighter) -> Iterator[Engine]:
    engine = create_engine(firefighter.database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def jira(firefighter: FireFighter, engine: Engine, tmp_path: Path) -> Iterator[JiraState]:
    """A JIRA that agrees with FireFighter, and raidctl that listens to it."""
    config = configuration(tmp_path, firefighter, "database", "cloud", "firefighter")
    with restored(engine, [INCIDENT, OTHER]):
        incidents = list(over_rest(firefighter).incidents(EVERYTHING))
        made = twins(config, firefighter, "cloud", incidents, "firefighter")
        port = urlsplit(os.environ.get("FF_JIRA_URL", "http://127.0.0.1:18081")).port or 80
        answer = jira_answer(made, token=JIRA_TOKEN, anyone=SERVICE)
        with LoopbackServer(answer, port=port) as server:
            config.write_text(config.read_text().replace("JIRA_URL", server.url) + SETTINGS)
            raidctl(config, firefighter, "baseline", "--all")
            with listening(config, firefighter) as url:
                made.after_write = Echo(lambda event: deliver(url, event))
                yield made


@contextmanager
def listening(config: Path, firefighter: FireFighter) -> Iterator[str]:
    """Where `raidctl listen` takes events."""
    with subprocess.Popen(
        [sys.executable, "-m", "raidctl", "--config", str(config), "listen"],
        env={**os.environ, **secrets(firefighter), "TEST_LISTEN_SECRET": SECRET},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stderr is not None
            said = process.stderr.readline()
            found = re.search(r"http://[\d.]+:\d+", said)
            assert found, said
            yield found[0]
            process.send_signal(signal.SIGTERM)
            _, rest = process.communicate(timeout=60)
            assert (process.returncode, rest.count("\n")) == (0, 1), rest
        finally:
            process.kill()


def deliver(url: str, event: Mapping[str, Any]) -> None:
    """As JIRA does."""
    body = json.dumps(event).encode()
    signed = {"X-Hub-Signature": signature(body, SECRET.encode())}
    done = requests.post(f"{url}/jira", body, headers=signed, timeout=60)
    assert done.status_code == 202, done.text


def test_an_edit_in_jira_reaches_firefighters_database(
    jira: JiraState, firefighter: FireFighter, engine: Engine
) -> None:
    def incident() -> Any:
        found = {one.id: one for one in over_rest(firefighter).incidents(EVERYTHING)}
        return found[INCIDENT]

    def told() -> list[tuple[Any, ...]]:
        row = tables.incident_update.c
        query = select(row.title, row.status, row.message, row.created_by_id)
        with engine.connect() as connection:
            rows = connection.execute(query.where(row.incident_id == INCIDENT))
            return [tuple(one) for one in rows if one.message and "from Jira" in one.message]

    before = len(told())
    jira.edit(
        10_000 + INCIDENT,
        GRACE,
        summary="Orders are not exported",
        status="in progress",
        **{PRIORITY: "4"},
    )
    assert jira.after_write is not None
    jira.after_write(jira, 10_000 + INCIDENT)

    until(lambda: incident().title == "Orders are not exported")
    now = incident()
    assert (now.values[Field.STATUS], now.values[Field.PRIORITY]) == ("MITIGATING", 4)
    assert len(told()) == before + 1
    assert told()[-1][3] is None

    jira.edit(10_000 + INCIDENT, GRACE, assignee="acc-0004")
    jira.after_write(jira, 10_000 + INCIDENT)
    until(lambda: incident().values[Field.COMMANDER] == "edsger.dijkstra@example.test")
