"""The page of the first day, typed line by line on two systems that have drifted for years."""

import re
from collections.abc import Iterator

import pytest

from raidctl.errors import ExitCode
from raidctl.sandbox.stage import Drift, on_stage
from tests.cli.inside import within
from tests.cli.process import Ended, clean_environ
from tests.readme.test_readme import TOPICS, blocks

LINES = [line for block in blocks("console", TOPICS["first-day"]) for line in block.splitlines()]
ENDS = {
    "raidctl doctor": ExitCode.OK,
    "raidctl baseline --all --from-history": ExitCode.OK,
    "raidctl diff": ExitCode.DRIFT,
    "raidctl reconcile --dry-run": ExitCode.DRIFT,
    "raidctl explain 12": ExitCode.OK,
    "raidctl reconcile --priority P1": ExitCode.OK,
    "raidctl history": ExitCode.OK,
    "raidctl undo last --dry-run": ExitCode.DRIFT,
    "raidctl held": ExitCode.OK,
    "raidctl resolve": ExitCode.OK,
    "raidctl reconcile --field status --prefer impact --dry-run": ExitCode.DRIFT,
}
TYPED = {"raidctl reconcile --priority P1": "yes\n", "raidctl resolve": "q\n"}


@pytest.fixture(scope="module")
def environ(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    home = tmp_path_factory.mktemp("first-day")
    with on_stage(home, drift=Drift.OLD) as stage:
        yield {**clean_environ(home), **stage.environ, "RAIDCTL_CONFIG": str(stage.config)}


@pytest.fixture(scope="module")
def day(environ: dict[str, str]) -> dict[str, Ended]:
    """How each line of the page ended, typed in its order."""
    return {
        line: within(*line.split()[1:], environ=environ, typed=TYPED.get(line))
        for line in (line.removeprefix("$ ") for line in LINES)
    }


def test_each_line_ends_as_it_should(day: dict[str, Ended]) -> None:
    assert {line: ended.code for line, ended in day.items()} == ENDS


def test_doctor_has_nothing_against_it(day: dict[str, Ended]) -> None:
    assert "0 problems" in day["raidctl doctor"].out or "problem" not in day["raidctl doctor"].out


def test_its_warnings_are_those_that_the_page_speaks_of(day: dict[str, Ended]) -> None:
    warned = re.findall(r"^  ! (\S+)", day["raidctl doctor"].out, re.MULTILINE)
    page = " ".join(TOPICS["first-day"].split())
    assert warned == ["jira.coverage", "jira.transition_fields", "journal.baselines", "cron.age"]
    assert "there are two more, a status that no table knows and a field that closing would" in page


def test_what_firefighters_webhook_ignores_is_offered_nowhere(
    day: dict[str, Ended], environ: dict[str, str]
) -> None:
    """Its service account left some statuses and priorities, and drift of which nothing tells."""
    asked = within("resolve", environ=environ, typed="n\n" * 60)
    told = " ".join(asked.err.split())
    assert "not possible: nothing is configured that can write this to Impact: the webhook" in told


def test_most_of_what_drifted_is_decided_by_the_histories(day: dict[str, Ended]) -> None:
    told = day["raidctl baseline --all --from-history"].out
    decided, not_decided = map(int, re.findall(r"ecided[^\d\n]*: (\d+) fields", told))
    assert decided > 3 * not_decided > 0


def test_the_first_writes_arrive(day: dict[str, Ended]) -> None:
    told = day["raidctl reconcile --priority P1"].out
    done, planned = map(int, re.search(r"(\d+) of (\d+) changes applied", told).groups())  # type: ignore[union-attr]
    assert done == planned > 10


def test_the_rest_is_approved_as_it_is_printed_and_then_there_is_nothing_left(
    day: dict[str, Ended], environ: dict[str, str]
) -> None:
    blocked = within("reconcile", "--yes", environ=environ)
    assert blocked.code == ExitCode.BLOCKED
    line = re.search(r"raidctl (reconcile .*--approve sha256:\w+)", blocked.err)
    assert line is not None
    assert within(*line[1].split(), environ=environ).code == ExitCode.OK
    assert within("reconcile", "--yes", environ=environ).code == ExitCode.OK  # as cron does
    again = within("reconcile", "--dry-run", environ=environ)
    assert "To write: 0 Impact → JIRA, 0 JIRA → Impact" in again.out
