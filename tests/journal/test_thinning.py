"""What the journal lets go of, and what never: it stays small however often raidctl runs."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from raidctl.core.model import Field
from raidctl.core.watch.site import Leaving, SiteState
from raidctl.core.watch.tally import Period
from raidctl.core.watch.thinned import Gone
from raidctl.core.writes.log import Run
from raidctl.core.writes.outcome import Outcome
from raidctl.journal import Journal
from tests.contract.journal.values import NOW, at, attempt, clock, intent, run, settled, wrote
from tests.journal.files import execute, rows

INSERT = """
INSERT INTO runs (id, command, started_at, finished_at, exit_code, outcomes, held)
VALUES (?, ?, ?, ?, ?, '[]', 0)
"""
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def quiet(path: Path, starts: Iterable[datetime], code: int | None = 0) -> None:
    """Runs that wrote nothing, straight into the file."""
    told = [
        (f"{at:%Y%m%dT%H%M%SZ}-{code}", "reconcile", *[at.isoformat()] * 2, code) for at in starts
    ]
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(INSERT, told)


def every(step: timedelta, length: timedelta) -> Iterable[datetime]:
    return (NOW - step * n for n in range(1, length // step))


def starts(path: Path) -> list[datetime]:
    found = rows(path, "SELECT started_at FROM runs ORDER BY started_at")
    return [datetime.fromisoformat(str(one)) for (one,) in found]


def test_runs_that_wrote_nothing_thin_with_their_age(journal: Journal, path: Path) -> None:
    quiet(path, every(20 * MINUTE, 60 * DAY))
    gone = journal.prune(NOW)
    left = starts(path)
    young = [one for one in left if NOW - one <= 2 * DAY]
    hours = [one for one in left if 2 * DAY < NOW - one <= 30 * DAY]
    days = [one for one in left if NOW - one > 30 * DAY]
    assert len(young) == 2 * 24 * 3
    assert len(hours) == 28 * 24
    assert len(days) == 30 + 1  # the first and the last of them began in the middle
    assert {one.minute for one in hours} == {40}, "of each hour the last stays"
    assert gone == Gone(60 * 24 * 3 - 1 - len(left), 0)
    assert journal.prune(NOW) == Gone(0, 0)


def test_each_command_and_each_end_keeps_one_of_its_own(journal: Journal, path: Path) -> None:
    for code in (0, 4, 7, None):
        quiet(path, every(10 * MINUTE, 4 * DAY), code)
    journal.prune(NOW)
    old = "SELECT exit_code, COUNT(*) FROM runs WHERE started_at < ? GROUP BY 1 ORDER BY 1"
    found = rows(path, old, [(NOW - 3 * DAY).isoformat()])
    assert found == [(None, 24), (0, 24), (4, 24), (7, 24)]


def test_the_last_success_stays_however_old(journal: Journal, path: Path) -> None:
    quiet(path, [NOW - 900 * DAY])
    quiet(path, every(60 * MINUTE, 800 * DAY), 7)
    journal.prune(NOW)
    found = journal.watch.last_success("reconcile")
    assert found is not None
    assert found.started_at == NOW - 900 * DAY
    assert len(starts(path)) <= 2 * 24 + 28 * 24 + 371 + 15


def test_a_run_that_wrote_stays_with_its_writes(journal: Journal, path: Path) -> None:
    """History, undo and authorship rest on them."""
    quiet(path, every(20 * MINUTE, 4 * DAY))
    journal.begin(run("run-1", NOW - 3 * DAY))
    wrote(journal, NOW - 3 * DAY, intent())
    journal.prune(NOW + 500 * DAY)
    assert [one.id for one in journal.named_runs(["run-1"])] == ["run-1"]
    assert len(journal.writes(run="run-1")) == 1
    assert len(journal.sent([12])) == 2


def test_what_was_never_sent_goes_once_the_field_was_decided_on_again(journal: Journal) -> None:
    for days in (100, 90, 80, 1):
        journal.settle([attempt()], "run-1", NOW - days * DAY)
    lone = replace(attempt(), change=intent("x", Field.TITLE))
    journal.settle([lone], "run-1", NOW - 100 * DAY)
    assert journal.prune(NOW) == Gone(0, 3)
    assert [one.at for one in journal.writes(run="run-1")] == [NOW - DAY, NOW - 100 * DAY]


def test_an_open_write_and_what_was_sent_never_go(journal: Journal) -> None:
    journal.intend([intent()], "run-1", NOW - 300 * DAY)
    wrote(journal, NOW - 299 * DAY, intent(), Outcome.FAILED)
    wrote(journal, NOW, intent())
    assert journal.prune(NOW) == Gone(0, 0)
    assert len(journal.open_writes()) == 1


def test_a_run_thins_by_itself_once_an_hour(journal: Journal, path: Path) -> None:
    quiet(path, every(20 * MINUTE, 4 * DAY))
    many = len(starts(path))
    journal.refuse(replace(run("a"), finished_at=NOW, exit_code=6))
    thinned = len(starts(path))
    assert thinned < many - 90
    quiet(path, [NOW - 5 * DAY, NOW - 5 * DAY + MINUTE])
    journal.refuse(replace(run("b"), finished_at=at(59), exit_code=6))
    assert len(starts(path)) == thinned + 3, "not again in this hour"
    journal.refuse(replace(run("c"), finished_at=at(60), exit_code=6))
    assert [one for one in starts(path) if one < NOW - 4 * DAY] == [NOW - 5 * DAY + MINUTE]


def test_hours_and_days_go_and_the_whole_stays(journal: Journal) -> None:
    for days in (500, 399, 5, 3):
        wrote(journal, NOW - days * DAY, intent())
    journal.prune(NOW)
    long_ago = NOW - 1000 * DAY
    hours, days_left = (journal.watch.tallies(by, long_ago) for by in (Period.HOUR, Period.DAY))
    assert (len(hours), len(days_left)) == (1, 3)
    assert [one.count for one in journal.watch.tallies(Period.EVER, NOW)] == [4]


@pytest.mark.slow
def test_a_cron_a_minute_for_a_year_leaves_a_small_journal(path: Path) -> None:
    """As it thins by itself, its runs told one by one but for those that are thinned the same."""
    site = SiteState({"in_sync": 9}, {}, frozenset())
    with closing(Journal(path, clock)) as journal:
        for day in range(365, 0, -1):
            began = NOW - day * DAY
            quiet(path, (began + MINUTE * n for n in range(1439)))
            one = Run(f"{began:%Y%m%d}", "reconcile", began, 1)
            journal.begin(one)
            journal.end(replace(one, finished_at=began, exit_code=0), Leaving(site=site))
        kept = len(starts(path))
    assert kept < 3 * 1440 + 28 * 24 + 365
    assert path.stat().st_size < 2_000_000


# An old journal


def without(path: Path, step: str) -> None:
    """Take a step of its schema back from a journal, and leave what else stands in it."""
    execute(path, "DELETE FROM _sqlite_migrations WHERE name = ?", (step,))
    for table in ("tallies", "holds"):
        execute(path, f"DROP TABLE {table}")
    for index in ("runs_started", "writes_of_attempts"):
        execute(path, f"DROP INDEX {index}")


def test_an_old_journal_begins_with_what_its_rows_tell(path: Path) -> None:
    with closing(Journal(path, clock)) as journal:
        for number, code in enumerate((0, 4, 7)):
            one = run(f"run-{number}", at(number))
            journal.begin(one)
            journal.end(replace(one, finished_at=at(number + 0.5), exit_code=code))
        wrote(journal, NOW - DAY, intent())
        journal.settle([attempt()], "run-1", NOW)
        (number,) = journal.intend([intent()], "run-1", NOW)
        lost = settled(number, Outcome.FAILED)
        journal.settle(
            [replace(lost, result=replace(lost.result, category="network"))], "run-1", NOW
        )
        told = {by: journal.watch.tallies(by, NOW - 2 * DAY) for by in Period}
    without(path, "_015_watch")
    with closing(Journal(path, clock)) as journal:
        for by, tallies in told.items():
            found = journal.watch.tallies(by, NOW - 2 * DAY)
            assert [(o.what, o.labels, o.since, o.count) for o in found] == [
                (o.what, o.labels, o.since, o.count) for o in tallies if o.count
            ]
            seconds = {o.labels: (round(o.total, 3), round(o.most, 3)) for o in found if o.total}
            assert seconds == {o.labels: (o.total, o.most) for o in tallies if o.total}
    assert {one.count for one in told[Period.EVER]} >= {1, 2}
