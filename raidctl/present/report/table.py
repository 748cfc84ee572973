"""The report for the terminal: one table, grouped by incident, and what to do next."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from raidctl.core.model import Field, Pair, Readable, SyncDirection
from raidctl.core.plan.item import Hold, Item, changes, pending
from raidctl.core.reasons import Reason
from raidctl.core.report import Report
from raidctl.core.writes.outcome import DONE
from raidctl.present.report import summary
from raidctl.present.text import page
from raidctl.present.text.layout import fitted, grouped
from raidctl.present.text.safe import clip, visible, width_of
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
# The arrow tells these already: it points away from the side that changed.
_USUAL_REASONS = frozenset({Reason.IMPACT_CHANGED, Reason.JIRA_CHANGED})
_ARROWS = {SyncDirection.IMPACT_TO_JIRA: "write", SyncDirection.JIRA_TO_IMPACT: "write_back"}


def render_table(report: Report, *, width: int, colour: bool, hyperlinks: bool) -> str:
    """The report as text of `width` columns."""
    screen = page.Screen(width, colour=colour, hyperlinks=hyperlinks)
    return screen.printed(_Page(report, report.items, screen).parts())


def render_planned(report: Report, *, width: int, colour: bool, hyperlinks: bool) -> str:
    """What is about to be written, last and alone: what is held is counted above it."""
    screen = page.Screen(width, colour=colour, hyperlinks=hyperlinks)
    return screen.printed(_Page(report, tuple(pending(report.items)), screen).planned())


def render_written(report: Report, *, width: int, colour: bool, hyperlinks: bool) -> str:
    """What became of what was shown before it was written; the rest is counted."""
    screen = page.Screen(width, colour=colour, hyperlinks=hyperlinks)
    return screen.printed(_Page(report, tuple(changes(report.items)), screen).parts())


@dataclass(frozen=True, slots=True)
class _Row:
    """One item and the texts of its columns, visible and on one line."""

    item: Item
    texts: tuple[str, ...]


class _Page:
    """All parts of the page, from the top."""

    def __init__(self, report: Report, items: tuple[Item, ...], screen: page.Screen) -> None:
        self.report, self.screen, self.width = report, screen, screen.width
        self.told = replace(report, items=items)
        self.rows = [_row(i) for i in items if not summary.counted_out(i)]
        self.wide = self.width >= _WIDE
        self.widths = self._widths()

    def parts(self) -> Iterator[Text | Table | Padding]:
        """Table, lists, next steps, what is not known, and the counts last."""
        if self.rows:
            yield from self._table()
            yield Text()
        yield from self._after()

    def planned(self) -> Iterator[Text | Table | Padding]:
        """What is not known, how much is held, and below them the table."""
        yield from self._unknown()
        yield Text(summary.held_line(self.report), "dim")
        yield from self._table()

    def _table(self) -> Iterator[Text | Table | Padding]:
        yield self._header()
        yield self._rule()
        for rows in grouped(self.rows, _link_of):
            yield self.screen.heading(rows[0].item.subject)
            yield self._group(rows)

    def _unknown(self) -> Iterator[Text | Padding]:
        unread = [Text(summary.unread_words(part)) for part in self.report.unread]
        yield from self._block("Not read", unread, "warning")
        notes = [Text(visible(note)) for note in summary.notes(self.report)]
        yield from self._block("Note", notes)

    def _after(self) -> Iterator[Text | Padding]:
        report = self.report
        for roll in summary.rolls(self.told):
            yield from self._block(roll.title, [self._roll(roll)])
        yield from self._block("Next", list(map(self._step, summary.steps(self.told))))
        yield from self._unknown()
        quiet = summary.whole(report) and not report.drift
        yield Text(summary.headline(report), "good" if quiet else "head")
        counts = summary.beside(report) if quiet else summary.counts(report)
        yield from (Text(line, "dim") for line in counts)

    def _block(
        self, title: str, lines: Sequence[Text], style: str = "head"
    ) -> Iterator[Text | Padding]:
        """A list under its title, where there is anything to list."""
        if lines:
            yield Text(title, style)
            yield from map(page.indented, lines)
            yield Text()

    def _step(self, step: summary.Step) -> Text:
        """What to copy, in one piece where it fits."""
        line = step.lead + step.command
        beside = page.INDENT + width_of(line) <= self.width
        return Text(line if beside else f"{step.lead}\n{' ' * page.INDENT}{step.command}".lstrip())

    def _roll(self, roll: summary.Roll) -> Text:
        line = Text()
        for item in roll.items:
            subject = item.subject
            line.append(", " if line else "")
            line.append(str(subject.incident), self.screen.link(subject.incident_url))
            said = [visible(text) for text in (subject.issue, item.detail) if text]
            line.append(f" ({clip(': '.join(said), self.width)})" if said else "")
        return line.append(f" and {roll.more} more" if roll.more else "")

    # The table itself: the header and each incident's rows are grids of the same widths, since a
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
            Text(clip(text, _LINES * width), "" if _is_value(value) else "dim")
            for text, value, width in zip((impact, jira), pair, widths, strict=True)
        ]

    def _words(self, row: _Row) -> list[Text]:
        _, _, _, words, reason = row.texts
        if width_of(words) > self.widths[3]:
            words = words.replace(" (", "\n(", 1)  # rather than in the middle of the arrow
        both = [Text(words, _verdict_style(row.item)), Text(reason, _outcome_style(row.item))]
        return both if self.wide else [Text("\n").join(both if reason else both[:1])]


def _row(item: Item) -> _Row:
    sides = shown_sides(_as_written(item))
    why = reason_words(item)
    if item.reason in _USUAL_REASONS and not item.detail:
        why = "" if item.result is None else why.removesuffix(f"; {REASON_WORDS[item.reason]}")
    return _Row(item, (field_name(item), *sides, verdict_words(item), why))


def _as_written(item: Item) -> Item:
    """A description that moves, as the other side would hold it: what stays there differs not."""
    taken_back = item.reason is Reason.UNDO  # what is written stands on neither side now
    if item.field is not Field.DESCRIPTION or not isinstance(item.to, str) or taken_back:
        return item
    if item.direction is SyncDirection.IMPACT_TO_JIRA:
        return replace(item, pair=Pair(item.to, item.pair.jira))
    return replace(item, pair=Pair(item.pair.impact, item.to))


def _link_of(row: _Row) -> tuple[int, str | None]:
    return row.item.subject.incident, row.item.subject.issue


def _is_value(value: Readable) -> bool:
    """Whether it is told as it is, not by words for what is not there."""
    return page.is_text(value) or isinstance(value, int)


def _outcome_style(item: Item) -> str:
    """What became of it: done, or not."""
    if item.result is None:
        return ""
    return "good" if item.result.outcome in DONE else "warning"


def _verdict_style(item: Item) -> str:
    """Holds in one colour, each direction in its own."""
    return "hold" if isinstance(item, Hold) else _ARROWS.get(item.direction, "hold")
