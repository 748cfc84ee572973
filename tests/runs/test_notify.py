"""How it is found out what a run is to be told of, and how all are told in their time."""

from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest

from raidctl.core.model import Side
from raidctl.core.report import Report, Unread, summarised
from raidctl.core.writes.log import Run
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.errors import Category, JournalError, ServiceError
from raidctl.runs import notify
from raidctl.runs.journalled import RunRecord
from raidctl.runs.notify import causes, failed_in_a_row, side_by_side
from tests.contract.journal.values import NOW, intent

LOCKED, WELL, DRIFT, AWAY, STOPPED, BLOCKED, KILLED = 6, 0, 3, 7, 130, 5, None


def runs(*codes: int | None, apart: float = 15) -> list[Run]:
    """Runs that ended so, newest first, so many minutes apart."""
    return [
        Run(f"run-{n}", "reconcile", NOW - timedelta(minutes=n * apart), 1, exit_code=code)
        for n, code in enumerate(codes)
    ]


@pytest.mark.parametrize(
    ("codes", "failed"),
    [
        ([AWAY], 1),
        ([AWAY, AWAY, 4, WELL, AWAY], 3),
        ([AWAY, 2, 1, DRIFT, AWAY], 3),
        ([AWAY, BLOCKED, STOPPED, AWAY, KILLED, WELL], 3),
        ([AWAY, LOCKED, AWAY, WELL], 2),
    ],
)
def test_failures_in_a_row_are_counted_since_a_run_ended_well(
    codes: list[int | None], failed: int
) -> None:
    assert len(failed_in_a_row(runs(*codes), NOW)) == failed


def test_a_lock_is_a_failure_once_it_is_held_for_longer_than_runs_take() -> None:
    minutely = runs(*[LOCKED] * 64, WELL, apart=1)
    assert len(failed_in_a_row(minutely[:60], NOW)) == 0
    assert len(failed_in_a_row(minutely, NOW)) == 3


def failing(error: Exception | None = None, report: Report | None = None) -> frozenset[str]:
    return causes(7, RunRecord(error=error, report=report))


def test_causes_are_told_apart_by_system_and_category_and_not_by_words() -> None:
    away = ServiceError("JIRA", "there", "no answer", "wait", Category.NETWORK)
    refused = ServiceError("JIRA", "there", "HTTP 401", "mend it", Category.AUTH)
    again = ServiceError("JIRA", "there", "dropped", "wait", Category.NETWORK)
    assert failing(away) == failing(again) != failing(refused)
    assert failing(JournalError("full")) == failing(JournalError("gone")) != failing()


def test_what_was_not_done_and_not_read_are_causes_of_their_own() -> None:
    done, left = (
        replace(intent(), result=Result(outcome, None, category))
        for outcome, category in ((Outcome.APPLIED, None), (Outcome.REFUSED, "refused"))
    )
    unread = Unread(Side.JIRA, "issues 1 to 100", "HTTP 500", "network")
    items = (done, left)
    summary = summarised(items, 2, 0, {})
    report = Report("reconcile", "r", None, NOW, NOW, "sha256:0", summary, items, (unread,))
    assert failing(report=report) == {"7 refused refused", "7 unread jira network"}


def test_one_that_hangs_or_fails_keeps_nobody_from_being_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(notify, "PATIENCE_SECONDS", 0.05)
    told: list[int] = []
    never = Event()

    def refuses() -> None:
        raise ServiceError("Slack", "there", "HTTP 404", "check it", Category.NOT_FOUND)

    jobs = {
        "hangs": lambda: never.wait(5),
        "fails": refuses,
        "breaks": lambda: told[9],
        "hears": lambda: told.append(1),
    }
    ends = side_by_side(jobs)  # type: ignore[arg-type]  # what they return is not looked at
    never.set()
    assert told == [1]
    assert ends.keys() == {"hangs", "fails", "breaks"}
    assert ends["breaks"] == "breaks was not told, a defect of raidctl: IndexError"
    assert ends["fails"] == "Slack at there: HTTP 404; check it"
    assert ends["hangs"] == "hangs was not told: nothing came of it within 0.05 seconds"
