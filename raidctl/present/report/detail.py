"""Every item with all that is known of it, in as many lines as that takes, incident by incident."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from raidctl.core.model import SyncDirection
from raidctl.core.plan.item import Hold, Item
from raidctl.core.writes.outcome import DONE
from raidctl.present.report.cells import USUAL_REASONS, as_written
from raidctl.present.text import page
from raidctl.present.text.layout import fitted, grouped
from raidctl.present.text.safe import clip, width_of
from raidctl.present.text.words import (
    REASON_WORDS,
    field_name,
    reason_words,
    shown_sides,
    verdict_words,
)

_USUAL = 72  # below, the values need what the words could use
_WIDE = 110  # from here on the reason has a column of its own
_LINES = 3  # a longer value is cut to the part that differs
_HEADS, _LIMITS = ("Field", "Impact", "JIRA", "Verdict", "Why"), (20, 60, 60, 70, 70)
_ARROWS = {SyncDirection.IMPACT_TO_JIRA: "write", SyncDirection.JIRA_TO_IMPACT: "write_back"}


def detailed_rows(items: Sequence[Item], screen: page.Screen, *, urls: bool = False) -> str:
    """The items as text; with `urls` the addresses stand below each heading."""
    return screen.printed(_Rows(items, screen, urls=urls).parts())


@dataclass(frozen=True, slots=True)
class _Row:
    """One item and the texts of its columns, visible and on one line."""

    item: Item
    texts: tuple[str, ...]


class _Rows:
    """All parts, from the top."""

    def __init__(self, items: Sequence[Item], screen: page.Screen, *, urls: bool) -> None:
        self.screen, self.width, self.urls = screen, screen.width, urls
        self.rows = [_row(item) for item in items]
        self.wide = self.width >= _WIDE
        self.widths = self._widths()

    def parts(self) -> Iterator[Text | Table | Padding]:
        """The header, and the rows of each link below its name."""
        yield self._header()
        yield self._rule()
        for rows in grouped(self.rows, _link_of):
            subject = rows[0].item.subject
            yield self.screen.heading(subject)
            if self.urls:
                yield from map(page.indented, self.screen.addresses(subject))
            yield self._group(rows)

    # The header and each incident's rows are grids of the same widths, since a
    # heading that spans all columns is nothing a single rich table has.

    def _widths(self) -> list[int]:
        columns = list(zip(_HEADS, *(row.texts for row in self.rows), strict=True))
        if not self.wide:  # the reason stands below the verdict
            columns[3:] = [columns[3] + columns[4]]
        wishes = [
            min(limit, max(map(width_of, texts)))
            for texts, limit in zip(columns, _LIMITS, strict=False)
        ]
        room = self.width - page.INDENT - wishes[0] - page.GAP * len(wishes[1:])
        weights = (6, 6, 7, 8) if self.wide else (2, 2, 3) if self.width >= _USUAL else (13, 13, 15)
        return [wishes[0], *fitted(wishes[1:], weights, room)]

    def _header(self) -> Padding:
        grid = page.grid(self.widths)
        grid.add_row(*(Text(head, "head") for head in _HEADS[: len(self.widths)]))
        return page.indented(grid)

    def _rule(self) -> Text:
        total = page.INDENT + sum(self.widths) + page.GAP * (len(self.widths) - 1)
        return Text("─" * min(total, self.width), "dim")

    def _group(self, rows: Sequence[_Row]) -> Padding:
        grid = page.grid(self.widths)
        for row in rows:
            grid.add_row(Text(row.texts[0]), *self._values(row), *self._words(row))
        return page.indented(grid)

    def _values(self, row: _Row) -> list[Text]:
        (impact, jira), pair, widths = row.texts[1:3], row.item.pair, self.widths[1:3]
        if all(map(page.is_text, pair)):
            return page.differing(impact, jira, page.holding(_LINES, min(widths)))
        return [
            Text(clip(text, _LINES * width), "" if page.is_value(value) else "dim")
            for text, value, width in zip((impact, jira), pair, widths, strict=True)
        ]

    def _words(self, row: _Row) -> list[Text]:
        _, _, _, words, reason = row.texts
        if width_of(words) > self.widths[3]:
            words = words.replace(" (", "\n(", 1)  # rather than in the middle of the arrow
        both = [Text(words, _verdict_style(row.item)), Text(reason, _outcome_style(row.item))]
        return both if self.wide else [Text("\n").join(both if reason else both[:1])]


def _row(item: Item) -> _Row:
    sides = shown_sides(as_written(item))
    why = reason_words(item)
    if item.reason in USUAL_REASONS and not item.detail:
        why = "" if item.result is None else why.removesuffix(f"; {REASON_WORDS[item.reason]}")
    return _Row(item, (field_name(item), *sides, verdict_words(item), why))


def _link_of(row: _Row) -> tuple[int, str | None]:
    return row.item.subject.incident, row.item.subject.issue


def _outcome_style(item: Item) -> str:
    """What became of it: done, or not."""
    if item.result is None:
        return ""
    return "good" if item.result.outcome in DONE else "warning"


def _verdict_style(item: Item) -> str:
    """Holds in one colour, each direction in its own."""
    return "hold" if isinstance(item, Hold) else _ARROWS.get(item.direction, "hold")
