"""`raidctl baseline`, `pause` and `resume`: what is known, and when nothing may be written."""

import pwd
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from raidctl.core.model import Field
from raidctl.core.writes.log import SeenLink
from raidctl.errors import ExitCode
from raidctl.journal import Journal
from tests.cli.process import begun, over, talking, told_in_one_line, until
from tests.cli.world import PAIRS, Pair, Sort, World, world
from tests.simulators.server import refuse, stall

FRESH = tuple(replace(pair, agreed=False) for pair in PAIRS)
"""The usual drift, seen for the first time."""


@pytest.fixture(params=["cloud", "datacenter"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    sort: Sort = request.param
    with world(tmp_path, FRESH, sort=sort) as made:
        yield made


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[World]:
    """A journal in which nothing stands yet."""
    with world(tmp_path, FRESH) as made:
        made.journal.unlink()
        yield made


# The first day


def test_after_a_baseline_a_change_in_impact_is_written_without_being_told_to(
    either: World,
) -> None:
    either.journal.unlink()

    ended = either.run("baseline")
    either.edit_incident(1, status=40, title="Worse than we thought")
    written = either.reconcile()

    assert (ended.code, ended.out) == (ExitCode.OK, "")
    assert ended.err.startswith("raidctl: remembered 29 values of 8 links; 6 ")
    assert "raidctl diff" in ended.err
    assert stat.S_IMODE(either.journal.stat().st_mode) == 0o600
    assert (1, "status", "impact_changed") in written.items
    assert (1, "title", "impact_changed") in written.items
    assert either.in_jira(1, Field.STATUS) == "Resolved"
    assert either.in_jira(1, Field.TITLE) == "Worse than we thought"
    assert either.in_jira(3, Field.PRIORITY) == "High"
    again = either.run("baseline")
    assert "remembered 0 values of 8 links" in again.err

    assert {path for _, path in either.writes} == {"10001", "10001/transitions"}


def test_a_baseline_takes_targets_fields_and_old_incidents(fresh: World) -> None:
    one = fresh.run("baseline", "1", "--field", "title")
    everything = fresh.run("baseline", "--all", "--since", "500d")
    nobody = fresh.run("baseline", "99")

    assert one.err == "raidctl: remembered 1 value of 1 link; all in sync\n"
    assert "of 9 links" in everything.err
    assert (one.code, everything.code, nobody.code) == (0, 0, ExitCode.INCOMPLETE)
    assert "not read: incident 99" in nobody.err
    assert fresh.writes == []


def test_a_dry_run_of_a_baseline_tells_what_there_is_to_remember_and_keeps_nothing(
    fresh: World,
) -> None:
    first = fresh.run("baseline", "--dry-run")
    assert not fresh.journal.exists()
    kept = fresh.run("baseline")
    before = fresh.journal.read_bytes()
    second = fresh.run("baseline", "--dry-run")

    assert first.code == ExitCode.DRIFT, first.err
    assert first.err == kept.err.replace("remembered", "would remember")
    assert (second.code, "would remember 0 values of 8 links" in second.err) == (ExitCode.OK, True)
    assert fresh.journal.read_bytes() == before
    assert fresh.writes == []


@pytest.mark.parametrize("look", [(), ("--dry-run",)], ids=["", "dry run"])
@pytest.mark.parametrize(
    ("target", "code"), [("99", ExitCode.INCOMPLETE), ("6", ExitCode.OK)], ids=["unread", "hidden"]
)
def test_what_was_not_seen_is_not_called_in_sync(
    fresh: World, target: str, code: ExitCode, look: tuple[str, ...]
) -> None:
    ended = fresh.run("baseline", target, *look)
    assert ended.code == code
    assert "; 0 of them agree\n" in ended.err
    assert "in sync" not in ended.err


def test_a_dry_run_tells_that_a_target_would_be_taken_to_belong_to_another_issue(
    either: World,
) -> None:
    either.run("baseline")
    with closing(Journal(either.journal)) as journal:
        journal.forget_links([1], [])
        journal.record_links([SeenLink(1, "INC-1", 10_099, True, None)], datetime.now(UTC))
    tried = either.run("baseline", "1", "--dry-run")

    assert tried.code == ExitCode.DRIFT, tried.err
    assert "would take 1 incident to belong to the issue its key leads to now" in tried.err
    assert either.run("baseline", "1").code == ExitCode.OK
    assert either.run("baseline", "1", "--dry-run").code == ExitCode.OK


def test_a_baseline_while_jira_fails_in_part_says_so(fresh: World) -> None:
    with fresh.fault("jira", refuse(401)):
        line = told_in_one_line(fresh.run("baseline"), ExitCode.UNREACHABLE)

    assert "jira.token" in line
    assert fresh.sound()


POLICIES = (
    '[policy]\non_first_sight = "impact"',
    '[policy]\ndirection = "impact-to-jira"\n[policy.fields.title]\non_first_sight = "impact"',
)


@pytest.mark.parametrize("policy", POLICIES)
def test_an_unattended_first_run_remembers_and_holds_whatever_the_configuration(
    fresh: World, policy: str
) -> None:
    config = fresh.toml(more=policy)

    ended = fresh.reconcile(config=config)

    assert (ended.code, fresh.writes) == (ExitCode.OK, [])
    assert {i["verdict"] for i in ended.report["items"]} == {"hold"}
    assert (5, "title", "undecided") in ended.items
    assert fresh.journalled("SELECT COUNT(*) FROM baselines") == [(29,)]
    assert any("baseline" in note for note in ended.report["notes"]), "why it holds is not said"


@pytest.mark.parametrize("options", [("--yes",), ("--direction", "impact-to-jira")])
def test_a_first_run_that_was_told_to_goes_on(fresh: World, options: tuple[str, ...]) -> None:
    config = fresh.toml(more=POLICIES[0])

    ended = fresh.reconcile(*options, "5", config=config)

    assert ended.code == ExitCode.OK
    assert fresh.in_jira(5, Field.TITLE) == "Incident 5"


def test_a_first_run_at_a_terminal_asks(fresh: World) -> None:
    ended = fresh.run("reconcile", "5", config=fresh.toml(more=POLICIES[0]), typed="yes\n")

    assert ended.code == ExitCode.OK, ended.err
    assert "Type yes" in ended.err
    assert fresh.in_jira(5, Field.TITLE) == "Incident 5"


def test_a_dry_run_of_a_first_run_tells_the_same_as_the_run(fresh: World) -> None:
    """A preview shows what would be done: a dry run is as unattended as its run."""
    ended = fresh.reconcile("--dry-run", config=fresh.toml(more=POLICIES[1]))

    assert (5, "title", "undecided") in ended.items


# A pause


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, (Pair(1, impact={Field.PRIORITY: 1}), Pair(2))) as made:
        yield made


def test_while_paused_nothing_is_written_and_every_command_says_so(place: World) -> None:
    paused = place.run("pause", "--for", "2h")
    blocked = place.reconcile()
    approved = place.reconcile("--approve", blocked.report["plan"])
    plan = place.folder / "plan.json"
    saved = place.reconcile("--save-plan", str(plan))
    applied = place.run("apply", str(plan), "-o", "json")
    diff, explain = place.diff(), place.run("explain", "1")
    baseline = place.run("baseline")
    none = list(place.writes)
    resumed = place.run("resume")
    done = place.reconcile()

    assert (paused.code, paused.out) == (ExitCode.OK, "")
    for ended in (paused, blocked, approved, saved, applied, diff, baseline):
        assert ended.err.startswith("raidctl: paused by "), ended
        assert "raidctl resume ends that" in ended.err
    assert "Paused by " in explain.out
    assert [ended.code for ended in (blocked, approved, applied)] == [ExitCode.BLOCKED] * 3
    assert any("paused" in note for note in blocked.report["notes"])
    assert (saved.code, diff.code, explain.code) == (ExitCode.DRIFT, ExitCode.DRIFT, ExitCode.OK)
    assert (baseline.code, none) == (ExitCode.OK, [])
    assert (resumed.code, resumed.err) == (ExitCode.OK, "raidctl: runs write again\n")
    assert (done.code, done.err, place.in_jira(1, Field.PRIORITY)) == (0, "", "Highest")


@pytest.mark.parametrize("length", ["", "-2h", "0m", "1.5h", "999999w"])
def test_a_length_that_is_none_is_refused(site: World, length: str) -> None:
    line = told_in_one_line(site.run("pause", f"--for={length}"), ExitCode.USAGE)

    assert f"--for {length!r}" in line


def test_a_pause_needs_a_length(site: World) -> None:
    ended = site.run("pause")

    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert "--for" in ended.err


def test_a_pause_and_its_end_need_neither_system_nor_secret(place: World) -> None:
    place.impact.stop()
    place.jira.stop()
    bare = {"IMPACT_TOKEN": "", "JIRA_TOKEN": ""}

    assert place.run("pause", "--for", "1w", **bare).code == ExitCode.OK
    assert place.run("pause", "--for", "30m", **bare).code == ExitCode.OK
    assert len(place.journalled("SELECT * FROM pauses")) == 1
    assert place.run("resume", **bare).code == ExitCode.OK
    assert place.run("resume", **bare).err == "raidctl: nothing was paused\n"


@pytest.mark.parametrize("unknown", [KeyError, OSError])
def test_whoever_has_no_name_may_pause_as_well(
    site: World, monkeypatch: pytest.MonkeyPatch, unknown: type[Exception]
) -> None:
    """A container's user; what is raised for one depends on the version of Python."""

    def nobody(_: int) -> None:
        raise unknown

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    anonymous = dict.fromkeys(("LOGNAME", "USER", "LNAME", "USERNAME"), "")
    ended = site.run("pause", "--for", "2h", **anonymous)
    site.run("resume")
    assert ended.code == ExitCode.OK
    assert ended.err.startswith("raidctl: paused by somebody@")


@pytest.mark.slow
def test_a_pause_while_a_run_holds_the_lock_is_for_the_next_one(place: World) -> None:
    with (
        place.fault("jira", stall(1.5), lambda request: request.method == "PUT"),
        begun("reconcile", "-o", "json", environ=place.ready()) as process,
    ):
        until(lambda: ("PUT", "10001") in place.writes)
        paused = place.run("pause", "--for", "1h")
        ended = over(process)

    assert paused.code == ExitCode.OK, paused.err
    assert ended.code == ExitCode.OK
    place.edit_incident(1, title="New")
    assert place.reconcile().code == ExitCode.BLOCKED


def test_a_pause_that_begins_while_the_question_stands_is_obeyed(place: World) -> None:
    with talking("reconcile", environ=place.ready(NO_COLOR="1")) as talk:
        talk.until("Type yes")
        place.run("pause", "--for", "1h")
        talk.type("yes\n")
        ended = talk.ended()

    assert (ended.code, place.writes) == (ExitCode.BLOCKED, []), ended.err
