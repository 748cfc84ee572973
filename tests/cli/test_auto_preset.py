"""`preset = "auto"`: the tables are those whose names the live workflow has, for every command."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from raidctl.core.model import Field
from raidctl.errors import ExitCode
from raidctl.sandbox.jira.workflows import RAID, Status, Workflow
from tests.cli.inside import within
from tests.cli.world import DRIFT, Pair, World, world
from tests.simulators.jira.workflows import FIREFIGHTER
from tests.simulators.server import refuse

AUTO = "[mapping]\n"
STATUSES = "/rest/api/2/project/INC/statuses"
UNLIKE = {Field.STATUS: "in progress", Field.PRIORITY: "3"}
STOCK = (
    Pair(1, jira=UNLIKE, agreed=False),
    Pair(2, impact={Field.PRIORITY: 5}, jira=UNLIKE, agreed=False),
)
BOTH = replace(RAID, statuses=(*RAID.statuses, *FIREFIGHTER.statuses[:4]))
NEITHER = Workflow("Another", (Status("1", "Backlog", "new"), Status("6", "Closed", "done")), ())


@pytest.fixture
def stock(tmp_path: Path) -> Iterator[World]:
    """A stock FireFighter with its own workflow."""
    priority = "customfield_11064"
    with world(tmp_path, STOCK, workflow=FIREFIGHTER, priority_field=priority) as made:
        yield made


@pytest.fixture
def usual(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path / "usual") as made:
        yield made


def auto(site: World, more: str = "", **given: str) -> str:
    text = site.toml(more=f"{AUTO}{more}", **given)
    return text.replace(f'priority_field = "{site.priority_field}"', "")


def asked(site: World) -> int:
    return len([path for _, path in site.jira.requests if path.startswith(STATUSES)])


def test_a_stock_firefighter_is_compared_by_its_own_tables(stock: World) -> None:
    ended = stock.diff(config=auto(stock))
    assert ended.items == {(2, "priority", "undecided")}, ended.err
    (note,) = (note for note in ended.report["notes"] if "preset" in note)
    assert note == (
        "The tables are those of the preset firefighter, whose statuses the workflow of INC has."
    )
    assert ended.report["summary"]["requests"]["jira"] == len(stock.jira.requests)


def test_a_journal_of_the_preset_raid_goes_on_under_auto(usual: World) -> None:
    """The same tables: the same baselines, decisions, and hash of the plan."""
    before = usual.diff()
    ended = usual.diff(config=auto(usual))
    assert ended.items == before.items == DRIFT
    assert ended.report["plan"] == before.report["plan"]


def test_it_is_asked_once_and_remembered_by_runs_that_write(usual: World) -> None:
    config = auto(usual)
    assert (usual.diff(config=config).code, asked(usual)) == (ExitCode.DRIFT, 1)
    assert (usual.run("baseline", config=config).code, asked(usual)) == (ExitCode.OK, 2)
    for command in ("diff", "held", "baseline"):
        quiet = usual.run(command, config=config)
        assert "preset" not in quiet.out
    assert asked(usual) == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda site: auto(site, '[mapping.status_to_impact]\n"Code Review" = "MITIGATING"'),
        lambda site: auto(site, jira='issue_type = "Bug"'),
        lambda site: auto(site, "[mapping.project.INC.priority]\nBlocker = 1"),
    ],
    ids=["row", "type", "row of the project"],
)
def test_it_is_asked_anew_when_what_it_rests_on_changes(usual: World, change: object) -> None:
    usual.run("baseline", config=auto(usual))
    assert callable(change)
    usual.diff(config=change(usual))
    assert asked(usual) == 2


def test_the_whole_site_is_asked_where_no_project_is_configured(stock: World) -> None:
    config = auto(stock).replace('project = "INC"', "")
    ended = stock.diff(config=config)
    assert ended.items == {(2, "priority", "undecided")}, ended.err
    assert any("whose statuses JIRA has" in note for note in ended.report["notes"])


@pytest.mark.parametrize("how", ["both fit", "JIRA tells none"])
def test_doctor_finds_without_a_project_what_diff_finds(tmp_path: Path, how: str) -> None:
    with world(tmp_path, workflow=BOTH) as site:
        config = auto(site).replace('project = "INC"', "")
        if how == "JIRA tells none":
            site.jira.faults = lambda asked: refuse(403) if asked.path.endswith("status") else None
        compared, looked = site.diff(config=config), site.run("doctor", "-o", "json", config=config)
    assert compared.code == ExitCode.USAGE
    assert "set jira.project" in compared.err
    assert "  " not in compared.err.splitlines()[1].strip()
    (problem,) = [one for one in looked.report["checks"] if one["id"] == "jira.statuses"]
    assert problem["state"] == "problem"
    assert "set jira.project" in problem["what"]


@pytest.mark.parametrize(
    ("workflow", "said"),
    [
        (BOTH, "the workflow of INC has the statuses of raid and of firefighter"),
        (NEITHER, 'raid needs "Open" and "In Progress" and "Resolved", firefighter needs "Incomi'),
    ],
    ids=["both", "neither"],
)
@pytest.mark.parametrize("command", ["diff", "reconcile", "held", "baseline", "mapping"])
def test_a_choice_is_asked_for_where_it_is_not_clear(
    tmp_path: Path, workflow: Workflow, said: str, command: str
) -> None:
    with world(tmp_path, (), workflow=workflow) as site:
        site.state.add_issue("INC-1", 1)
        ended = site.run(command, config=auto(site))
    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    line = ended.err.splitlines()[-1]
    assert said in line
    assert "mapping.preset: " in line
    assert line.endswith(" set it to raid, firefighter or none (the rows of your own alone)")
    assert ("or set it" in line) == (workflow is NEITHER)  # there is another way to mend it


def test_rows_of_ones_own_make_a_preset_fit(tmp_path: Path) -> None:
    rows = '[mapping.status_to_jira]\nOPEN = "Backlog"\nINVESTIGATING = "Backlog"\n'
    rows += 'MITIGATING = "Backlog"\nMITIGATED = "Closed"\n'
    with world(tmp_path, (), workflow=NEITHER) as site:
        site.state.add_issue("INC-1", 1)
        both = site.diff(config=auto(site, rows + 'POST_MORTEM = "Closed"'))
        none = site.diff(config=auto(site, rows + 'POST_MORTEM = "Nowhere"'))
    # What firefighter adds to these rows is "Reporter validation" alone.
    assert "names every status itself" in both.err
    assert 'raid needs "Nowhere"' in none.err
    assert 'INC has "Backlog" and "Closed"; name the live ones in' in none.err
    with world(tmp_path / "two", (), workflow=NEITHER) as site:
        site.state.add_issue("INC-1", 1)
        assert site.diff(config=auto(site, rows)).code == ExitCode.OK


def test_rows_that_name_every_status_are_told_from_a_preset_that_fits(tmp_path: Path) -> None:
    """A workflow of other names: all were named as advised, and `none` was not to be heard of."""
    rows = "[mapping.status_to_jira]\n" + "".join(
        f'{status} = "{"Closed" if status == "CLOSED" else "Backlog"}"\n'
        for status in ("OPEN", "INVESTIGATING", "MITIGATING", "MITIGATED", "POST_MORTEM", "CLOSED")
    )
    with world(tmp_path, (), workflow=NEITHER) as site:
        site.state.add_issue("INC-1", 1)
        ended = site.diff(config=auto(site, rows))
        alone = site.diff(config=auto(site, f'preset = "none"\n{rows}'))
    assert "[mapping.status_to_jira] names every status itself, so no workflow tells" in ended.err
    assert "has the statuses of raid" not in ended.err
    assert alone.code == ExitCode.OK, alone.err


def test_doctor_says_that_a_preset_is_remembered_from_before_a_status_was_renamed(
    usual: World,
) -> None:
    """A run goes on by it: what it lacks is held, and nothing else."""
    config = auto(usual)
    usual.run("baseline", config=config)
    before = usual.run("doctor", config=config).out
    renamed = tuple(
        replace(one, name="Solved") if one.name == "Resolved" else one for one in RAID.statuses
    )
    ways = tuple(way for way in RAID.transitions if "Resolved" not in (*way.sources, way.target))
    usual.state.workflow = replace(RAID, statuses=renamed, transitions=ways)
    told = " ".join(usual.run("doctor", config=config).out.split())

    assert "is remembered" not in before
    assert 'The preset raid is remembered from when JIRA had "Resolved"' in told
    assert "until mapping.preset is set" in told


def test_a_project_that_is_not_shown_is_named(usual: World) -> None:
    ended = usual.diff(config=auto(usual).replace('project = "INC"', 'project = "NONE"'))
    assert ended.code == ExitCode.USAGE
    assert "JIRA shows no project NONE to the user of jira.token: correct jira.project" in ended.err


def test_a_saved_plan_is_good_for_the_tables_that_were_found(stock: World) -> None:
    config, plan = auto(stock), stock.folder / "plan.json"
    given = ("--prefer", "impact", "--save-plan", str(plan))
    assert stock.reconcile(*given, config=config).code == ExitCode.DRIFT
    applied = stock.run("apply", str(plan), "--yes", config=config)
    assert applied.code == ExitCode.OK, applied.err
    assert stock.in_jira(2, Field.PRIORITY) == "5"


@pytest.mark.parametrize("dry", [(), ("--dry-run",)], ids=["apply", "dry run"])
def test_a_plan_of_the_other_preset_is_refused(stock: World, dry: tuple[str, ...]) -> None:
    """It could have been found, and was not."""
    plan = stock.folder / "plan.json"
    raid = auto(stock, 'preset = "raid"\n', jira='priority_field = "customfield_11064"')
    given = ("--prefer", "impact", "--save-plan", str(plan))
    stock.reconcile(*given, config=raid)
    config = auto(stock, jira='priority_field = "customfield_11064"')
    ended = stock.run("apply", str(plan), "--yes", *dry, config=config)
    assert ended.code == ExitCode.USAGE
    assert "made with other mapping tables" in ended.err
    assert stock.writes == []


def test_mapping_tells_which_preset_was_found(usual: World, stock: World) -> None:
    found = stock.run("mapping", config=auto(stock))
    assert "The preset firefighter, whose statuses JIRA has" in found.out
    assert "Reporter validation" in found.out
    assert "The preset raid, and the rows of your own." in usual.run("mapping").out


def test_mapping_says_without_jira_what_it_would_need(usual: World) -> None:
    config, hint = auto(usual), "set mapping.preset to see them without JIRA"
    away = usual.run("mapping", config=config.replace(usual.jira.url, "http://127.0.0.1:9"))
    assert (away.code, hint in away.err) == (ExitCode.UNREACHABLE, True)
    file = usual.configured(config)
    environ = {key: value for key, value in usual.environ.items() if key != "JIRA_TOKEN"}
    no_token = within("mapping", "--config", str(file), environ=environ)
    assert (no_token.code, hint in no_token.err) == (ExitCode.USAGE, True)
    usual.run("baseline", config=config)
    remembered = within("mapping", "--config", str(file), environ=environ)
    assert remembered.code == ExitCode.OK, remembered.err


def test_a_run_that_finds_no_preset_has_its_row(tmp_path: Path) -> None:
    with world(tmp_path, (), workflow=NEITHER) as site:
        site.state.add_issue("INC-1", 1)
        assert site.reconcile("--yes", config=auto(site)).code == ExitCode.USAGE
        (row,) = site.journalled("SELECT exit_code, why FROM runs WHERE command = 'reconcile'")
    assert row[0] == ExitCode.USAGE
    assert "no preset fits" in row[1]
