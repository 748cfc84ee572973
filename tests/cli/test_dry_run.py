"""`--dry-run` of every command that writes: what it would do is shown, and nothing is written."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from raidctl.core.model import Field
from raidctl.errors import ExitCode
from tests.cli.decisions import items, outcomes, untouched
from tests.cli.test_read_only import files
from tests.cli.world import Pair, World, world

PAIRS = (
    Pair(1, impact={Field.TITLE: "A new title of 1"}),
    Pair(2, impact={Field.PRIORITY: 1}, jira={Field.PRIORITY: "Low"}),
    Pair(3),
)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    """A change, a conflict, and a link in sync."""
    with world(tmp_path, PAIRS) as made:
        yield made


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("reconcile", "--yes"), ExitCode.DRIFT),
        (("reconcile", "--approve", "sha256:0"), ExitCode.DRIFT),
        (("reconcile", "--save-plan", "plan.json"), ExitCode.DRIFT),
        (("reconcile", "3", "--yes"), ExitCode.OK),
        (("resolve", "--take", "jira", "--yes"), ExitCode.DRIFT),
        (("resolve", "--take", "skip"), ExitCode.DRIFT),
        (("resolve",), ExitCode.DRIFT),
        (("resolve", "3"), ExitCode.OK),
    ],
)
def test_it_is_the_stronger_of_any_two_flags_and_leaves_every_byte(
    place: World, arguments: tuple[str, ...], code: ExitCode
) -> None:
    place.ready()
    before = {name: file for name, file in files(place.folder).items() if ".toml" not in name}
    ended = place.run(*arguments, "--dry-run", "-o", "json")

    assert ended.code == code, ended.err
    assert ended.report["run"] is None
    after = {name: file for name, file in files(place.folder).items() if ".toml" not in name}
    assert after == before
    assert untouched(place)


def test_it_says_that_a_run_would_stop_at_a_limit_and_what_approves_it(place: World) -> None:
    place.ready()
    arguments = ("reconcile", "--prefer", "impact", "--max-changes", "1")
    ended = place.run(*arguments, "--dry-run")
    assert ended.code == ExitCode.DRIFT
    said, command = ended.err.splitlines()[-1].split(": raidctl ")
    why = "2 links would change; max_changes is 1; to write exactly this plan"
    assert said == f"raidctl: more than a run may write unapproved: {why}"
    assert place.run(*command.split()).code == ExitCode.OK
    assert len(place.writes) == 2


def test_an_undo_shows_what_it_would_take_back(place: World) -> None:
    run = place.reconcile().report["run"]
    written = list(place.writes)
    ended = place.run("undo", run, "--dry-run", "--yes", "-o", "json")

    assert ended.code == ExitCode.DRIFT, ended.err
    assert [(n, item["to"]) for (n, _), item in items(ended, "undo").items()] == [(1, "Incident 1")]
    assert place.writes == written
    assert outcomes(place.run("undo", run, "--yes", "-o", "json"), "undo") == {
        (1, "title"): "applied"
    }
    taken = place.run("undo", run, "--dry-run")
    assert (taken.code, "taken back already" in taken.err) == (ExitCode.USAGE, True)


@pytest.mark.parametrize(
    "command", [("undo", "last"), ("resolve", "--take", "impact")], ids=" ".join
)
def test_what_only_a_person_wants_is_no_work_of_reconcile(
    place: World, command: tuple[str, ...]
) -> None:
    """It would write another thing, or nothing."""
    place.reconcile()
    shown = place.run(*command, "--dry-run")
    assert shown.code == ExitCode.DRIFT
    assert "raidctl reconcile" not in shown.out
    assert "Requests: 0 to" not in shown.out


def test_a_saved_plan_is_looked_at_again(place: World) -> None:
    plan = place.folder / "plan.json"
    assert place.run("reconcile", "--save-plan", str(plan)).code == ExitCode.DRIFT
    fresh = place.run("apply", str(plan), "--dry-run", "--approve", "sha256:0", "-o", "json")
    place.edit_incident(1, title="Another title of 1")
    stale = place.run("apply", str(plan), "--dry-run", "--yes", "-o", "json")

    assert (fresh.code, outcomes(fresh, "apply")) == (ExitCode.DRIFT, {})
    assert (stale.code, outcomes(stale, "apply")) == (ExitCode.OK, {(1, "title"): "stale"})
    assert untouched(place)


def test_the_latest_run_that_wrote_has_a_name(place: World) -> None:
    assert place.reconcile("1").code == ExitCode.OK
    assert place.reconcile("3").code == ExitCode.OK
    assert outcomes(place.run("undo", "last", "--yes", "-o", "json"), "undo") == {
        (1, "title"): "applied"
    }


def test_an_undo_says_nothing_of_drift(place: World) -> None:
    """What it takes back agrees: nothing of that had drifted."""
    place.reconcile("1")
    assert "drifted" not in place.run("undo", "last", "--yes").out


def test_without_a_run_that_wrote_there_is_no_last_one(place: World) -> None:
    ended = place.run("undo", "last")
    assert (ended.code, "no run in the journal wrote anything" in ended.err) == (2, True)
