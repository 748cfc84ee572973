"""In a stock FireFighter's own environment, with no file at all, `diff` finds what there is."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from raidctl.config import load
from raidctl.sandbox.jira.state import Person
from tests.cli.process import clean_environ
from tests.integration.conftest import FireFighter, state
from tests.integration.world import EVERYTHING, configuration, over_rest, twins
from tests.simulators.jira.server import jira_answer
from tests.simulators.server import LoopbackServer

pytestmark = pytest.mark.integration


def its_environ(folder: Path) -> dict[str, str]:
    """What FireFighter's server was started with, and a home of one's own."""
    script = f". {state() / 'env.sh'} && env -0"
    done = subprocess.run(
        ["/bin/sh", "-c", script], env={}, capture_output=True, text=True, check=True
    )
    own = dict(pair.split("=", 1) for pair in done.stdout.split("\0") if pair)
    return own | clean_environ(folder) | {"PYTHONPATH": str(Path(__file__).parents[2])}


def run(environ: dict[str, str], *arguments: str) -> Any:
    return subprocess.run(
        [sys.executable, "-m", "raidctl", *arguments],
        env=environ,
        cwd=environ["HOME"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_diff_is_true_without_a_file(firefighter: FireFighter, tmp_path: Path) -> None:
    environ = its_environ(tmp_path)
    incidents = list(over_rest(firefighter).incidents(EVERYTHING))
    config = configuration(tmp_path, firefighter, "database", "cloud", "firefighter")
    account = environ["RAID_DEFAULT_JIRA_QRAFT_USER_ID"]
    bot = Person(account, "FireFighter", environ["RAID_JIRA_API_USER"])
    jira = twins(config, firefighter, "cloud", incidents, "firefighter", bot=bot)
    linked = {incident.id for incident in incidents if incident.issue_key is not None}
    with LoopbackServer(jira_answer(jira, token=environ["RAID_JIRA_API_PASSWORD"])) as server:
        environ["RAID_JIRA_API_URL"] = server.url
        agreed = run(environ, "diff", "--all", "-o", "json")
        jira.edit(10004, "acc-0001", status="Incoming")
        jira.edit(10003, "acc-0001", customfield_11064="5")
        drifted = run(environ, "diff", "--all", "-o", "json")
        tables = run(environ, "mapping")
    assert agreed.stdout, agreed.stderr
    report = json.loads(agreed.stdout)
    assert agreed.returncode == 0, agreed.stderr
    counts = report["summary"]
    assert counts["in_sync"] == counts["links"] == len(linked) - counts["downgraded"]
    assert any("the preset firefighter" in note for note in report["notes"])
    assert drifted.returncode == 3, drifted.stderr
    items = {(one["incident"], one["field"]) for one in json.loads(drifted.stdout)["items"]}
    wrong = {(4, "status"), (3, "priority")}
    assert {item for item in items if item[1] is not None} == wrong
    assert "Reporter validation" in tables.stdout


def test_it_takes_the_webhooks_service_account_and_schema_from_there(
    firefighter: FireFighter, tmp_path: Path
) -> None:
    """The user, the account of its pushes, the project: nothing of them has to be typed."""
    environ = its_environ(tmp_path) | {"POSTGRES_SCHEMA": "impact"}
    config = load(None, environ)
    assert config.impact.service_account == "ff-service-account"
    assert (config.jira.user, config.jira.project) == ("ff-bot@example.test", "INC")
    assert (config.impact.reads, config.impact.schema) == ("database", "impact")
    assert config.jira.token.reveal(environ) == environ["RAID_JIRA_API_PASSWORD"]
