"""What changed in JIRA is put right in a real FireFighter: by its database and by its webhook."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from sqlalchemy import Engine, create_engine, func, select

from raidctl.core.model import Field, Incident
from raidctl.gateways.impact.database import tables
from tests.integration.conftest import FireFighter
from tests.integration.impact_edits import Editor, restored
from tests.integration.world import (
    EVERYTHING,
    JIRA_TOKEN,
    PRIORITY_FIELDS,
    Deployment,
    Reads,
    configuration,
    over_rest,
    raidctl,
    twins,
)
from tests.simulators.echo import Echo, Event, delivery
from tests.simulators.jira.server import jira_answer
from tests.simulators.jira.state import JiraState
from tests.simulators.server import LoopbackServer

pytestmark = pytest.mark.integration

SECRET, SERVICE = "s3cret", "ff-service-account"
OPEN, STARTED, UNLED = 24, 13, 57  # UNLED is mitigated and has no commander
GRACE, EDSGER = "acc-0002", "acc-0004"
PRIORITY = PRIORITY_FIELDS["firefighter"]
WRITES = """
[impact.writes]
status = "webhook"
priority = "webhook"
title = "database"
description = "database"
commander = "database"
[safety]
grace_seconds = 0
"""


@dataclass
class World:
    """raidctl between a real FireFighter and the JIRA that FireFighter itself asks."""

    config: Path
    firefighter: FireFighter
    jira: JiraState
    server: LoopbackServer
    engine: Engine

    def run(self, *arguments: str, answer: int = 0) -> dict[str, Any]:
        """A command's report."""
        ran = raidctl(self.config, self.firefighter, *arguments, "-o", "json")
        assert ran.returncode == answer, ran.stdout + ran.stderr
        report: dict[str, Any] = json.loads(ran.stdout)
        return report

    def reconcile(self, *arguments: str, answer: int = 0) -> dict[str, Any]:
        """One run of it."""
        return self.run("reconcile", "--yes", *arguments, answer=answer)

    def edit(self, number: int, author: str = GRACE, **values: Any) -> None:
        """Somebody changes an issue."""
        self.jira.edit(10000 + number, author, **values)

    def incident(self, number: int) -> Incident:
        """The incident as FireFighter shows it."""
        found = {one.id: one for one in over_rest(self.firefighter).incidents(EVERYTHING)}
        return found[number]

    def updates(self) -> int:
        """How many rows FireFighter's history has."""
        counted = select(func.count()).select_from(tables.incident_update)
        with self.engine.connect() as connection:
            return connection.execute(counted).scalar_one()

    def quiet(self) -> None:
        """Another run writes nothing, on either side."""
        before = self.updates()
        self.server.forget()
        report = self.reconcile("--allow-close")
        assert [item for item in report["items"] if item["verdict"] != "hold"] == []
        assert self.updates() == before
        assert not [
            (method, path)
            for method, path in self.server.requests
            if method == "PUT" or (method == "POST" and path.endswith("/transitions"))
        ]


@pytest.fixture(scope="module")
def engine(firefighter: FireFighter) -> Iterator[Engine]:
    engine = create_engine(firefighter.database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def editor(engine: Engine) -> Iterator[Editor]:
    with restored(engine, [OPEN, STARTED, UNLED]) as editor:
        yield editor


@pytest.fixture
def world(
    firefighter: FireFighter,
    engine: Engine,
    editor: Editor,
    tmp_path: Path,
    reads: Reads,
    deployment: Deployment,
) -> Iterator[World]:
    config = configuration(tmp_path, firefighter, reads, deployment, "firefighter")
    incidents = list(over_rest(firefighter).incidents(EVERYTHING))
    jira = twins(config, firefighter, deployment, incidents, "firefighter")
    port = urlsplit(os.environ.get("FF_JIRA_URL", "http://127.0.0.1:18081")).port or 80
    answer = jira_answer(jira, token=JIRA_TOKEN, anyone=SERVICE)
    with LoopbackServer(answer, port=port) as server:
        text = config.read_text().replace("JIRA_URL", server.url)
        text = text.replace("[impact]\n", '[impact]\nwebhook_secret_env = "TEST_SECRET"\n')
        config.write_text(text + WRITES)
        made = World(config, firefighter, jira, server, engine)
        raidctl(config, firefighter, "baseline", "--all")
        yield made


def found(report: Mapping[str, Any]) -> dict[tuple[int, str], dict[str, Any]]:
    return {(i["incident"], i["field"]): i for i in report["items"] if i["field"]}


KINDS: list[tuple[Reads, Deployment]] = [("rest", "cloud"), ("database", "datacenter")]
every_kind = pytest.mark.parametrize(("reads", "deployment"), KINDS)
one_kind = pytest.mark.parametrize(("reads", "deployment"), KINDS[:1])


def everything_changes(world: World) -> None:
    """All five fields, and a commander where there was none."""
    world.edit(
        OPEN,
        summary="Orders are not exported",
        description="What we know:\nthe queue is full.",
        assignee=EDSGER,
        status="Reporter validation",
        **{PRIORITY: "5"},
    )
    world.edit(UNLED, assignee=GRACE)


@every_kind
def test_what_changed_in_jira_is_put_right_in_impact_once(world: World) -> None:
    everything_changes(world)
    report = world.reconcile()
    names = ("title", "description", "priority", "status", "commander")
    assert {key: item["outcome"] for key, item in found(report).items()} == {
        **{(OPEN, name): "applied" for name in names},
        (UNLED, "commander"): "applied",
    }
    incident = world.incident(OPEN)
    commander = incident.values[Field.COMMANDER]
    assert (incident.title, incident.status, incident.priority, commander) == (
        "Orders are not exported", "MITIGATED", 5, "edsger.dijkstra@example.test",
    )  # fmt: skip
    assert world.incident(UNLED).values[Field.COMMANDER] == "grace.hopper@example.test"
    world.quiet()


@every_kind
def test_a_close_that_firefighter_refuses_is_told_once_and_then_held(world: World) -> None:
    world.edit(OPEN, status="Closed")
    report = world.reconcile("--allow-close", answer=4)
    item = found(report)[OPEN, "status"]
    assert item["outcome"] == "refused"
    assert "closes only what is mitigated" in item["detail"]
    assert world.incident(OPEN).status == "OPEN"
    world.quiet()
    held = world.run("held", str(OPEN))
    assert [(one["field"], one["reason"]) for one in held["held"]] == [("status", "refused")]
    # once it is mitigated both sides have changed, and a person decides
    world.run("resolve", str(OPEN), "--take", "impact", "--yes", "--allow-close")
    assert world.jira.issue(10000 + OPEN).values["status"] == "Incoming"
    world.quiet()


@every_kind
def test_an_undo_takes_it_back_and_another_one_brings_it_again(world: World) -> None:
    before = world.incident(OPEN)
    everything_changes(world)
    run = world.reconcile()["run"]
    undone = world.run("undo", run, "--yes")
    assert {item["outcome"] for item in undone["items"]} == {"applied"}
    assert world.incident(OPEN).values == before.values
    assert world.incident(UNLED).values[Field.COMMANDER] is None
    world.quiet()
    held = world.run("held")["held"]
    assert {one["reason"] for one in held} == {"undone"}
    assert len(held) == 6
    world.run("undo", undone["run"], "--yes")
    assert world.incident(OPEN).title == "Orders are not exported"
    assert world.incident(UNLED).values[Field.COMMANDER] == "grace.hopper@example.test"
    world.quiet()


@one_kind
def test_the_echo_of_a_lossy_table_is_settled_and_not_answered(
    world: World, editor: Editor
) -> None:
    """INVESTIGATING is written as "in progress", which FireFighter reads back as MITIGATING."""
    heard: list[Event] = []

    def tell(event: Event) -> None:
        heard.append(event)
        request = delivery(event, SECRET, world.firefighter.url)
        url = f"{world.firefighter.url}{request.path}"
        done = requests.post(url, request.body, headers=dict(request.headers), timeout=60)
        assert done.status_code == 200, done.text

    world.jira.after_write = Echo(tell)
    editor.edit(OPEN, status=20)
    report = world.reconcile()
    assert found(report)[OPEN, "status"]["to"] == "in progress"
    assert heard, "the JIRA told FireFighter nothing"
    assert world.incident(OPEN).status == "MITIGATING"  # the ping
    for _ in range(3):
        world.quiet()  # and no pong
    assert world.incident(OPEN).status == "MITIGATING"
    assert world.jira.issue(10000 + OPEN).values["status"] == "in progress"


@one_kind
def test_where_the_service_account_is_known_the_echo_does_not_begin(
    world: World, editor: Editor
) -> None:
    text = world.config.read_text()
    world.config.write_text(
        text.replace("[impact]\n", f'[impact]\nservice_account = "{SERVICE}"\n')
    )
    editor.edit(OPEN, status=20)
    report = world.reconcile()
    assert found(report)[OPEN, "status"]["reason"] == "echo"
    assert world.incident(OPEN).status == "INVESTIGATING"
    world.quiet()
