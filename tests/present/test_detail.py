"""`-o detail`: all that is known of each item, in as many lines as that takes."""

from raidctl.core.reasons import Reason
from raidctl.core.report import Report
from raidctl.present.report.table import render_table
from tests.present.believable import ITEMS, report

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
"""


def detail(about: Report, width: int = 80, *, colour: bool = False, urls: bool = False) -> str:
    return render_table(
        about, width=width, colour=colour, hyperlinks=False, detailed=True, urls=urls
    )


def test_every_item_with_all_that_is_known_of_it() -> None:
    (closing,) = (i for i in ITEMS if i.reason is Reason.CLOSING)
    assert detail(report((*ITEMS[:4], closing))).startswith(f"{EIGHTY}« » around what differs\n")


def test_a_wide_one_has_the_reason_in_its_own_column_and_does_not_spread() -> None:
    (closing,) = (i for i in ITEMS if i.reason is Reason.CLOSING)
    assert detail(report((closing,)), 200).startswith(
        "  Field   Impact  JIRA    Verdict                       Why\n"
        f"{'─' * 94}\n"
        "Incident 31 · INC-31 · Orders are not exported to warehouse 31\n"
        "  status  OPEN    Closed  hold (JIRA → Impact: CLOSED)  would close it, and allow_close "
        "is off\n\n"
    )


def test_holds_and_both_directions_differ_in_colour_and_in_words() -> None:
    text = detail(report((ITEMS[0], ITEMS[1], ITEMS[2])), colour=True)
    assert "\x1b[36mImpact → JIRA\x1b[0m" in text
    assert "\x1b[35mJIRA → Impact\x1b[0m" in text
    assert "\x1b[33mhold\x1b[0m" in text


def test_addresses_stand_below_their_heading_on_request() -> None:
    lines = detail(report(ITEMS[5:6]), urls=True).split("\n")
    heading = next(place for place, line in enumerate(lines) if line.startswith("Incident 14"))
    assert lines[heading + 1 : heading + 3] == [
        "  https://impact.example.com/incident/14/",
        "  https://jira.example.com/browse/INC-14",
    ]
