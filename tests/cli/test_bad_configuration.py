"""A configuration that cannot be used: everything that is wrong with it, and no secret."""

import subprocess
from pathlib import Path

import pytest

from raidctl.errors import ExitCode
from tests.cli.inside import within
from tests.cli.process import JIRA_TOKEN, clean_environ, command, discreet, told_in_one_line
from tests.cli.world import World


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    """Unknown keys, wrong types, unknown statuses, two spellings, secrets: each with its place."""
    file = tmp_path / "raidctl.toml"
    file.write_text(
        f"""
[impact]
url = 7
tokn_env = "IMPACT_TOKEN"
token_env = "IMPACT_TOKEN"
token_file = "/run/secrets/x"
[impact.writes]
title = "webhook"
[jira]
url = "https://bot:{JIRA_TOKEN}@jira.example.com"
token = "{JIRA_TOKEN}"
project = "inc"
[mapping.status_to_jira]
DONE = "Closed"
[mapping.status_to_impact]
Waiting = "PAUSED"
[mapping.priority]
Blocker = "1"
[safety]
max_changes = -1
allow_close = "yes"
[http]
timeout_seconds = 0
concurrency = true
[polcy]
direction = "auto"
"""
    )

    ended = within("diff", "--config", str(file), environ=clean_environ(tmp_path))

    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    title, *lines = ended.err.splitlines()
    assert title == "raidctl: the configuration cannot be used:"
    told = {}
    for line in lines:
        place, key, what = line.split(": ", 2)
        assert place == f"  {file}"
        assert "allowed" in what or "missing" in what or "did you mean" in what
        told[key] = what
    assert told.keys() == {
        "impact.url",
        "impact.tokn_env",
        "impact.token",
        "impact.writes.title",
        "jira.url",
        "jira.token",
        "jira.project",
        "mapping.status_to_jira.DONE",
        "mapping.status_to_impact.Waiting",
        "mapping.priority.Blocker",
        "safety.max_changes",
        "safety.allow_close",
        "http.timeout_seconds",
        "http.concurrency",
        "polcy",
    }
    discreet(ended)


def test_missing_secrets_are_told_with_where_they_were_looked_for(
    site: World, tmp_path: Path
) -> None:
    text = site.toml(impact='reads = "rest"').replace('"JIRA_TOKEN"', '"NO_SUCH_VARIABLE"')
    text = text.replace('token_env = "IMPACT_TOKEN"', 'token_file = "no/such/file"')
    file = site.configured(text)
    environ = {**site.environ, "RAIDCTL_CONFIG": str(file)}

    ended = within("diff", environ=environ, cwd=tmp_path)

    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert f"{file}: impact.token_file: no file {site.folder / 'no/such/file'}" in ended.err
    assert f"{file}: jira.token_env: the variable NO_SUCH_VARIABLE is not set" in ended.err
    discreet(ended)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("token_command = 'false'", "false ended with code 1"),
        ("token_command = '/no/such/program'", "/no/such/program cannot be run"),
        ("token_command = 'true'", "the secret is empty"),
        ("token_command = 'printf \"a\\nb\"'", "more than one line"),
        ("token_file = '.'", "cannot be read"),
    ],
)
def test_a_secret_that_cannot_be_had_is_told(site: World, line: str, told: str) -> None:
    ended = site.run("diff", config=site.toml().replace('token_env = "JIRA_TOKEN"', line))

    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert told in ended.err
    assert f"jira.{line.partition(' ')[0]}: " in ended.err
    discreet(ended)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"[impact\n", "line 1, column 8"),
        (b'[impact]\nurl = "\xff"\n', "no UTF-8 text"),
        (b"a = " + b"[" * 5000, "too deep"),
        (b"a = " + b"1" * 5000, "too long"),
        (None, "it is a directory"),
        (b"\x00", "line 1"),
    ],
)
def test_a_file_that_is_no_configuration_is_told(
    tmp_path: Path, content: bytes | None, told: str
) -> None:
    file = tmp_path / "raidctl.toml"
    file.mkdir() if content is None else file.write_bytes(content)

    ended = within("diff", environ=clean_environ(tmp_path), cwd=tmp_path)

    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    _, line = ended.err.splitlines()
    assert line.startswith(f"  {file}: ")
    assert told in line
    discreet(ended)


def test_a_file_that_is_not_there_or_not_ours_is_told(tmp_path: Path) -> None:
    environ = clean_environ(tmp_path)
    missing = str(tmp_path / "no-such.toml")

    option = within("diff", "--config", missing, environ=environ)
    variable = within("mapping", environ={**environ, "RAIDCTL_CONFIG": missing})

    for ended, origin in ((option, "--config"), (variable, "$RAIDCTL_CONFIG")):
        assert (ended.code, ended.out) == (ExitCode.USAGE, "")
        assert f"  {origin}: no file {missing}" in ended.err


def test_a_working_directory_that_is_gone_is_told(tmp_path: Path) -> None:
    """Where somebody cleaned up behind a terminal, or a supervisor."""
    (gone := tmp_path / "gone").mkdir()
    done = subprocess.run(
        ["/bin/sh", "-c", 'rmdir "$PWD"; exec "$0" "$@"', *command("history")],
        env=clean_environ(tmp_path),
        cwd=gone,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (ExitCode.USAGE, "")
    assert done.stderr == "raidctl: the working directory is gone: cd to one that is there\n"


@pytest.mark.parametrize("content", [b"no database", b"no database at all, but long enough " * 100])
def test_a_journal_that_is_none_is_told(site: World, content: bytes) -> None:
    journal = site.folder / f"other-{len(content)}.db"
    journal.write_bytes(content)
    text = site.toml().replace(str(site.journal), str(journal))

    ended = site.run("diff", config=text)

    line = told_in_one_line(ended, ExitCode.USAGE)
    assert f"the journal {journal} cannot be used" in line
    assert journal.read_bytes() == content
