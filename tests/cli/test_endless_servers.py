"""Servers that have no end, as a user meets them: one line each, exit 7 or 4, and soon."""

import gzip
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from raidctl.bootstrap import http
from raidctl.errors import ExitCode
from raidctl.gateways.http.bounds import RunTime
from raidctl.gateways.http.pace import Waiting
from raidctl.gateways.impact import rest, slices
from raidctl.sandbox.server import Reply, Request
from tests.cli.process import IMPACT_TOKEN, told_in_one_line
from tests.cli.world import Pair, World, world
from tests.contract.test_http_bounds import ENDLESS, talking
from tests.simulators.server import Fault, refuse

pytestmark = pytest.mark.slow  # each waits for the end of a deadline or of retries

SOON = 20.0  # seconds, on a busy machine


@pytest.fixture
def site(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, (Pair(1), Pair(2))) as made:
        yield made


@pytest.mark.parametrize("side", ["impact", "jira"])
@pytest.mark.parametrize("how", ["body", "100 Continue", "head"])
def test_an_answer_that_never_ends_ends_the_run(site: World, side: str, how: str) -> None:
    config = site.toml(more="[http]\ntimeout_seconds = 0.2")
    server = site.impact if side == "impact" else site.jira
    with talking(ENDLESS[how]) as url:
        begun = time.monotonic()
        ended = site.run("diff", config=config.replace(server.url, url))
        took = time.monotonic() - begun
    line = told_in_one_line(ended, ExitCode.UNREACHABLE)
    assert "no answer within 0.2 seconds" in line
    assert "http.timeout_seconds" in line
    assert took < SOON


@pytest.mark.parametrize("side", ["impact", "jira"])
def test_a_packed_bomb_is_one_line(site: World, side: str) -> None:
    packed = gzip.compress(b" " * 16 * 1024**2) * 192  # three GiB
    reply = Reply(200, packed, headers={"Content-Encoding": "gzip"})
    with site.fault("impact" if side == "impact" else "jira", Fault(acts=False, reply=reply)):
        ended = site.run("diff")
    assert "more than 64 MiB" in told_in_one_line(ended, ExitCode.UNREACHABLE)


def test_a_bomb_in_mid_run_leaves_the_rest(site: World) -> None:
    reply = Reply(200, gzip.compress(b" " * 80 * 1024**2), headers={"Content-Encoding": "gzip"})
    late = Fault(acts=False, reply=reply)
    with site.fault("impact", late, lambda request: "id__lte" not in request.query):
        ended = site.diff()
    assert ended.code == ExitCode.INCOMPLETE
    assert ended.report["unread"]
    assert all("more than 64 MiB" in part["why"] for part in ended.report["unread"])
    assert ended.report["summary"]["links"] == 2


def test_an_incident_in_every_slice_is_incomplete(
    site: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slices, "MOST_SLICES", 30)

    def quirk(request: Request) -> Fault | None:
        if "id__lte" not in request.query:
            return None
        row = incident | {"id": int(request.query["id__gte"][0]), "jira_ticket_key": None}
        return Fault(acts=False, reply=Reply(200, [row]))

    incident = _incident(site)
    site.impact.faults = quirk
    ended = site.diff("--all")
    assert ended.code == ExitCode.INCOMPLETE
    assert "no end of incidents" in ended.report["unread"][0]["why"]
    assert ended.err.strip(), "nothing was said of it"


def _incident(site: World) -> dict[str, object]:
    token = {"Authorization": f"Bearer {IMPACT_TOKEN}"}
    rows = requests.get(f"{site.impact.url}{rest.INCIDENTS}", headers=token, timeout=5).json()
    row: dict[str, object] = rows[0]
    return row


def test_a_system_that_asks_to_wait_for_ever_is_not_waited_for(
    site: World, sleeps: list[float]
) -> None:
    with site.fault("jira", refuse(429, "60"), lambda request: "bulkfetch" in request.path):
        ended = site.run("reconcile", "--yes")
    assert "HTTP 429" in told_in_one_line(ended, ExitCode.UNREACHABLE)
    assert sum(sleeps) < 120


def test_a_run_has_an_end_in_all(site: World, sleeps: list[float]) -> None:
    config = site.toml(more="[http]\nrun_seconds = 30")
    with site.fault("jira", refuse(503, "40"), lambda request: "bulkfetch" in request.path):
        ended = site.run("diff", config=config)
    line = told_in_one_line(ended, ExitCode.UNREACHABLE)
    assert re.search(r"waited 30 seconds .* http\.run_seconds", line)
    assert sleeps == []


@pytest.fixture
def sleeps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """For how long raidctl would have slept: a clock of its own that its sleeps move on."""
    slept: list[float] = []
    real: Callable[[], float] = time.monotonic

    def clock() -> float:
        return real() + sum(slept)

    monkeypatch.setattr(
        http,
        "Waiting",
        lambda share, run, activity: Waiting(
            slept.append, monotonic=clock, share=share, run=RunTime(run.seconds, clock)
        ),
    )
    return slept
