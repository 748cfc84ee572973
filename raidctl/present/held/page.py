"""What waits for a person, for the terminal: both values, who changed them, what settles it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from itertools import groupby

from rich.padding import Padding
from rich.style import Style
from rich.table import Table
from rich.text import Text

from raidctl.core.model import Side
from raidctl.core.waiting import Waiting
from raidctl.present.held.rows import NOTHING, HeldList, edit_of, why
from raidctl.present.report.summary import number, unread_words
from raidctl.present.text.difference import excerpt
from raidctl.present.text.page import NARROWEST, heading, printed
from raidctl.present.text.safe import clip, visible
from raidctl.present.text.words import SIDE_NAMES, age, settling_command, shown_sides

_INDENT, _LABEL, _GAP = 2, 6, 2
_LINES, _NAME_LIMIT = 2, 60
_HEAD, _DIM, _HOLD = Style(bold=True), Style(dim=True), Style(color="yellow")


def render_page(
    held: HeldList, *, width: int, colour: bool, hyperlinks: bool, zone: tzinfo | None
) -> str:
    """The list as text of `width` columns (of 40, where there are fewer).

    Times are in `zone`, or this machine's. Without colour and hyperlinks there is no escape
    sequence in it.
    """
    width = max(width, NARROWEST)
    page = _Page(width, held.now, zone, hyperlinks)
    return printed(page.parts(held), width=width, colour=colour, hyperlinks=hyperlinks)


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
    width = max(width, NARROWEST)
    page = _Page(width, now, None, hyperlinks)
    parts = [page.heading(one), *page.block(one), Text(), page.choices(choices)]
    return printed(parts, width=width, colour=colour, hyperlinks=hyperlinks)


class _Page:
    def __init__(self, width: int, now: datetime, zone: tzinfo | None, hyperlinks: bool) -> None:
        self.width, self.now, self.zone, self.hyperlinks = width, now, zone, hyperlinks
        self.room = width - _INDENT - _LABEL - _GAP

    def parts(self, held: HeldList) -> Iterator[Text | Padding]:
        """Incident by incident, then how many there are."""
        for _, together in groupby(held.waiting, lambda one: one.item.subject.incident):
            members = list(together)
            yield self.heading(members[0])
            for one in members:
                yield from self.block(one)
                yield self._grid([("next", Text(settling_command(one.item)))])
            yield Text()
        skipped = sum(1 for one in held.waiting if one.skipped)
        more = f", {skipped} of them looked at and skipped" if skipped else ""
        count = number(len(held.waiting), "item")
        yield Text(f"{count} waiting for a person{more}." if held.waiting else NOTHING)
        for part in held.unread:
            yield Text(f"Not read: {unread_words(part)}", _HOLD)

    def heading(self, one: Waiting) -> Text:
        """The incident, its issue and its title."""
        return heading(one.item.subject, self.width, _HEAD, hyperlinks=self.hyperlinks)

    def block(self, one: Waiting) -> Iterator[Text | Padding]:
        """What waits and since when, then both values with their last changes."""
        name = "link" if one.item.field is None else one.item.field.value
        since = "" if one.since is None else f", {age((self.now - one.since).total_seconds())}"
        words = Text(f"{name}{since}: ", _HEAD).append(visible(why(one)), _HOLD)
        yield Padding(words, (0, 0, 0, _INDENT))
        if one.item.field is None:
            return
        values = excerpt(*shown_sides(one.item), _LINES * self.room - self.room // 3)
        yield self._grid(
            [
                (SIDE_NAMES[side], Text("\n").join([Text(value), self._changed(one, side)]))
                for side, value in zip(Side, values, strict=True)
            ]
        )

    def choices(self, choices: Mapping[str, str]) -> Padding:
        """Each answer there is, and what it does."""
        rows = [(name, Text(visible(words))) for name, words in choices.items()]
        return self._grid(rows, max(map(len, choices)), _HEAD)

    def _changed(self, one: Waiting, side: Side) -> Text:
        edit = edit_of(one, side)
        if edit is None:
            return Text("last change not known", _DIM)
        by = f" by {clip(visible(edit.author), _NAME_LIMIT)}" if edit.author else ""
        at = f"{edit.at.astimezone(self.zone):%Y-%m-%d %H:%M %Z}"
        return Text(f"changed {at} ({age((self.now - edit.at).total_seconds())}){by}", _DIM)

    def _grid(
        self, rows: Sequence[tuple[str, Text]], label: int = _LABEL, style: Style = _DIM
    ) -> Padding:
        grid = Table.grid(padding=(0, _GAP, 0, 0), pad_edge=False)
        grid.add_column(width=label)
        grid.add_column(width=self.width - _INDENT - label - _GAP, overflow="fold")
        for name, text in rows:
            grid.add_row(Text(name, style), text)
        return Padding(grid, (0, 0, 0, _INDENT))
