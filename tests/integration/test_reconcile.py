"""`raidctl reconcile` between a real FireFighter with its PostgreSQL and the JIRA simulator."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine

from raidctl.core.model import Incident
from raidctl.sandbox.server import Reply, Request
from tests.integration.conftest import FireFighter
from tests.integration.impact_edits import Editor, restored
from tests.integration.world import (
    EVERYTHING,
    JIRA_TOKEN,
    PRIORITY_FIELDS,
    Deployment,
    Preset,
    Reads,
    configuration,
    over_rest,
    raidctl,
    twins,
)
from tests.simulators.jira.server import jira_answer
from tests.simulators.jira.state import JiraState
from tests.simulators.server import DROP_AFTER, Fault, LoopbackServer, refuse

pytestmark = pytest.mark.integration

OPEN, STARTED, MITIGATED, UNLED = 12, 13, 9, 57  # as they are seeded; UNLED has no commander
TAIL = "🧯 This incident has been created for a critical incident.\nCategory: Catalog"
PATHS: dict[Preset, dict[int, list[str]]] = {
    "raid": {OPEN: ["In Progress", "Resolved"], STARTED: ["Resolved"], MITIGATED: ["Closed"]},
    "firefighter": {
        OPEN: ["Pending resolution", "in progress", "Reporter validation"],
        STARTED: ["Reporter validation"],
        MITIGATED: ["Closed"],
    },
}
PRIORITIES: dict[Preset, dict[int, str]] = {
    "raid": {1: "Highest", 5: "Lowest"},
    "firefighter": {1: "1", 5: "5"},
}


@pytest.fixture(scope="module")
def engine(firefighter: FireFighter) -> Iterator[Engine]:
    engine = create_engine(firefighter.database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def editor(engine: Engine) -> Iterator[Editor]:
    with restored(engine, [OPEN, STARTED, MITIGATED, UNLED]) as editor:
        yield editor


@pytest.fixture(scope="module")
def incidents(firefighter: FireFighter) -> list[Incident]:
    """As they are before anybody changes them."""
    return list(over_rest(firefighter).incidents(EVERYTHING))


@dataclass
class World:
    """raidctl with a JIRA that agreed with FireFighter, and a journal that knows it."""

    preset: Preset
    config: Path
    firefighter: FireFighter
    jira: JiraState
    server: LoopbackServer

    def run(self, *arguments: str, answer: int = 0) -> str:
        """What a command prints."""
        ran = raidctl(self.config, self.firefighter, *arguments)
        assert ran.returncode == answer, ran.stdout + ran.stderr
        return ran.stdout

    def values(self, number: int) -> dict[str, Any]:
        """The issue of an incident, its priority by that name."""
        values = dict(self.jira.issue(10000 + number).values)
        return values | {"priority": values[PRIORITY_FIELDS[self.preset]]}

    def changed(self, number: int) -> dict[str, list[Any]]:
        """What the issue's history tells: of each field the values it got, oldest first."""
        found: dict[str, list[Any]] = {}
        for change in self.jira.history(10000 + number):
            for name, _, value in change.items:
                ours = "priority" if name == PRIORITY_FIELDS[self.preset] else name
                found.setdefault(ours, []).append(value)
        return found

    def writes(self) -> list[tuple[str, str]]:
        """The requests that were to change something in JIRA."""
        return [
            (method, path)
            for method, path in self.server.requests
            if method == "PUT" or (method == "POST" and path.endswith("/transitions"))
        ]


@pytest.fixture
def world(
    firefighter: FireFighter,
    incidents: list[Incident],
    tmp_path: Path,
    reads: Reads,
    deployment: Deployment,
    preset: Preset,
) -> Iterator[World]:
    config = configuration(tmp_path, firefighter, reads, deployment, preset)
    jira = twins(config, firefighter, deployment, incidents, preset)
    body = jira.issue(10000 + OPEN).values["description"]
    jira.edit(10000 + OPEN, "", description=f"{body}\n\n{TAIL}")
    with LoopbackServer(jira_answer(jira, token=JIRA_TOKEN)) as server:
        config.write_text(config.read_text().replace("JIRA_URL", server.url))
        made = World(preset, config, firefighter, jira, server)
        made.run("baseline", "--all")
        yield made


def everything_drifts(editor: Editor) -> None:
    """All five fields, alone and together; a commander where there was none; a closing."""
    editor.edit(
        OPEN,
        title="Orders are not exported",
        description="What we know:\nthe queue is full.",
        priority=1,
        commander="edsger.dijkstra@example.test",
        status=40,
    )
    editor.edit(STARTED, status=40, priority=5)
    editor.edit(MITIGATED, status=60)
    editor.edit(UNLED, commander="ada.lovelace@example.test", title="Nobody leads it")


def expect_repaired(world: World) -> None:
    """Everything is in JIRA now, and every step of it was taken once."""
    priorities, paths = PRIORITIES[world.preset], PATHS[world.preset]
    told = f"What we know:\nthe queue is full.\n\n{TAIL}"
    before = world.jira.history(10000 + OPEN)[0]
    assert [name for name, _, _ in before.items] == ["description"]  # the tail, by the fixture
    history = world.changed(OPEN)
    assert history.pop("description")[1:] == [told]
    assert history.pop("resolution", None) in (None, [None], ["Done"])  # JIRA's own doing
    assert history == {
        "summary": ["Orders are not exported"],
        "priority": [priorities[1]],
        "assignee": ["acc-0004"],
        "status": paths[OPEN],
    }
    started, closed = world.changed(STARTED), world.changed(MITIGATED)
    assert (started["status"], started["priority"]) == (paths[STARTED], [priorities[5]])
    assert closed["status"] == paths[MITIGATED]
    assert world.changed(UNLED) == {"summary": ["Nobody leads it"], "assignee": ["acc-0001"]}


# Every two of the three meet.
KINDS: list[tuple[Reads, Deployment, Preset]] = [
    ("rest", "cloud", "raid"),
    ("rest", "datacenter", "firefighter"),
    ("database", "cloud", "firefighter"),
    ("database", "datacenter", "raid"),
]


@pytest.mark.parametrize(("reads", "deployment", "preset"), KINDS)
def test_what_changed_in_impact_is_put_right_in_jira_once(world: World, editor: Editor) -> None:
    everything_drifts(editor)
    report = json.loads(world.run("reconcile", "--yes", "-o", "json"))
    found = {(item["incident"], item["field"]): item for item in report["items"] if item["field"]}
    closing = found.pop((MITIGATED, "status"))
    assert (closing["verdict"], closing["reason"]) == ("hold", "closing")
    assert found.keys() == {
        *((OPEN, name) for name in ("title", "description", "priority", "status", "commander")),
        (STARTED, "status"), (STARTED, "priority"), (UNLED, "title"), (UNLED, "commander"),
    }  # fmt: skip
    assert {item["outcome"] for item in found.values()} == {"applied"}
    assert world.changed(MITIGATED) == {}
    world.run("reconcile", "--yes", "--allow-close")
    expect_repaired(world)
    expect_quiet(world)


class Weather:
    """Faults by kind of request, one after the other, until the sky is clear."""

    def __init__(self) -> None:
        busy, lost = refuse(503), Fault(reply=Reply(503))
        self._faults: dict[str, list[Fault | None]] = {
            "PUT issue": [DROP_AFTER, refuse(429, "1"), busy],
            "POST transitions": [DROP_AFTER, None, lost, None, busy],
            "GET transitions": [busy, busy],
            "POST bulkfetch": [busy, busy],
            "GET issue": [busy, busy],
        }
        self._lock = Lock()

    def __call__(self, request: Request) -> Fault | None:
        last = request.path.rpartition("/")[2]
        kind = f"{request.method} {'issue' if last.isdecimal() else last}"
        with self._lock:
            coming = self._faults.get(kind, ())
            return coming.pop(0) if coming else None

    @property
    def over(self) -> bool:
        """Whether all that was to happen to the writes has happened."""
        return not any(self._faults[kind] for kind in ("PUT issue", "POST transitions"))


@pytest.mark.parametrize(
    ("reads", "deployment", "preset"),
    [("database", "cloud", "firefighter"), ("database", "datacenter", "firefighter")],
)
def test_bad_weather_in_jira_makes_nothing_happen_twice(world: World, editor: Editor) -> None:
    everything_drifts(editor)
    world.server.faults = weather = Weather()
    world.run("reconcile", "--yes", "--allow-close")
    assert weather.over
    expect_repaired(world)
    expect_quiet(world)


def expect_quiet(world: World) -> None:
    """Another run finds nothing, and writes nothing."""
    world.server.forget()
    report = json.loads(world.run("reconcile", "--yes", "--allow-close", "-o", "json"))
    assert [item for item in report["items"] if item["field"]] == []
    assert world.writes() == []
