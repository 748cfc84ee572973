"""`raidctl backfill attachments` from the command line to the issue, and back in a CSV."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from raidctl.core.backfill import address
from raidctl.core.backfill.attachment import PROPERTY
from raidctl.errors import ExitCode
from raidctl.sandbox.server import Reply
from tests.cli.process import Ended
from tests.cli.world import Pair, Sort, World, world
from tests.schemas import validator
from tests.simulators.server import LoopbackServer

PAIRS = (Pair(1), Pair(2), Pair(7, linked=False), Pair(8, private=True))
DATABASE = 'reads = "database"'


@pytest.fixture(params=["cloud", "datacenter"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    sort: Sort = request.param
    with world(tmp_path, PAIRS, sort=sort) as made:
        yield made


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, PAIRS) as made:
        yield made


def attach(place: World, *more: str, typed: str | None = None, config: str = "") -> Ended:
    settings = place.configured(place.toml(impact=DATABASE, more=config))
    command = ("backfill", "attachments", "--config", str(settings))
    return place.run(*command, *more, typed=typed) if typed else place.run(*command, *more)


def file(place: World, name: str, content: bytes = b"one two\n") -> str:
    path = place.folder / name
    path.write_bytes(content)
    return str(path)


def names(place: World, number: int) -> list[tuple[str, bytes]]:
    issue = place.state.require(f"INC-{number}").id
    return [(one.name, one.content) for one in place.state.files.get(issue, [])]


def test_files_are_attached_once_each(either: World) -> None:
    log, shot = file(either, "error.log"), file(either, "shot.png", b"\x89PNG")
    looked = attach(either, "1", log, shot, "--dry-run", "-o", "json")
    assert looked.code == ExitCode.DRIFT, looked.err
    validator("report").validate(looked.report)
    assert looked.report["command"] == "backfill attachments"
    assert looked.report["summary"]["verdicts"]["attach"] == 2
    assert names(either, 1) == []

    kept = either.folder / "made.csv"
    ended = attach(either, "1", log, shot, "--yes", "-o", "json", "--made", str(kept))
    assert ended.code == ExitCode.OK, ended.err
    validator("report").validate(ended.report)
    assert names(either, 1) == [("error.log", b"one two\n"), ("shot.png", b"\x89PNG")]
    rows = list(csv.DictReader(kept.read_text().splitlines()))
    assert rows == [
        {"incident": "1", "key": "INC-1", "attachment": "error.log"},
        {"incident": "1", "key": "INC-1", "attachment": "shot.png"},
    ]
    again = attach(either, "INC-1", log, shot, "--yes")
    assert (again.code, again.err) == (ExitCode.OK, "")
    assert "Nothing to make." in again.out
    assert len(names(either, 1)) == 2


def test_a_table_attaches_in_bulk_and_the_rest_goes_on(place: World) -> None:
    log, other = file(place, "error.log"), file(place, "other.log", b"2")
    table = file(
        place,
        "files.csv",
        f"""incident,file
1,{log}
INC-2,{other}
2,{place.folder}/missing.log
7,{log}
8,{log}
2,http://127.0.0.1:9/x.png?token=hunter2
""".encode(),
    )
    dry = attach(place, "--from-csv", table, "--dry-run", "-o", "json")
    assert dry.code == ExitCode.INCOMPLETE, "not all of it can be had"
    ended = attach(place, "--from-csv", table, "--yes", "-o", "json")
    assert ended.code == ExitCode.INCOMPLETE
    assert names(place, 1) == [("error.log", b"one two\n")]
    assert names(place, 2) == [("other.log", b"2")]
    told = {(i["incident"], i["to"]): i for i in ended.report["items"]}
    assert told[1, "error.log"]["outcome"] == "applied"
    assert "there is no such file" in told[2, "missing.log"]["detail"]
    assert told[2, "missing.log"]["outcome"] == "failed"
    assert "raidctl backfill issues 7 creates it" in told[7, "error.log"]["detail"]
    assert told[8, None]["reason"] == "private"
    assert "an address of this very machine" in told[2, "x.png"]["detail"]
    assert "hunter2" not in ended.out + ended.err + place.journal.read_bytes().decode("latin-1")


BAD = {
    "a header": ("incident,files\n1,a\n", ["line 1: the header is 'incident,files'"]),
    "a separator": ("incident;file\n1;a\n", ["separated by ';': save it with commas"]),
    "nothing": ("incident,file\n", ["nothing follows the header"]),
    "a hole": ("incident,file\n1,\n\n,b\n", ["line 2: it is not", "line 4: it is not"]),
    "too many": ("incident,file\n1,a,b\n", ["line 2: it is not incident,file: '1,a,b'"]),
    "twice": ("incident,file\n1,a\n2,a\n1,a\n", ["line 4: the same stands in line 2 already"]),
    "nobody": ("incident,file\nx\x1b[31m,a\n1,a\n", ["line 2:", "neither an incident id"]),
    "unknown": (
        "incident,file\n99,a\n1,a\nINC-88,b\n",
        ["line 2: incident 99", "line 4: issue INC-88"],
    ),
    "an open quote": ('incident,file\n1,"a\n', ["it is no CSV"]),
}


@pytest.mark.parametrize("name", BAD)
def test_a_table_with_a_wrong_line_is_refused_whole(place: World, name: str) -> None:
    text, said = BAD[name]
    ended = attach(place, "--from-csv", file(place, "files.csv", text.encode()), "--yes")
    assert ended.code == ExitCode.USAGE
    assert "is refused whole, nothing was made" in ended.err
    assert all(one in ended.err for one in said)
    assert "\x1b" not in ended.err
    assert names(place, 1) == []


def test_a_table_in_another_encoding_is_refused(place: World) -> None:
    table = file(place, "files.csv", "incident,file\n1,é\n".encode("latin-1"))
    ended = attach(place, "--from-csv", table)
    assert (ended.code, "line 2: it is not in UTF-8" in ended.err) == (ExitCode.USAGE, True)
    log = file(place, "é.log")
    text = f"incident,file\r\n1,{log}\r\n"
    for encoding in ("utf-16", "utf-8-sig"):
        assert attach(place, "--from-csv", file(place, "a.csv", text.encode(encoding))).code == 0
    assert [name for name, _ in names(place, 1)] == ["é.log"]


@pytest.mark.parametrize(
    "typed", [[], ["1"], ["--from-csv", "x.csv", "1", "a.log"], ["1", "--from-csv", "x.csv"]]
)
def test_an_incident_with_files_or_a_table(place: World, typed: list[str]) -> None:
    ended = attach(place, *typed)
    assert ended.code == ExitCode.USAGE
    assert "name an incident and files, or a table" in ended.err


def test_an_incident_that_nobody_has_is_told(place: World) -> None:
    ended = attach(place, "99", file(place, "a.log"))
    assert ended.code == ExitCode.INCOMPLETE
    assert "incident 99: Impact has no such incident" in ended.err


def test_it_asks_and_says_what_it_would_attach(place: World) -> None:
    log = file(place, "error.log")
    refused = attach(place, "1", log, typed="no\n")
    assert refused.code == ExitCode.DRIFT
    assert "This makes 1 attachment." in refused.err
    assert "8 bytes of" in refused.err
    assert names(place, 1) == []
    assert attach(place, "1", log, typed="yes\n").code == ExitCode.OK
    assert len(names(place, 1)) == 1


def test_the_limits_count_and_a_percentage_says_nothing(place: World) -> None:
    log = file(place, "a.log")
    table = file(place, "files.csv", f"incident,file\n1,{log}\n2,{log}\n".encode())
    blocked = attach(place, "--from-csv", table, "--yes", config="[safety]\nmax_changes = 1\n")
    assert blocked.code == ExitCode.BLOCKED
    assert names(place, 1) == []
    one = attach(place, "--from-csv", table, "--yes", "--limit", "1")
    assert (one.code, len(names(place, 1)), len(names(place, 2))) == (ExitCode.OK, 1, 0)
    assert attach(place, "--from-csv", table, "--yes", "--limit", "1").code == ExitCode.OK
    assert (len(names(place, 1)), len(names(place, 2))) == (1, 1)


def test_an_approved_plan_is_of_these_very_bytes(place: World) -> None:
    log = file(place, "a.log")
    plan = attach(place, "1", log, "--dry-run", "-o", "json").report["plan"]
    file(place, "a.log", b"one TWO\n")
    assert attach(place, "1", log, "--approve", plan).code == ExitCode.BLOCKED
    file(place, "a.log")
    assert attach(place, "1", log, "--approve", plan).code == ExitCode.OK


def test_a_file_over_the_limit_is_not_attached(place: World) -> None:
    large = file(place, "large.bin", b"x" * (1024**2 + 1))
    ended = attach(place, "1", large, "--yes", config="[backfill]\nattachment_max_mb = 1\n")
    assert ended.code == ExitCode.INCOMPLETE
    assert "larger than 1 MB; raise backfill.attachment_max_mb" in ended.err
    place.state.upload_limit = 100
    ended = attach(place, "1", file(place, "b.log", b"x" * 101), "--yes")
    assert (ended.code, names(place, 1)) == (ExitCode.INCOMPLETE, [])


def test_an_attachment_is_never_taken_back_only_told(place: World) -> None:
    ended = attach(place, "1", file(place, "a.log"), "--yes")
    assert "raidctl undo" not in ended.out
    history = place.run("history", "--config", str(place.configured()), "1", "-o", "json")
    (write,) = json.loads(history.out)["writes"]
    assert (write["field"], write["outcome"], write["new"]) == (None, "applied", "a.log")
    undone = place.run("undo", "--config", str(place.configured()), "last", "--yes")
    assert undone.code == ExitCode.USAGE
    assert "An attachment is never deleted: INC-1 a.log can be deleted in JIRA" in undone.err
    assert len(names(place, 1)) == 1


def test_what_is_remembered_names_what_was_attached(place: World) -> None:
    attach(place, "1", file(place, "a.log"), "--yes")
    issue = place.state.require("INC-1").id
    (row,) = place.state.properties[issue][PROPERTY]["files"]
    assert (row["name"], row["size"], len(row["sha256"])) == ("a.log", 8, 64)


def test_a_file_of_the_network_is_fetched_and_attached_with_its_type(
    place: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(address, "_FORBIDDEN", [])  # as if this very machine were the public
    for proxy in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(proxy, "http://127.0.0.1:9")
    reply = Reply(200, b"\x89PNG", "image/png; charset=binary")
    with LoopbackServer(lambda _: reply) as server:
        url = f"{server.url}/graphs/p99%20now.png?token=hunter2"
        ended = attach(place, "1", url, "--yes")
    assert ended.code == ExitCode.OK, ended.err
    assert names(place, 1) == [("p99 now.png", b"\x89PNG")]
    (kept,) = place.state.files[place.state.require("INC-1").id]
    assert kept.content_type == "image/png"
    assert "4 bytes of image/png from" in " ".join(ended.out.split())
    assert "hunter2" not in ended.out + ended.err
    assert server.requests == [("GET", "/graphs/p99 now.png")]


def test_what_is_asked_for_and_fails_is_told_without_a_question(place: World) -> None:
    ended = attach(place, "1", f"{place.folder}/missing.log")
    assert ended.code == ExitCode.INCOMPLETE
    assert "missing.log: there is no such file; check the name" in ended.err
