"""The page: nothing of the data is obeyed in it, nothing is fetched, and all of it is there."""

import base64
import hashlib
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raidctl.core.events.event import Event, State, Told
from raidctl.core.history import Revision
from raidctl.core.model import Field, Pair, Side
from raidctl.core.plan.item import Item, held
from raidctl.core.reasons import Reason
from raidctl.core.report import Report
from raidctl.core.waiting import Waiting
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.present.format import Format
from raidctl.present.held.render import render_held
from raidctl.present.held.rows import HeldList
from raidctl.present.html.element import Html, tag, text
from raidctl.present.html.values import room_for
from raidctl.present.report.html import HEADS, unlinked
from raidctl.present.report.render import render
from raidctl.present.text.difference import shortened, words_apart
from raidctl.present.text.safe import safe_url, visible
from tests.items import written
from tests.present.believable import (
    CAUSE,
    CHECKOUT,
    ITEMS,
    NOTE,
    STARTED,
    TO_IMPACT,
    UNREAD,
    item,
    report,
    subject,
)
from tests.present.markup import Element, parsed
from tests.present.strategies import long_texts, reports, steady, texts

OURS = {"class", "scope", "role", "hidden", "colspan", "lang", "charset", "name", "content", "type"}
OURS |= {"http-equiv", "autocomplete", "value", "datetime", "href", "rel", "focusable"}
OURS |= {"viewbox", "preserveaspectratio", "x", "y", "width", "height"}
OURS |= {"aria-hidden", "aria-label"}
OURS |= {f"data-{name}" for name in ("l", "key", "field", "verdict", "reason", "outcome")}

HOSTILE = (
    "<script>alert(1)</script>",
    "</title></style></script><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" x="',
    "' autofocus onfocus='alert(1)",
    "<!--",
    "]]><svg/onload=alert(1)>",
    "&lt;b&gt; &amp; &#60;",
    "\u202ereversed\x00",
)
URLS = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)//https://",
    "data:text/html,<script>alert(1)</script>",
    "//evil.example/",
    "https://user:pw@evil.example/",
    "vbscript:x",
    "file:///etc/passwd",
)


def page(found: Report) -> Element:
    return parsed(render(found, "html"))


def rows(document: Element) -> list[Element]:
    """The rows of the table that is filtered."""
    (box,) = [one for one in document.all("div") if "rows" in one.attributes.get("class", "")]
    return box.all("tbody")[0].all("tr")


def waiting(found: tuple[Item, ...]) -> list[Waiting]:
    edit = Revision(Field.TITLE, STARTED - timedelta(hours=7), "Ada <b>Lovelace</b>")
    since = STARTED - timedelta(days=2)
    return [Waiting(one, since, {Side.IMPACT: edit}) for one in held(found)]


@steady
@given(report=reports())
def test_of_any_report_only_our_own_elements_and_links_are_obeyed(report: Report) -> None:
    document = page(report)
    listed = [one for one in report.items if not unlinked(one)]
    addresses = {
        safe_url(url)
        for one in report.items
        for url in (one.subject.incident_url, one.subject.issue_url)
    }
    assert {name for one in document.all() for name in one.attributes} <= OURS
    assert {one.attributes["href"] for one in document.all("a")} <= addresses
    assert [len(document.all(name)) for name in ("script", "style", "h1")] == [1, 1, 1]
    if listed:
        assert len(rows(document)) == len(listed)
        for row in rows(document):
            spans = [int(cell.attributes.get("colspan", "1")) for cell in row.children]
            assert sum(spans) == len(HEADS)


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_shown_as_they_are_written(words: str) -> None:
    about = replace(CHECKOUT, title=words, issue=words)
    one = item(about, Field.TITLE, (words, "other"), Reason.CONFLICT, detail=words)
    found = report((one,), notes=(words,))
    plain = [render(found, "html"), render_held(HeldList(waiting((one,)), STARTED), Format.HTML)]
    for document in map(parsed, plain):
        (row,) = rows(document)
        assert row.text.count(visible(words)) == 4  # title, issue, value, why
        assert [len(document.all(name)) for name in ("script", "img", "svg")] == [1, 0, 2]


@pytest.mark.parametrize("url", URLS)
def test_what_is_no_address_of_the_web_is_no_link(url: str) -> None:
    about = replace(CHECKOUT, incident_url=url, issue_url=url)
    document = page(report((item(about, Field.TITLE, ("a", "b"), Reason.CONFLICT),)))
    assert document.all("a") == []
    assert "INC-12" in document.text


def test_a_browser_may_run_our_own_script_and_style_and_nothing_else() -> None:
    document = page(report())
    (policy,) = [
        one.attributes["content"]
        for one in document.all("meta")
        if one.attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert set(rules) == {"default-src", "style-src", "script-src", "base-uri", "form-action"}
    for name in ("script", "style"):
        (own,) = document.all(name)
        digest = base64.b64encode(hashlib.sha256(own.text.encode()).digest()).decode()
        assert rules.pop(f"{name}-src") == f"'sha256-{digest}'"
    assert set(rules.values()) == {"'none'"}
    assert not re.search(
        r"url\(|@import|fetch\(|XMLHttp|innerHTML|eval\(", render(report(), "html")
    )


def test_what_is_no_markup_of_ours_is_text_whatever_made_it() -> None:
    inner = tag("b", "x")
    assert tag("p", f"{inner} & more") == "<p>&lt;b&gt;x&lt;/b&gt; &amp; more</p>"
    assert tag("p", inner, title='"<') == '<p title="&quot;&lt;"><b>x</b></p>'
    assert isinstance(text("a"), Html)


def test_a_report_says_first_what_it_says_in_short() -> None:
    document = page(report(unread=(UNREAD,), notes=(NOTE,)))
    assert document.all("h1")[0].text == "19 of 190 links drifted."
    assert document.all("title")[0].text == "19 of 190 links drifted. · raidctl · diff"
    assert [one.text for one in document.all("h2")] == [
        *("Summary", "By field and age", "Field by field", "Counted alone")
    ]
    assert [one.text for one in document.all("h3")][:3] == ["Not read", "Note", "Next"]
    assert "raidctl reconcile 12 14 29 33" in [one.text for one in document.all("code")]
    assert "2026-11-22 21:00 UTC" in document.all("section")[0].text
    assert "and 30 more" not in document.text
    assert len(document.all("section")[-1].all("li")) == 30  # unlinked


def test_what_became_of_events_is_a_table_of_its_own() -> None:
    event = Event("n", "<b>jira:issue_updated</b>", issue="<i>INC-1</i>")
    told = (Told(7, event, State.WAITING, "<s>"), Told(None, event, State.IGNORED, None))
    document = page(replace(report(ITEMS[:2]), events=told))
    (section,) = [one for one in document.all("section") if one.all("h2")[0].text == "Events"]
    assert "1 waiting, 1 ignored" in section.text
    assert [cell.text for cell in section.all("tbody")[0].all("tr")[0].children] == [
        *("7", "<i>INC-1</i>", "waiting", "<s>")
    ]
    bare = replace(report(()), events=told, summary=replace(report(()).summary, links=0))
    assert page(bare).all("h1")[0].text == "Events: 1 waiting, 1 ignored."


def test_a_quiet_report_has_no_table() -> None:
    document = page(report(()))
    assert document.all("h1")[0].text == "190 links in sync."
    assert document.all("table") == []


def test_the_chart_has_the_numbers_that_it_draws() -> None:
    chart = page(report()).all("table")[0]
    heads = [one.text for one in chart.all("th") if one.attributes["scope"] == "col"]
    assert heads == ["Field", "under 30 days", "older", "not known", "all"]
    told = {
        row.all("th")[0].text: [int(cell.text) for cell in row.all("td")[1:]]
        for row in chart.all("tbody")[0].all("tr")
    }
    assert told["status"] == [4, 8, 0, 12]
    assert told["description"] == [2, 0, 0, 2]
    drawn = chart.all("tbody")[0].all("svg")
    assert {one.attributes["viewbox"] for one in drawn} == {"0 0 12 1"}
    for row, bar in zip(told.values(), drawn, strict=True):
        widths = [int(one.attributes["width"]) for one in bar.all("rect")]
        assert widths == [count for count in row[:-1] if count]


def test_every_table_says_what_it_is_and_what_its_cells_are_of() -> None:
    for table in page(report()).all("table"):
        assert table.all("caption")[0].text
        assert {one.attributes["scope"] for one in table.all("thead")[0].all("th")} == {"col"}
        for row in table.all("tbody")[0].all("tr"):
            assert [one.attributes["scope"] for one in row.all("th")] == ["row"]


def test_a_row_can_be_chosen_by_what_is_counted_of_it() -> None:
    document = page(report())
    first = rows(document)[2]
    assert first.attributes["data-field"] == "priority"
    assert (first.attributes["data-verdict"], first.attributes["data-reason"]) == (
        "hold",
        "conflict",
    )
    lists = {one.attributes["name"]: one for one in document.all("select")}
    assert set(lists) == {"field", "verdict", "reason"}
    assert [one.text for one in lists["verdict"].all("option")] == [
        *("any", "hold (26)", "write jira (6)", "write impact (4)"),
        *("create issue (1)", "create link (1)", "attach (1)"),
    ]
    assert document.all("form")[0].attributes["hidden"] == ""  # without the script it does nothing


def test_what_became_of_a_change_is_told_and_can_be_chosen() -> None:
    done = tuple(
        replace(written(one), result=Result(outcome, detail="said"))
        for one, outcome in zip(ITEMS[:2], (Outcome.APPLIED, Outcome.REFUSED), strict=True)
    )
    document = page(report(done))
    assert [row.attributes["data-outcome"] for row in rows(document)] == ["applied", "refused"]
    assert "refused: said" in rows(document)[1].text
    assert "outcome" in {one.attributes["name"] for one in document.all("select")}


def marks(element: Element) -> list[str]:
    return [one.text for one in element.all("mark")]


def test_words_that_differ_are_marked_in_both_texts() -> None:
    values = ("Checkout is down in France, again", "Checkout is slow in France")
    (row,) = rows(page(report((item(CHECKOUT, Field.TITLE, values, Reason.CONFLICT),))))
    impact, jira = [one for one in row.all("td") if "data-l" in one.attributes]
    assert (marks(impact), marks(jira)) == (["down ", ", again"], ["slow "])
    assert (impact.text, jira.text) == values


def test_of_long_texts_all_that_differs_is_there_line_by_line() -> None:
    one = item(CHECKOUT, Field.DESCRIPTION, CAUSE, Reason.JIRA_CHANGED, TO_IMPACT, to=CAUSE[1])
    (row,) = rows(page(report((one,))))
    (whole,) = row.all("pre")
    assert [one.text for one in whole.all("del")] == [f"− {CAUSE[0].splitlines()[3]}"]
    assert [one.text for one in whole.all("ins")] == [f"+ {CAUSE[1].splitlines()[3]}"]
    assert marks(whole.all("ins")[0]) == ["that nothing is wrong with them"]
    both = [one.text for one in row.all("dd")]
    assert all(told.startswith("…") and len(told) < 200 for told in both)
    assert marks(row)[:2] == ["an outage on their side", "that nothing is wrong with them"]


def test_many_long_texts_make_no_endless_page() -> None:
    """What is left out is said, with what tells it."""
    texts = f"{'old' * 90}\n" * 400, f"{'new' * 90}\n" * 400
    one = item(subject(7), Field.DESCRIPTION, texts, Reason.LOSSY)
    assert room_for(300) < 10_000
    document = render(report((one,) * 300), "html")
    assert 1_000_000 < len(document) < 3_000_000
    assert "there is more of it: raidctl explain 7" in document
    (row,) = rows(page(report((one,))))
    assert len(row.text) > 200_000


def test_what_is_held_is_told_with_who_changed_it_and_what_settles_it() -> None:
    found = HeldList(waiting(ITEMS[2:3]), STARTED, (UNREAD,), ("Not shown, by --limit: 1 of 2.",))
    document = parsed(render_held(found, Format.HTML))
    (row,) = rows(document)
    cells = [one.text for one in row.children]
    assert cells[3:5] == [
        "priority",
        "P1changed 2026-11-22 14:00 UTC by Ada <b>Lovelace</b>",
    ]
    assert cells[6:] == [
        "both sides changed",
        "2026-11-20 21:00 UTC",
        "raidctl resolve 12 --field priority",
    ]
    assert row.children[7].all("time")[0].attributes["datetime"] == "2026-11-20T21:00:00Z"
    assert document.all("h1")[0].text == "1 held (1 field)."
    assert [one.text for one in document.all("h3")] == ["Not read", "Note"]


def test_where_nothing_is_held_the_page_says_that() -> None:
    document = parsed(render_held(HeldList((), STARTED), Format.HTML))
    assert document.all("h1")[0].text == "Nothing is held."
    assert document.all("table") == []


@given(left=texts | long_texts, right=texts | long_texts)
def test_pieces_are_the_text_and_what_is_unmarked_is_in_both(left: str, right: str) -> None:
    both = words_apart(visible(left), visible(right))
    assert ["".join(one.text for one in pieces) for pieces in both] == [
        visible(left),
        visible(right),
    ]
    kept = [[one.text for one in pieces if not one.differs] for pieces in both]
    assert "".join(kept[0]) == "".join(kept[1])
    for pieces in both:  # made harmless piece by piece they are what the whole is
        assert all(visible(one.text) == one.text for one in pieces)


@given(left=texts | long_texts, right=texts | long_texts, width=st.integers(20, 200))
def test_what_is_shortened_is_short(left: str, right: str, width: int) -> None:
    for pieces in words_apart(visible(left), visible(right)):
        assert sum(len(one.text) for one in shortened(pieces, width)) <= 30 * width


def test_words_that_come_again_and_again_take_no_time() -> None:
    one, other = words_apart("x " + "a b " * 20_000, "y " + "b a " * 20_000)
    assert [piece.differs for piece in one] == [True]
    assert Pair(len(one), len(other)) == (1, 1)
