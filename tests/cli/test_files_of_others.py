"""Files that another user owns, may write, or has put in the way: not obeyed, not waited for."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from raidctl.errors import ExitCode
from tests.cli.inside import within
from tests.cli.process import discreet
from tests.cli.world import World
from tests.owners import as_root, given_away

TO_ALL = 0o666
PUT_THERE = [
    pytest.param(given_away, "it belongs to nobody, not to root", marks=as_root, id="theirs"),
    pytest.param(lambda file: file.chmod(TO_ALL), "others may write it", id="open"),
]


@pytest.mark.parametrize(("spoil", "seen"), PUT_THERE)
def test_a_configuration_of_somebody_elses_runs_no_command(
    site: World, tmp_path: Path, spoil: Callable[[Path], object], seen: str
) -> None:
    """Found in a directory that many share, it named a command, and a host for its token."""
    mark = tmp_path / "ran"
    file = tmp_path / "raidctl.toml"
    file.write_text(
        site.toml().replace('token_env = "JIRA_TOKEN"', f"token_command = 'touch {mark}'")
    )
    spoil(file)
    site.jira.forget()

    ended = within("diff", environ=site.environ, cwd=tmp_path)

    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert f"  {file}: {seen}" in ended.err
    assert str(file) in ended.err.rpartition(": ")[2], "no command that mends it"
    assert (mark.exists(), site.jira.requests) == (False, [])
    discreet(ended)


@pytest.mark.parametrize(("spoil", "seen"), PUT_THERE)
def test_nor_is_a_file_that_names_a_database(
    site: World, tmp_path: Path, spoil: Callable[[Path], object], seen: str
) -> None:
    file = tmp_path / "url"
    file.write_text(f"sqlite:///{site.database}\n")
    spoil(file)
    text = site.toml(impact=f'reads = "database"\ndatabase_url_file = "{file}"')

    ended = site.run("diff", config=text)

    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert f"{file} cannot be read: {seen}" in ended.err
    discreet(ended)


@pytest.mark.parametrize("what", ["config", "token", "plan"])
def test_a_pipe_in_the_way_is_not_waited_for(site: World, tmp_path: Path, what: str) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    token = site.toml().replace('token_env = "JIRA_TOKEN"', f'token_file = "{pipe}"')
    arguments, text = {
        "config": (("diff", "--config", str(pipe)), None),
        "token": (("diff",), token),
        "plan": (("apply", str(pipe)), None),
    }[what]

    ended = site.run(*arguments, config=text)

    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert "it is a pipe: name a file" in ended.err
    assert str(pipe) in ended.err
