"""The table: what an engineer reads at 3 a.m., at any width."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from raidctl.core.model import Field
from raidctl.core.plan.item import Item, link_hold
from raidctl.core.reasons import Reason
from raidctl.core.report import Report
from raidctl.core.urgency import Urgency
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.present.report.table import render_planned, render_table
from raidctl.present.text.layout import fitted
from tests.items import written
from tests.present.believable import (
    ITEMS,
    NOTE,
    STARTED,
    TO_IMPACT,
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


EIGHTY_ROWS = """\
   Incident     Field        Impact           JIRA             Write, or hold
P1 12 INC-12🔒  title        …nce «and Spa»…  …nce             → JIRA
                description  …«an outage o»…  …«that nothin»…  → Impact
                priority     P1               Medium           hold: conflict
                status       MITIGATED        In Progress      → JIRA: Resolved
P3 31 INC-31    status       OPEN             Closed           hold: closing
"""
HUNDRED_AND_TWENTY_ROWS = """\
   Incident     Title                      Field        Impact                 JIRA                   Write, or hold
P1 12 INC-12🔒  Checkout answers 502 for…  title        …France «and Spain»    …France                → JIRA
                                           description  …«an outage on thei»…  …«that nothing is w»…  → Impact
                                           priority     P1                     Medium                 hold: conflict
                                           status       MITIGATED              In Progress            → JIRA: Resolved
P3 31 INC-31    Orders are not exported …  status       OPEN                   Closed                 hold: closing
"""  # noqa: E501
BELOW = """\
JIRA issue missing, or hidden from this user (2): 50 (INC-50), 51 (INC-51)
Incidents without a JIRA issue (30): 100, 101, 102, 103, 104, 105, 106, 107,
108, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123,
124, 125, 126, 127, 128, 129

Next
  raidctl reconcile 12
  raidctl resolve 12
  raidctl reconcile 31 --allow-close
  raidctl backfill links --from-csv FILE  # incident,key: 50,ITS-KEY 51,ITS-KEY
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
Requests: 1 to Impact, 4 to JIRA, in 2.1 s
"""


SIGNS = "« » around what differs; 🔒 a private incident\n"


def some() -> tuple[Item, ...]:
    (closing,) = (i for i in ITEMS if i.reason is Reason.CLOSING)
    return (*ITEMS[:4], closing, *ITEMS[-32:])


def test_a_report_at_eighty_columns() -> None:
    assert table(report(some(), (UNREAD,), (NOTE,))) == f"{EIGHTY_ROWS}{SIGNS}{BELOW}"


def test_a_report_at_a_hundred_and_twenty_columns_has_titles() -> None:
    assert table(report(some()), 120).startswith(f"{HUNDRED_AND_TWENTY_ROWS}{SIGNS}")


@steady
@given(about=reports(), width=st.sampled_from([1, 40, 60, 80, 109, 110, 200]))
def test_no_line_is_wider_than_asked(about: Report, width: int) -> None:
    lines = table(about, width).split("\n")
    copied = ("  raidctl ", '    "')  # commands, and rows of the configuration
    told = [line for line in lines if not line.startswith(copied)]
    assert max(map(cell_len, told)) <= max(width, 40)


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


def test_of_events_only_incidents_that_there_are_without_an_issue_are_counted() -> None:
    about = replace(report(ITEMS[:1]), events=())
    assert about.summary.unlinked == 0
    assert "Incidents without" not in table(about)
    some = replace(about, summary=replace(about.summary, unlinked=2))
    assert "Incidents without a JIRA issue: 2\n" in table(some)


def test_invisible_issues_alone_are_not_called_drift_of_no_link() -> None:
    text = table(report(ITEMS[-32:]))
    assert "\n2 JIRA issues missing or hidden; no other drift.\n" in text


@pytest.mark.parametrize("downgraded", [0, 2])
def test_what_is_held_is_counted_above_what_is_about_to_be_written(downgraded: int) -> None:
    about = report()
    about = replace(about, summary=replace(about.summary, downgraded=downgraded))
    planned = render_planned(about, width=80, colour=False, hyperlinks=False)
    assert " held (" in planned.partition("\n   Incident ")[0]
    assert "Incidents without a JIRA issue" not in planned


def test_many_unlinked_incidents_do_not_flood() -> None:
    many = tuple(link_hold(unlinked(number), Reason.UNLINKED) for number in range(1000, 6000))
    text = table(report(many))
    assert "Incidents without a JIRA issue (5000): 1000, " in text
    assert re.search(r"1099\s+and\s+4900\s+more\n", text)
    assert len(text.split("\n")) < 20


def test_what_an_incidents_rows_have_in_common_stands_in_the_first() -> None:
    lines = table(report((ITEMS[0], ITEMS[1], ITEMS[5]))).split("\n")
    assert [line[:9].strip() for line in lines[1:4]] == ["P1 12 INC", "", "P3 14 INC"]


def test_hyperlinks_lead_to_the_incident_and_the_issue_and_nowhere_else() -> None:
    text = table(report(ITEMS[5:6]), links=True)
    assert re.findall("\x1b]8;;([^\x1b]+)\x1b\\\\([^\x1b]*)\x1b]8;;\x1b\\\\", text) == [
        ("https://impact.example.com/incident/14/", "14"),
        ("https://jira.example.com/browse/INC-14", "INC-14"),
    ]
    assert "\x1b[" not in text


def test_addresses_stand_below_their_row_on_request_and_are_not_cut() -> None:
    far = replace(subject(14), incident_url=f"https://impact.example.com/{'x' * 100}")
    items = tuple(replace(one, subject=far) for one in ITEMS[5:7])
    text = render_table(report(items), width=80, colour=False, hyperlinks=False, urls=True)
    assert text.split("\n")[2:4] == [
        f"  {far.incident_url}",
        "  https://jira.example.com/browse/INC-14",
    ]
    assert text.count("/browse/INC-14") == 1


def test_colour_marks_what_differs_and_dims_what_is_no_value() -> None:
    text = table(report((ITEMS[0], ITEMS[4])), width=120, colour=True)
    assert "\x1b[1;4mand Spain\x1b[0m" in text
    assert "\x1b[2m(empty)" in text
    assert "\x1b]8" not in text


def test_holds_and_both_directions_differ_in_colour_and_in_words() -> None:
    text = table(report((ITEMS[0], ITEMS[1], ITEMS[2])), colour=True)
    assert "\x1b[36m→ JIRA\x1b[0m" in text
    assert "\x1b[35m→ Impact\x1b[0m" in text
    assert "\x1b[33mhold: conflict\x1b[0m" in text


def test_the_priority_is_shown_and_the_first_cries_out() -> None:
    urgent = replace(subject(7), urgency=Urgency(1, "OPEN", STARTED))
    text = table(report((replace(ITEMS[2], subject=urgent),)), colour=True)
    assert "\n\x1b[1;31mP1\x1b[0m 7 INC-7" in text


def test_statuses_are_seen_whole_though_numbers_are_long_and_one_is_private() -> None:
    found = tuple(
        item(subject(4000 + n, private=n == 0), Field.STATUS, ("INVESTIGATING", "In Progress"), why)
        for n, why in enumerate((Reason.SHARED_ISSUE, Reason.CONFLICT))
    )
    text = table(report((*found, replace(ITEMS[1], subject=subject(4000)))))
    assert text.count("INVESTIGATING  In Progress") == 2


def test_long_keys_and_what_an_undo_writes_leave_room_for_both_values() -> None:
    wide = replace(subject(1, private=True), issue="A_LONG_PROJECT-123456")
    undo = item(wide, Field.TITLE, ("a" * 80, "b" * 80), Reason.UNDO, TO_JIRA, to="c" * 80)
    made = replace(ITEMS[-37], subject=wide)
    lines = table(report((undo, made))).split("\n")
    assert made.field is None
    assert max(map(cell_len, lines)) <= 80
    assert "aaaa" in lines[1]


def test_an_undo_at_eighty_columns_shows_both_values_and_why_it_holds_anything() -> None:
    about = subject(1234)
    items = (
        item(about, Field.STATUS, ("MITIGATED", "In Progress"), Reason.UNDO, TO_IMPACT, to="OPEN"),
        item(
            *(about, Field.PRIORITY, (1, "Highest"), Reason.READ_ONLY, TO_IMPACT),
            to=2,
            detail="the webhook cannot set it",
        ),
    )
    text = table(replace(report(items), command="undo"))
    lines = text.split("\n")
    assert lines[0].endswith("Put back, or hold")
    assert "  MITIGATED" in lines[1]
    assert "  In Progress" in lines[1]
    assert lines[1].endswith("  → Impact: OPEN")
    assert lines[2].endswith("  hold: read only")
    told = "nothing is configured that can write this to Impact: the webhook cannot set it"
    assert " ".join(" ".join(lines[3:5]).split()) == told
    assert told not in " ".join(table(report(items)).split())


def test_once_it_is_written_what_drifts_still_is_told_from_what_had_drifted() -> None:
    done = Result(Outcome.APPLIED)
    change, other = written(ITEMS[0]), ITEMS[2]
    text = table(report((replace(change, result=done), replace(other, subject=subject(77)))))
    assert "190 links: 189 in sync now (188 before), 1 still drifted, 0 not visible" in text
    assert "2 drifted" in table(report((change, replace(other, subject=subject(77)))))


def test_what_can_be_taken_back_is_said_however_much_else_there_is_to_do() -> None:
    unknown = (
        item(subject(n), Field.COMMANDER, (f"{n}@x", None), Reason.UNMAPPED, TO_JIRA)
        for n in range(20)
    )
    done = replace(written(ITEMS[0]), result=Result(Outcome.APPLIED))
    text = table(replace(report((done, *unknown)), run="run-1"))
    assert "\nNext\n  raidctl undo run-1  # takes it back\n" in text


def test_a_plan_beyond_a_limit_is_not_followed_by_the_command_that_was_just_stopped() -> None:
    about = replace(report(ITEMS[:1]), excess="154 links would change; max_changes is 50")
    text = table(about)
    assert "raidctl reconcile" not in text
    assert "\nNext\n  to write all of this, once you have read it: the last line, with" in text
    assert "raidctl reconcile 12" in table(report(ITEMS[:1]))


def test_a_terminal_too_narrow_for_one_line_a_field_gets_all_of_it_in_several() -> None:
    about = report(ITEMS[:4])
    narrow = render_table(about, width=60, colour=False, hyperlinks=False)
    assert narrow == render_table(about, width=60, colour=False, hyperlinks=False, detailed=True)


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
    assert text.count("[users]") == 7
    assert "  and 13 more: raidctl held tells what settles each\n" in text


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
