"""What a site asks of who comes: a gate's headers, no mails, a field off the screen, its clock."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from raidctl.bootstrap.http import waiting
from raidctl.config import load
from raidctl.core.model import Field
from raidctl.errors import ExitCode
from raidctl.sandbox.server import Reply, Request
from tests.cli.process import told_in_one_line
from tests.cli.world import ADA, GRACE, Pair, World, world

GATE = """
[jira.headers]
X-Gate_env = "GATE"
[impact.headers]
X-Gate_file = "gate"
"""
BOTH = (
    Pair(1, impact={Field.COMMANDER: GRACE.email, Field.TITLE: "New"}),
    Pair(2, jira={Field.PRIORITY: "High"}),
)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, BOTH) as made:
        yield made


def test_a_gates_headers_go_with_every_request_to_its_site(tmp_path: Path) -> None:
    seen: list[tuple[str, Mapping[str, str]]] = []

    def quirk(request: Request, reply: Reply) -> Reply:
        seen.append((request.path, request.headers))
        return reply

    with world(tmp_path, BOTH, quirk=quirk) as site:
        (site.folder / "gate").write_text("of-impact\n")
        ended = site.reconcile(config=site.toml(more=GATE), GATE="of-jira")
        assert ended.code == ExitCode.OK, ended.err
    assert {headers.get("X-Gate") for path, headers in seen if "firefighter" in path} == {
        "of-impact"
    }
    assert {headers.get("X-Gate") for path, headers in seen if "/rest/api" in path} == {"of-jira"}
    assert any(path.endswith("jira_update") for path, _ in seen)


@pytest.mark.parametrize("administers", [True, False])
def test_no_mails_are_asked_for_and_a_refusal_of_that_is_noted_once(
    site: World, administers: bool
) -> None:
    site.state.may_administer = administers
    ended = site.reconcile(config=site.toml(jira="notify = false"))
    assert ended.code == ExitCode.OK, ended.err
    assert site.in_jira(1, Field.TITLE) == "New"
    assert site.state.mails == (0 if administers else 1)
    notes = [note for note in ended.report["notes"] if "jira.notify" in note]
    assert len(notes) == (0 if administers else 1)


def test_an_assignee_on_no_screen_is_set_and_read_back(site: World) -> None:
    site.state.off_screen.add("assignee")
    ended = site.reconcile("1")
    assert ended.code == ExitCode.OK, ended.err
    assert site.in_jira(1, Field.COMMANDER) == GRACE.account
    assert site.in_jira(1, Field.TITLE) == "New"
    assert {item["outcome"] for item in ended.report["items"]} == {"applied"}


@pytest.mark.parametrize("ahead", [timedelta(minutes=9), timedelta(minutes=-9)])
def test_a_clock_that_is_off_is_named_and_settles_like_any(
    tmp_path: Path, ahead: timedelta
) -> None:
    """JIRA's priority was changed five minutes ago, whatever its clock says of that."""

    def quirk(_: Request, reply: Reply) -> Reply:
        return replace(reply, headers={**reply.headers, "Date": format_datetime(now(), True)})

    def now() -> datetime:
        return datetime.now(UTC) + ahead

    with world(tmp_path, BOTH, quirk=quirk) as site:
        site.state.now = lambda: now() - timedelta(minutes=5)
        site.state.edit(10_002, ADA.account, priority="Low")
        ended = site.diff("2")
        plan = site.folder / "plan.json"
        site.run("reconcile", "2", "--save-plan", str(plan))
        applied = site.run("apply", str(plan), "--dry-run", "-o", "json")
    assert [item["reason"] for item in ended.report["items"]] == ["jira_changed"]
    for told in (ended, applied):
        said = [note for note in told.report["notes"] if "clock" in note]
        assert [note.split("'")[0] for note in said] == ["Impact", "JIRA"]
        assert all(("ahead of" if ahead > timedelta(0) else "behind") in note for note in said)


def test_a_token_in_clear_is_refused_before_it_is_sent(site: World) -> None:
    config = site.toml().replace(site.jira.url, "http://jira.example.test")
    ended = site.run("diff", config=config)
    assert ended.code == ExitCode.USAGE
    assert "jira.allow_http = true" in ended.err
    allowed = site.run(
        "diff", config=config.replace("[jira]", "[jira]\nallow_http = true\n"), no_proxy="*"
    )
    assert "does not resolve" in told_in_one_line(allowed, ExitCode.UNREACHABLE)


def test_what_http_says_reaches_both_clients(site: World) -> None:
    file = site.configured(site.toml(more="[http]\nshare = 0.2\nrun_seconds = 77"))
    found = waiting(load(file, site.environ))
    assert (found.share, found.run.seconds) == (0.2, 77)
    usual = waiting(load(site.configured(), site.environ))
    assert (usual.share, usual.run.seconds) == (0.5, 3600)
