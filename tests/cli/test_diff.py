"""`raidctl diff` from the command line to both systems and back: what it finds, shows, answers."""

import csv
import json
import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from raidctl.core.model import Field
from raidctl.errors import ExitCode
from raidctl.sandbox.server import Request
from tests.cli.inside import within
from tests.cli.process import IMPACT_TOKEN, JIRA_TOKEN, Ended, clean_environ, command
from tests.cli.world import BOT, DRIFT, Pair, World, world
from tests.schemas import validator
from tests.simulators.jira.workflows import FIREFIGHTER
from tests.simulators.server import refuse

ADDRESSES = ("2", "#3", "INC-4", " inc-5 ")
PASTED = ("https://jira.example.test/browse/INC-8", "https://impact.example.test/incident/10/")


def test_drift_of_every_kind_is_found_and_told_by_the_contract(site: World) -> None:
    site.impact.forget()
    site.jira.forget()

    ended = site.diff()

    assert (ended.code, ended.err) == (ExitCode.DRIFT, "")
    assert ended.items == DRIFT
    validator("report").validate(ended.report)
    assert ended.report["summary"]["requests"] == {
        "impact": len(site.impact.requests),
        "jira": len(site.jira.requests),
    }
    summary = {name: ended.report["summary"][name] for name in ("links", "in_sync", "drifted")}
    assert summary == {"links": 8, "in_sync": 1, "drifted": 6}


def on(site: World, target: str) -> str:
    """An address with the site's own host in place of the example's."""
    of_impact = target.replace("https://impact.example.test", site.impact.url)
    return of_impact.replace("https://jira.example.test", site.jira.url)


def test_targets_are_ids_keys_and_pasted_addresses(site: World) -> None:
    ended = site.diff(*(on(site, target) for target in (*ADDRESSES, *PASTED)))

    assert ended.code == ExitCode.DRIFT
    assert incidents(ended) == {2, 3, 4, 5, 8, 10}


@pytest.mark.parametrize(
    "target",
    [
        "https://jira.example.test/browse/INC-2?focusedCommentId=10101",
        "https://jira.example.test/browse/INC-2#comment-10101",
        "https://jira.example.test/jira/software/c/projects/INC/boards/1?selectedIssue=INC-2",
        "https://impact.example.test/incident/2/?tab=timeline#update-7",
    ],
)
def test_an_address_is_taken_as_the_browser_shows_it(site: World, target: str) -> None:
    ended = site.diff(on(site, target))

    assert ended.code == ExitCode.DRIFT, ended.err
    assert incidents(ended) == {2}


@pytest.mark.parametrize("target", ["12x", "INC-", ""])
def test_a_target_that_is_none_is_refused_before_anything_is_read(site: World, target: str) -> None:
    site.impact.forget()

    ended = site.diff(target)

    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert ended.err.startswith(f"raidctl: {target!r} is neither an incident id")
    assert not site.impact.requests


@pytest.mark.parametrize("target", ["987654", "INC-987654"])
def test_a_target_that_does_not_exist_is_named_and_is_not_in_sync(site: World, target: str) -> None:
    ended = site.diff("1", target)

    assert target in ended.out + ended.err
    assert ended.code != ExitCode.OK


def test_an_old_closed_incident_is_looked_at_when_named_or_with_all(site: World) -> None:
    named, everything = site.diff("9"), site.diff("--all")

    assert named.items == {(9, "title", "jira_changed")}
    assert everything.items == DRIFT | named.items


def test_filters_narrow_what_is_shown(site: World) -> None:
    """Either side's names; several values of one filter add up, several filters narrow."""
    fields = site.diff("--field", "status", "--field", "commander")
    assert fields.items == {
        (2, "status", "impact_changed"),
        (6, None, "not_visible"),
        (7, None, "unlinked"),
        (10, "commander", "impact_changed"),
    }
    assert incidents(site.diff("--status", "mitigated")) == {2}
    assert incidents(site.diff("--status", "In progress", "--priority", "high")) == {3}
    assert incidents(site.diff("--priority", "P1", "--priority", "2")) == {4}


def test_since_takes_a_date_a_time_and_an_age(site: World) -> None:
    old = (9, "title", "jira_changed")
    assert old in site.diff("--since", "500d").items
    assert site.diff("--since", "4d").items == DRIFT
    assert site.diff("--since", "2001-02-03").items == DRIFT | {old}
    assert site.diff("--since", "2001-02-03T04:05+02:00", "--all").items == DRIFT | {old}
    assert site.diff("--since", "48h").report["items"] == []


@pytest.mark.parametrize("since", ["garbage", "2026-13-01", "999999w", "-7d"])
def test_a_since_that_is_none_is_refused_with_what_is_allowed(site: World, since: str) -> None:
    ended = site.diff(f"--since={since}")

    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert ended.err == (
        f"raidctl: --since {since!r} is no date: write 2026-11-01, 2026-11-01T08:00, or an age "
        "as 7d\n"
    )


def test_a_since_that_is_still_to_come_is_refused(site: World) -> None:
    """Else a year that was mistyped would say that all is well."""
    ended = site.diff("--since", "2999-01-01")
    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert "'2999-01-01' is still to come" in ended.err


@pytest.mark.parametrize(
    ("option", "name"), [("impact-to-jira", "impact_to_jira"), ("jira-to-impact", "jira_to_impact")]
)
def test_a_direction_decides_and_leaves_the_drifted_fields_as_they_are(
    site: World, option: str, name: str
) -> None:
    ended = site.diff("--direction", option)

    assert ended.code == ExitCode.DRIFT
    assert {item[:2] for item in ended.items} == {item[:2] for item in DRIFT}
    assert ended.report["direction"] == name
    decided = {
        (item["incident"], item["verdict"], item["direction"])
        for item in ended.report["items"]
        if item["incident"] in {4, 5, 3}
    }
    verdict = "write_jira" if name == "impact_to_jira" else "write_impact"
    assert decided == {(number, verdict, name) for number in (3, 4, 5)}


@pytest.mark.parametrize("side", ["impact", "jira"])
def test_to_prefer_a_side_decides_what_is_open_and_nothing_else(site: World, side: str) -> None:
    ended = site.diff("--prefer", side)

    assert (ended.code, ended.report["prefer"]) == (ExitCode.DRIFT, side)
    opened = {(4, "priority"), (5, "title")}
    assert ended.items == {
        (number, name, "prefer" if (number, name) in opened else reason)
        for number, name, reason in DRIFT
    }
    verdict = "write_jira" if side == "impact" else "write_impact"
    ways = {item["incident"]: item["verdict"] for item in ended.report["items"]}
    assert (ways[4], ways[5], ways[3]) == (verdict, verdict, "write_impact")
    (conflict,) = (i for i in ended.report["items"] if i["incident"] == 4)
    other = "JIRA" if side == "impact" else "Impact"
    assert f"overrides the change made in {other}" in conflict["detail"]
    assert "value wins in conflicts and undecided fields" in site.run("diff", "--prefer", side).out


def test_what_to_type_next_prefers_a_side_and_makes_no_mirror(site: World) -> None:
    told = site.run("diff", "5").out
    assert "raidctl diff 5 --prefer impact" in told
    assert "--direction" not in told


def test_a_mirror_leaves_nothing_to_prefer(site: World) -> None:
    ended = site.run("diff", "--prefer", "jira", "--direction", "impact-to-jira")
    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert ended.err == ("raidctl: --direction decides all that --prefer would: give one of them\n")


def test_the_option_direction_goes_before_the_configuration(site: World) -> None:
    policy = '[policy]\ndirection = "impact-to-jira"'

    configured = site.diff(config=site.toml(more=policy))
    option = site.diff("--direction", "auto", config=site.toml(more=policy))

    assert configured.report["direction"] == "impact_to_jira"
    assert option.report["direction"] == "auto"
    assert option.items == DRIFT


def test_every_format_goes_to_standard_output_whole(site: World) -> None:
    drifted = {item[:2] for item in DRIFT}
    lines = [json.loads(line) for line in site.run("diff", "-o", "jsonl").out.splitlines()]
    assert {(item["incident"], item["field"]) for item in lines} == drifted
    rows = list(csv.DictReader(site.run("diff", "--format", "csv").out.splitlines()))
    assert {(int(row["incident"]), row["field"] or None) for row in rows} == drifted
    for form, number in (("table", " {0} INC-{0} "), ("markdown", "| [{}](")):
        text = site.run("diff", "--format", form).out
        assert all(number.format(n) in text for n in (2, 3, 4, 5, 8, 10)), text


@pytest.mark.parametrize("form", ["table", "json"])
def test_out_is_a_private_file_with_the_same_report(site: World, form: str, tmp_path: Path) -> None:
    file = tmp_path / "report"
    file.write_text("what was there before, and is longer " * 10_000)
    file.chmod(0o644)

    ended = site.run("diff", "-o", form, "--out", str(file))

    assert (ended.code, ended.out) == (ExitCode.DRIFT, "")
    assert ended.err == f"raidctl: wrote {file}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text(encoding="utf-8")
    assert "A secret matter" in text
    assert "before" not in text
    assert "\x1b" not in text
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("place", ["no/such/folder/report", "folder", "file/report"])
def test_a_file_that_cannot_be_written_is_named(site: World, place: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()

    ended = site.run("diff", "--out", str(tmp_path / place))

    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert ended.err.startswith(f"raidctl: {tmp_path / place} cannot be written: ")
    assert ended.err.count("\n") == 1
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "folder"]


def test_out_never_replaces_what_is_no_file(site: World, tmp_path: Path) -> None:
    """`--out /dev/null`, typed by root, must not take /dev/null away from everybody else."""
    special = tmp_path / "special"
    special.symlink_to(os.devnull)

    ended = site.run("diff", "-o", "json", "--out", str(special))

    assert (ended.code, ended.out) == (ExitCode.DRIFT, "")
    assert special.is_char_device()


@pytest.mark.parametrize(
    "arguments", [("diff", "--out"), ("reconcile", "--save-plan")], ids=["out", "save-plan"]
)
def test_a_pipe_that_somebody_left_there_gets_no_report(
    site: World, tmp_path: Path, arguments: tuple[str, str]
) -> None:
    """Nobody may ever read it, or somebody else may."""
    pipe = tmp_path / "report.json"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)  # lets a writer in

    ended = site.run(*arguments, str(pipe))
    left = os.read(reader, 1)
    os.close(reader)

    assert (ended.code, left) == (ExitCode.USAGE, b"")
    assert f"{pipe} cannot be written: it is a pipe: name a file\n" in ended.err


def test_standard_output_by_its_name_is_standard_output(site: World, tmp_path: Path) -> None:
    """`--out /dev/stdout`, typed by root, must not take /dev/stdout away either."""
    taken, out = tmp_path / "taken", tmp_path / "stdout"
    out.symlink_to("/dev/stdout")
    with taken.open("wb") as file:
        file.write(b"before\n")
        file.flush()
        done = subprocess.run(
            command("diff", "-o", "json", "--out", str(out)),
            env=site.ready(),
            stdout=file,
            stderr=subprocess.PIPE,
            check=False,
        )

    assert done.returncode == ExitCode.DRIFT, done.stderr
    assert taken.read_text().startswith('before\n{\n  "schema"')
    assert out.is_symlink()


def test_what_needs_no_repair_exits_with_0(tmp_path: Path) -> None:
    """In sync, and an incident that nobody has linked."""
    with world(tmp_path, (Pair(1), Pair(7, linked=False))) as site:
        ended = site.diff()
        assert (ended.code, ended.items) == (ExitCode.OK, {(7, None, "unlinked")})
        table = site.run("diff", "1")
        assert (table.code, table.out.splitlines()[0]) == (ExitCode.OK, "1 link in sync.")
        site.state.forbid(10_001)
        ended = site.diff()
        assert ended.code == ExitCode.DRIFT
        assert (1, None, "not_visible") in ended.items
        assert ended.report["notes"], "none of the issues is visible: that is worth a note"


# Where the configuration comes from


def test_fire_fighters_own_environment_is_enough(site: World) -> None:
    environ = {
        **clean_environ(site.folder),
        "BASE_URL": site.impact.url,
        "RAID_JIRA_API_URL": site.jira.url,
        "RAID_JIRA_API_USER": BOT.email,
        "RAID_JIRA_API_PASSWORD": JIRA_TOKEN,
        "RAID_JIRA_PROJECT_KEY": "INC",
        "ENABLE_JIRA": "True",
        "ENABLE_RAID": "true",
    }
    database = {"IMPACT_DATABASE_URL": f"sqlite:///{site.database}"}
    for way in ({"IMPACT_TOKEN": IMPACT_TOKEN}, database):
        ended = within("diff", "-o", "json", environ={**environ, **way})
        assert ended.code == ExitCode.DRIFT, ended.err
        assert {item[:2] for item in ended.items} == {item[:2] for item in DRIFT}
        assert ("baselines" in str(ended.report["notes"])) is True
        if way is database:
            assert ended.report["summary"]["requests"]["impact"] < 5

    off = within("diff", environ={**environ, **database, "ENABLE_RAID": "False"})
    assert (off.code, off.out) == (ExitCode.USAGE, "")
    assert "ENABLE_RAID" in off.err
    assert "switched off" in off.err


def test_the_option_goes_before_the_variable_before_the_folder_before_the_user(
    tmp_path: Path,
) -> None:
    environ = clean_environ(tmp_path)
    cwd, home = tmp_path / "here", Path(environ["HOME"])
    user = home / ".config" / "raidctl"
    cwd.mkdir()
    user.mkdir(parents=True)
    option, variable = tmp_path / "option.toml", tmp_path / "variable.toml"
    for file in (option, variable, cwd / "raidctl.toml", user / "raidctl.toml"):
        file.write_text("nonsense = 1")

    def blamed(*arguments: str, **more: str) -> str:
        ended = within(*arguments, environ={**environ, **more}, cwd=cwd)
        assert ended.code == ExitCode.USAGE
        return ended.err

    both = {"RAIDCTL_CONFIG": str(variable)}
    assert f"{option}: nonsense" in blamed("diff", "--config", str(option), **both)
    assert f"{option}: nonsense" in blamed("--config", str(option), "diff", **both)
    assert f"{variable}: nonsense" in blamed("diff", **both)
    assert f"{cwd / 'raidctl.toml'}: nonsense" in blamed("diff")
    (cwd / "raidctl.toml").unlink()
    assert f"{user / 'raidctl.toml'}: nonsense" in blamed("diff")
    (user / "raidctl.toml").unlink()
    assert "no configuration file: impact.url: missing" in blamed("diff")


# Sites that are not like the usual one


@pytest.fixture(scope="module")
def data_center(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("dc"), sort="datacenter") as made:
        yield made


@pytest.mark.parametrize("deployment", ["auto", "datacenter"])
def test_data_center_with_a_personal_access_token(data_center: World, deployment: str) -> None:
    data_center.jira.forget()

    ended = data_center.diff(config=data_center.toml(jira=f'deployment = "{deployment}"'))

    assert (ended.code, ended.items) == (ExitCode.DRIFT, DRIFT), ended.err
    assert ended.report["summary"]["requests"]["jira"] == len(data_center.jira.requests)


def test_a_stock_fire_fighter_with_its_own_workflow(tmp_path: Path) -> None:
    """The preset brings statuses, and the option field that holds the priority."""
    unlike = {Field.STATUS: "in progress", Field.PRIORITY: "3"}
    pairs = (
        Pair(1, jira=unlike, agreed=False),
        Pair(2, impact={Field.STATUS: "POST_MORTEM"}, jira=unlike, agreed=False),
        Pair(3, impact={Field.PRIORITY: 5}, jira=unlike, agreed=False),
        Pair(4, jira={**unlike, Field.PRIORITY: "-"}, agreed=False),
    )
    made = world(tmp_path, pairs, workflow=FIREFIGHTER, priority_field="customfield_11064")
    with made as site:
        preset = site.toml(more='[mapping]\npreset = "firefighter"')
        ended = site.diff(config=preset.replace('priority_field = "customfield_11064"', ""))

    assert ended.code == ExitCode.DRIFT, ended.err
    assert ended.items == {
        (2, "status", "undecided"),
        (3, "priority", "undecided"),
        (4, "priority", "unmapped"),
    }


def test_tables_of_ones_own_and_of_single_projects(tmp_path: Path) -> None:
    pairs = (
        Pair(1, agreed=False),
        Pair(2, agreed=False, project="PAY"),
        Pair(3, agreed=False, project="PAY", jira={Field.STATUS: "Waiting"}),
        Pair(4, agreed=False, jira={Field.STATUS: "Waiting"}),
        Pair(5, agreed=False, jira={Field.PRIORITY: "Highest"}),
    )
    tables = """
[mapping]
preset = "none"
[mapping.status_to_jira]
MITIGATING = "In Progress"
[mapping.status_to_impact]
"In Progress" = "Mitigating"
[mapping.priority]
Medium = 3
[mapping.project.PAY.status_to_impact]
Waiting = "MITIGATING"
[mapping.project.PAY.priority]
Medium = 4
Urgent = 3
"""
    with world(tmp_path, pairs) as site:
        ended = site.diff(config=site.toml(more=tables))

    assert ended.items == {
        (2, "priority", "undecided"),
        (3, "priority", "undecided"),
        (4, "status", "unmapped"),
        (5, "priority", "unmapped"),
    }


def test_a_hidden_field_is_unreadable_and_not_empty(tmp_path: Path) -> None:
    with world(tmp_path, (Pair(1), Pair(2, impact={Field.STATUS: "MITIGATED"}))) as site:
        site.state.hidden = {"priority", "assignee"}
        ended = site.diff()
        table = site.run("diff", "1")

    assert ended.items == {
        (number, name, "unreadable") for number in (1, 2) for name in ("priority", "commander")
    } | {(2, "status", "impact_changed")}
    assert "(not visible)" in table.out
    assert "(empty)" not in table.out


def test_private_incidents_are_marked_where_the_database_tells(site: World) -> None:
    database = site.toml(impact='reads = "database"')

    table = site.run("diff", "8", "2", config=database)
    markdown = site.run("diff", "-o", "markdown", "8", "2", config=database)
    everything = site.diff(config=database)

    assert "8 INC-8🔒" in table.out
    assert "🔒 a private incident" in table.out
    assert table.out.count("INC-8🔒") == markdown.out.count("🔒") == 1
    kept = {(8, "title", "private") if one[0] == 8 else one for one in DRIFT}
    assert everything.items == kept


def incidents(ended: Ended) -> set[int]:
    """The incidents that have drift to show."""
    assert ended.code in {ExitCode.DRIFT, ExitCode.OK}, ended.err
    return {number for number, field, _ in ended.items if field is not None}


def test_a_site_that_serves_only_version_3_is_found(site: World) -> None:
    """Version 2 of every path answers 404, that of serverInfo too."""

    def version_2(request: Request) -> bool:
        return "/rest/api/2/" in request.path

    with site.fault("jira", refuse(404), version_2):
        ended = site.diff(config=site.toml().replace('deployment = "cloud"', ""))

    assert ended.code == ExitCode.DRIFT
    assert ended.items == DRIFT
