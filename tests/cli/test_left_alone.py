"""What raidctl leaves alone: downgraded incidents, private texts, keys that Impact has."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from raidctl.core.model import Field
from raidctl.errors import ExitCode
from tests.cli.decisions import items, outcomes
from tests.cli.world import Pair, World, world

DATABASE = 'reads = "database"\ndatabase_url_env = "IMPACT_DATABASE_URL"'
DOWNGRADED = Pair(1, impact={Field.STATUS: "CLOSED"}, ignored=True, days=1)
RESOLUTION = '[jira.transition_fields.Closed]\nresolution = { name = "Done" }'


@pytest.fixture(params=["", DATABASE], ids=["rest", "database"])
def downgraded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[World, str]]:
    """A live ticket whose incident was downgraded, and a configuration that could close it."""
    with world(tmp_path, (DOWNGRADED, Pair(2))) as made:
        yield made, made.toml(impact=request.param, more=RESOLUTION)


@pytest.mark.parametrize(
    "options",
    [("--allow-close",), ("--direction", "jira-to-impact"), ("--prefer", "jira", "--allow-close")],
    ids=" ".join,
)
@pytest.mark.parametrize("targets", [(), ("1",), ("INC-1",)], ids=["all", "by id", "by key"])
def test_no_flag_writes_a_downgraded_incident_or_its_ticket(
    downgraded: tuple[World, str], targets: tuple[str, ...], options: tuple[str, ...]
) -> None:
    place, config = downgraded
    ended = place.reconcile("--yes", *targets, *options, config=config)

    assert (ended.code, place.writes, place.events) == (ExitCode.OK, [], []), ended.err
    assert place.in_impact(1, Field.STATUS) == "CLOSED"
    assert place.in_jira(1, Field.STATUS) == "In Progress"
    assert ended.items == ({(1, "status", "downgraded")} if targets else set())


def test_a_downgraded_incident_is_counted_and_no_link(downgraded: tuple[World, str]) -> None:
    place, config = downgraded
    ended = place.diff(config=config)
    told = ended.report["summary"]
    assert (ended.code, told["downgraded"], told["links"], told["in_sync"]) == (0, 1, 1, 1)
    assert "Downgraded incidents, which are not compared: 1" in place.run("diff", config=config).out
    named = place.diff("1", config=config)
    told = named.report["summary"]
    assert (named.code, told["downgraded"], told["drifted"]) == (ExitCode.DRIFT, 0, 1)


def test_nobody_who_decides_goes_over_a_downgraded_incident(downgraded: tuple[World, str]) -> None:
    place, config = downgraded
    for side in ("impact", "jira"):
        place.run(
            "resolve", "1", "--take", side, "--yes", "--allow-close", "-o", "json", config=config
        )
    assert (place.writes, place.events) == ([], [])
    explained = place.run("explain", "1", config=config)
    assert "downgraded in Impact" in explained.out


def test_one_that_was_downgraded_since_the_plan_was_saved_is_stale(tmp_path: Path) -> None:
    with world(tmp_path, (Pair(1, impact={Field.PRIORITY: 1, Field.STATUS: "CLOSED"}),)) as place:
        saved = place.folder / "plan.json"
        place.reconcile("--save-plan", str(saved), "--field", "priority")
        place.edit_incident(1, ignore=True)
        ended = place.run("apply", str(saved), "--yes", "-o", "json")
        assert outcomes(ended, "apply") == {(1, "priority"): "stale"}
        assert place.writes == []


# What is private

SECRET = Pair(
    8,
    impact={Field.TITLE: "A secret matter", Field.DESCRIPTION: "Whose", Field.PRIORITY: 1},
    private=True,
)


@pytest.fixture
def secret(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, (SECRET,)) as made:
        yield made


@pytest.mark.parametrize(
    "command",
    [
        ("reconcile", "--yes"),
        ("reconcile", "--yes", "--direction", "impact-to-jira"),
        ("reconcile", "--yes", "--prefer", "impact"),
        ("resolve", "--take", "impact", "--yes"),
    ],
    ids=" ".join,
)
def test_a_private_title_or_description_never_gets_to_jira(
    secret: World, command: tuple[str, ...]
) -> None:
    ended = secret.run(*command, "-o", "json", config=secret.toml(impact=DATABASE))

    told = items(ended, command[0]).items()
    held = {name for (_, name), one in told if one["reason"] == "private"}
    assert {"title"} <= held <= {"title", "description"}, ended.err
    assert [secret.in_jira(8, name) for name in (Field.TITLE, Field.DESCRIPTION)] == [
        "Incident 8",
        "What happened in 8",
    ]


def test_it_does_where_the_configuration_says_so(secret: World) -> None:
    config = secret.toml(impact=DATABASE, more="[policy]\nprivate_to_jira = true")
    assert secret.reconcile("--yes", config=config).code == ExitCode.OK
    assert secret.in_jira(8, Field.TITLE) == "A secret matter"


def test_the_key_to_set_is_told(secret: World) -> None:
    told = secret.run("diff", config=secret.toml(impact=DATABASE)).out
    assert "set in [policy]: private_to_jira = true" in " ".join(told.split())


def test_one_that_became_private_since_the_plan_was_saved_is_stale(tmp_path: Path) -> None:
    with world(tmp_path, (Pair(1, impact={Field.TITLE: "A secret matter"}),)) as place:
        config, saved = place.toml(impact=DATABASE), place.folder / "plan.json"
        place.reconcile("--save-plan", str(saved), config=config)
        place.edit_incident(1, private=True)
        ended = place.run("apply", str(saved), "--yes", "-o", "json", config=config)
        assert outcomes(ended, "apply") == {(1, "title"): "stale"}
        assert place.in_jira(1, Field.TITLE) == "Incident 1"


def test_what_raidctl_wrote_there_is_taken_back_and_not_written_again(secret: World) -> None:
    told = secret.toml(impact=DATABASE, more="[policy]\nprivate_to_jira = true")
    config = secret.toml(impact=DATABASE)
    wrote = secret.reconcile("--yes", "--field", "title", config=told).report["run"]
    back = secret.run("undo", wrote, "--yes", "-o", "json", config=config)
    assert outcomes(back, "undo") == {(8, "title"): "applied"}
    assert secret.in_jira(8, Field.TITLE) == "Incident 8"
    again = secret.run("undo", back.report["run"], "--yes", "-o", "json", config=config)
    assert items(again, "undo")[8, "title"]["reason"] == "private"
    assert secret.in_jira(8, Field.TITLE) == "Incident 8"


# What has moved


@pytest.fixture
def moved(tmp_path: Path) -> Iterator[World]:
    """Two issues that went to another project: one in sync, one whose title Impact changed."""
    pairs = (Pair(1), Pair(2, impact={Field.TITLE: "Another title of 2"}), Pair(3))
    with world(tmp_path, pairs) as made:
        for number in (1, 2):
            made.state.move(10_000 + number, f"PAY-{number}")
        yield made


def test_an_issue_that_moved_is_drift_and_its_fields_go_on_as_ever(moved: World) -> None:
    found = moved.diff()
    assert found.code == ExitCode.DRIFT
    assert found.items == {
        (1, None, "moved"),
        (2, None, "moved"),
        (2, "title", "impact_changed"),
    }
    verdicts = found.report["summary"]["verdicts"]
    assert {verdict: number for verdict, number in verdicts.items() if number} == {"write_jira": 1}
    assert moved.diff("1").code == ExitCode.DRIFT

    ended = moved.reconcile("--yes")
    assert (ended.code, outcomes(ended, "reconcile")) == (ExitCode.OK, {(2, "title"): "applied"})
    assert moved.in_jira(2, Field.TITLE) == "Another title of 2"


def test_what_moved_is_told_by_everything_that_tells_of_links(moved: World) -> None:
    held = moved.run("held", "-o", "json").report["held"]
    assert [(one["incident"], one["reason"]) for one in held] == [(1, "moved"), (2, "moved")]
    explained = " ".join(moved.run("explain", "1").out.split())
    assert "the issue has another key now" in explained
    assert "Impact knows it as INC-1, JIRA as PAY-1" in explained


# What JIRA's editor respelled

TYPED = "Look at https://a.test/x 🔥"
SAVED = (
    r"{color:#172b4d}Look at [https://a.test/x|https://a.test/x|smart-link] :fire:{color}"
    "\n\n:fire_extinguisher: This incident has been created for a critical incident.\nP1\n"
)


def test_what_jira_s_editor_respelled_is_no_drift_and_never_gets_to_impact(tmp_path: Path) -> None:
    pairs = (
        Pair(1, impact={Field.DESCRIPTION: TYPED}, jira={Field.DESCRIPTION: SAVED}, agreed=False),
        Pair(2, jira={Field.DESCRIPTION: f"What happened in 2.\n{SAVED}"}),
    )
    with world(tmp_path, pairs) as place:
        config = place.toml().replace('title = "database"', 'description = "database"')
        assert place.diff("1", config=config).code == ExitCode.OK
        ended = place.reconcile("--yes", config=config)
        assert outcomes(ended, "reconcile") == {(2, "description"): "applied"}, ended.err
        written = str(place.in_impact(2, Field.DESCRIPTION)).strip()
        assert written == f"What happened in 2.\n{TYPED}"
        assert place.diff(config=config).code == ExitCode.OK
