"""`--columns`: some columns of a CSV, in the order that was asked for."""

import csv
import io

import pytest

from raidctl.errors import ExitCode
from raidctl.present.report.render import CSV_COLUMNS
from tests.cli.process import told_in_one_line
from tests.cli.world import World


@pytest.mark.parametrize(
    ("line", "head"),
    [
        ("diff --columns reason,incident", "reason,incident"),
        ("diff --columns Incident,incident,field", "incident,field"),
        ("reconcile --dry-run --columns verdict,to", "verdict,to"),
        ("resolve --dry-run --columns incident", "incident"),
        ("held --columns since,command", "since,command"),
        ("history --columns id,why", "id,why"),
        ("history 2 --columns run,old,new", "run,old,new"),
    ],
)
def test_those_that_were_asked_for_come_in_that_order(site: World, line: str, head: str) -> None:
    ended = site.run(*line.split(), "-o", "csv")
    assert ended.code in {ExitCode.OK, ExitCode.DRIFT}, ended.err
    assert ended.out.splitlines()[0] == head


def test_their_cells_are_those_of_the_whole(site: World) -> None:
    whole = list(csv.DictReader(io.StringIO(site.run("diff", "-o", "csv").out)))
    assert len(whole) > 5
    some = site.run("diff", "-o", "csv", "--columns", "impact,field, reason").out
    assert list(csv.DictReader(io.StringIO(some))) == [
        {name: row[name] for name in ("impact", "field", "reason")} for row in whole
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("diff -o csv --columns incident,reson", "no column 'reson'; there are incident, "),
        ("diff -o csv --columns since", f"no column 'since'; there are {', '.join(CSV_COLUMNS)}"),
        ("diff -o csv --columns ,", "no column ''; there are"),
        ("diff --columns incident", "--columns is for --format csv"),
        ("held -o json --columns incident", "--columns is for --format csv"),
        ("held -o csv --columns verdict", "no column 'verdict'"),
        ("history -o csv --columns old", "no column 'old'; there are id, "),
        ("history 2 -o csv --columns why", "no column 'why'; there are run, "),
        ("reconcile --yes -o csv --columns x", "no column 'x'"),
        ("backfill issues --yes -o csv --columns x", "no column 'x'"),
    ],
)
def test_another_one_is_refused_before_anything_is_asked(site: World, line: str, said: str) -> None:
    site.jira.forget()
    site.impact.forget()
    assert said in told_in_one_line(site.run(*line.split()), ExitCode.USAGE)
    assert (site.jira.requests, site.impact.requests) == ([], [])
