"""The page of what was missed: it leads to both systems and says no more than is known."""

from dataclasses import replace
from datetime import timedelta

from raidctl.core.history import Revision
from raidctl.core.missed import Missed, MissedReport, Why
from raidctl.core.model import Field
from raidctl.present.format import Format
from raidctl.present.missed.render import render_missed
from tests.present.believable import CAUSE, CHECKOUT, STARTED
from tests.present.markup import Element, parsed

MISSED = Missed(
    CHECKOUT,
    Revision(Field.PRIORITY, STARTED, "Ada <b>Lovelace</b>", old="Low", new="High"),
    Why.NOT_TAKEN,
)


def page(*missed: Missed) -> Element:
    since = STARTED - timedelta(days=7)
    found = MissedReport(since, STARTED, STARTED, missed, 190, 12, 40, 0, 0, {})
    return parsed(render_missed(found, Format.HTML))


def heads(document: Element) -> list[str]:
    return [one.text for one in document.all("thead")[0].all("th")]


def test_each_change_leads_to_its_incident_and_issue_and_can_be_chosen() -> None:
    document = page(MISSED)
    addresses = {one.attributes["href"] for one in document.all("a")}
    assert addresses == {CHECKOUT.incident_url, CHECKOUT.issue_url}
    (row,) = document.all("tbody")[0].all("tr")
    assert (row.attributes["data-field"], row.attributes["data-why"]) == ("priority", "not_taken")
    assert "2026-11-22 21:00 UTCby Ada <b>Lovelace</b>" in row.text
    assert "As it was at 2026-11-22 21:00 UTC" in document.text


def test_what_becomes_of_it_has_a_column_where_that_is_known() -> None:
    assert "Then" not in heads(page(MISSED))
    assert heads(page(MISSED, replace(MISSED, overtaken=True)))[-1] == "Then"


def test_of_long_texts_all_that_differs_is_there() -> None:
    edit = Revision(Field.DESCRIPTION, STARTED, old=CAUSE[0], new=CAUSE[1])
    document = page(replace(MISSED, revision=edit))
    (whole,) = document.all("pre")
    assert CAUSE[1].splitlines()[3] in whole.text
    assert "− From, + To" in whole.text
