"""`raidctl config`: what is in force and where it comes from, and what is wrong with it."""

from pathlib import Path
from typing import Any

import pytest

from raidctl.config.keys import KEYS, SECRETS
from raidctl.errors import ExitCode
from tests.cli.inside import within
from tests.cli.process import Ended, clean_environ

SECRET = "n0body-may-see-this-s3cret"
TEXT = """\
[impact]
url = "https://impact.example.com"
token_env = "IMPACT_TOKEN"
[jira]
# two lines of nothing
token_command = "pass show jira --password hunter2"
[jira.headers]
X-Gate_file = "gate"
[mapping.priority]
Blocker = 1
"Very\\nodd" = 2
[users]
"ada@example.com" = "1:a"
[backfill]
labels = [
  "one",
]
"""


class Place:
    def __init__(self, folder: Path) -> None:
        self.file = folder / "raidctl.toml"
        self.environ = clean_environ(folder) | {
            "RAIDCTL_CONFIG": str(self.file),
            "RAID_JIRA_API_URL": "jira.example.com",
            "RAID_JIRA_WEBHOOK_SECRET": SECRET,
            "IMPACT_TOKEN": SECRET,
        }
        self.file.write_text(TEXT)
        self.file.chmod(0o600)
        (folder / "gate").write_text(SECRET)

    def run(self, *arguments: str, **more: str) -> Ended:
        return within("config", *arguments, environ={**self.environ, **more})

    def settings(self) -> dict[str, Any]:
        ended = self.run("show", "-o", "json")
        assert ended.code == ExitCode.OK, ended.err
        return {one["key"]: one for one in ended.report["settings"]}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_each_setting_says_its_line_its_variable_or_that_it_is_the_default(place: Place) -> None:
    found = place.settings()
    told = {
        key: (found[key]["value"], found[key]["from"], found[key]["line"] or found[key]["variable"])
        for key in ("impact.url", "jira.url", "mapping.preset", "backfill.labels", "impact.reads")
    }
    assert told == {
        "impact.url": ("https://impact.example.com", "file", 2),
        "jira.url": ("https://jira.example.com", "variable", "RAID_JIRA_API_URL"),
        "mapping.preset": ("auto", "default", None),
        "backfill.labels": (["one"], "file", 15),
        "impact.reads": ("rest", "default", None),
    }
    assert (found["mapping.priority.Blocker"]["line"], found["impact.token"]["line"]) == (10, 3)
    assert found["users.'ada@example.com'"]["value"] == "1:a"


def test_every_key_is_there_and_each_secret_once(place: Place) -> None:
    found = place.settings()
    spelled = {f"{name}_{how}" for name in SECRETS for how in ("env", "file", "command")}
    assert found.keys() >= (KEYS.keys() - spelled) | SECRETS.keys()
    assert not spelled & found.keys()


def test_of_secrets_it_says_where_they_are_kept_and_whether_they_are_there(place: Place) -> None:
    found = place.settings()
    told = {key: (found[key]["source"], found[key]["lacking"]) for key in SECRETS}
    assert told["impact.token"] == ("the variable IMPACT_TOKEN", None)
    assert told["jira.token"] == ("what pass prints", None)
    assert told["impact.database_url"][0] == "nowhere"
    gate = found["jira.headers.X-Gate"]
    assert (gate["source"], gate["value"]) == (f"the file {place.file.parent / 'gate'}", None)
    for form in ("table", "json"):
        shown = place.run("show", "-o", form)
        assert SECRET not in shown.out + shown.err
        assert "hunter2" not in shown.out + shown.err
        assert "IMPACT_TOKEN is not set" in place.run("show", "-o", form, IMPACT_TOKEN="").out


def test_a_token_that_stands_where_its_name_should_is_not_shown(place: Place) -> None:
    place.file.write_text(TEXT.replace('"IMPACT_TOKEN"', f'"{"aB3" * 10}"'))
    for form in ("table", "json"):
        assert "aB3aB3" not in place.run("show", "-o", form).out


def test_the_page_reads_as_a_file_would_and_hides_what_is_empty(place: Place) -> None:
    lines = place.run("show").out.splitlines()
    assert lines[0] == str(place.file)
    assert 'url = "https://impact.example.com"        # line 2' in lines
    assert any(line.startswith('reads = "rest"') and line.endswith("# default") for line in lines)
    assert any(line.startswith("database_url: not given") for line in lines)
    assert not any(line.startswith("service_account") for line in lines)
    assert not any("\n" in line for line in lines)


def test_without_a_file_firefighters_variables_are_named(tmp_path: Path) -> None:
    environ = clean_environ(tmp_path) | {
        "BASE_URL": "https://impact.example.com",
        "RAID_JIRA_API_URL": "https://jira.example.com",
        "RAID_JIRA_API_USER": "bot@example.com",
        "RAID_JIRA_API_PASSWORD": SECRET,
        "RAID_DEFAULT_JIRA_QRAFT_USER_ID": "712020:ff",
        "POSTGRES_HOST": "db",
    }
    ended = within("config", "show", environ=environ)
    assert ended.code == ExitCode.OK, ended.err
    for shown in (
        "There is no configuration file.",
        'user = "bot@example.com"                  # RAID_JIRA_API_USER',
        'service_account = "712020:ff"             # RAID_DEFAULT_JIRA_QRAFT_USER_ID',
        'reads = "database"                        # default',
    ):
        assert shown in ended.out
    assert SECRET not in ended.out


@pytest.mark.parametrize("form", ["table", "json"])
def test_check_names_everything_that_is_wrong(place: Place, form: str) -> None:
    place.file.write_text(f'{TEXT}[impact.writes]\ntitle = "webhook"\nstatus = "database"\n')
    ended = place.run("check", "-o", form)
    assert ended.code == ExitCode.USAGE
    wrong = ("impact.writes.title: 'webhook'", "impact.database_url: missing")
    assert all(one in ended.err for one in wrong)
    if form == "json":
        problems = ended.report["problems"]
        assert [any(one in line for line in problems) for one in wrong] == [True, True]
    else:
        assert ended.out == ""


def test_check_says_that_nothing_is_wrong(place: Place) -> None:
    fine = place.run("check")
    assert (fine.code, fine.err) == (ExitCode.OK, "")
    assert fine.out == f"{place.file} can be used: nothing is wrong with it.\n"
    assert place.run("check", "-o", "json").report == {
        "schema": "raidctl.config-check/1",
        "file": str(place.file),
        "problems": [],
    }


def test_show_of_what_cannot_be_used_is_refused(place: Place) -> None:
    place.file.write_text(f"{TEXT}[polcy]\n")
    ended = place.run("show")
    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert "polcy" in ended.err
