"""`raidctl reconcile` from the command line to both systems and back."""

import csv
import json
import os
import pty
import re
import shlex
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from raidctl.core.model import Field, Value
from raidctl.errors import ExitCode
from raidctl.sandbox.impact.webhook import JIRA_UPDATE
from tests.cli.process import Ended, command, discreet, talking
from tests.cli.world import ADA, GRACE, Pair, Sort, World, world
from tests.schemas import validator
from tests.simulators.server import refuse

TO_JIRA = {(2, "status"), (8, "title"), (10, "commander")}
TO_IMPACT = {(3, "priority")}
WRITTEN = TO_JIRA | TO_IMPACT
"""What a run in `auto` writes of `world.PAIRS`."""

ACCEPTED = "Type yes to write this: "


@pytest.fixture(params=["cloud", "datacenter"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """Both kinds of JIRA."""
    sort: Sort = request.param
    with world(tmp_path, sort=sort) as made:
        yield made


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    """A JIRA Cloud that a test may write to."""
    with world(tmp_path) as made:
        yield made


def outcomes(ended: Ended) -> dict[tuple[int, str], str]:
    """What became of each change of a JSON report."""
    return {
        (item["incident"], item["field"]): item["outcome"]
        for item in ended.report["items"]
        if item["outcome"] is not None
    }


def valid(ended: Ended) -> None:
    """Standard output is one JSON document, as the schema has it."""
    validator("report").validate(ended.report)


def untouched(place: World) -> tuple[list[object], bytes | None]:
    """What a run that writes nothing leaves as it is: issues, and the bytes of the journal."""
    issues = [place.state.issue(number) for number in place.state.ids()]
    return [*issues], place.journal.read_bytes() if place.journal.exists() else None


# Without a terminal


def test_what_was_decided_is_done_and_a_second_run_writes_nothing(either: World) -> None:
    """A Cloud with an Impact read over REST, a Data Center with one read from its database."""
    reads = {"cloud": "rest", "datacenter": "database"}[either.state.deployment]
    config = either.toml(impact=f'reads = "{reads}"')

    first = either.reconcile(config=config)
    once, asked = list(either.writes), len(either.jira.requests)
    events = list(either.events)
    second = either.reconcile(config=config)

    assert (first.code, first.err) == (ExitCode.OK, "")
    secret = {(8, "title")} if reads == "database" else set()  # REST does not tell what is private
    assert outcomes(first) == dict.fromkeys(WRITTEN - secret, "applied")
    assert either.in_jira(2, Field.STATUS) == "Resolved"
    assert (either.in_jira(8, Field.TITLE) == "A secret matter") is not bool(secret)
    assert either.in_jira(10, Field.COMMANDER) == GRACE.account
    assert either.in_impact(3, Field.PRIORITY) == 2
    assert sorted(once) == [
        ("POST", "10002/transitions"),
        *([] if secret else [("PUT", "10008")]),
        ("PUT", "10010"),
    ]
    assert first.report["summary"]["requests"]["jira"] == asked
    assert events == [JIRA_UPDATE]
    assert (second.code, second.err, outcomes(second)) == (ExitCode.OK, "", {})
    assert either.writes == once
    assert either.events == events
    for ended in (first, second):
        valid(ended)
        discreet(ended)
        assert ended.report["command"] == "reconcile"
        assert re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{4}", ended.report["run"])
    assert either.sound()
    if either.state.deployment == "cloud":
        assert either.run("history", first.report["run"]).code == ExitCode.OK
        assert either.run("explain", "2").code == ExitCode.OK


def test_the_plain_fields_of_an_issue_go_in_one_request(tmp_path: Path) -> None:
    changed: dict[Field, Value] = {
        Field.TITLE: "Another title",
        Field.DESCRIPTION: "Another text\n\nin two parts",
        Field.PRIORITY: 1,
        Field.STATUS: "MITIGATED",
        Field.COMMANDER: GRACE.email,
    }
    with world(tmp_path, (Pair(1, impact=changed),)) as place:
        ended = place.reconcile()

        assert outcomes(ended) == dict.fromkeys(((1, str(name)) for name in Field), "applied")
        assert place.writes == [("PUT", "10001"), ("POST", "10001/transitions")]


def test_every_format_and_a_file(place: World, tmp_path: Path) -> None:
    file = tmp_path / "report.csv"

    to_file = place.run("reconcile", "-o", "csv", "--out", str(file), "--field", "status")
    lines = place.run("reconcile", "-o", "jsonl", "--field", "title")
    markdown = place.run("reconcile", "-o", "markdown")

    assert (to_file.code, to_file.out, to_file.err) == (0, "", f"raidctl: wrote {file}\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    assert [row["outcome"] for row in rows if row["incident"] == "2"] == ["applied"]
    items = [json.loads(line) for line in lines.out.splitlines()]
    assert [i["outcome"] for i in items if i["incident"] == 8] == ["applied"]
    assert (lines.code, markdown.code) == (ExitCode.OK, ExitCode.OK)
    assert "applied" in markdown.out


def test_the_report_of_a_file_that_cannot_be_written_does_not_cost_the_run(
    place: World, tmp_path: Path
) -> None:
    """Found out when all is written: the answer is 2, and the journal knows what was done."""
    folder = tmp_path / "gone"
    folder.mkdir()
    place.state.after_write = lambda *_: shutil.rmtree(folder, ignore_errors=True)
    ended = place.run("reconcile", "--out", str(folder / "report"))

    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert "cannot be written" in ended.err
    assert place.sound()
    assert place.journalled("SELECT exit_code, outcomes FROM runs") == [(2, '[["applied", 4]]')]


# Nothing is written


def test_planning_alone_writes_nothing_anywhere(either: World) -> None:
    plan = either.folder / "plan.json"
    way = {"cloud": "--dry-run", "datacenter": "--save-plan"}[either.state.deployment]
    before = untouched(either)

    ended = either.reconcile(*(("--dry-run",) if way == "--dry-run" else (way, str(plan))))

    assert ended.code == ExitCode.DRIFT
    valid(ended)
    assert (ended.report["run"], outcomes(ended)) == (None, {})
    assert {i["incident"] for i in ended.report["items"] if i["verdict"] == "write_jira"} == {
        2,
        8,
        10,
    }
    assert (untouched(either), either.writes) == (before, [])
    assert plan.exists() is (way == "--save-plan")


def test_planning_does_not_make_a_journal_nor_ask_for_the_lock(place: World) -> None:
    nowhere = place.folder / "nowhere"
    text = place.toml().replace(str(place.journal), str(nowhere / "journal.db"))

    assert place.reconcile("--dry-run", config=text).code == ExitCode.DRIFT
    assert not nowhere.exists()


@pytest.mark.parametrize(
    "options",
    [
        ("--save-plan", "plan.json", "--yes"),
        ("--save-plan", "plan.json", "--approve", "sha256:0"),
        ("--max-changes", "-1"),
        ("--since", "yesterday-ish"),
        ("12x",),
    ],
)
def test_what_does_not_fit_together_is_refused_before_anything_is_read(
    site: World, options: tuple[str, ...]
) -> None:
    ended = site.run("reconcile", *options)

    assert (ended.code, ended.out) == (ExitCode.USAGE, ""), ended.err
    assert "Traceback" not in ended.err
    assert (site.jira.requests, site.impact.requests) == ([], [])
    assert not (site.folder / "home" / "plan.json").exists()


# What is to be written


def test_impact_to_jira_decides_what_is_undecided_and_overrides_newer_edits(
    place: World,
) -> None:
    ended = place.reconcile("--direction", "impact-to-jira")

    assert ended.code == ExitCode.OK
    assert set(outcomes(ended)) == WRITTEN | {(4, "priority"), (5, "title")}
    assert place.in_jira(3, Field.PRIORITY) == "Medium"
    assert place.in_impact(3, Field.PRIORITY) == 3
    told = {i["incident"]: i["detail"] for i in ended.report["items"]}
    assert "overrides the change made in JIRA" in told[3]
    assert "overrides the change made in JIRA" in told[4]


def test_what_was_preferred_is_part_of_the_plan(place: World) -> None:
    """Dry run, saved plan and approval have one hash; what only one side changed goes its way."""
    prefer = ("--prefer", "jira")
    saved = place.folder / "plan.json"
    plans = [
        place.reconcile(*prefer, *more).report["plan"]
        for more in (["--dry-run"], ["--save-plan", str(saved)])
    ]
    assert plans[0] == plans[1] == json.loads(saved.read_text(encoding="utf-8"))["plan"]
    assert place.reconcile("--approve", plans[0]).code == ExitCode.BLOCKED
    ended = place.reconcile(*prefer, "--approve", plans[0])

    assert ended.code == ExitCode.OK, ended.err
    assert outcomes(ended)[5, "title"] == outcomes(ended)[4, "priority"] == "applied"
    assert place.in_impact(4, Field.PRIORITY) == 4
    assert place.in_jira(2, Field.STATUS) == "Resolved"


def test_on_an_empty_journal_an_unattended_run_does_as_it_was_told(place: World) -> None:
    place.journal.unlink()
    ended = place.reconcile("--prefer", "impact")
    assert (ended.code, place.in_jira(5, Field.TITLE)) == (ExitCode.OK, "Incident 5")


def test_jira_to_impact_writes_by_what_is_configured_for_each_field(place: World) -> None:
    """The webhook has status and priority, the database the title; nothing has the commander."""
    ended = place.reconcile("--direction", "jira-to-impact", "--yes")

    to_impact = {(2, "status"), (3, "priority"), (4, "priority"), (5, "title"), (8, "title")}
    assert ended.code == ExitCode.OK, ended.err
    assert outcomes(ended) == dict.fromkeys(to_impact, "applied")
    assert place.writes == []
    assert len(place.events) == 3
    assert (10, "commander", "read_only") in ended.items
    assert [place.in_impact(n, Field.TITLE) for n in (5, 8)] == ["Another title of 5", "Incident 8"]
    assert [place.in_impact(n, Field.PRIORITY) for n in (3, 4)] == [2, 4]
    assert place.in_impact(2, Field.STATUS) == "MITIGATING"
    assert place.in_impact(10, Field.COMMANDER) == GRACE.email
    told = {(i["incident"], i["field"]): i["detail"] for i in ended.report["items"]}
    assert "overrides the change made in Impact" in told[8, "title"]


def test_jira_to_impact_without_any_writer_is_held_as_read_only(place: World) -> None:
    config = place.toml().replace('"webhook"', '"off"').replace('"database"', '"off"')
    environ = dict.fromkeys(("RAID_JIRA_WEBHOOK_SECRET", "IMPACT_DATABASE_URL"), "")
    ended = place.reconcile("--direction", "jira-to-impact", config=config, **environ)

    assert (ended.code, outcomes(ended), place.writes) == (ExitCode.OK, {}, []), ended.err
    assert {item for item in ended.items if item[1]} == {
        (2, "status", "read_only"),
        (3, "priority", "read_only"),
        (4, "priority", "read_only"),
        (5, "title", "read_only"),
        (8, "title", "read_only"),
        (10, "commander", "read_only"),
    }
    assert place.events == []


@pytest.mark.parametrize(
    ("filters", "written"),
    [
        (("--field", "status", "--field", "title"), {2, 8}),
        (("--status", "mitigated"), {2}),
        (("--since", "2d"), set[int]()),
        (("2", "inc-10", "--priority", "P3"), {2, 10}),
    ],
)
def test_filters_narrow_what_is_written(
    place: World, filters: tuple[str, ...], written: set[int]
) -> None:
    ended = place.reconcile(*filters)

    assert ended.code == ExitCode.OK, ended.err
    assert {number for number, _ in outcomes(ended)} == written
    assert {int(path[:5]) - 10_000 for _, path in place.writes} == written


def test_a_target_nobody_has_leaves_the_answer_incomplete_and_the_rest_done(place: World) -> None:
    ended = place.reconcile("2", "INC-99")

    assert (ended.code, outcomes(ended)) == (ExitCode.INCOMPLETE, {(2, "status"): "applied"})
    assert [part["what"] for part in ended.report["unread"]] == ["issue INC-99"]


def test_closing_needs_to_be_allowed(tmp_path: Path) -> None:
    closed = Pair(1, impact={Field.STATUS: "CLOSED"})
    with world(tmp_path, (closed,)) as place:
        resolution = '[jira.transition_fields.Closed]\nresolution = { name = "Done" }'
        config = place.toml(more=resolution)

        held = place.reconcile(config=config)
        failing = place.reconcile("--fail-on", "held", config=config)
        allowed = place.reconcile("--allow-close", "--fail-on", "held", config=config)

        assert (held.code, failing.code) == (ExitCode.OK, ExitCode.DRIFT)
        assert held.items == failing.items == {(1, "status", "closing")}
        assert (allowed.code, outcomes(allowed)) == (0, {(1, "status"): "applied"})
        assert place.in_jira(1, Field.STATUS) == "Closed"


# Limits


MANY = tuple(Pair(number, impact={Field.PRIORITY: 2}) for number in range(11, 23))


def approving(ended: Ended) -> list[str]:
    """The arguments of the command that a run beyond a limit printed."""
    found = re.search(r"to write exactly this plan: raidctl (.*)$", ended.err, re.MULTILINE)
    assert found is not None, ended.err
    return shlex.split(found[1])


def test_beyond_a_limit_nothing_is_written_but_by_the_command_that_approves_it(
    tmp_path: Path,
) -> None:
    """Typed as it is printed, in a folder and with options that a shell must be told of."""
    with world(tmp_path / "a place", MANY) as place:
        file = place.configured().rename(tmp_path / "our raidctl.toml")
        given = ("--config", str(file), "--yes", "--max-changes", "2")

        blocked = place.reconcile(*given)
        place.edit_incident(11, title="Changed in between")
        outdated = place.run(*approving(blocked))
        none = list(place.writes)
        again = place.run(*approving(place.reconcile(*given)))

        assert (blocked.code, outdated.code, none) == (ExitCode.BLOCKED, ExitCode.BLOCKED, [])
        assert "12 links would change; max_changes is 2" in blocked.err
        assert "another plan" in outdated.err
        valid(blocked)
        assert outcomes(blocked) == {}
        assert any("Nothing was written" in note for note in blocked.report["notes"])
        assert (again.code, len(outcomes(again))) == (ExitCode.OK, 13), again.err
        assert place.sound()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("max_changes = 11", "12 links would change; max_changes is 11"),
        ("max_changes = 12", "12 of 12 links would change (100 %); max_change_percent is 20"),
    ],
)
def test_the_limits_of_the_configuration(tmp_path: Path, more: str, words: str) -> None:
    with world(tmp_path, MANY) as place:
        ended = place.reconcile(config=place.toml(more=f"[safety]\n{more}"))

        assert (ended.code, place.writes) == (ExitCode.BLOCKED, [])
        assert words in ended.err


def test_the_percentage_is_of_all_in_scope_whatever_the_filters(tmp_path: Path) -> None:
    pairs = (*MANY, *(Pair(number) for number in range(30, 80)))
    with world(tmp_path, pairs) as place:
        ended = place.reconcile("--priority", "P2", "--max-changes", "0")

        assert (ended.code, len(outcomes(ended))) == (ExitCode.OK, 12), ended.err


def test_an_approval_of_another_plan_says_which_one_this_is(place: World) -> None:
    ended = place.reconcile("--field", "status", "--approve=sha256:" + "0" * 64)

    assert (ended.code, place.writes) == (ExitCode.BLOCKED, [])
    assert "another plan" in ended.err
    assert ended.report["plan"] in ended.err


def test_the_approving_command_keeps_targets_that_follow_a_double_dash(tmp_path: Path) -> None:
    with world(tmp_path, MANY[:3]) as place:
        blocked = place.reconcile("--max-changes", "1", "--", "11", "12")
        done = place.run(*approving(blocked), config=place.toml())

        assert blocked.code == ExitCode.BLOCKED
        assert (done.code, len(place.writes)) == (ExitCode.OK, 2), done.err


# Somebody is asked


def test_the_question_counts_by_side_and_kind_and_names_what_to_look_at_twice(
    tmp_path: Path,
) -> None:
    pairs = (
        Pair(1, impact={Field.STATUS: "CLOSED", Field.TITLE: "New"}),
        Pair(2, jira={Field.PRIORITY: "High"}),
    )
    with world(tmp_path, pairs) as place:
        asked = ("reconcile", "--allow-close", "--direction", "impact-to-jira")
        with talking(*asked, environ=place.ready(NO_COLOR="1")) as talk:
            talk.until(ACCEPTED)
            talk.type("no\n")
            ended = talk.ended()

        assert ended.code == ExitCode.DRIFT
        assert "This changes 3 fields of 2 links:\n  in JIRA: 1 title, 1 priority, 1 status" in (
            ended.err
        )
        assert "Closes: incident 1 · INC-1 · status" in ended.err
        assert "Overrides a newer edit: incident 2 · INC-2 · priority: the" in ended.err
        assert ended.err.index("1 INC-1") < ended.err.index("This changes")
        assert place.writes == []


@pytest.mark.parametrize("answer", ["\n", "y\n", "yes please\n", ""])
def test_only_yes_is_a_yes(place: World, answer: str) -> None:
    ended = place.run("reconcile", "--field", "status", typed=answer)

    assert ended.code == ExitCode.DRIFT
    assert ACCEPTED in ended.err
    assert ended.err.endswith("raidctl: nothing was written\n")
    assert place.writes == []
    assert place.sound()


def test_an_answer_in_another_encoding_is_no_yes_and_no_defect(place: World) -> None:
    """An é of a terminal that speaks Latin-1; what reads standard output gets the plan."""
    environ = place.ready(PYTHONIOENCODING="utf-8:strict")
    with talking("reconcile", "-o", "json", environ=environ, out=False) as talk:
        talk.until(ACCEPTED)
        talk.type(b"\xe9\n")
        ended = talk.ended()

    assert ended.code == ExitCode.DRIFT, ended.err
    valid(ended)
    assert (outcomes(ended), place.writes) == ({}, [])


def test_json_at_a_terminal_is_asked_about_beside_the_document(place: World) -> None:
    with talking("reconcile", "-o", "json", environ=place.ready(), out=False) as talk:
        talk.until(ACCEPTED)
        talk.type("yes\n")
        ended = talk.ended()

    assert ended.code == ExitCode.OK
    assert outcomes(ended) == dict.fromkeys(WRITTEN, "applied")
    valid(ended)
    assert "This changes 4 fields of 4 links:\n" in ended.err
    assert "  in JIRA: 1 title, 1 status, 1 commander\n" in ended.err
    assert "  in Impact: 1 priority\n" in ended.err


def test_nobody_is_asked_who_has_said_yes_or_where_nothing_is_to_be_written(
    place: World,
) -> None:
    for options in (("--yes",), ()):
        ended = place.run("reconcile", *options, typed="no\n")
        assert ended.code == ExitCode.OK
        assert "Type yes" not in ended.err
    assert place.in_jira(2, Field.STATUS) == "Resolved"


def test_what_changed_while_the_question_stood_is_stale(place: World) -> None:
    with talking("reconcile", environ=place.ready()) as talk:
        talk.until(ACCEPTED)
        place.state.edit(10_008, ADA.account, summary="Somebody was faster")
        talk.type("yes\n")
        ended = talk.ended()

    assert ended.code == ExitCode.INCOMPLETE
    assert "stale" in ended.err
    assert place.in_jira(8, Field.TITLE) == "Somebody was faster"
    assert place.in_jira(2, Field.STATUS) == "Resolved"


# Who may not write


def test_a_token_that_may_read_alone_is_told_so(either: World) -> None:
    """By a JIRA that tells its permissions, and by one that does not."""
    tells = either.state.deployment == "cloud"
    either.state.may_edit = either.state.may_transition = False
    either.state.tells_permissions = tells

    ended = either.reconcile()

    assert ended.code == ExitCode.INCOMPLETE
    found = outcomes(ended)
    assert found.pop((3, "priority")) == "applied"  # Impact's token is another one
    assert set(found) == TO_JIRA
    assert set(found.values()) <= ({"refused"} if tells else {"refused", "failed"})
    assert len(either.writes) <= (0 if tells else 2)
    refused = [item for item in told(ended) if item["outcome"] != "applied"]
    assert all("permi" in i["detail"] or "lacks" in i["detail"] for i in refused)
    assert either.sound()


def told(ended: Ended) -> list[dict[str, str]]:
    """The items of a JSON report that have an outcome."""
    return [item for item in ended.report["items"] if item["outcome"] is not None]


def test_403_on_writes_alone_is_refused_and_not_tried_on_each(tmp_path: Path) -> None:
    pairs = tuple(Pair(number, impact={Field.PRIORITY: 2}) for number in range(1, 31))
    with world(tmp_path, pairs) as place:
        safety = place.toml(more="[safety]\nmax_change_percent = 0")
        with place.fault("jira", refuse(403), lambda r: r.method == "PUT"):
            ended = place.reconcile(config=safety)

        assert ended.code == ExitCode.INCOMPLETE
        assert len(place.writes) < 10
        assert set(outcomes(ended).values()) <= {"refused", "failed"}
        assert place.sound()


def test_a_question_that_nobody_sees_is_not_taken_for_a_yes(tmp_path: Path) -> None:
    """A person's terminal on standard input, and `2>log`."""
    with world(tmp_path, (Pair(1, impact={Field.PRIORITY: 1}),)) as place:
        environ = {**place.environ, "RAIDCTL_CONFIG": str(place.configured())}
        ours, theirs = pty.openpty()
        try:
            done = subprocess.run(
                command("reconcile"), env=environ, stdin=theirs, capture_output=True, check=False
            )
        finally:
            os.close(ours)
            os.close(theirs)

        assert done.returncode == ExitCode.USAGE
        assert b"give --yes" in done.stderr
        assert place.writes == []
