"""A report of what makes what is missing tells of issues, and of nothing that was not done."""

from dataclasses import replace

from raidctl.core.model import NO_VALUES, Side
from raidctl.core.plan.item import CREATE_ISSUE, Change, Item, link_hold
from raidctl.core.reasons import Reason
from raidctl.core.report import Report, summarised
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.present.report.approval import question
from raidctl.present.report.made import made_csv
from raidctl.present.report.render import render
from tests.present.believable import TO_JIRA, report, subject, unlinked

CREATION = Change(
    unlinked(7), CREATE_ISSUE, None, TO_JIRA, NO_VALUES, "INC", Reason.UNLINKED, "a1", "Incident"
)
DONE = replace(CREATION, subject=subject(7), result=Result(Outcome.APPLIED, "INC-7"))
HELD = link_hold(unlinked(9), Reason.GAMEDAY)


def of(*items: Item) -> Report:
    summary = summarised(items, 0, 0, dict.fromkeys(Side, 2), agreeing=(7, 9))
    return replace(report(items), command="backfill issues", run="run-1", summary=summary)


def test_what_is_to_be_made_and_what_is_left_out_is_counted() -> None:
    text = render(of(CREATION, HELD), "table")
    assert "1 issue to make." in text
    assert "To make: 1 issue\nLeft out: 1 incident\nRequests: 2 to Impact" in text
    assert "raidctl held" not in text  # it would not show them
    assert "links" not in text


def test_what_was_made_is_told_with_its_key_and_never_said_to_go_again() -> None:
    text = render(of(DONE), "table")
    assert "7 INC-7" in text
    assert "1 of 1 change applied." in text
    assert "raidctl undo run-1  # takes back what can be: no issue goes" in text


def test_the_question_tells_of_issues() -> None:
    assert question(of(CREATION, HELD)) == ["This makes 1 JIRA issue."]


def test_the_csv_has_each_incident_once_and_only_what_is_there() -> None:
    failed = replace(CREATION, subject=unlinked(8), result=Result(Outcome.FAILED))
    half = replace(DONE, result=Result(Outcome.FAILED, "INC-7", "network", "not led back"))
    assert made_csv([CREATION, failed, HELD]) == "incident,key\n"
    assert made_csv([DONE, half]) == "incident,key\n7,INC-7\n"
