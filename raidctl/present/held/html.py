"""What is held, as a page: how much, of what, and all of it in a table."""

from collections.abc import Iterator
from datetime import UTC

from raidctl.core.model import Pair, Side
from raidctl.core.waiting import Waiting
from raidctl.present.held.rows import NOTHING, HeldList, counted, why
from raidctl.present.html.chart import chart
from raidctl.present.html.element import EMPTY, Html, tag
from raidctl.present.html.page import block, instant, items, page, section, sections
from raidctl.present.html.table import Row, choice, kind_of, listing, td
from raidctl.present.html.values import link_cells, room_for, value_cells
from raidctl.present.report.cells import is_text
from raidctl.present.report.html import code, unread_block
from raidctl.present.text.advice import settling_words
from raidctl.present.text.words import field_name, last_change, local

HEADS = (
    *("Incident", "Priority", "Issue", "Field", "Impact", "JIRA"),
    *("Waits for", "Since", "Settled by"),
)
_FACETS = {"field": "Field", "reason": "Reason"}


def html_lines(held: HeldList) -> Iterator[Html]:
    """The page, line by line."""
    headline = f"{counted(held)}." if held.waiting else NOTHING
    return page(headline, ["raidctl", "held"], _parts(held))


def _parts(held: HeldList) -> Iterator[Html]:
    found = [one.item for one in held.waiting]
    yield section(
        "Summary",
        tag("p", "As it was at ", instant(held.now)),
        unread_block(held.unread),
        block("Note", items(held.notes)),
    )
    yield section("By field and age", chart(found, held.now))
    if found:
        yield from sections("Field by field", _table(held, room_for(sum(map(is_text, found)))))


def _table(held: HeldList, room: int) -> Iterator[Html]:
    caption = "Every field and link that waits, and what settles it"
    facets = [_facets(one) for one in held.waiting]
    choices = [choice(name, words, facets) for name, words in _FACETS.items()]
    rows = (_row(one, room, held) for one in held.waiting)
    return listing(caption, HEADS, rows, choices, kind_of("held", len(held.waiting)))


def _facets(one: Waiting) -> dict[str, str]:
    return {"field": field_name(one.item), "reason": one.item.reason.value}


def _row(one: Waiting, room: int, held: HeldList) -> Row:
    item = one.item
    return Row(
        [
            *link_cells(item.subject),
            td(field_name(item)),
            *value_cells(item, room, Pair(*(_change(one, side) for side in Side))),
            td(why(one, UTC), class_="hold"),
            td(EMPTY if one.since is None else instant(one.since), label="Since"),
            td(code(settling_words(item, held.asked)), label="Settled by"),
        ],
        _facets(one),
    )


def _change(one: Waiting, side: Side) -> Html:
    """A side's last change, as far as it is known."""
    if (edit := one.edits.get(side)) is None:
        return EMPTY
    return tag("div", last_change(edit, lambda at: local(at, UTC)), class_="none")
