"""`raidctl held`: what waits for a person, in every format, and what it answers."""

import csv
import io
import json
import re
import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from raidctl.core.model import Field
from raidctl.core.writes.log import Skip
from raidctl.errors import ExitCode
from raidctl.journal import Journal, lock
from raidctl.present.held.render import COLUMNS
from raidctl.sandbox.server import Reply
from tests.cli.decisions import paused, quarantine
from tests.cli.process import IMPACT_TOKEN, Ended, discreet, told_in_one_line
from tests.cli.test_read_only import READS, files
from tests.cli.world import ADA, GRACE, Pair, World, world
from tests.schemas import validator
from tests.simulators.server import Fault, refuse

WAITING = {(4, "priority", "conflict"), (5, "title", "undecided"), (6, None, "not_visible")}
"""What waits in `world.PAIRS`; all else there is decided, or none of a person's business."""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    """A conflict, a title that goes to JIRA, and an incident in sync."""
    pairs = (
        Pair(1, impact={Field.PRIORITY: 1}, jira={Field.PRIORITY: "Low"}),
        Pair(2, impact={Field.TITLE: "A new title"}),
        Pair(3),
    )
    with world(tmp_path, pairs) as made:
        yield made


def held(site: World, *arguments: str, **more: Any) -> Ended:
    return site.run("held", *arguments, **more)


def listed(ended: Ended) -> list[dict[str, Any]]:
    """The items of a JSON list, which is as the schema has it."""
    validator("held").validate(ended.report)
    items: list[dict[str, Any]] = ended.report["held"]
    return items


def what(items: list[dict[str, Any]]) -> set[tuple[int, str | None, str]]:
    return {(item["incident"], item["field"], item["reason"]) for item in items}


def test_what_waits_and_what_settles_it(site: World) -> None:
    ended = held(site, "-o", "json")

    assert (ended.code, ended.err) == (ExitCode.OK, "")
    assert what(listed(ended)) == WAITING
    assert {item["incident"]: item["command"] for item in listed(ended)} == {
        4: "raidctl resolve 4 --field priority",
        5: "raidctl resolve 5 --field title",
        6: "raidctl backfill links --from-csv FILE  # incident,key: 6,ITS-KEY",
    }
    assert ended.report["unread"] == []
    discreet(ended)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), ExitCode.OK),
        (("--fail-on", "held"), ExitCode.DRIFT),
        (("--fail-on", "held", "6"), ExitCode.DRIFT),
        (("--fail-on", "held", "1", "2", "3", "7", "8", "10"), ExitCode.OK),
        (("--fail-on", "held", "4", "INC-99"), ExitCode.INCOMPLETE),
    ],
)
def test_the_answer_is_no_success_only_where_that_was_asked_for(
    site: World, arguments: tuple[str, ...], code: ExitCode
) -> None:
    assert held(site, *arguments).code == code


def test_a_process_answers_alike(site: World) -> None:
    ended, again = site.run("held", "-o", "jsonl"), held(site, "-o", "jsonl")
    assert (ended.code, ended.err) == (ExitCode.OK, "")
    assert ended.out == again.out


def test_every_other_format_tells_the_same(site: World) -> None:
    items = listed(held(site, "-o", "json"))
    lines = held(site, "-o", "jsonl")
    rows = held(site, "-o", "csv")
    markdown, table = held(site, "-o", "markdown"), held(site)

    assert [json.loads(line) for line in lines.out.splitlines()] == items
    cells = list(csv.DictReader(io.StringIO(rows.out)))
    assert list(cells[0]) == list(COLUMNS)
    assert [(row["incident"], row["reason"], row["command"]) for row in cells] == [
        (str(item["incident"]), item["reason"], item["command"]) for item in items
    ]
    assert "| 4 | INC-4 | priority | P1 | Low | both sides changed |" in markdown.out
    assert "| 6 | INC-6 | link |" in markdown.out
    assert "Incident 4 · INC-4 · Incident 4\n  priority: both sides changed\n" in table.out
    assert "  next    raidctl resolve 5 --field title\n" in table.out
    assert table.out.endswith("3 held (2 fields, 1 link).\n")
    assert {each.code for each in (lines, rows, markdown, table)} == {ExitCode.OK}
    assert "\x1b" not in table.out


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (("4",), {4}),
        (("inc-5", "6"), {5, 6}),
        (("--field", "title"), {5, 6}),
        (("--priority", "P1"), {4}),
        (("--since", "1d"), set[int]()),
    ],
)
def test_filters_narrow_it(site: World, arguments: tuple[str, ...], found: set[int]) -> None:
    ended = held(site, "-o", "json", *arguments)

    assert {item["incident"] for item in listed(ended)} == found
    assert ended.code == ExitCode.OK


def test_where_nothing_waits_every_format_says_so(site: World) -> None:
    """What is decided, and an incident without an issue, wait for no person."""
    names = ("1", "2", "3", "7", "8", "10")
    document = held(site, "-o", "json", *names)
    texts = [held(site, "-o", form, *names) for form in ("table", "markdown", "jsonl", "csv")]

    assert (listed(document), document.code) == ([], ExitCode.OK)
    assert texts[0].out == texts[1].out == "Nothing is held.\n"
    assert (texts[2].out, texts[3].out) == ("", ",".join(COLUMNS) + "\n")
    assert {ended.code for ended in texts} == {ExitCode.OK}


def test_a_target_nobody_has_leaves_the_answer_incomplete(site: World) -> None:
    ended = held(site, "-o", "json", "4", "INC-99")
    assert (ended.code, what(listed(ended))) == (ExitCode.INCOMPLETE, {(4, "priority", "conflict")})
    assert [part["what"] for part in ended.report["unread"]] == ["issue INC-99"]
    lines = held(site, "-o", "csv", "4", "INC-99")
    assert lines.code == ExitCode.INCOMPLETE
    assert "not read: issue INC-99: " in lines.err


def test_a_list_goes_to_a_file_that_is_the_owners_alone(site: World) -> None:
    file = site.folder / "held.json"
    ended = held(site, "-o", "json", "--out", str(file))

    assert (ended.out, ended.err) == ("", f"raidctl: wrote {file}\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert what(listed(Ended(0, file.read_text(), ""))) == WAITING


def test_it_sends_reads_alone_and_leaves_every_byte(place: World) -> None:
    before = files(place.folder)
    for config in (place.toml(), place.toml(impact='reads = "database"')):
        assert held(place, config=config).code == ExitCode.OK
        assert held(place, "1", config=config).code == ExitCode.OK

    asked = [f"{method} {path}" for method, path in (*place.impact.requests, *place.jira.requests)]
    assert [line for line in asked if not READS.fullmatch(line)] == []
    assert files(place.folder) == before


def test_it_does_not_wait_for_a_run_that_writes(place: World) -> None:
    with lock(place.journal, lambda: None):
        assert what(listed(held(place, "-o", "json"))) == {(1, "priority", "conflict")}


def test_it_needs_no_secret_that_only_writing_does(place: World) -> None:
    ended = held(place, RAID_JIRA_WEBHOOK_SECRET="", IMPACT_DATABASE_URL="")
    assert ended.code == ExitCode.OK, ended.err


# Who changed what last, and since when


def test_both_sides_last_changes_are_told_with_their_authors(place: World) -> None:
    place.state.edit(10_001, GRACE.account, priority="Lowest")
    config = place.toml(impact='reads = "database"')
    (item,) = listed(held(place, "-o", "json", config=config))
    table = held(place, config=config)

    assert item["jira_changed_by"] == "Grace Hopper"
    assert item["jira_changed_at"] == item["since"]
    assert (datetime.now(UTC) - datetime.fromisoformat(item["since"])).total_seconds() < 60
    assert "by Grace Hopper" in table.out
    assert re.search(
        r"^  priority, changed \d+ s ago: both sides changed$", table.out, re.MULTILINE
    )


def test_without_a_history_the_rest_is_told_and_the_answer_is_incomplete(place: World) -> None:
    with place.fault("jira", refuse(403), lambda request: "changelog" in request.target):
        document = held(place, "-o", "json")
        table, lines = held(place), held(place, "-o", "jsonl")

    assert what(listed(document)) == {(1, "priority", "conflict")}
    assert {part["system"] for part in document.report["unread"]} == {"jira"}
    assert {each.code for each in (document, table, lines)} == {ExitCode.INCOMPLETE}
    assert "not read: who changed what last: " in lines.err
    assert "who changed what last" in table.out


# What earlier runs left


def test_a_write_that_jira_refused_waits_with_what_it_said(place: World) -> None:
    place.state.off_screen.add("summary")
    assert place.run("reconcile", "--yes").code == ExitCode.INCOMPLETE
    items = {item["incident"]: item for item in listed(held(place, "-o", "json"))}

    assert what(list(items.values())) == {(1, "priority", "conflict"), (2, "title", "refused")}
    assert "screen" in items[2]["detail"]
    assert items[2]["since"] is not None
    assert items[2]["command"] == "raidctl resolve 2 --field title"
    assert "this very change was refused before" in " ".join(held(place).out.split())


def test_what_was_refused_once_is_told_beside_what_is_held(place: World) -> None:
    """The next run tries it again: no other command counts it as held."""
    swallowed = Fault(acts=False, reply=Reply(204))
    with place.fault("jira", swallowed, lambda request: request.method == "PUT"):
        place.run("reconcile", "--yes")

    assert {item["reason"] for item in listed(held(place, "-o", "json"))} == {"conflict", "refused"}
    said = held(place).out.splitlines()[-1]
    assert said == "1 held (1 field); 1 refused, which the next run tries once more."
    assert "1 held (1 field): raidctl held" in place.run("diff").out.splitlines()


def test_what_is_quarantined_says_since_when(place: World) -> None:
    quarantine(place, 2, Field.TITLE, hours=5)
    (item,) = listed(held(place, "-o", "json", "2"))

    assert (item["reason"], item["direction"], item["to"]) == (
        "flapping",
        "impact_to_jira",
        "A new title",
    )
    assert "title, held for 5 h: written to and fro too often" in held(place, "2").out


def test_what_was_skipped_is_told_as_that_while_both_sides_stay(place: World) -> None:
    assert place.run("resolve", "1", "--take", "skip").code == ExitCode.OK
    (item,) = listed(held(place, "-o", "json"))
    table = held(place)
    assert (item["skipped"], table.code) == (True, ExitCode.OK)
    assert "looked at and skipped" in table.out
    assert "1 held (1 field); 1 of them skipped by a person." in table.out

    place.state.edit(10_001, ADA.account, priority="Lowest")
    (item,) = listed(held(place, "-o", "json"))
    assert item["skipped"] is False


@pytest.mark.parametrize(("days", "skipped"), [(7, True), (-1, False)])
def test_a_skip_is_told_with_its_end_and_its_reason(place: World, days: int, skipped: bool) -> None:
    """What has ended is no skip; what somebody typed is shown as hostile as anything else."""
    until = datetime.now(UTC) + timedelta(days=days)
    left = Skip(1, 10_001, Field.PRIORITY, 1, "Low", until, "the \x1b[31m vendor [bold]looks[/]")
    with closing(Journal(place.journal)) as journal:
        journal.skip(left, datetime.now(UTC))
    (item,) = listed(held(place, "-o", "json"))
    table, told = held(place), place.run("explain", "1")

    assert item["skipped"] is skipped
    assert (item["skipped_until"] is None) is not skipped
    assert item["skipped_because"] == (left.why if skipped else None)
    day = f"{until.astimezone():%Y-%m-%d}"
    for ended in (table, told):
        words = " ".join(ended.out.split())
        assert (f"looked at and skipped until {day}" in words) is skipped
        assert ("vendor [bold]looks[/]" in words) is skipped
        assert "\x1b[31m" not in ended.out


def test_a_pause_is_said_beside_it(place: World) -> None:
    paused(place)
    ended = held(place, "-o", "json")

    assert len(listed(ended)) == 1
    assert "paused by ada@ops until" in ended.err


# What cannot be had at all


def test_credentials_and_outages_are_one_line(place: World) -> None:
    told_in_one_line(held(place, IMPACT_TOKEN=IMPACT_TOKEN[:-1]), ExitCode.UNREACHABLE)
    with place.fault("jira", refuse(401)):
        told_in_one_line(held(place), ExitCode.UNREACHABLE)
    told_in_one_line(held(place, "12x"), ExitCode.USAGE)
