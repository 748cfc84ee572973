"""What waits for a person, for the terminal: both values, who changed them, what settles it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from itertools import groupby

from rich.padding import Padding
from rich.text import Text

from raidctl.core.model import Side
from raidctl.core.waiting import Waiting
from raidctl.present.held.rows import NOTHING, HeldList, why
from raidctl.present.report.summary import number, unread_words
from raidctl.present.text import page
from raidctl.present.text.difference import excerpt
from raidctl.present.text.safe import visible
from raidctl.present.text.words import (
    SIDE_NAMES,
    age,
    field_name,
    last_change,
    settling_command,
    shown_sides,
)

_LABEL, _LINES = 6, 2


def render_page(
    held: HeldList, *, width: int, colour: bool, hyperlinks: bool, zone: tzinfo | None
) -> str:
    """The list as text of `width` columns; times are in `zone`, or this machine's."""
    parts = _Page(width, held.now, zone, hyperlinks).parts(held)
    return page.printed(parts, width=width, colour=colour, hyperlinks=hyperlinks)


def render_one(
    one: Waiting,
    choices: Mapping[str, str],
    now: datetime,
    *,
    width: int,
    colour: bool,
    hyperlinks: bool,
) -> str:
    """One field that waits, its incident above it, and below what can be done about it."""
    told = _Page(width, now, None, hyperlinks)
    parts = [told.heading(one), *told.block(one), Text(), told.choices(choices)]
    return page.printed(parts, width=width, colour=colour, hyperlinks=hyperlinks)


class _Page:
    def __init__(self, width: int, now: datetime, zone: tzinfo | None, hyperlinks: bool) -> None:
        self.width = max(width, page.NARROWEST)
        self.now, self.zone, self.hyperlinks = now, zone, hyperlinks
        self.room = self.width - page.INDENT - _LABEL - page.GAP

    def parts(self, held: HeldList) -> Iterator[Text | Padding]:
        """Incident by incident, then how many there are."""
        for _, together in groupby(held.waiting, lambda one: one.item.subject.incident):
            members = list(together)
            yield self.heading(members[0])
            for one in members:
                yield from self.block(one)
                yield self._labelled([("next", Text(settling_command(one.item)))])
            yield Text()
        skipped = sum(1 for one in held.waiting if one.skipped)
        more = f", {skipped} of them looked at and skipped" if skipped else ""
        count = number(len(held.waiting), "item")
        yield Text(f"{count} waiting for a person{more}." if held.waiting else NOTHING)
        for part in held.unread:
            yield Text(f"Not read: {unread_words(part)}", "hold")

    def heading(self, one: Waiting) -> Text:
        """The incident, its issue and its title."""
        return page.heading(one.item.subject, self.width, hyperlinks=self.hyperlinks)

    def block(self, one: Waiting) -> Iterator[Text | Padding]:
        """What waits and since when, then both values with their last changes."""
        since = "" if one.since is None else f", {age(self.now - one.since)}"
        words = Text(f"{field_name(one.item)}{since}: ", "head").append(visible(why(one)), "hold")
        yield page.indented(words)
        if one.item.field is None:
            return
        values = excerpt(*shown_sides(one.item), page.holding(_LINES, self.room))
        yield self._labelled(
            [
                (SIDE_NAMES[side], Text("\n").join([Text(value), self._changed(one, side)]))
                for side, value in zip(Side, values, strict=True)
            ]
        )

    def choices(self, choices: Mapping[str, str]) -> Padding:
        """Each answer there is, and what it does."""
        rows = [(name, Text(visible(words))) for name, words in choices.items()]
        return self._labelled(rows, max(map(len, choices)), "head")

    def _changed(self, one: Waiting, side: Side) -> Text:
        edit = one.edits.get(side)
        told = "last change not known" if edit is None else last_change(edit, self.now, self.zone)
        return Text(told, "dim")

    def _labelled(
        self, rows: Sequence[tuple[str, Text]], label: int = _LABEL, style: str = "dim"
    ) -> Padding:
        room = self.room + _LABEL - label
        return page.indented(page.labelled(rows, label, room, style))
