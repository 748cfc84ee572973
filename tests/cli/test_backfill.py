"""`raidctl backfill` from the command line to both systems and back."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from raidctl.core.model import Field
from raidctl.errors import ExitCode
from raidctl.sandbox.jira.state import Person
from tests.cli.process import Ended
from tests.cli.world import ADA, Pair, Sort, World, world
from tests.schemas import validator

DECLARER = Person("firefighter-bot", "FireFighter", "firefighter-bot@example.test")
ALONE = (Pair(1), Pair(7, linked=False), Pair(8, linked=False, days=2))
DATABASE = 'reads = "database"'


@pytest.fixture(params=["cloud", "datacenter"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    sort: Sort = request.param
    with world(tmp_path, ALONE, sort=sort) as made:
        made.state.add_user(DECLARER)
        yield made


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, ALONE) as made:
        made.state.add_user(DECLARER)
        yield made


def file(place: World, impact: str = DATABASE, more: str = "") -> Path:
    return place.configured(place.toml(impact=impact, more=more))


def made(ended: Ended) -> dict[int, str]:
    """The key of each issue that was created."""
    return {
        item["incident"]: item["issue"]
        for item in ended.report["items"]
        if (item["verdict"], item["outcome"]) == ("create_issue", "applied")
    }


def test_it_creates_what_is_missing_and_every_command_finds_it(either: World) -> None:
    settings, keys = file(either), either.folder / "new.csv"
    run = ("backfill", "issues", "--config", str(settings))
    looked = either.run(*run, "--dry-run", "-o", "json")
    assert looked.code == ExitCode.DRIFT
    validator("report").validate(looked.report)
    assert looked.report["summary"]["verdicts"]["create_issue"] == 2
    assert looked.report["command"] == "backfill issues"

    ended = either.run(*run, "--yes", "-o", "json", "--made", str(keys))
    assert ended.code == ExitCode.OK, ended.err
    validator("report").validate(ended.report)
    found = made(ended)
    assert sorted(found) == [7, 8]
    rows = list(csv.DictReader(keys.read_text().splitlines()))
    assert {int(row["incident"]): row["key"] for row in rows} == found

    again = either.run(*run, "--yes")
    assert (again.code, again.err) == (ExitCode.OK, "")
    assert "Nothing to make." in again.out

    diff = either.run("diff", "--config", str(settings), found[7], "-o", "json")
    assert diff.code == ExitCode.OK, diff.err
    assert diff.report["summary"]["links"] == 1
    explained = either.run("explain", "--config", str(settings), "7")
    assert f"{found[7]} (raidctl's own link)" in explained.out
    history = either.run("history", "--config", str(settings), found[7], "-o", "json")
    assert [write["issue"] for write in json.loads(history.out)["writes"]] == [found[7]] * 2


def test_by_rest_nobody_knows_what_is_private(place: World) -> None:
    settings = file(place, "")
    ended = place.run("backfill", "issues", "--config", str(settings), "--yes", "-o", "json")
    assert ended.code == ExitCode.OK
    assert {item["reason"] for item in ended.report["items"]} == {"private"}
    assert "only Impact's database tells" in ended.out
    shown = place.run("backfill", "issues", "--config", str(settings), "--dry-run")
    assert "it may be private" in shown.out
    assert 'set in [impact]: reads = "database"' in shown.out
    allowed = file(place, "", "[policy]\nprivate_to_jira = true\n")
    ended = place.run("backfill", "issues", "--config", str(allowed), "--yes", "-o", "json")
    assert sorted(made(ended)) == [7, 8]


def test_it_asks_on_a_terminal_and_only_yes_is_a_yes(place: World) -> None:
    run = ("backfill", "issues", "--config", str(file(place)))
    refused = place.run(*run, typed="no\n")
    assert refused.code == ExitCode.DRIFT
    assert "This makes 2 JIRA issues." in refused.err
    assert "create issue" in refused.err
    assert place.run(*run, typed="yes\n").code == ExitCode.OK


def test_what_the_screen_wants_is_a_matter_of_configuration(place: World) -> None:
    place.state.demanded = {"customfield_10908": None}
    ended = place.run("backfill", "issues", "--config", str(file(place)), "--yes")
    assert ended.code == ExitCode.USAGE
    assert "backfill.fields.customfield_10908: missing" in ended.err
    more = '[backfill.fields]\ncustomfield_10908 = "4711"\n'
    assert place.run("backfill", "issues", "--config", str(file(place, more=more))).code == 0


def test_without_a_project_nothing_is_asked(place: World) -> None:
    text = place.toml(impact=DATABASE).replace('project = "INC"\n', "")
    ended = place.run("backfill", "issues", "--config", str(place.configured(text)), "--yes")
    assert ended.code == ExitCode.USAGE
    assert "jira.project: missing" in ended.err


def test_a_reporter_whom_jira_does_not_have_any_more_is_given_another_account(
    tmp_path: Path,
) -> None:
    """FireFighter's own table names one: the refusal says what mends it, and that does."""
    with world(tmp_path, ALONE) as place:
        run = ("backfill", "issues", "7", "--yes", "-o", "json", "--config")
        refused = place.run(*run, str(file(place)))
        assert refused.code == ExitCode.INCOMPLETE
        (detail,) = {i["detail"] for i in refused.report["items"] if i["outcome"] == "refused"}
        assert "needs a row in [users]: their e-mail, and an account" in detail

        row = f'[users]\n"{DECLARER.email}" = "{ADA.account}"'
        ended = place.run(*run, str(file(place, more=row)))
        assert ended.code == ExitCode.OK, ended.err
        assert set(made(ended)) == {7}


def test_what_is_unlinked_leads_here(place: World) -> None:
    settings = file(place)
    assert "raidctl backfill issues 7 8" in place.run("diff", "--config", str(settings)).out


def test_a_created_issue_is_never_taken_back_only_told(place: World) -> None:
    settings = file(place)
    place.run("backfill", "issues", "--config", str(settings), "--yes")
    ended = place.run("undo", "--config", str(settings), "last", "--yes", "-o", "json")
    assert ended.code == ExitCode.OK, ended.err
    assert [item["field"] for item in ended.report["items"]] == ["status", "status"]
    (note,) = ended.report["notes"]
    assert note.startswith("A created issue is never deleted: INC-")


def test_a_run_that_only_created_has_nothing_to_take_back(tmp_path: Path) -> None:
    alone = (Pair(1), Pair(7, impact={Field.STATUS: "OPEN"}, linked=False))
    with world(tmp_path, alone) as place:
        place.state.add_user(DECLARER)
        settings = file(place)
        assert place.run("backfill", "issues", "--config", str(settings), "--yes").code == 0
        ended = place.run("undo", "--config", str(settings), "last", "--yes")
        assert ended.code == ExitCode.USAGE
        assert "A created issue is never deleted: INC-2 can be deleted in JIRA" in ended.err
        assert len(place.state.properties) == 1
