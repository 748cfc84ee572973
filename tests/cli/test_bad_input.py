"""Bad input and systems that misbehave: one line that helps, the right exit code, no secret."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Literal

import pytest

from raidctl.core.model import Field
from raidctl.errors import ExitCode
from raidctl.sandbox.server import Reply, Request
from tests.cli.process import IMPACT_TOKEN, discreet, told_in_one_line
from tests.cli.world import Pair, World, world
from tests.simulators.server import DROP_BEFORE, Fault, refuse, stall

Side = Literal["impact", "jira"]
NAMES = {"impact": "Impact", "jira": "JIRA"}
SIDES: list[Side] = ["impact", "jira"]
FAST = "[http]\ntimeout_seconds = 0.2\n"
LOGIN = f"https://sso.example.test/login?token={IMPACT_TOKEN}"


# Systems that do not answer as they should


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    ("fault", "seen", "advice"),
    [
        (refuse(401), "HTTP 401", "check {}.token"),
        (refuse(403), "HTTP 403", "{}.token"),
        (refuse(404), "HTTP 404", "check that {}.url"),
        (
            Fault(acts=False, reply=Reply(200, "<!DOCTYPE html><p>Log in", "text/html")),
            "an HTML page where JSON was expected",
            "check {}.url and {}.token",
        ),
        (
            Fault(acts=False, reply=Reply(302, None, headers={"Location": LOGIN})),
            "redirected to sso.example.test/login;",
            "check {}.url and {}.token",
        ),
        (Fault(acts=False, reply=Reply(200, {"a": 1})), "", "check that {}.url is the base"),
        (Fault(acts=False, reply=Reply(200, "[" * 100_000)), "", "check {}.url"),
        (Fault(acts=False, reply=Reply(200, b"\xff\xfe")), "an answer that is no JSON", "{}.url"),
        (Fault(acts=False, reply=Reply(200, "[1]")), "", "{}.url"),
        (refuse(500, body={"errorMessages": ["\x1b[31mred\nalert"]}), "HTTP 500", "'s own log"),
        (refuse(429, "3600"), "asks to wait 3600 seconds", "try again after that"),
    ],
)
def test_an_answer_that_is_none_is_told_in_one_line(
    site: World, side: Side, fault: Fault, seen: str, advice: str
) -> None:
    if side == "jira" and fault.reply is not None and fault.reply.body == {"a": 1}:
        deployment = 'deployment = "cloud"'  # else that is what serverInfo may look like
    else:
        deployment = ""
    with site.fault(side, fault):
        ended = site.run("diff", config=site.toml(jira=deployment))

    line = told_in_one_line(ended, ExitCode.UNREACHABLE)
    url = site.impact.url if side == "impact" else site.jira.url
    assert line.startswith(f"raidctl: {NAMES[side]} at {url}/")
    assert seen in line
    assert advice.format(side, side) in line
    assert "\x1b" not in line


ROW = {
    "id": 1,
    "title": "A title",
    "description": "",
    "status": "Open",
    "priority": {"value": 3},
    "roles": {},
    "jira_ticket_key": None,
    "created_at": "2026-11-22T20:00:00Z",
}


@pytest.mark.parametrize(
    "odd",
    [
        {"created_at": "2026-11-22T20:00:00"},
        {"created_at": 7},
        {"jira_ticket_key": ["INC-1"]},
    ],
    ids=str,
)
def test_an_incident_that_makes_no_sense_is_one_that_was_not_read(
    site: World, odd: dict[str, object]
) -> None:
    """A fork or a later FireFighter may answer so: that is told, and no other is lost by it."""
    answer = Fault(acts=False, reply=Reply(200, [{**ROW, **odd}]))

    with site.fault("impact", answer):
        ended = site.run("diff", "--since", "2026-01-01")

    assert ended.code == ExitCode.INCOMPLETE
    assert "not read: incident 1: Impact at " in ended.err
    assert "a row that is not FireFighter's" in ended.err
    discreet(ended)


@pytest.mark.parametrize(
    ("odd", "field"),
    [
        ({"roles": "none of your business"}, "commander"),
        ({"roles": {"commander": "ada"}}, "commander"),
        ({"priority": "P1"}, "priority"),
    ],
    ids=str,
)
def test_a_field_that_makes_no_sense_is_one_that_cannot_be_seen(
    site: World, odd: dict[str, object], field: str
) -> None:
    row = {**ROW, "jira_ticket_key": "INC-1", **odd}
    answer = Fault(acts=False, reply=Reply(200, [row]))

    with site.fault("impact", answer):
        ended = site.run("diff", "--since", "2026-01-01", "-o", "json")

    held = {item["field"] for item in ended.report["items"] if item["reason"] == "unreadable"}
    assert held == {field}


@pytest.mark.parametrize("number", [None, float("nan")], ids=str)
def test_incidents_without_numbers_are_no_incidents(site: World, number: object) -> None:
    """A proxy may answer so: it is told as any other answer."""
    answer = Fault(acts=False, reply=Reply(200, [{**ROW, "id": number}]))

    with site.fault("impact", answer):
        ended = site.run("diff", "--since", "2026-01-01")

    line = told_in_one_line(ended, ExitCode.UNREACHABLE)
    assert "an answer that is no list of FireFighter incidents; check that impact.url" in line


@pytest.mark.parametrize(
    "odd",
    [
        {"updated": "2026-11-22T20:00:00"},
        {"updated": 7e99},
        {"assignee": {"accountId": "712020:ada", "emailAddress": {"is": "hidden"}}},
    ],
    ids=str,
)
def test_issues_that_make_no_sense_are_no_defect_of_raidctl(
    site: World, odd: dict[str, object]
) -> None:
    fields = {"summary": "x", "description": None, "priority": None, "assignee": None, **odd}
    issue = {"id": "10002", "key": "INC-2", "fields": fields}
    answer = Fault(acts=False, reply=Reply(200, {"issues": [issue]}))

    with site.fault("jira", answer, lambda request: "issue/bulkfetch" in request.path):
        ended = site.run("diff", "2")

    assert ended.code in {ExitCode.UNREACHABLE, ExitCode.DRIFT}, ended.err
    discreet(ended)


@pytest.mark.parametrize("side", SIDES)
def test_a_wrong_token_is_told(site: World, side: Side) -> None:
    ended = site.run("diff", **{f"{side.upper()}_TOKEN": "wrong-t0ken"})

    line = told_in_one_line(ended, ExitCode.UNREACHABLE)
    assert f"{NAMES[side]} at " in line
    assert re.search(r"HTTP 401 \(.+\), credentials refused; check ", line)
    assert "wrong-t0ken" not in line


@pytest.mark.parametrize("side", SIDES)
def test_a_name_that_does_not_resolve(site: World, side: Side) -> None:
    line = elsewhere(site, side, "https://raidctl.invalid")

    assert f"{NAMES[side]} at https://raidctl.invalid/" in line
    assert f"its name does not resolve; check {side}.url" in line


def test_a_name_that_cannot_be_one(site: World) -> None:
    """A part of more than 63 characters, as a paste into the middle of a URL makes."""
    line = elsewhere(site, "impact", f"https://{'impact' * 12}.example.test")

    assert "check impact.url" in line


@pytest.mark.parametrize("side", SIDES)
def test_a_port_that_is_closed(site: World, side: Side) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]

    line = elsewhere(site, side, f"http://127.0.0.1:{port}")

    assert f"{NAMES[side]} at http://127.0.0.1:{port}/" in line
    assert f"connection refused; check {side}.url" in line


@pytest.mark.parametrize("side", SIDES)
def test_tls_that_fails(site: World, side: Side) -> None:
    with answering_plainly() as port:
        line = elsewhere(site, side, f"https://127.0.0.1:{port}")

    assert f"{NAMES[side]} at https://127.0.0.1:{port}/" in line
    assert "TLS failed" in line
    assert "REQUESTS_CA_BUNDLE" in line


def test_certificates_that_are_not_there(site: World) -> None:
    """The very variable that the advice on TLS names, misspelled."""
    missing = str(site.folder / "no-such-bundle.pem")

    line = elsewhere(site, "impact", "https://127.0.0.1:9", REQUESTS_CA_BUNDLE=missing)

    assert missing in line


@pytest.mark.slow
def test_a_system_that_is_silent_is_given_up(site: World) -> None:
    """After the four tries of one request: with the usual time-out these take 84 seconds."""
    site.impact.forget()
    with site.fault("impact", stall(0.5)):
        ended = site.run("diff", config=site.toml(more=f"{FAST}concurrency = 1"))

    line = told_in_one_line(ended, ExitCode.UNREACHABLE)
    assert f"Impact at {site.impact.url}/" in line
    assert "no answer within 0.2 seconds; check that Impact is up, or raise http.timeout" in line
    assert len(site.impact.requests) == 4


@pytest.mark.slow
def test_a_connection_that_drops_for_good(site: World) -> None:
    with site.fault("jira", DROP_BEFORE):
        ended = site.run("diff")

    line = told_in_one_line(ended, ExitCode.UNREACHABLE)
    assert f"JIRA at {site.jira.url}/" in line
    assert "the connection was dropped" in line


@pytest.mark.parametrize(
    ("url", "seen"),
    [
        ("sqlite:///{}/no-such.db", "unable to open"),
        ("sqlite:///{}/empty.db", "no such table"),
        ("postgresql://ada:jira-t0ken-nobody-may-see@127.0.0.1:9/firefighter", "refused"),
    ],
)
def test_a_database_that_is_none_of_fire_fighters(site: World, url: str, seen: str) -> None:
    (site.folder / "empty.db").touch()
    database = {"IMPACT_DATABASE_URL": url.format(site.folder)}

    ended = site.run("diff", config=site.toml(impact='reads = "database"'), **database)

    line = told_in_one_line(ended, ExitCode.UNREACHABLE)
    assert "Impact's database at " in line
    assert seen in line
    assert not (site.folder / "no-such.db").exists()


@pytest.mark.parametrize("url", ["nonsense", "mongodb://host/db", "postgresql://a:b@c:port/d"])
def test_a_database_url_that_is_none_is_not_quoted(site: World, url: str) -> None:
    database = {"IMPACT_DATABASE_URL": url}

    ended = site.run("diff", config=site.toml(impact='reads = "database"'), **database)

    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert "  impact.database_url: " in ended.err
    assert url not in ended.err
    discreet(ended)


@pytest.mark.parametrize("password", ["p@s3cret-part", "p@x:s3cret-part", "p/s3cret-part"])
def test_a_password_with_characters_that_should_be_quoted_is_never_shown(
    site: World, password: str
) -> None:
    """The commonest mistake in a database URL must not print half of the password."""
    database = {"IMPACT_DATABASE_URL": f"postgresql://ada:{password}@raidctl.invalid:5432/ff"}

    ended = site.run("diff", config=site.toml(impact='reads = "database"'), **database)

    assert ended.code in {ExitCode.USAGE, ExitCode.UNREACHABLE}
    assert "s3cret-part" not in ended.out + ended.err
    discreet(ended)


def elsewhere(site: World, side: Side, url: str, **environ: str) -> str:
    """The line that is told when one system is at another address."""
    ours = site.impact.url if side == "impact" else site.jira.url
    text = site.toml(more="[http]\ntimeout_seconds = 3\n").replace(f'"{ours}"', f'"{url}"')
    ended = site.run("diff", config=text, **environ)
    return told_in_one_line(ended, ExitCode.UNREACHABLE)


@contextmanager
def answering_plainly() -> Iterator[int]:
    """The port of a server that knows nothing of TLS."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:  # closed: the test is over
                    return
                with connection:
                    connection.recv(4096)
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


# Half of the answer


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two slices of incidents and two batches of issues; drift in both slices."""
    pairs = [Pair(n, agreed=False) for n in (*range(11, 111), *range(600, 650))]
    pairs[0] = Pair(11, impact={Field.STATUS: "MITIGATED"}, agreed=False)
    pairs[-1] = Pair(649, impact={Field.PRIORITY: 1}, agreed=False)
    with world(tmp_path_factory.mktemp("large"), tuple(pairs)) as made:
        yield made


def first_slice(request: Request) -> bool:
    """And every part of it."""
    return int(request.query.get("id__gte", ["501"])[-1]) <= 500


def last_batch(request: Request) -> bool:
    """And every part of it."""
    return b"INC-6" in request.body


@pytest.mark.parametrize(
    ("side", "when", "named", "kept"),
    [
        ("impact", first_slice, "open incidents 1 to 500", (649, "priority", "undecided")),
        ("jira", last_batch, "50 issues, INC-600 … INC-649", (11, "status", "undecided")),
    ],
)
def test_half_of_the_answer_is_shown_and_the_other_half_named(
    large: World,
    side: Side,
    when: Callable[[Request], bool],
    named: str,
    kept: tuple[int, str, str],
) -> None:
    with large.fault(side, refuse(500), when):
        report = large.diff()
        table = large.run("diff")
        nothing_else = large.run("diff", "--status", "nothing has this")

    assert report.code == ExitCode.INCOMPLETE
    assert report.err.startswith("raidctl: not read: ")
    assert report.items == {kept}
    assert named in {part["what"] for part in report.report["unread"]}
    assert named in table.out
    assert "HTTP 500" in table.out
    for ended in (table, nothing_else):
        assert ended.code == ExitCode.INCOMPLETE
        assert "in sync" not in ended.out.lower()
    discreet(table)
