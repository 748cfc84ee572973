"""The table: what an engineer reads at 3 a.m., at any width."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from raidctl.core.model import Field
from raidctl.core.plan.item import link_hold
from raidctl.core.reasons import Reason
from raidctl.core.report import Report
from raidctl.present.report.table import render_planned, render_table
from raidctl.present.text.layout import fitted
from tests.present.believable import (
    ITEMS,
    NOTE,
    TO_JIRA,
    UNREAD,
    item,
    report,
    subject,
    unlinked,
)
from tests.present.strategies import reports, steady


def table(about: Report, width: int = 80, *, colour: bool = False, links: bool = False) -> str:
    return render_table(about, width=width, colour=colour, hyperlinks=links)


EIGHTY = """\
  Field        Impact             JIRA               Verdict
───────────────────────────────────────────────────────────────────────────────
Incident 12 · INC-12 · 🔒 private · Checkout answers 502 for card payments in F…
  title        …502 for card      …502 for card      Impact → JIRA
               payments in        payments in
               France «and        France
               Spain»
  description  …confirmed «an     …confirmed «that   JIRA → Impact
               outage on their    nothing is wrong
               side», and we …    with them»,…
  priority     P1                 Medium             hold
                                                     both sides changed
  status       MITIGATED          In Progress        Impact → JIRA: Resolved
                                                     the run's direction
                                                     decides: overrides the
                                                     change made in JIRA by
                                                     Grace Hopper at 2026-11-22
                                                     20:58 UTC
Incident 31 · INC-31 · Orders are not exported to warehouse 31
  status       OPEN               Closed             hold
                                                     (JIRA → Impact: CLOSED)
                                                     would close it, and
                                                     allow_close is off

JIRA issue missing, or hidden from this user (2)
  50 (INC-50), 51 (INC-51)

Incidents without a JIRA issue (30)
  100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114,
  115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127, 128, 129

Next
  raidctl reconcile 12
  raidctl resolve 12
  raidctl reconcile 31 --allow-close
  raidctl backfill links 50 51
  raidctl backfill issues

Not read
  JIRA, 100 issues, INC-200 to INC-299: JIRA at https://jira.example.com: 503
  Service Unavailable, four times; try again later (network)

Note
  The journal holds no baselines yet, so it cannot be known which side changed:
  only a person, --prefer or [policy] can decide.

2 of 190 links drifted.
190 links: 86 agree, 2 drifted, 2 not visible, 100 not read
To write: 2 Impact → JIRA, 1 JIRA → Impact
4 held (2 fields, 2 links): raidctl held
Incidents without a JIRA issue: 30
Requests: 1 to Impact, 4 to JIRA, in 2.1 s
"""


def test_a_report_at_eighty_columns() -> None:
    (closing,) = (i for i in ITEMS if i.reason is Reason.CLOSING)
    some = (*ITEMS[:4], closing, *ITEMS[-32:])
    assert table(report(some, (UNREAD,), (NOTE,))) == EIGHTY


def test_a_wide_report_has_the_reason_in_its_own_column_and_does_not_spread() -> None:
    (closing,) = (i for i in ITEMS if i.reason is Reason.CLOSING)
    assert table(report((closing,)), 200).startswith(
        "  Field   Impact  JIRA    Verdict                       Why\n"
        f"{'─' * 94}\n"
        "Incident 31 · INC-31 · Orders are not exported to warehouse 31\n"
        "  status  OPEN    Closed  hold (JIRA → Impact: CLOSED)  would close it, and allow_close "
        "is off\n\n"
    )


@steady
@given(about=reports(), width=st.sampled_from([1, 40, 60, 80, 109, 110, 200]))
def test_no_line_is_wider_than_asked(about: Report, width: int) -> None:
    assert max(map(cell_len, table(about, width).split("\n"))) <= max(width, 40)


@pytest.mark.parametrize(
    ("count", "sentence"),
    [(190, "190 links in sync."), (1, "1 link in sync."), (0, "No links to compare.")],
)
def test_nothing_drifted_is_one_plain_sentence(count: int, sentence: str) -> None:
    clean = report(())
    summary = replace(clean.summary, links=count, in_sync=count)
    lines = table(replace(clean, summary=summary)).split("\n")
    assert lines[0] == sentence
    assert lines[1:] == [
        "Incidents without a JIRA issue: 0",
        "Requests: 1 to Impact, 4 to JIRA, in 2.1 s",
        "",
    ]


def test_invisible_issues_alone_are_not_called_drift_of_no_link() -> None:
    text = table(report(ITEMS[-32:]))
    assert "\n2 JIRA issues missing or hidden; no other drift.\n" in text


@pytest.mark.parametrize("downgraded", [0, 2])
def test_what_is_held_is_counted_above_what_is_about_to_be_written(downgraded: int) -> None:
    about = report()
    about = replace(about, summary=replace(about.summary, downgraded=downgraded))
    planned = render_planned(about, width=80, colour=False, hyperlinks=False)
    assert " held (" in planned.partition("\nIncident ")[0]
    assert "Incidents without a JIRA issue" not in planned


def test_many_unlinked_incidents_do_not_flood() -> None:
    many = tuple(link_hold(unlinked(number), Reason.UNLINKED) for number in range(1000, 6000))
    text = table(report(many))
    assert "Incidents without a JIRA issue (5000)\n" in text
    assert "1099 and 4900 more\n" in text
    assert len(text.split("\n")) < 20


def test_the_lines_of_one_incident_stand_together() -> None:
    mixed = (ITEMS[0], ITEMS[5], ITEMS[1])
    headings = re.findall(r"^Incident \d+", table(report(mixed)), re.MULTILINE)
    assert headings == ["Incident 12", "Incident 14"]


def test_hyperlinks_lead_to_the_incident_and_the_issue_and_nowhere_else() -> None:
    text = table(report(ITEMS[5:6]), links=True)
    assert re.findall("\x1b]8;;([^\x1b]+)\x1b\\\\([^\x1b]*)\x1b]8;;\x1b\\\\", text) == [
        ("https://impact.example.com/incident/14/", "Incident 14"),
        ("https://jira.example.com/browse/INC-14", "INC-14"),
    ]
    assert "\x1b[" not in text


def test_colour_marks_what_differs_and_dims_what_is_no_value() -> None:
    text = table(report((ITEMS[0], ITEMS[4])), colour=True)
    assert "\x1b[1;4mand Spain\x1b[0m" in text
    assert "\x1b[2m(empty)" in text
    assert "\x1b]8" not in text


def test_holds_and_both_directions_differ_in_colour_and_in_words() -> None:
    text = table(report((ITEMS[0], ITEMS[1], ITEMS[2])), colour=True)
    assert "\x1b[36mImpact → JIRA\x1b[0m" in text
    assert "\x1b[35mJIRA → Impact\x1b[0m" in text
    assert "\x1b[33mhold\x1b[0m" in text


def test_a_forced_direction_is_told() -> None:
    forced = replace(report(ITEMS[:1]), direction=TO_JIRA)
    assert "  Every field that can move goes Impact → JIRA, as this run was told.\n" in table(
        forced
    )


def test_more_steps_than_fit_a_glance_are_counted() -> None:
    unknown = tuple(
        item(subject(n), Field.COMMANDER, (f"{n}@x", None), Reason.UNMAPPED, TO_JIRA)
        for n in range(20)
    )
    text = table(report(unknown))
    assert text.count("[users]") == 8
    assert "  and 12 more of the kind\n" in text


@pytest.mark.parametrize(
    ("wishes", "total", "widths"),
    [
        ([5, 5, 5], 30, [5, 5, 5]),
        ([50, 5, 50], 45, [20, 5, 20]),
        ([50, 50, 50], 30, [10, 10, 10]),
        ([50, 50, 50], 0, [1, 1, 1]),
        ([], 10, []),
    ],
)
def test_columns_share_what_there_is(wishes: list[int], total: int, widths: list[int]) -> None:
    assert fitted(wishes, [1] * len(wishes), total) == widths
