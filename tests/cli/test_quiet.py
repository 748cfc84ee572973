"""`raidctl reconcile --quiet`: nothing on either stream, or what is new."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from raidctl.core.model import Field
from raidctl.errors import ExitCode
from tests.cli.clock import at
from tests.cli.disk import full_disk
from tests.cli.process import Ended
from tests.cli.world import ADA, NOW, PAIRS, Pair, World, world
from tests.simulators.server import refuse

CONFLICT = Pair(4, impact={Field.PRIORITY: 1}, jira={Field.PRIORITY: "Low"})
SILENT = (ExitCode.OK, "", "")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, (Pair(1), Pair(2), CONFLICT)) as made:
        yield made


def quiet(place: World, *arguments: str, code: ExitCode = ExitCode.OK) -> tuple[str, str]:
    """Both streams of a run as cron starts it."""
    ended = place.run("reconcile", "--yes", "--quiet", *arguments)
    assert ended.code == code, ended
    return ended.out, ended.err


def test_what_is_newly_held_is_said_once_the_first_line_first(place: World) -> None:
    """Its commands are typed in another shell than cron's: they name the configuration."""
    out, err = quiet(place)
    assert err == ""
    raidctl = f"raidctl --config {place.configured()}"
    assert out.splitlines() == [
        f"raidctl: 1 new hold; {raidctl} held shows all that waits",
        "  priority held: both sides changed (1 new): incident 4 (INC-4)",
        f"    {raidctl} resolve 4",
    ]
    assert quiet(place) == ("", "")


def test_what_is_written_is_nothing_to_say(place: World) -> None:
    quiet(place)
    place.edit_incident(1, status=40)
    assert quiet(place) == ("", "")
    assert place.in_jira(1, Field.STATUS) == "Resolved"


def test_of_several_holds_only_the_new_one_is_said(place: World) -> None:
    quiet(place)
    place.edit_incident(2, title="Ours")
    place.state.edit(10_002, ADA.account, summary="Theirs")
    out, _ = quiet(place)
    assert "incident 2 (INC-2)" in out
    assert "INC-4" not in out
    assert quiet(place) == ("", "")


def test_a_run_that_was_not_quiet_has_said_its_holds_as_well(place: World) -> None:
    assert place.reconcile("--yes").code == ExitCode.OK
    assert quiet(place) == ("", "")


def test_what_was_gone_in_between_is_new(place: World) -> None:
    quiet(place)
    place.run("resolve", "4", "--take", "impact", "--yes")
    assert quiet(place) == ("", "")
    place.edit_incident(4, title="Ours")
    place.state.edit(10_004, ADA.account, summary="Theirs")
    assert "title held" in quiet(place)[0]


def test_what_only_needs_time_is_nothing_to_say(tmp_path: Path) -> None:
    with world(tmp_path, (Pair(1),)) as made, at(made, NOW) as clock:
        made.state.edit(10_001, ADA.account, priority="High")
        clock.on(seconds=5)
        found = made.diff()
        assert {reason for *_, reason in found.items} == {"settling"}
        assert quiet(made) == ("", "")


def test_a_failure_is_said_once_in_one_line_and_again_after_a_day(place: World) -> None:
    quiet(place)
    with at(place, NOW) as clock, place.fault("jira", refuse(401)):
        heard = [quiet(place, code=ExitCode.UNREACHABLE)]
        for hours in (1, 1, 21, 2, 1):
            clock.on(hours=hours)
            heard.append(quiet(place, code=ExitCode.UNREACHABLE))
    assert {out for out, _ in heard} == {""}
    lines = [err for _, err in heard if err]
    assert [bool(err) for _, err in heard] == [True, False, False, False, True, False]
    assert lines[0] == lines[1]
    assert lines[0].startswith("raidctl: JIRA at ")
    assert lines[0].count("\n") == 1
    assert quiet(place) == ("", "")


def test_another_failure_is_said_and_the_same_one_after_a_success(place: World) -> None:
    quiet(place)
    heard = []
    for status in (401, 403, None, 401):
        if status is None:
            quiet(place)
            continue
        with place.fault("jira", refuse(status)):
            heard.append(quiet(place, code=ExitCode.UNREACHABLE)[1])
    assert all(heard)


def test_a_limit_is_said_with_the_command_that_approves_the_plan(tmp_path: Path) -> None:
    pairs = tuple(Pair(n, impact={Field.STATUS: "MITIGATED"}) for n in range(1, 4))
    with world(tmp_path, pairs) as made:
        out, err = quiet(made, "--max-changes", "2", code=ExitCode.BLOCKED)
        assert out == ""
        raidctl = f"raidctl --config {made.configured()}"
        assert f"to write exactly this plan: {raidctl} reconcile --yes --max-changes 2" in err
        assert quiet(made, "--max-changes", "2", code=ExitCode.BLOCKED) == ("", "")


def test_another_plan_that_is_stopped_is_said_with_its_own_approval_but_once_an_hour(
    tmp_path: Path,
) -> None:
    pairs = tuple(Pair(n, impact={Field.STATUS: "MITIGATED"}) for n in range(1, 4))
    with world(tmp_path, pairs) as made:
        first = quiet(made, "--max-changes", "2", code=ExitCode.BLOCKED)[1]
        made.edit_incident(1, title="Another")
        assert quiet(made, "--max-changes", "2", code=ExitCode.BLOCKED) == ("", "")
        with at(made, datetime.now(UTC) + timedelta(hours=1, minutes=5)):
            later = quiet(made, "--max-changes", "2", code=ExitCode.BLOCKED)[1]
            assert quiet(made, "--max-changes", "2", code=ExitCode.BLOCKED) == ("", "")
        said, approval = later.split("--approve")
        assert first.startswith(said)
        assert approval not in first


def test_a_pause_is_said_when_it_stands_in_the_way(place: World) -> None:
    quiet(place)
    place.run("pause", "--for", "2h")
    assert quiet(place) == ("", "")
    place.edit_incident(1, status=40)
    _, err = quiet(place, code=ExitCode.BLOCKED)
    assert "raidctl resume ends that" in err
    assert quiet(place, code=ExitCode.BLOCKED) == ("", "")


def test_a_full_disk_is_said_once(place: World) -> None:
    quiet(place)
    with full_disk():
        heard = [quiet(place, code=ExitCode.USAGE) for _ in range(4)]
    assert [out for out, _ in heard] == [""] * 4
    assert "make room on its disk" in heard[0][1]
    assert [err for _, err in heard[1:]] == [""] * 3
    assert quiet(place) == ("", "")
    with full_disk():
        assert "make room on its disk" in quiet(place, code=ExitCode.USAGE)[1]


def test_a_wrong_configuration_is_said_every_time(place: World) -> None:
    for _ in range(2):
        ended = place.run("reconcile", "--yes", "--quiet", config="[impact]\nurl = 3\n")
        assert ended.code == ExitCode.USAGE
        assert ended.err


def test_an_exit_of_3_for_what_is_held_says_why_once_a_day(place: World) -> None:
    """Also where the hold itself was said before."""
    assert "1 new hold" in quiet(place)[0]
    with at(place, NOW) as clock:
        heard = []
        for hours in (1, 22, 2):
            heard.append(quiet(place, "--fail-on", "held", code=ExitCode.DRIFT))
            clock.on(hours=hours)
        heard.append(quiet(place, "--fail-on", "held", code=ExitCode.DRIFT))
    line = "raidctl: something is held, which --fail-on held is to tell: raidctl held shows it\n"
    assert heard == [("", line), ("", ""), ("", ""), ("", line)]


def test_a_configuration_that_only_the_systems_show_wrong_is_said_every_time(
    place: World,
) -> None:
    text = place.toml(more="[mapping]").replace('"INC"', '"NONE"')
    heard = [place.run("reconcile", "--yes", "--quiet", config=text) for _ in range(3)]
    assert [one.code for one in heard] == [ExitCode.USAGE] * 3
    assert all("JIRA shows no project NONE" in one.err for one in heard)


def test_a_narrow_run_says_of_the_rest_neither_that_it_is_new_nor_that_it_is_gone(
    place: World,
) -> None:
    assert quiet(place, "1") == ("", "")
    assert "INC-4" in quiet(place)[0]
    assert quiet(place, "1") == ("", "")
    assert quiet(place) == ("", "")


def test_another_format_is_whole_where_there_is_anything_to_say(place: World) -> None:
    ended = place.run("reconcile", "--yes", "--quiet", "-o", "json")
    assert [item["incident"] for item in ended.report["items"]] == [4]
    assert quiet(place, "-o", "json") == ("", "")
    place.edit_incident(2, title="Ours")
    place.state.edit(10_002, ADA.account, summary="Theirs")
    out, _ = quiet(place, "-o", "csv")
    assert len([*csv.DictReader(io.StringIO(out))]) == 2


def test_on_a_terminal_it_does_not_ask(place: World) -> None:
    ended: Ended = place.run("reconcile", "--quiet", typed="yes\n")
    assert ended.code == ExitCode.USAGE
    assert "--quiet shows no plan to say yes to: give --yes" in ended.err
    assert place.run("reconcile", "--quiet", "--yes", typed="").err == ""


def test_what_is_only_shown_is_shown(place: World) -> None:
    place.edit_incident(1, status=40)
    ended = place.run("reconcile", "--yes", "--quiet", "--dry-run")
    assert ended.code == ExitCode.DRIFT
    assert "INC-1" in ended.out


def test_with_drift_of_every_kind_the_second_run_is_silent(tmp_path: Path) -> None:
    with world(tmp_path, PAIRS) as made:
        first = made.run("reconcile", "--yes", "--quiet")
        assert first.code == ExitCode.OK
        assert first.out.startswith("raidctl: ")
        second = made.run("reconcile", "--yes", "--quiet")
        assert (second.code, second.out, second.err) == SILENT
