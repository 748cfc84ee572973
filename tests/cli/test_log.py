"""`--log-file` and `[log]`: a line for all that is done, in a private file, whatever goes wrong."""

import base64
import json
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from raidctl.cli import log_file
from raidctl.core.writes.outcome import Outcome
from raidctl.errors import Category, ExitCode
from raidctl.files import append_own
from raidctl.sandbox.server import Reply, Request
from tests.cli.process import IMPACT_TOKEN, JIRA_TOKEN, SECRETS
from tests.cli.world import BOT, World, world
from tests.owners import as_root, given_away
from tests.simulators.server import Fault, refuse

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "raidctl.log"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def named(file: Path, event: str) -> list[dict[str, Any]]:
    return [line for line in lines(file) if line["event_name"] == f"raidctl.{event}"]


def test_each_outcome_is_a_line_with_all_there_is_to_know_of_it(place: World, log: Path) -> None:
    ended = place.reconcile("--yes", "--log-file", str(log), "--log-format", "json")
    assert ended.code == ExitCode.OK, ended.err
    done = [item for item in ended.report["items"] if item["outcome"]]
    outcomes = named(log, "outcome")
    assert len(outcomes) == len(done) >= 3
    run = ended.report["run"]
    for item in done:
        (line,) = [
            one
            for one in outcomes
            if (one["raidctl.incident"], one["raidctl.field"]) == (item["incident"], item["field"])
        ]
        assert line["raidctl.run"] == run
        assert line["raidctl.issue"] == item["issue"]
        assert line["raidctl.direction"] == item["direction"]
        assert line["raidctl.outcome"] == item["outcome"] == "applied"
        assert 0 <= line["raidctl.duration"] < 60
        assert "error.type" not in line
        assert (line["severity_text"], line["severity_number"]) == ("INFO", 9)
    (told,) = named(log, "run")
    assert told["raidctl.outcomes.applied"] == len(done)
    assert (told["process.exit.code"], told["raidctl.held"]) == (0, 3)


def test_every_line_says_of_whom_it_is_and_the_last_how_it_ended(site: World, log: Path) -> None:
    quiet = site.run("diff", "2", "-o", "csv")
    told = site.run("diff", "2", "-o", "csv", "--log-file", str(log), "--log-format", "json")
    assert told == quiet
    found = lines(log)
    assert [one["event_name"] for one in found] == ["raidctl.begin", "raidctl.end"]
    for one in found:
        assert re.fullmatch(TIME, one["timestamp"])
        assert one["service.name"] == "raidctl"
        assert one["service.version"]
        assert one["process.pid"] == os.getpid()
        assert one["raidctl.command"] == "raidctl diff"
    assert found[-1]["process.exit.code"] == ExitCode.DRIFT
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_two_files_are_one_too_many(site: World, tmp_path: Path) -> None:
    one, other = str(tmp_path / "one"), str(tmp_path / "other")
    ended = site.run("--log-file", one, "diff", "2", "--log-file", other)
    assert ended.code == ExitCode.USAGE
    assert "--log-file is given before the command and after it: give one" in ended.err
    assert site.run("--log-file", one, "diff", "2", "--log-file", one).code != ExitCode.USAGE


@pytest.mark.parametrize("line", ["--log-file {0} diff 2 -v", "-v diff 2 --log-file {0}"])
def test_with_v_each_request_is_a_line_by_opentelemetry_s_names(
    site: World, log: Path, line: str
) -> None:
    site.jira.forget()
    site.impact.forget()
    site.run(*line.format(log).split(), "--log-format", "json")
    requests = named(log, "request")
    assert len(requests) == len(site.jira.requests) + len(site.impact.requests)
    for one in requests:
        assert one["http.request.method"] in {"GET", "POST"}
        assert one["http.response.status_code"] == 200
        assert one["url.full"].startswith((site.jira.url, site.impact.url))
        assert (one["server.address"], one["server.port"] > 0) == ("127.0.0.1", True)
        assert one["http.client.request.duration"] >= 0
        assert one["http.response.body.size"] > 0
        assert "error.type" not in one
        assert "\n" not in one["body"]
    before = len(lines(log))
    site.run("diff", "2", "--log-file", str(log), "--log-format", "json")
    assert len(named(log, "request")) == len(requests)
    assert len(lines(log)) == before + 2  # appended


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(acts=False, reply=Reply(400, "<b>no</b>", "text/html")), "400"),
        (refuse(401), "401"),
    ],
)
def test_a_request_that_fails_says_how(site: World, log: Path, fault: Fault, kind: str) -> None:
    with site.fault("jira", fault):
        ended = site.run("diff", "-v", "--log-file", str(log), "--log-format", "json")
    assert ended.code == ExitCode.UNREACHABLE
    assert named(log, "request")[-1]["error.type"] == kind
    (said,) = [one for one in named(log, "said") if one["severity_text"] == "WARN"]
    assert f"raidctl: {said['body']}" == ended.err.splitlines()[-1]
    (end,) = named(log, "end")
    assert (end["process.exit.code"], end["severity_text"]) == (7, "ERROR")


def test_a_system_that_gives_no_answer_says_what_kind_of_failure_that_is(
    site: World, log: Path
) -> None:
    config = site.toml().replace(site.jira.url, "http://127.0.0.1:9")
    site.run("diff", "-v", "--log-file", str(log), "--log-format", "json", config=config)
    failed = [one for one in named(log, "request") if "error.type" in one]
    assert {one["error.type"] for one in failed} == {Category.NETWORK}
    assert failed[0]["url.full"] == "http://127.0.0.1:9/rest/api/2/serverInfo"


def test_what_is_not_done_is_a_warning_with_its_category(place: World, log: Path) -> None:
    with place.fault("jira", refuse(403), lambda asked: asked.method == "PUT"):
        ended = place.run("reconcile", "8", "--yes", "--log-file", str(log), "--log-format", "json")
    assert ended.code == ExitCode.INCOMPLETE, ended.err
    (line,) = named(log, "outcome")
    assert line["raidctl.outcome"] in {Outcome.FAILED, Outcome.REFUSED}
    assert (line["error.type"], line["severity_text"]) == ("permission", "WARN")
    assert line["raidctl.detail"]


def test_text_is_for_people_and_grep(place: World, log: Path) -> None:
    ended = place.reconcile("3", "--yes", "--log-file", str(log))
    text = log.read_text("utf-8")
    assert re.search(
        rf"^{TIME} INFO  outcome: applied run={ended.report['run']} incident=3 issue=INC-3 "
        r"field=priority direction=jira_to_impact outcome=applied duration=\d+\.\d{3}$",
        text,
        re.MULTILINE,
    )
    last = text.splitlines()[-1]
    assert re.match(rf"{TIME} INFO  end: raidctl reconcile ends run=\S+ process.exit.code=0 ", last)


@pytest.mark.parametrize("form", ["text", "json"])
def test_hostile_words_stay_on_their_line(place: World, log: Path, form: str) -> None:
    evil = '\n2026-11-30T00:00:00.000Z INFO end: forged=1\x1b[2J\u202e" outcome=applied'
    reply = Reply(400, json.dumps({"errorMessages": [evil]}), "application/json")
    fault = Fault(acts=False, reply=reply)
    with place.fault("jira", fault, lambda asked: asked.method == "PUT"):
        place.run("reconcile", "8", "--yes", "--log-file", str(log), "--log-format", form)
    text = log.read_text("utf-8")
    assert "forged" in text
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)
    if form == "text":
        assert all(re.match(TIME, line) for line in text.splitlines())
        assert len(re.findall("^2026-11-30T00:00:00.000Z", text, re.MULTILINE)) == 0
    else:
        assert named(log, "outcome")[0]["raidctl.outcome"] != Outcome.APPLIED


def test_the_configuration_names_it_as_well(place: World) -> None:
    more = '[log]\nfile = "logs/raidctl.log"\nformat = "json"\nrotate = "daily"'
    (place.folder / "logs").mkdir()
    ended = place.run("held", config=place.toml(more=more))
    assert ended.code == ExitCode.OK, ended.err
    file = place.folder / "logs" / "raidctl.log"
    assert [one["event_name"] for one in lines(file)] == ["raidctl.begin", "raidctl.end"]
    other = place.folder / "other.log"
    place.run(
        "held", "--log-file", str(other), "--log-format", "text", config=place.toml(more=more)
    )
    assert other.read_text().count("\n") == 2
    assert "begin: raidctl held begins" in other.read_text()
    assert len(lines(file)) == 2


def test_a_configuration_that_cannot_be_used_is_told_in_it(place: World, log: Path) -> None:
    ended = place.run("diff", "--log-file", str(log), config="[impact]\nurl = 3\n")
    assert ended.code == ExitCode.USAGE
    text = log.read_text()
    assert "said: the configuration cannot be used:" in text
    assert "end: raidctl diff ends process.exit.code=2" in text


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--log-file missing/x.log", "the log missing/x.log cannot be written: No such file"),
        ("--log-file .", "the log . is left alone: it is a directory: name a file"),
        ("--log-file pipe", "the log pipe is left alone: it is a pipe: name a file"),
        ("--log-format json", "--log-format is for --log-file: give that as well"),
    ],
)
def test_one_that_cannot_be_written_is_refused_before_anything_is_asked(
    site: World, line: str, said: str
) -> None:
    if not (pipe := Path(site.environ["HOME"]) / "pipe").exists():
        os.mkfifo(pipe)
    site.jira.forget()
    ended = site.run("diff", *line.split())
    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert said in ended.err
    assert site.jira.requests == []


@as_root
def test_somebody_elses_file_is_left_alone(site: World, log: Path) -> None:
    log.touch()
    given_away(log)
    ended = site.run("diff", "--log-file", str(log))
    assert ended.code == ExitCode.USAGE
    assert f"the log {log} is left alone: it belongs to nobody" in ended.err
    assert log.read_text() == ""


def test_one_that_others_may_write_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "open.log"
    file.touch()
    file.chmod(0o666)
    with pytest.raises(OSError, match="others may write it"):
        append_own(file)


def test_a_disk_that_fills_up_ends_the_log_and_nothing_else(
    place: World, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_file, "append_own", lambda _: os.open("/dev/full", os.O_WRONLY))
    ended = place.run("reconcile", "3", "--yes", "--log-file", str(log))
    assert ended.code == ExitCode.OK
    told = f"the log {log} cannot be written: No space left on device; the run goes on without it"
    assert ended.err.splitlines().count(f"raidctl: {told}") == 1


def test_what_stands_on_standard_error_can_be_the_log(site: World) -> None:
    """In a container that is where logs are looked for."""
    from tests.cli.process import raidctl  # noqa: PLC0415 - a process's own streams are the point

    ended = raidctl(
        "diff", "1", "--log-file", "/dev/stderr", "--log-format", "json", environ=site.ready()
    )
    assert ended.code == ExitCode.OK, ended.err
    found = [json.loads(line)["event_name"] for line in ended.err.splitlines()]
    assert found == ["raidctl.begin", "raidctl.end"]


def test_a_shell_that_completes_writes_none(place: World, log: Path) -> None:
    more = f'[log]\nfile = "{log}"'
    environ = {
        "_RAIDCTL_COMPLETE": "complete_bash",
        "COMP_WORDS": "raidctl explain ",
        "COMP_CWORD": "2",
    }
    place.run(config=place.toml(more=more), **environ)
    assert not log.exists()


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[World]:
    """A world of which both systems say back whatever they were sent to be let in, wherever."""

    def said_back(request: Request, reply: Reply) -> Reply:
        if reply.status < 400:
            return reply
        sent = [f"{name}: {value}" for name, value in request.headers.items()]
        answer = {"errorMessages": sent, "detail": " ".join(sent), "errors": {"x": sent[-1]}}
        return Reply(reply.status, json.dumps(answer), "application/json")

    with world(tmp_path / "world", quirk=said_back) as made:
        yield made


def test_no_secret_is_anywhere_in_all_that_a_run_emits(mirror: World, tmp_path: Path) -> None:
    """Every stream and every file it leaves, whatever goes wrong, as talkative as it can be."""
    out = tmp_path / "out"
    out.mkdir()
    log = ("-vv", "--log-file", str(out / "raidctl.log"))
    said = []
    database = mirror.toml(impact='reads = "database"')
    wrong = "postgresql://ff:database-pa55word@127.0.0.1:9/ff"
    runs: list[tuple[tuple[str, ...], dict[str, Any]]] = [
        (("diff", "-o", "html", "--out", str(out / "page.html")), {}),
        (("reconcile", "--save-plan", str(out / "plan.json")), {}),
        (("held", "-o", "json"), {"config": database}),
        (("diff",), {"config": database, "IMPACT_DATABASE_URL": wrong}),
        (("diff",), {"JIRA_TOKEN": f"{JIRA_TOKEN}-that-is-wrong"}),
        (("diff",), {"IMPACT_TOKEN": f"{IMPACT_TOKEN}-that-is-wrong"}),
        (("reconcile", "--yes"), {"RAID_JIRA_WEBHOOK_SECRET": "a-wrong-one-nobody-may-see"}),
        (("doctor", "-o", "markdown"), {}),
        (("reconcile", "--yes", "-o", "json"), {}),
        (("undo", "last", "--yes"), {}),
        (("history", "-o", "csv"), {}),
        (("config", "show"), {}),
    ]
    for number, (arguments, given) in enumerate(runs):
        form = ("json", "text")[number % 2]
        spoken = log if arguments[0] != "config" else ()
        ended = mirror.run(
            *arguments, *spoken, *(("--log-format", form) if spoken else ()), **given
        )
        assert ended.code != ExitCode.DEFECT, ended.err
        said.append(ended.out + ended.err)
    with mirror.fault("jira", refuse(403), lambda asked: asked.method in {"PUT", "POST"}):
        ended = mirror.run("reconcile", "--yes", *log)
        said.append(ended.out + ended.err)
    files = [one for one in (*out.iterdir(), *mirror.journal.parent.iterdir()) if one.is_file()]
    assert len(files) >= 4
    said += [one.read_bytes().decode(errors="replace") for one in files]
    basic = [base64.b64encode(f"{BOT.email}:{token}".encode()).decode() for token in SECRETS]
    for secret in (*SECRETS, *basic, "database-pa55word", "nobody-may-see"):
        assert not any(secret in text for text in said), secret
    text = (out / "raidctl.log").read_text("utf-8")
    assert "request:" in text
    assert "outcome" in text
