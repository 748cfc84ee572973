"""Numbers after a run, however it ended: in a file, at a push gateway; what fails fails no run."""

import os
import re
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from raidctl.cli.metrics import PUSH_SECONDS
from raidctl.errors import ExitCode
from raidctl.journal import lock
from raidctl.sandbox.server import Reply, Request
from tests.cli.clock import at
from tests.cli.process import SECRETS, begun, discreet, stopped
from tests.cli.test_stopping import held_up
from tests.cli.world import NOW, World, world
from tests.simulators.server import LoopbackServer, refuse


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "raidctl.prom"


def told(file: Path) -> dict[str, float]:
    """The samples of a file, by name and labels as it spells them."""
    text = file.read_text()
    assert [secret for secret in SECRETS if secret in text] == []
    assert list(text_string_to_metric_families(text))
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def config(place: World, **keys: object) -> str:
    lines = "".join(f'{key} = "{value}"\n' for key, value in keys.items())
    return place.toml(more=f'[metrics]\n{lines}[mapping]\npreset = "raid"')


def test_a_run_leaves_its_numbers(place: World, file: Path) -> None:
    ran = place.reconcile("--yes", config=config(place, file=file))
    found, summary = told(file), ran.report["summary"]
    assert found["raidctl_last_exit_code"] == ran.code == 0
    assert found['raidctl_requests_total{system="jira"}'] == summary["requests"]["jira"]
    held = [one for one in ran.report["items"] if one["verdict"] == "hold"]
    counted = sum(value for name, value in found.items() if name.startswith("raidctl_held"))
    assert counted == len([one for one in held if one["reason"] != "unlinked"])
    applied = 'direction="impact_to_jira",field="status",outcome="applied"'
    assert found[f"raidctl_writes_total{{{applied}}}"] == 1
    assert found["raidctl_last_success_timestamp_seconds"] > 1.7e9
    discreet(ran)


def test_so_does_one_that_failed_or_was_refused_the_lock(place: World, file: Path) -> None:
    text = config(place, file=file)
    with place.fault("jira", refuse(401)):
        assert place.reconcile("--yes", config=text).code == ExitCode.UNREACHABLE
    assert told(file)["raidctl_last_exit_code"] == 7
    with lock(place.journal, lambda: None):
        assert place.reconcile("--yes", config=text).code == ExitCode.LOCKED
    found = told(file)
    assert (found["raidctl_last_exit_code"], found["raidctl_failures_in_a_row"]) == (6, 1)
    assert found['raidctl_errors_total{category="auth",system="jira"}'] == 1
    assert found["raidctl_last_success_timestamp_seconds"] == 0


def test_the_option_goes_before_the_file(place: World, file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.prom"
    place.reconcile("--yes", "--metrics-file", str(other), config=config(place, file=file))
    assert other.exists()
    assert not file.exists()


@pytest.mark.parametrize(
    "command",
    [
        ("undo", "last", "--yes"),
        ("resolve", "--take", "skip", "--yes"),
        ("baseline",),
        ("backfill", "links", "--yes"),
    ],
    ids=lambda command: command[0],
)
def test_every_command_that_may_write_tells_them(
    place: World, file: Path, command: tuple[str, ...]
) -> None:
    place.reconcile("--yes")
    ended = place.run(*command, "--metrics-file", str(file))
    assert "Usage" not in ended.err
    assert told(file)["raidctl_last_exit_code"] == 0, "reconcile's"


def test_what_only_looks_leaves_the_file_alone(place: World, file: Path) -> None:
    text = config(place, file=file)
    for command in (("diff",), ("reconcile", "--dry-run"), ("status",), ("held",)):
        place.run(*command, config=text)
    assert not file.exists()


@pytest.mark.parametrize("umask", [0o022, 0o077, 0])
def test_the_file_is_replaced_as_a_whole_and_others_may_read_it(
    place: World, file: Path, tmp_path: Path, umask: int
) -> None:
    """The node exporter is another user."""
    kept = tmp_path / "kept"
    file.write_text("former")
    os.link(file, kept)
    before = os.umask(umask)
    try:
        place.reconcile("--yes", config=config(place, file=file))
    finally:
        os.umask(before)
    assert kept.read_text() == "former"
    assert file.stat().st_mode & 0o777 == 0o644
    assert [one.name for one in tmp_path.glob("*raidctl.prom*")] == ["raidctl.prom"]


def test_a_file_that_cannot_be_written_fails_no_run(place: World, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere" / "raidctl.prom"
    ended = place.reconcile("--yes", config=config(place, file=nowhere))
    assert ended.code == ExitCode.OK
    assert f"raidctl: the metrics {nowhere} cannot be written: No such file" in ended.err
    assert ended.err.count("\n") == 1


def heard(place: World, text: str) -> str:
    """What a run says that cron starts, of which nothing else is to be said."""
    ended = place.run("reconcile", "--yes", "--quiet", config=text)
    assert (ended.code, ended.out) == (ExitCode.OK, "")
    return ended.err


def test_a_quiet_run_says_it_once_and_again_after_a_day(place: World, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    text = config(place, file=nowhere / "raidctl.prom", push_url="http://127.0.0.1:1")
    with at(place, NOW) as clock:
        place.reconcile("--yes")
        lines = heard(place, text).splitlines()
        assert len(lines) == 2
        assert "raidctl.prom cannot be written: No such file" in lines[0]
        assert "cannot be pushed to http://127.0.0.1:1" in lines[1]
        clock.on(hours=23)
        assert heard(place, text) == ""
        clock.on(hours=2)
        assert heard(place, text).splitlines() == lines
        nowhere.mkdir()
        assert heard(place, text) == ""
        (nowhere / "raidctl.prom").unlink()
        nowhere.rmdir()
        assert heard(place, text).splitlines() == lines[:1], "it was well in between"


@pytest.mark.parametrize("kind", ["pipe", "folder", "socket", "link to a pipe"])
def test_what_is_no_file_is_not_replaced(place: World, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "raidctl.prom"
    with socket.socket(socket.AF_UNIX) as listening:
        match kind:
            case "pipe":
                os.mkfifo(file)
            case "folder":
                file.mkdir()
            case "socket":
                listening.bind(str(file))
            case _:
                os.mkfifo(tmp_path / "pipe")
                file.symlink_to(tmp_path / "pipe")
        before = file.lstat()
        ended = place.run("reconcile", "--yes", "--metrics-file", str(file))
        again = place.run("reconcile", "--yes", "--quiet", config=config(place, file=file))
    for one in (ended, again):
        assert one.code == ExitCode.USAGE
        assert re.fullmatch(
            rf"raidctl: {file} cannot be written: it is a .*: name a file\n", one.err
        )
    assert os.path.samestat(file.lstat(), before)
    assert place.journalled("SELECT * FROM runs") == []


@pytest.mark.parametrize("name", ["raidctl.txt", "raidctl", "", "."])
def test_a_name_that_the_node_exporter_does_not_read_is_refused(
    place: World, tmp_path: Path, name: str
) -> None:
    given = str(tmp_path / name) if len(name) > 1 else name
    ended = place.run("reconcile", "--yes", "--metrics-file", given)
    assert ended.code == ExitCode.USAGE
    why = "reads files alone whose names end in .prom" if name else "the name of the file is empty"
    assert why in ended.err
    assert ended.err.count("\n") == 1
    if name:
        ended = place.run("reconcile", "--yes", config=config(place, file=given))
        assert ended.code == ExitCode.USAGE
        assert "metrics.file: " in ended.err
        assert "allowed: a path that ends in .prom" in ended.err
    assert place.journalled("SELECT * FROM runs") == []


def test_an_extra_that_is_missing_is_named(
    place: World, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "raidctl.metrics", raising=False)
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    ended = place.reconcile("--yes", config=config(place, file=file))
    assert ended.code == ExitCode.OK
    assert "pip install 'raidctl[metrics]'" in ended.err


# A push gateway


def test_they_are_pushed(place: World) -> None:
    got: list[Request] = []

    def gateway(request: Request) -> Reply:
        got.append(request)
        return Reply(200, b"")

    with LoopbackServer(gateway) as server:
        ended = place.reconcile("--yes", config=config(place, push_url=server.url))
    assert (ended.code, ended.err) == (ExitCode.OK, "")
    (one,) = got
    assert one.method == "PUT"
    assert one.target == f"/metrics/job/raidctl/instance/{socket.gethostname()}"
    assert b"raidctl_last_exit_code 0.0" in one.body


def test_a_gateway_that_is_down_or_refuses_fails_no_run(place: World) -> None:
    with LoopbackServer(lambda _: Reply(500, b"no")) as server:
        url = server.url
        ended = place.reconcile("--yes", config=config(place, push_url=url))
    assert ended.code == ExitCode.OK
    assert re.fullmatch(
        rf"raidctl: the metrics cannot be pushed to {url}: .*500.*; see metrics.push_url\n",
        ended.err,
    )
    ended = place.reconcile("--yes", config=config(place, push_url=url))
    assert ended.code == ExitCode.OK
    assert "refused" in ended.err
    assert ended.err.count("\n") == 1
    assert PUSH_SECONDS <= 5


def test_a_login_in_its_address_is_refused_and_not_shown(place: World) -> None:
    text = config(place, push_url="https://ada:s3cret@push.example.com")
    ended = place.reconcile("--yes", config=text)
    assert ended.code == ExitCode.USAGE
    assert "metrics.push_url" in ended.err
    assert "s3cret" not in ended.err


@pytest.mark.slow
def test_a_run_that_was_interrupted_leaves_them_too(place: World, file: Path) -> None:
    asked = ("reconcile", "--yes", "--metrics-file", str(file))
    with (
        held_up(place, lambda request: "search" in request.target) as holding,
        begun(*asked, environ=place.ready(None)) as process,
    ):
        holding.wait()
        code, _ = stopped(process, signal.SIGTERM)
    assert code == ExitCode.INTERRUPTED
    assert told(file)["raidctl_last_exit_code"] == ExitCode.INTERRUPTED
