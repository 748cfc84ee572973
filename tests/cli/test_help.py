"""`raidctl help`: commands, topics and words, on a terminal, in a pipe and as a manual page."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from raidctl.errors import ExitCode
from raidctl.present.text.safe import width_of
from tests.cli.inside import within
from tests.cli.process import Ended, clean_environ, on_terminal, told_in_one_line


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """No configuration anywhere: the reference needs none."""
    return clean_environ(tmp_path)


def asked(environ: dict[str, str], *words: str) -> Ended:
    return within("help", *words, environ=environ)


def test_alone_it_lists_commands_and_topics(environ: dict[str, str]) -> None:
    ended = asked(environ)
    assert (ended.code, ended.err) == (ExitCode.OK, "")
    listed = re.findall(r"^- `([a-z -]+)`: \S", ended.out, re.MULTILINE)
    assert {"diff", "backfill links", "help", "agreement", "exit-codes"} <= set(listed)
    for name in listed:
        assert asked(environ, *name.split()).code == ExitCode.OK, name


def test_a_command_comes_with_its_options(environ: dict[str, str]) -> None:
    ended = asked(environ, "diff")
    assert ended.code == ExitCode.OK
    assert ended.out.startswith("# raidctl diff\n")
    assert "raidctl diff [OPTIONS] [TARGET]..." in ended.out
    assert "- `--since <str>`: Only incidents created since" in ended.out


def test_a_group_is_all_its_commands_and_one_of_them_is_itself(environ: dict[str, str]) -> None:
    titles = re.compile(r"^# (.*)$", re.MULTILINE)
    every = [f"raidctl backfill {name}" for name in ("issues", "links", "attachments")]
    assert titles.findall(asked(environ, "backfill").out) == every
    assert titles.findall(asked(environ, "backfill", "links").out) == every[1:2]
    assert titles.findall(asked(environ, "backfill-links").out) == every[1:2]


@pytest.mark.parametrize(
    ("word", "rows"),
    [
        ("undecided", ["| `undecided` | no record of which side changed |"]),
        (
            "refused",
            ["| `refused` | no event", "| `refused` | refused |", "| `refused` | this very change"],
        ),
        ("4", ["| 4 | incomplete |"]),
        ("No_Effect", ["| `no_effect` | no effect yet"]),
        ("no effect", ["| `no_effect` | no effect yet"]),
        ("read-only", ["| `read_only` | "]),
    ],
)
def test_a_word_of_a_report_is_told_alone(
    environ: dict[str, str], word: str, rows: list[str]
) -> None:
    ended = asked(environ, word)
    assert ended.code == ExitCode.OK
    found = [line for line in ended.out.splitlines() if re.match(r"\| `?\w+`? \|", line)]
    found = [
        line
        for line in found
        if not any(f"| {head} |" in line for head in ("shown as", "in `history`", "meaning"))
    ]
    assert len(found) == len(rows)
    assert all(line.startswith(row) for line, row in zip(found, rows, strict=True))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["recncile"], "no help on recncile; did you mean reconcile?"),
        (["undecied"], "no help on undecied; did you mean undecided"),
        (["backfill", "isues"], "did you mean backfill issues"),
        (["exit", "cods"], "did you mean exit-codes?"),
        (["xyzzy\x1b[31m"], "; raidctl help lists what there is"),
        (["Webhook"], "no help on Webhook; raidctl help listen tells of it (also: "),
        (["xyzzy"], "no help on xyzzy; raidctl help lists what there is"),
        (["dry run"], "no help on dry run; did you mean run? raidctl help first-day tells of it"),
        (["access", "proxy"], "no help on access proxy; raidctl help "),
        (["disk", "full"], "no help on disk full; raidctl help listen tells of it"),
        (["disk xyzzy"], "no help on disk xyzzy; raidctl help lists what there is"),
        (["_ -"], "no help on _ -; raidctl help lists what there is"),
        (["../configuration"], "no help on ../configuration; did you mean configuration?"),
    ],
)
def test_what_is_unknown_is_refused_with_what_is_spelled_nearly_so(
    environ: dict[str, str], words: list[str], said: str
) -> None:
    line = told_in_one_line(asked(environ, *words), ExitCode.USAGE)
    assert said in line
    assert "\x1b" not in line


def test_a_terminal_gets_it_set_within_its_width(environ: dict[str, str]) -> None:
    environ = {**environ, "NO_PAGER": "1"}
    shown = on_terminal("help", "reasons", environ=environ, columns=80).out
    assert "\x1b[1" in shown
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert plain.startswith("Verdicts and reasons\n")
    assert "`" not in plain
    assert "|---" not in plain
    assert not re.search(r"\n *\n *\n", plain)
    assert max(map(width_of, plain.splitlines())) <= 80
    plainer = on_terminal("help", "reasons", environ={**environ, "NO_COLOR": "1"}, columns=80).out
    lines = [line.rstrip() for line in plain.splitlines()]
    assert plainer.splitlines() == lines


def test_a_long_page_goes_through_the_pager_and_a_short_one_does_not(
    environ: dict[str, str],
) -> None:
    given = {**environ, "PAGER": "sed 's/^/paged: /'"}
    assert on_terminal("help", "reasons", environ=given).out.startswith("paged: ")
    assert "paged" not in on_terminal("help", "undecided", environ=given).out


def test_a_pipe_gets_the_text_as_it_is_written(environ: dict[str, str]) -> None:
    text = Path(__file__).parents[2].joinpath("raidctl/help/agreement.md").read_text("utf-8")
    assert asked(environ, "agreement").out == text


@pytest.mark.skipif(shutil.which("man") is None, reason="needs man")
def test_all_of_it_is_a_manual_page(environ: dict[str, str], tmp_path: Path) -> None:
    page = tmp_path / "raidctl.1"
    page.write_text(asked(environ, "--man").out, "utf-8")
    shown = subprocess.run(
        ["man", "--warnings", "-E", "UTF-8", "-l", str(page)],
        env={**environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "100", "MANPAGER": "cat", "GROFF_SGR": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stderr == ""
    text = re.sub(r".\x08|\x1b\[[0-9;]*m", "", shown.stdout)
    assert "raidctl - find and repair drift" in text
    commands = asked(environ).out.partition("## Topics")[0]
    for name in re.findall(r"^- `([a-z -]+)`", commands, re.MULTILINE):
        assert f"\nraidctl {name}\n" in text
    assert "$ raidctl diff -o json | jq '.items[]'" in text  # quotes that can be copied
    assert "--status <str>: Only links with this status" in text
    assert re.search(r"\n +undecided\n? +no record of which side changed", text)
    assert "**" not in text
    assert "`" not in text
