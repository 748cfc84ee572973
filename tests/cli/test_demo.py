"""`raidctl demo`: shows everything, needs nothing, leaves nothing."""

import json
import re
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from raidctl.errors import ExitCode
from raidctl.present.text.safe import width_of
from tests.cli.inside import within
from tests.cli.process import (
    PATIENCE_SECONDS,
    begun,
    clean_environ,
    raidctl,
    stopped,
)

EXPORT = re.compile(r"export (\w+)=(.*)")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return clean_environ(tmp_path)


def left_behind(environ: dict[str, str]) -> list[str]:
    """What stands in the user's folders."""
    places = (Path(environ["TMPDIR"]), Path(environ["HOME"]))
    return [str(path) for place in places for path in place.rglob("*")]


def test_a_newcomer_sees_every_verdict_at_once_and_nothing_is_left(
    environ: dict[str, str],
) -> None:
    start = time.monotonic()
    ended = raidctl("demo", environ=environ)
    seconds = time.monotonic() - start

    assert ended.code == ExitCode.OK
    assert seconds < 10
    for shown in ("→ JIRA: High", "→ Impact: P2", "hold: conflict", "hold: undecided"):
        assert shown in ended.out
    for shown in ("missing, or hidden", "without a JIRA issue", "raidctl demo --serve"):
        assert shown in ended.out
    assert "\x1b" not in ended.out
    assert max(map(width_of, ended.out.splitlines())) <= 80 + len("  raidctl demo --serve")
    assert ended.err.startswith("raidctl: a demo: Impact at http://127.0.0.1:")
    assert left_behind(environ) == []


@pytest.mark.parametrize("columns", [80, 120])
def test_its_report_is_no_more_than_one_looks_through(
    environ: dict[str, str], columns: int
) -> None:
    ended = within("demo", environ={**environ, "COLUMNS": str(columns)})
    lines = ended.out.partition("\nWhat to try next:")[0].splitlines()
    assert len(lines) <= 45
    assert max(map(width_of, lines)) <= columns
    priorities = [line[:2] for line in lines if line.startswith("P")]
    assert priorities == sorted(priorities)


@pytest.mark.parametrize(
    "given",
    [
        {"HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"},
        {"ENABLE_JIRA": "false", "BASE_URL": "nonsense", "IMPACT_TOKEN": "x"},
        {"RAIDCTL_CONFIG": "/no/such/file"},
    ],
)
def test_it_is_the_same_whatever_the_environment_says(
    environ: dict[str, str], given: dict[str, str]
) -> None:
    """A company's proxy, or FireFighter's own environment: loopback is never behind either."""
    ended = within("demo", environ={**environ, **given})

    assert ended.code == ExitCode.OK, ended.err
    assert "22 of 59 links drifted." in ended.out


def test_years_of_drift_without_a_journal(environ: dict[str, str]) -> None:
    ended = within("demo", "--drift", "old", environ=environ)

    assert ended.code == ExitCode.OK, ended.err
    assert "no baselines yet" in re.sub(r"\s+", " ", ended.out)
    assert left_behind(environ) == []


def test_ctrl_c_leaves_nothing_behind(environ: dict[str, str]) -> None:
    with begun("demo", "--latency", "3000", environ=environ) as process:
        assert process.stderr is not None
        process.stderr.readline()  # "a demo: …": both are up, the first answer is 3 seconds off
        time.sleep(0.5)
        code, _ = stopped(process, signal.SIGINT)

    assert code == ExitCode.INTERRUPTED
    assert left_behind(environ) == []


@contextmanager
def serving(
    environ: dict[str, str], *options: str, first: str = "raidctl diff"
) -> Iterator[tuple["subprocess.Popen[str]", dict[str, str]]]:
    """A demo that is up, and the variables it told before the command to begin with."""
    with begun("demo", "--serve", *options, environ=environ) as process, _patience(process):
        assert process.stdout is not None
        assert process.stderr is not None
        told: dict[str, str] = {}
        for line in process.stdout:
            if export := EXPORT.fullmatch(line.strip()):
                (told[export[1]],) = shlex.split(export[2])
            if line.strip() == first:
                break
        process.stderr.readline()  # "Ctrl-C ends the demo": from here on it waits
        yield process, told


@contextmanager
def _patience(process: "subprocess.Popen[str]") -> Iterator[None]:
    timer = threading.Timer(PATIENCE_SECONDS, process.kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@pytest.mark.parametrize(
    "ending",
    ["SIGINT", *(pytest.param(one, marks=pytest.mark.slow) for one in ("SIGTERM", "SIGHUP"))],
)
def test_what_serve_prints_can_be_used_and_any_polite_end_removes_everything(
    environ: dict[str, str], ending: str
) -> None:
    """A closed terminal window, which is SIGHUP, is as polite as Ctrl-C."""
    with serving(environ) as (process, told):
        diff = within("diff", "-o", "json", environ={**environ, **told})
        by_database = (
            within("diff", "-o", "json", "1", environ={**environ, **told})
            if ending == "SIGINT"
            else diff
        )
        code, seconds = stopped(process, getattr(signal, ending))
        assert process.stderr is not None
        said = process.stderr.read()

    assert diff.code == by_database.code == ExitCode.DRIFT, diff.err
    assert len(json.loads(diff.out)["items"]) > 20
    assert code in {ExitCode.OK, ExitCode.INTERRUPTED}
    assert "Traceback" not in said
    assert seconds < 3
    assert left_behind(environ) == []


@pytest.mark.slow
def test_two_demos_do_not_meet(environ: dict[str, str]) -> None:
    with serving(environ) as (first, told), serving(environ) as (second, other):
        assert told["RAIDCTL_CONFIG"] != other["RAIDCTL_CONFIG"]
        assert stopped(first, signal.SIGINT)[0] == ExitCode.OK
        after = within("diff", "-o", "json", environ={**environ, **other})
        gone = within("diff", environ={**environ, **told})
        stopped(second, signal.SIGTERM)

    assert after.code == ExitCode.DRIFT
    assert gone.code == ExitCode.USAGE
    assert "no file" in gone.err
    assert left_behind(environ) == []


def test_without_a_temporary_folder_it_says_so(environ: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    places = {name: str(file) for name in ("TMPDIR", "TEMP", "TMP")}
    ended = within("demo", environ={**environ, **places}, cwd=Path("/"))

    assert "defect" not in ended.err
    assert ended.code in {ExitCode.OK, ExitCode.USAGE}


def test_years_of_drift_are_served_for_the_first_day(environ: dict[str, str]) -> None:
    """Both histories tell most of it: the pages of `first-day` have something to decide."""
    with serving(environ, "--drift", "old", first="raidctl help first-day") as (_, told):
        given = {**environ, **told}
        adopted = within("baseline", "--all", "--from-history", environ=given)
        found = within("diff", "-o", "json", environ=given)
    assert adopted.code in {ExitCode.OK, ExitCode.INCOMPLETE}, adopted.err
    verdicts = [item["verdict"] for item in found.report["items"]]
    assert verdicts.count("write_jira") >= 80
    assert verdicts.count("write_impact") >= 80
