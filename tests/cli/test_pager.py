"""A long result on a terminal: through a pager, else in numbers; in a pipe as it is."""

import re
from pathlib import Path
from shutil import which

import pytest

from raidctl.errors import ExitCode
from tests.cli.inside import within
from tests.cli.process import on_terminal, talking, until
from tests.cli.world import World

SHORT = {"LINES": "6"}
TOLD = "Too long for this screen, and there is no pager: add | cat to see all of it."


@pytest.fixture
def environ(site: World) -> dict[str, str]:
    return {**site.environ, "RAIDCTL_CONFIG": str(site.configured())}


@pytest.mark.parametrize("command", ["diff", "held"])
def test_what_is_longer_than_the_screen_goes_through_the_pager(
    environ: dict[str, str], command: str
) -> None:
    given = {**SHORT, "PAGER": "echo less is $LESS; sed 's/^/paged: /'"}
    ended = on_terminal(command, environ={**environ, **given})

    lines = ended.out.splitlines()
    assert lines[0] == "less is FRX"
    assert all(line.startswith("paged: ") for line in lines[1:])
    assert "INC-4" in ended.out
    assert "\x1b[" in ended.out
    assert "\x1b]8" not in ended.out, "not every pager knows hyperlinks"
    assert ended.code == (ExitCode.DRIFT if command == "diff" else ExitCode.OK)


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [("explain", "4"), ("history",)])
def test_what_else_may_be_long_does_so_too(
    site: World, environ: dict[str, str], arguments: tuple[str, ...]
) -> None:
    for _ in range(6):
        site.run("baseline")
    ended = on_terminal(*arguments, environ={**environ, **SHORT, "PAGER": "sed 's/^/paged: /'"})
    assert ended.out.startswith("paged: ")
    assert ended.code == ExitCode.OK


def test_what_fits_the_screen_goes_through_none(environ: dict[str, str]) -> None:
    given = {"LINES": "400", "PAGER": "echo paged; cat"}
    ended = on_terminal("diff", environ={**environ, **given})
    assert "paged" not in ended.out
    assert "\x1b]8" in ended.out


@pytest.mark.parametrize("arguments", [("diff",), ("diff", "-o", "json"), ("held",)])
def test_nothing_is_paged_in_a_pipe(environ: dict[str, str], arguments: tuple[str, ...]) -> None:
    given = {**SHORT, "PAGER": "echo paged; cat"}
    ended = within(*arguments, environ={**environ, **given})
    assert "paged" not in ended.out
    assert "INC-4" in ended.out


def test_json_is_paged_nowhere(environ: dict[str, str]) -> None:
    given = {**SHORT, "PAGER": "echo paged; cat"}
    ended = on_terminal("diff", "-o", "json", environ={**environ, **given})
    assert ended.report["schema"] == "raidctl.report/1"


def test_raidctls_own_pager_goes_first(environ: dict[str, str]) -> None:
    given = {**SHORT, "PAGER": "echo theirs; cat", "RAIDCTL_PAGER": "echo ours; cat"}
    ended = on_terminal("diff", environ={**environ, **given})
    assert ended.out.startswith("ours\n")


@pytest.mark.parametrize(
    "given", [{"NO_PAGER": "1", "PAGER": "echo paged; cat"}, {"PAGER": "cat"}, {"PAGER": ""}]
)
@pytest.mark.parametrize("command", ["diff", "held"])
def test_without_a_pager_a_long_result_is_told_in_numbers(
    environ: dict[str, str], given: dict[str, str], command: str
) -> None:
    ended = on_terminal(command, environ={**environ, **SHORT, **given, "NO_COLOR": "1"})
    numbers = " ".join(ended.out.split())

    assert TOLD in numbers
    assert re.search(r"Reason .*conflict.* Field .*priority.* Priority .* Age ", numbers)
    assert "INC-4" not in ended.out
    assert "paged" not in ended.out


def test_whoever_says_how_much_gets_that_much(environ: dict[str, str]) -> None:
    given = {**environ, **SHORT, "NO_PAGER": "1", "NO_COLOR": "1"}
    some = on_terminal("diff", "--limit", "2", environ=given)
    everything = on_terminal("diff", "--limit", "0", environ=given)
    assert len(re.findall(r"^P\d ", some.out, re.MULTILINE)) <= 2
    assert re.search(r"Not shown, by --limit: \d+ of \d+\.", some.out)
    assert "INC-4" in everything.out
    assert TOLD not in " ".join(everything.out.split())


def test_a_pager_that_ends_early_is_no_error(environ: dict[str, str]) -> None:
    ended = on_terminal("diff", environ={**environ, **SHORT, "PAGER": "head -n 1"})
    assert (ended.code, ended.err, ended.out.count("\n")) == (ExitCode.DRIFT, "", 1)


def test_a_pager_that_is_not_there_is_named(environ: dict[str, str]) -> None:
    ended = on_terminal("diff", environ={**environ, **SHORT, "PAGER": "no-such-pager -R"})
    assert ended.err == (
        "raidctl: $PAGER names 'no-such-pager -R', which is not there: nothing is paged\n"
    )
    assert TOLD in " ".join(re.sub(r"\x1b\[[0-9;]*m", "", ended.out).split())
    assert ended.code == ExitCode.DRIFT


@pytest.mark.skipif(which("less") is None, reason="this system has no less")
def test_less_pages_it_and_keeps_the_keyboard_until_it_is_left(environ: dict[str, str]) -> None:
    given = {"LINES": "6", "NO_COLOR": "1", "LESS": "RX"}  # without F it stays, though all fits
    with talking("diff", environ={**environ, **given}) as talk:
        talk.until("INC-4")
        talk.type("\x03")  # Ctrl-C is less's own

        def left() -> bool:  # less forgets what is typed while it hears Ctrl-C
            if talk.process.poll() is None:
                talk.type("q")
            return talk.process.poll() is not None

        until(left)
        ended = talk.ended()
    assert ended.code == ExitCode.DRIFT
    assert "interrupted" not in ended.err


@pytest.mark.parametrize("command", ["reconcile", "undo"])
def test_a_run_that_holds_the_lock_waits_for_no_pager(
    site: World, environ: dict[str, str], command: str
) -> None:
    given = {**environ, **SHORT, "PAGER": "echo paged; cat"}
    if command == "undo":
        site.run("reconcile", "--yes")
    arguments = ("undo", "last") if command == "undo" else ("reconcile",)
    ended = on_terminal(*arguments, "--yes", environ=given)
    assert "paged" not in ended.out
    assert "applied" in ended.out


def test_a_summary_is_all_that_is_shown_where_it_is_asked_for(environ: dict[str, str]) -> None:
    ended = within("diff", "--summary", environ=environ)
    assert "INC-4" not in ended.out
    assert ended.out.startswith("Reason ")
    assert TOLD not in ended.out
    assert ended.code == ExitCode.DRIFT


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--reason", "conflct"), "no reason is called 'conflct'; near it: conflict; raidctl help"),
        (("--verdict", "keep"), "no verdict is called 'keep'; there are write_jira, write_impact"),
        (("--summary", "-o", "json"), "--summary is for the table: --format json has all"),
        (("--status", "Mitigatd"), "near it: mitigated"),
    ],
)
def test_what_nothing_is_called_is_a_wrong_usage(
    environ: dict[str, str], arguments: tuple[str, ...], said: str
) -> None:
    ended = within("diff", *arguments, environ=environ)
    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert said in ended.err


def test_what_is_hidden_is_said_in_every_format_and_is_drift(
    environ: dict[str, str], tmp_path: Path
) -> None:
    hiding = r"Not shown, by --reason: \d+ of \d+\."
    for form in ("table", "detail", "json", "csv", "jsonl", "markdown"):
        ended = within("diff", "--reason", "conflict", "-o", form, environ=environ)
        assert re.search(hiding, ended.out + ended.err), form
        assert ended.code == ExitCode.DRIFT
        assert "undecided" not in ended.out.partition('"by"')[0]
    shown = within("held", "--reason", "Conflict", "-o", "json", environ=environ).report
    assert {one["reason"] for one in shown["held"]} == {"conflict"}
    assert re.search(hiding, shown["notes"][0])
    assert shown["held"][0]["title"]
    assert shown["held"][0]["issue_url"].startswith("http")


def test_addresses_are_shown_on_request(site: World, environ: dict[str, str]) -> None:
    for command in ("diff", "held"):
        ended = within(command, "4", "--urls", environ=environ)
        assert f"  {site.impact.url}/incident/4/\n" in ended.out
        assert f"  {site.jira.url}/browse/INC-4\n" in ended.out
