"""The report's numbers: every link is counted once."""

from dataclasses import replace

import pytest

from raidctl.core.model import Field, Side, SyncDirection
from raidctl.core.plan.item import Item, Subject, Verdict, link_hold
from raidctl.core.reasons import Reason
from raidctl.core.report import Report, Unread, summarised
from raidctl.core.writes.outcome import Outcome, Result
from tests.core.strategies import NOW
from tests.items import change
from tests.items import item as made


def subject(number: int) -> Subject:
    return Subject(number, f"https://impact.example.com/incident/{number}/", "x")


def item(number: int, name: Field, verdict: Verdict = Verdict.WRITE_JIRA) -> Item:
    return made(
        subject(number), name, "a", "b", verdict, SyncDirection.IMPACT_TO_JIRA, Reason.DIRECTION
    )


ITEMS = (
    item(1, Field.TITLE),
    item(1, Field.STATUS, Verdict.WRITE_IMPACT),
    item(2, Field.TITLE, Verdict.HOLD),
    link_hold(subject(3), Reason.UNLINKED),
    link_hold(subject(4), Reason.NOT_VISIBLE),
    link_hold(subject(5), Reason.SHARED_ISSUE, "why"),
)


def test_every_link_is_counted_once_and_every_item_with_a_field() -> None:
    summary = summarised(ITEMS, 20, 6, {Side.IMPACT: 1, Side.JIRA: 2})
    assert (summary.links, summary.drifted, summary.not_visible, summary.unread) == (20, 3, 1, 6)
    assert summary.in_sync == 20 - 3 - 1 - 6
    assert summary.unlinked == 1
    one = (Verdict.WRITE_JIRA, Verdict.WRITE_IMPACT, Verdict.HOLD)
    assert summary.verdicts == dict.fromkeys(Verdict, 0) | dict.fromkeys(one, 1)
    assert summary.requests == {Side.IMPACT: 1, Side.JIRA: 2}


def test_nothing_found_is_all_in_sync_and_names_every_verdict() -> None:
    summary = summarised((), 7, 0, {})
    assert (summary.in_sync, summary.drifted) == (7, 0)
    assert summary.verdicts == dict.fromkeys(Verdict, 0)


REPORT = Report("diff", None, None, NOW, NOW, "sha256:", summarised((), 0, 0, {}), ())


@pytest.mark.parametrize("found", ITEMS, ids=lambda item: item.reason)
def test_an_incident_without_an_issue_alone_is_no_drift(found: Item) -> None:
    report = replace(REPORT, items=(found,))
    assert report.drift is (found.reason is not Reason.UNLINKED)


def test_what_could_not_be_read_is_no_drift() -> None:
    report = replace(REPORT, unread=(Unread(Side.JIRA, "issue A-1", "timed out", "network"),))
    assert not report.drift


@pytest.mark.parametrize(
    ("reason", "outcome", "left"),
    [
        (Reason.RESOLVED, Outcome.APPLIED, 0),
        (Reason.RESOLVED, Outcome.REFUSED, 1),
        (Reason.UNFINISHED, Outcome.RECOVERED, 1),
    ],
)
def test_what_a_person_has_settled_is_held_no_more(
    reason: Reason, outcome: Outcome, left: int
) -> None:
    """What an earlier run left is settled first, and may be held all the same."""
    held = item(2, Field.TITLE, Verdict.HOLD)
    write = change(subject(2), Field.TITLE, "a", "b", Verdict.WRITE_JIRA, None, reason)
    done = replace(write, result=Result(outcome, "a"))
    for report in (
        replace(REPORT, items=(done, held)),
        replace(REPORT, items=(done,), held=(held,)),
    ):
        assert len(report.still_held) == left
