"""The report for the terminal: one table, grouped by incident, and what to do next."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from rich.padding import Padding
from rich.style import Style
from rich.table import Table
from rich.text import Text

from raidctl.core.model import Field, Pair, Readable, SyncDirection
from raidctl.core.plan.item import Hold, Item, Subject
from raidctl.core.reasons import Reason
from raidctl.core.report import Report
from raidctl.core.writes.outcome import DONE
from raidctl.present.report import summary
from raidctl.present.text.difference import Excerpt, excerpts
from raidctl.present.text.layout import fitted
from raidctl.present.text.page import NARROWEST, heading, printed
from raidctl.present.text.safe import clip, safe_url, visible, width_of
from raidctl.present.text.words import reason_words, shown_sides, verdict_words

_USUAL = 72  # below, the values need what the words could use
_WIDE = 110  # from here on the reason has a column of its own
_INDENT, _GAP = 2, 2
_LINES = 3  # a longer value is cut to the part that differs
_VALUE_WISH, _WORDS_WISH = 60, 70


def render_table(report: Report, *, width: int, colour: bool, hyperlinks: bool) -> str:
    """The report as text of at most `width` columns (of 40, where there are fewer).

    Without colour and hyperlinks there is no escape sequence in it.
    """
    width = max(width, NARROWEST)
    page = _Page(report, width, _Styles(colour, hyperlinks))
    return printed(page.parts(), width=width, colour=colour, hyperlinks=hyperlinks)


class _Styles:
    """The styles of the page; all are plain where colour is off."""

    def __init__(self, colour: bool, hyperlinks: bool) -> None:
        def style(definition: str) -> Style:
            return Style.parse(definition) if colour else Style.null()

        self.hyperlinks = hyperlinks
        self.head, self.dim = style("bold"), style("dim")
        self.differs, self.good = style("bold underline"), style("green")
        self.hold, self.warning = style("yellow"), style("red")
        self.arrows = {
            SyncDirection.IMPACT_TO_JIRA: style("cyan"),
            SyncDirection.JIRA_TO_IMPACT: style("magenta"),
        }

    def link(self, url: str | None) -> Style:
        """A hyperlink, where they are wanted and the address is fit for one."""
        address = safe_url(url) if self.hyperlinks else None
        return Style(link=address) if address else Style.null()

    def outcome(self, item: Item) -> Style:
        """What became of it: done, or not."""
        if item.result is None:
            return Style.null()
        return self.good if item.result.outcome in DONE else self.warning

    def verdict(self, item: Item) -> Style:
        """Holds in one colour, each direction in its own."""
        if isinstance(item, Hold):
            return self.hold
        return self.arrows.get(item.direction, self.hold)


@dataclass(frozen=True, slots=True)
class _Row:
    """One item, its texts visible and on one line."""

    item: Item
    field: str
    impact: str
    jira: str
    verdict: str
    reason: str


class _Page:
    """All parts of the page, from the top."""

    def __init__(self, report: Report, width: int, styles: _Styles) -> None:
        self.report, self.width, self.styles = report, width, styles
        self.rows = [_row(i) for i in report.items if i.reason not in summary.COUNTED_OUT]
        self.wide = width >= _WIDE
        self.widths = self._widths()

    def parts(self) -> Iterator[Text | Table | Padding]:
        """Table, lists, next steps, what is not known, and the counts last."""
        if self.rows:
            yield self._header()
            yield self._rule()
            for subject, rows in _grouped(self.rows):
                links = self.styles.hyperlinks
                yield heading(subject, self.width, self.styles.head, hyperlinks=links)
                yield self._group(rows)
            yield Text()
        yield from self._after()

    def _after(self) -> Iterator[Text | Padding]:
        report, styles = self.report, self.styles
        for roll in summary.rolls(report):
            yield from self._block(roll.title, [self._roll(roll)])
        steps = [Text(step.lead + step.command) for step in summary.steps(report)]
        if steps:
            yield from self._block("Next", steps)
        unread = [Text(summary.unread_words(part)) for part in report.unread]
        if unread:
            yield from self._block("Not read", unread, styles.warning)
        notes = [Text(visible(note)) for note in report.notes]
        told = summary.direction_words(report)
        if notes or told:
            yield from self._block("Note", [*([Text(told)] if told else []), *notes])
        quiet = summary.whole(report) and not report.drift
        yield Text(summary.headline(report), styles.good if quiet else styles.head)
        if not quiet:
            for line in summary.counts(report):
                yield Text(line, styles.dim)
            return
        yield from (Text(line, styles.dim) for line in summary.counts(report)[2:])

    def _block(
        self, title: str, lines: Iterable[Text], style: Style | None = None
    ) -> Iterator[Text | Padding]:
        yield Text(title, style or self.styles.head)
        for line in lines:
            yield Padding(line, (0, 0, 0, _INDENT))
        yield Text()

    def _roll(self, roll: summary.Roll) -> Text:
        line = Text()
        for item in roll.items:
            subject = item.subject
            line.append(", " if line else "")
            line.append(str(subject.incident), self.styles.link(subject.incident_url))
            said = [visible(text) for text in (subject.issue, item.detail) if text]
            line.append(f" ({clip(': '.join(said), self.width)})" if said else "")
        return line.append(f" and {roll.more} more" if roll.more else "")

    # The table itself: the header and each incident's rows are grids of the same widths, since a
    # heading that spans all columns is nothing a single rich table has.

    def _widths(self) -> list[int]:
        columns = [
            [row.field for row in self.rows],
            [row.impact for row in self.rows],
            [row.jira for row in self.rows],
            [row.verdict for row in self.rows],
            [row.reason for row in self.rows],
        ]
        heads = _heads(self.wide)
        if not self.wide:
            columns[3:] = [columns[3] + columns[4]]
        limits = [20, _VALUE_WISH, _VALUE_WISH, _WORDS_WISH, _WORDS_WISH]
        wishes = [
            min(limit, max(map(width_of, [head, *texts])))
            for head, texts, limit in zip(heads, columns, limits, strict=False)
        ]
        room = self.width - _INDENT - wishes[0] - _GAP * len(wishes[1:])
        weights = (6, 6, 7, 8) if self.wide else (2, 2, 3) if self.width >= _USUAL else (13, 13, 15)
        return [wishes[0], *fitted(wishes[1:], weights, room)]

    def _grid(self) -> Table:
        grid = Table.grid(padding=(0, _GAP, 0, 0), pad_edge=False)
        for width in self.widths:
            grid.add_column(width=width, overflow="fold")
        return grid

    def _header(self) -> Padding:
        grid = self._grid()
        grid.add_row(*(Text(head, self.styles.head) for head in _heads(self.wide)))
        return Padding(grid, (0, 0, 0, _INDENT))

    def _rule(self) -> Text:
        total = _INDENT + sum(self.widths) + _GAP * (len(self.widths) - 1)
        return Text("─" * min(total, self.width), self.styles.dim)

    def _group(self, rows: Sequence[_Row]) -> Padding:
        grid = self._grid()
        for row in rows:
            grid.add_row(Text(row.field), *self._values(row), *self._words(row))
        return Padding(grid, (0, 0, 0, _INDENT))

    def _values(self, row: _Row) -> tuple[Text, Text]:
        narrow = min(self.widths[1:3])
        item, room = row.item, _LINES * narrow - narrow // 3  # what breaking at words loses
        if not all(map(_is_text, item.pair)):
            impact = self._plain(row.impact, item.pair.impact, self.widths[1])
            return impact, self._plain(row.jira, item.pair.jira, self.widths[2])
        ours, theirs = excerpts(row.impact, row.jira, room)
        return self._marked(ours), self._marked(theirs)

    def _plain(self, text: str, value: Readable, width: int) -> Text:
        style = Style.null() if _is_text(value) or isinstance(value, int) else self.styles.dim
        return Text(clip(text, _LINES * width), style)

    def _marked(self, part: Excerpt) -> Text:
        text = Text(part.text)
        if (part.start, part.end) != (0, len(part.text)):  # all of it is no emphasis
            text.stylize(self.styles.differs, part.start, part.end)
        return text

    def _words(self, row: _Row) -> list[Text]:
        words = row.verdict
        if width_of(words) > self.widths[3]:
            words = words.replace(" (", "\n(", 1)  # rather than in the middle of the arrow
        verdict = Text(words, self.styles.verdict(row.item))
        reason = Text(row.reason, self.styles.outcome(row.item))
        return [verdict, reason] if self.wide else [Text("\n").join([verdict, reason])]


def _heads(wide: bool) -> list[str]:
    return ["Field", "Impact", "JIRA", "Verdict", *(["Why"] if wide else [])]


def _row(item: Item) -> _Row:
    impact, jira = shown_sides(_as_written(item))
    field = "link" if item.field is None else item.field.value
    return _Row(item, field, impact, jira, verdict_words(item), reason_words(item))


def _as_written(item: Item) -> Item:
    """A description that moves, as the other side would hold it: what stays there differs not."""
    taken_back = item.reason is Reason.UNDO  # what is written stands on neither side now
    if item.field is not Field.DESCRIPTION or not isinstance(item.to, str) or taken_back:
        return item
    if item.direction is SyncDirection.IMPACT_TO_JIRA:
        return replace(item, pair=Pair(item.to, item.pair.jira))
    return replace(item, pair=Pair(item.pair.impact, item.to))


def _grouped(rows: Iterable[_Row]) -> Iterable[tuple[Subject, list[_Row]]]:
    """The rows of each incident and issue together, in the order of the report."""
    groups: dict[tuple[int, str | None], tuple[Subject, list[_Row]]] = {}
    for row in rows:
        subject = row.item.subject
        groups.setdefault((subject.incident, subject.issue), (subject, []))[1].append(row)
    return groups.values()


def _is_text(value: Readable) -> bool:
    return isinstance(value, str) and value != ""
