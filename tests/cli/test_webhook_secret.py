"""The secret that FireFighter's webhook asks for: wrong, missing, not needed; and never told."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from raidctl.core.model import Field
from raidctl.errors import ExitCode
from raidctl.sandbox.server import Request
from tests.cli.decisions import items, outcomes, quarantine, untouched
from tests.cli.process import SECRETS, Ended
from tests.cli.world import Pair, World, world
from tests.simulators.server import DROP_AFTER, refuse

WRONG = "quite-an0ther-s3cret"
PAIRS = (
    Pair(1, jira={Field.PRIORITY: "High"}),
    Pair(2, jira={Field.STATUS: "Resolved"}),
    Pair(3, impact={Field.TITLE: "A new title"}),
    Pair(4, jira={Field.TITLE: "Another title of 4"}),
)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, PAIRS) as made:
        yield made


def reconcile(place: World, **environ: str) -> Ended:
    return place.run("reconcile", "--yes", "-o", "json", **environ)


def told_nowhere(place: World, *runs: Ended) -> None:
    """No secret stands in what was said, nor in a file of raidctl's."""
    said = "".join(ended.out + ended.err for ended in runs).encode()
    kept = b"".join(path.read_bytes() for path in place.journal.parent.iterdir())
    for secret in (*SECRETS, WRONG):
        assert secret.encode() not in said
        assert secret.encode() not in kept


def test_a_wrong_one_is_told_in_one_line_and_all_that_does_not_need_it_is_done(
    place: World,
) -> None:
    ended = reconcile(place, RAID_JIRA_WEBHOOK_SECRET=WRONG)

    assert ended.code == ExitCode.UNREACHABLE
    assert ended.err.startswith("raidctl: Impact at ")
    assert ended.err.count("\n") == 1
    assert "impact.webhook_secret is not the secret that FireFighter checks" in ended.err
    assert outcomes(ended, "reconcile") == {
        (1, "priority"): "failed",
        (2, "status"): "failed",
        (3, "title"): "applied",
        (4, "title"): "applied",
    }
    assert place.in_jira(3, Field.TITLE) == "A new title"
    assert place.in_impact(4, Field.TITLE) == "Another title of 4"
    assert (place.in_impact(1, Field.PRIORITY), place.in_impact(2, Field.STATUS)) == (
        3,
        "MITIGATING",
    )
    assert 1 <= len(place.events) <= 4  # not tried on each, but those side by side
    assert place.sound()
    again = reconcile(place)
    assert outcomes(again, "reconcile") == {(1, "priority"): "applied", (2, "status"): "applied"}
    assert again.code == ExitCode.OK
    told_nowhere(place, ended, again)


def test_a_missing_one_is_a_matter_of_the_configuration_and_nothing_is_begun(
    place: World,
) -> None:
    runs = [
        place.run(*arguments, RAID_JIRA_WEBHOOK_SECRET="")
        for arguments in (
            ("reconcile", "--yes"),
            ("resolve", "--take", "impact"),
            ("undo", "20200101T000000Z-beef", "--yes"),
        )
    ]
    without = place.toml().replace('"webhook"', '"off"')
    fine = place.run("reconcile", "--yes", config=without, RAID_JIRA_WEBHOOK_SECRET="")

    for ended in runs:
        assert (ended.code, ended.out) == (ExitCode.USAGE, "")
        assert "the configuration cannot be used" in ended.err
        assert "webhook_secret" in ended.err
    assert fine.code == ExitCode.OK, fine.err
    assert place.events == []
    told_nowhere(place, *runs, fine)


def test_a_saved_plan_is_carried_out_on_both_sides_by_whoever_has_it(place: World) -> None:
    plan = place.folder / "plan.json"
    saved = place.run("reconcile", "--save-plan", str(plan), RAID_JIRA_WEBHOOK_SECRET="")
    without = place.run("apply", str(plan), "--yes", RAID_JIRA_WEBHOOK_SECRET="")
    ended = place.run("apply", str(plan), "--yes", "-o", "json")

    assert (saved.code, without.code) == (ExitCode.DRIFT, ExitCode.USAGE)
    assert "webhook_secret" in without.err
    assert ended.code == ExitCode.OK, ended.err
    assert outcomes(ended, "apply") == dict.fromkeys(
        [(1, "priority"), (2, "status"), (3, "title"), (4, "title")], "applied"
    )
    assert place.in_impact(2, Field.STATUS) == "MITIGATED"
    told_nowhere(place, saved, without, ended)


@pytest.mark.parametrize(
    "arguments",
    [("diff",), ("held",), ("explain", "1"), ("history",), ("reconcile", "--dry-run")],
    ids=" ".join,
)
def test_whoever_only_reads_needs_none(place: World, arguments: tuple[str, ...]) -> None:
    environ = {"RAID_JIRA_WEBHOOK_SECRET": "", "IMPACT_DATABASE_URL": ""}
    assert place.run(*arguments, **environ).code in {ExitCode.OK, ExitCode.DRIFT}
    assert untouched(place)


def test_an_undo_and_a_decision_answer_a_wrong_one_alike(place: World) -> None:
    run = str(reconcile(place).report["run"])
    undone = place.run("undo", run, "--yes", "-o", "json", RAID_JIRA_WEBHOOK_SECRET=WRONG)
    assert undone.code == ExitCode.UNREACHABLE
    assert outcomes(undone, "undo") == {
        (1, "priority"): "failed",
        (2, "status"): "failed",
        (3, "title"): "applied",
        (4, "title"): "applied",
    }
    place.state.edit(10_001, "712020:ada", priority="Lowest")
    quarantine(place, 1, Field.PRIORITY)
    answer = ("resolve", "1", "--take", "jira", "-o", "json")
    decided = place.run(*answer, RAID_JIRA_WEBHOOK_SECRET=WRONG)
    assert decided.code == ExitCode.UNREACHABLE
    assert outcomes(decided, "resolve") == {(1, "priority"): "failed"}
    assert place.sound()
    told_nowhere(place, undone, decided)


# What else may become of an event


def is_event(request: Request) -> bool:
    return request.method == "POST"


def test_an_answer_that_is_lost_is_read_and_the_event_not_sent_again(place: World) -> None:
    with place.fault("impact", DROP_AFTER, is_event):
        ended = reconcile(place)

    assert outcomes(ended, "reconcile")[1, "priority"] == "applied"
    assert (ended.code, len(place.events)) == (ExitCode.OK, 2)


def test_a_firefighter_that_fails_before_it_acts_is_told_with_where_to_look(place: World) -> None:
    """It cannot reach its own JIRA or Slack; the database does not care."""
    with place.fault("impact", refuse(500), is_event):
        ended = reconcile(place)

    told = items(ended, "reconcile")
    assert told[1, "priority"]["outcome"] == told[2, "status"]["outcome"] == "failed"
    assert told[4, "title"]["outcome"] == told[3, "title"]["outcome"] == "applied"
    assert "FireFighter" in told[1, "priority"]["detail"]
    assert ended.code == ExitCode.INCOMPLETE
    assert place.sound()


def test_the_database_alone_needs_its_address(place: World) -> None:
    ended = reconcile(place, IMPACT_DATABASE_URL="")
    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert "database_url" in ended.err
    assert "Traceback" not in ended.err
    assert untouched(place)


def test_a_database_that_cannot_be_opened_stops_what_it_was_to_write_alone(place: World) -> None:
    ended = reconcile(place, IMPACT_DATABASE_URL=f"sqlite:///{place.folder}/nothing.db")

    assert ended.code == ExitCode.UNREACHABLE
    assert ended.err.count("\n") == 1
    assert "nothing.db" in ended.err
    assert outcomes(ended, "reconcile") == {
        (1, "priority"): "applied",
        (2, "status"): "applied",
        (3, "title"): "applied",
        (4, "title"): "failed",
    }
    assert place.in_impact(4, Field.TITLE) == "Incident 4"
    assert not (place.folder / "nothing.db").exists()
    assert place.sound()
