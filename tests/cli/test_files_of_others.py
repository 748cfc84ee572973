"""Files that another user owns, may write, or has put in the way: not obeyed, not waited for."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from raidctl.config import load
from raidctl.core.model import Field
from raidctl.errors import ConfigError, ExitCode
from raidctl.sandbox.server import Reply
from tests.cli.inside import within
from tests.cli.process import discreet, told_in_one_line
from tests.cli.world import Pair, World, world
from tests.owners import as_root, given_away, somebody_else
from tests.simulators.server import Fault

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


@as_root
def test_one_that_its_user_may_not_read_is_told_with_what_to_do() -> None:
    with TemporaryDirectory() as folder:  # pytest's own are private
        Path(folder).chmod(0o755)
        file = Path(folder) / "raidctl.toml"
        file.touch(0o600)
        with somebody_else(), pytest.raises(ConfigError) as caught:
            load(file, {})

    assert str(caught.value) == (
        f"{file}: nobody may not read it: give that right, or name another file by --config"
    )


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


@pytest.mark.parametrize("command", ["diff", "reconcile", "history", "baseline", "held", "resume"])
@pytest.mark.parametrize(
    ("make", "seen"),
    [
        (Path.mkdir, "it is a directory: name a file"),
        (os.mkfifo, "it is a pipe: name a file"),
        pytest.param(lambda p: given_away(touched(p)), "it belongs to nobody", marks=as_root),
        (lambda p: touched(p).chmod(TO_ALL), "others may write it"),
    ],
    ids=["directory", "pipe", "theirs", "open"],
)
def test_a_journal_that_is_none_of_ours_is_told_and_not_to_be_restored(
    site: World, tmp_path: Path, command: str, make: Callable[[Path], object], seen: str
) -> None:
    journal = tmp_path / "journal.db"
    make(journal)

    ended = site.run(command, config=site.toml().replace(str(site.journal), str(journal)))

    line = told_in_one_line(ended, ExitCode.USAGE)
    assert line.startswith(f"raidctl: the journal {journal} cannot be used: {seen}")
    assert "restore" not in line


def touched(path: Path) -> Path:
    path.touch(0o600)
    return path


def test_half_a_character_in_a_refusal_ends_no_run_and_blames_no_journal(tmp_path: Path) -> None:
    """JIRA cuts texts where it likes; the journal keeps what it said all the same."""
    pairs = tuple(Pair(number, impact={Field.PRIORITY: 1}) for number in (11, 12))
    body = json.dumps({"errors": {"priority": "no \ud83d here"}}).encode()
    refusing = Fault(acts=False, reply=Reply(400, body))
    with world(tmp_path, pairs) as place:
        with place.fault("jira", refusing, lambda r: r.method == "PUT" and "10011" in r.path):
            ended = place.reconcile("--yes")
        outcomes = {item["incident"]: item["outcome"] for item in ended.report["items"]}
        told = place.run("history", "11").out

    assert (ended.code, outcomes) == (ExitCode.INCOMPLETE, {11: "refused", 12: "applied"})
    assert "journal" not in ended.err
    assert r"no \ud83d here" in told
