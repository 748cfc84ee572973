"""`-v` tells each request on standard error, `-vv` its bodies too: no secret, nothing hostile."""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from raidctl.errors import ExitCode
from raidctl.sandbox.server import Reply, Request
from tests.cli.inside import within
from tests.cli.process import IMPACT_TOKEN, JIRA_TOKEN, SECRETS, on_terminal, raidctl
from tests.cli.world import BOT, World, world
from tests.simulators.server import Fault, refuse

LINE = re.compile(r"raidctl: (Impact|JIRA): (GET|POST) (/\S*): (\d{3}), \d+\.\d{3} s, [\d,]+ bytes")
BASIC = base64.b64encode(f"{BOT.email}:{JIRA_TOKEN}".encode()).decode()
SENT = (*SECRETS, BASIC)


def exchanges(err: str) -> list[tuple[str, str, str, int]]:
    """System, method, path without query, and status of each line that tells one."""
    found = [LINE.fullmatch(line) for line in err.splitlines()]
    return [(m[1], m[2], m[3].partition("?")[0], int(m[4])) for m in found if m]


@pytest.mark.parametrize("line", ["diff 2 -o csv -v", "-v diff 2 -o csv", "-v diff 2 -o csv -v"])
def test_each_request_is_a_line_and_standard_output_is_as_ever(site: World, line: str) -> None:
    quiet = site.run("diff", "2", "-o", "csv")
    site.jira.forget()
    site.impact.forget()
    told = site.run(*line.split())

    assert (told.code, told.out) == (quiet.code, quiet.out)
    found = exchanges(told.err)
    asked = [("JIRA", *one) for one in site.jira.requests]
    asked += [("Impact", *one) for one in site.impact.requests]
    assert sorted(one[:3] for one in found) == sorted(asked)
    assert {status for *_, status in found} == {200}
    assert "?id__in=2&order_by=id" in told.err
    assert not re.search(r"^  (sent|got) ", told.err, re.MULTILINE)
    assert exchanges(site.run("diff", "2").err) == []  # the next run is told nothing again


def test_what_was_sent_and_came_back_is_told_twice_asked(site: World) -> None:
    told = site.run("diff", "2", "-vv")
    assert '\n  sent {"issueIdsOrKeys": ["INC-2"]' in told.err
    assert re.search(r'^  got \{"issues":.*"key":"INC-2"', told.err, re.MULTILINE)
    assert max(map(len, told.err.splitlines())) < 2_100  # all of Impact is more


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[World]:
    """A world whose JIRA says back whatever it was sent, as it is and as JSON has it, and worse."""

    def said_back(request: Request, reply: Reply) -> Reply:
        if request.path.endswith("/serverInfo"):
            fields = [f"{name}: {value}" for name, value in request.headers.items()]
            odd = {"x": "\x1b[31m\u202e\r\n", "api_token": "never seen", "next": "http://a:pw@h/"}
            seen = request.headers["Authorization"].partition(" ")[2]
            return Reply(200, {"deploymentType": "Cloud", "told": fields, "seen": seen, **odd})
        return reply

    with world(tmp_path, quirk=said_back) as made:
        yield made


@pytest.mark.parametrize("token", [JIRA_TOKEN, 'a"quote\\and-é-t0ken'])
def test_no_secret_is_told_and_nothing_hostile(mirror: World, token: str) -> None:
    told = mirror.run("diff", "2", "-vv", JIRA_TOKEN=token)

    assert "  got " in told.err
    for secret in (*SENT, token, json.dumps(token)[1:-1], "never seen", "a:pw@"):
        assert secret not in told.err
    assert base64.b64encode(f"{BOT.email}:{token}".encode()).decode() not in told.err
    assert '"api_token":…' in told.err
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", told.err)


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (Reply(400, "<b>Down</b>\x1b[2J", "text/html"), r"<b>Down</b>\x1b[2J"),
        (Reply(400, b"\x89PNG" * 500, "image/png"), "2,000 bytes of image/png"),
    ],
)
def test_an_answer_that_fails_is_told_as_well(site: World, reply: Reply, told: str) -> None:
    with site.fault("jira", Fault(acts=False, reply=reply)):
        ended = site.run("diff", "2", "-vv")
    assert ended.code == ExitCode.UNREACHABLE
    assert ("JIRA", "GET", "/rest/api/2/serverInfo", 400) in exchanges(ended.err)
    assert f"\n  got {told}\n" in ended.err
    assert "\x1b" not in ended.err


def test_on_a_terminal_the_lines_take_the_place_of_the_bar(site: World) -> None:
    ended = on_terminal("diff", "2", "-v", environ=site.ready(), err=True, columns=80)
    assert ended.code == ExitCode.DRIFT
    lines = ended.err.splitlines()
    assert exchanges(ended.err)
    assert all(LINE.fullmatch(line) for line in lines), lines  # unbroken, nothing drawn between
    assert "\x1b" not in ended.err


def test_a_wait_is_told_in_its_place(site: World) -> None:
    refused = iter([refuse(429, "1")])
    site.jira.faults = lambda _: next(refused, None)
    try:
        ended = site.run("diff", "2", "-v")
    finally:
        site.jira.faults = None
    assert ("JIRA", "GET", "/rest/api/2/serverInfo", 429) in exchanges(ended.err)
    assert re.search(r"^raidctl: JIRA asks to wait \d s$", ended.err, re.MULTILINE)


def test_a_system_that_does_not_answer_is_told_with_what_was_seen(site: World) -> None:
    ended = site.run(
        "diff", "2", "-v", config=site.toml().replace(site.jira.url, "http://127.0.0.1:9")
    )
    assert ended.code == ExitCode.UNREACHABLE
    assert "raidctl: JIRA: GET /rest/api/2/serverInfo: connection refused, 0." in ended.err


def test_a_database_s_statements_are_told_without_what_they_are_given(site: World) -> None:
    config = site.toml(impact='reads = "database"')
    ended = site.run("diff", "2", "-v", config=config)
    found = re.findall(r"^raidctl: Impact's database: (.*): \d+\.\d{3} s$", ended.err, re.MULTILINE)
    assert any(text.startswith("SELECT incidents_incident.") for text in found)
    assert max(map(len, found)) <= 61
    longer = site.run("diff", "2", "-vv", config=config).err
    assert "Impact's database: SELECT incidents_incident.title AS" in longer
    assert IMPACT_TOKEN not in longer


def test_what_a_run_writes_is_told_and_its_signature_is_not(tmp_path: Path) -> None:
    with world(tmp_path) as place:
        ended = place.run("reconcile", "3", "-vv", "--yes")
        assert ended.code == ExitCode.OK, ended.err
        posted = [one for one in exchanges(ended.err) if one[1] == "POST"]
        assert ("Impact", "POST", "/api/v2/firefighter/raid/jira_update", 200) in posted
        assert '  sent {"webhookEvent": "jira:issue_updated"' in ended.err
        assert not any(secret in ended.err + ended.out for secret in SENT)


def test_without_it_nothing_is_said(site: World) -> None:
    ended = raidctl("diff", "1", environ=site.ready())
    assert (ended.code, ended.err) == (ExitCode.OK, "")


def test_commands_that_ask_nobody_do_not_offer_it(tmp_path: Path, site: World) -> None:
    assert "--verbose" in within("diff", "--help", environ=site.environ).out
    assert "--verbose" not in within("demo", "--help", environ=site.environ).out
