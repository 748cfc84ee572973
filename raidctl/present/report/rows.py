"""The rows of the table: one line a field, as many columns as there is room for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.text import Text

from raidctl.core.plan.item import Item, Subject
from raidctl.present.report.cells import Row, about, below, is_text, room_for, row_of
from raidctl.present.text import page
from raidctl.present.text.difference import excerpts, marked, split
from raidctl.present.text.ink import Ink
from raidctl.present.text.layout import fitted
from raidctl.present.text.safe import clip, visible, width_of
from raidctl.present.text.words import LOCK

NARROWEST = 64
"""With fewer columns there is no room for one line a field."""

_LEAST = 6  # columns for each value, whatever else is long
_MARKED = 14  # below, marks would leave nothing between them
_INVESTIGATING, _IN_PROGRESS = 13, 11  # the longest that both often hold: to be seen whole
_TITLED = 100  # from here on there is room for the title as well
_GAP = "  "
_HEADS = ("Incident", "Field", "Impact", "JIRA")
_WRITE, _PUT_BACK = "Write, or hold", "Put back, or hold"
_VALUE, _TEXT, _TITLE, _MORE = 24, 60, 60, 120  # columns that each wishes at most


@dataclass(frozen=True, slots=True)
class _Widths:
    """Columns of the cells; `title` is 0 where there is no room for it."""

    priority: int
    incident: int
    issue: int
    title: int
    field: int
    impact: int
    jira: int
    said: int

    @property
    def link(self) -> int:
        """Of incident and issue together."""
        return self.incident + 1 + self.issue


def lines(
    items: Sequence[Item], screen: page.Screen, command: str = "diff", *, urls: bool = False
) -> Iterator[str]:
    """The header and the rows, on a screen of at least `NARROWEST` columns.

    What an incident's rows have in common stands in the first of those that follow each other.
    With `urls` the addresses stand below it, whole: they are to be copied. Of what an undo or a
    backfill (the `command`) holds nothing but a row tells.
    """
    undo, holds = command == "undo", command == "undo" or command.startswith("backfill ")
    rows, ink = [row_of(item) for item in items], screen.ink
    heads = (*_HEADS, _PUT_BACK if undo else _WRITE)
    widths = _widths(rows, screen.width, heads)
    yield ink.styled(_header(widths, heads), "head")
    before: Subject | None = None
    for row in rows:
        subject = row.item.subject
        first = before is None or (before.incident, before.issue) != (
            subject.incident,
            subject.issue,
        )
        yield _line(row, widths, ink, first=first)
        if (told := below(row.item, holds=holds)) is not None:
            yield screen.printed([page.indented(Text(told, row.style), 2)]).removesuffix("\n")
        if urls and first:
            yield from (f"{' ' * page.INDENT}{url}" for url in screen.addresses(subject))
        before = subject


def _widths(rows: Sequence[Row], width: int, heads: Sequence[str]) -> _Widths:
    def widest(head: str, texts: Iterator[str], limit: int = 1_000) -> int:
        return min(limit, max(map(width_of, (head, *texts))))

    priority = widest("", (row.priority for row in rows))
    incident = widest("", (row.incident for row in rows))
    issue = max(widest("", (row.issue for row in rows)), len(heads[0]) - incident - 1)
    field = widest(heads[1], (row.field for row in rows))
    short = [
        widest(head, (row.values[side] for row in rows if not is_text(row.item)), _VALUE)
        for side, head in enumerate(heads[2:4])
    ]
    texts = widest("", (text for row in rows if is_text(row.item) for text in row.values), _TEXT)
    spans = widest("", (about(row.item) for row in rows if row.item.field is None), 2 * _TEXT)
    texts = max(texts, spans // 2)
    values = [max(width, texts + len("«»")) for width in short] if texts else short
    said = max(len(heads[4]), *(min(room_for(r.item), width_of(r.said[0])) for r in rows))
    room = width - priority - incident - 1 - issue - field - 4 * len(_GAP) - 1
    said = min(said, max(len(heads[4]), room - 2 * _LEAST))
    more, room = widest("", (row.said[-1] for row in rows), _MORE) - said, room - said
    if width >= _TITLED:
        titles = widest("Title", (visible(row.item.subject.title) for row in rows), _TITLE)
        wishes, weights = [titles, *values, max(0, more)], [60, 50, 50, 1]
        title, impact, jira, more = fitted(wishes, weights, room - len(_GAP))
    else:
        title = 0
        impact, jira, more = fitted([*values, max(0, more)], [50, 50, 1], room)
        lent = max(0, min(_INVESTIGATING - impact, values[0] - impact, jira - _IN_PROGRESS))
        impact, jira = impact + lent, jira - lent
    return _Widths(priority, incident, issue, title, field, impact, jira, said + more)


def _header(widths: _Widths, heads: Sequence[str]) -> str:
    cells = [f"{' ' * widths.priority} {_padded(heads[0], widths.link)}"]
    cells += [_padded("Title", widths.title)] if widths.title else []
    sizes = (widths.field, widths.impact, widths.jira, widths.said)
    cells += [_padded(head, size) for head, size in zip(heads[1:], sizes, strict=True)]
    return _GAP.join(cells).rstrip()


def _line(row: Row, widths: _Widths, ink: Ink, *, first: bool) -> str:
    subject = row.item.subject
    if first:
        priority = ink.styled(_padded(row.priority, widths.priority), _priority_style(row))
        cells = [f"{priority} {_link(row, widths, ink)}"]
        title = clip(visible(subject.title), widths.title) if widths.title else ""
    else:
        cells, title = [" " * (widths.priority + 1 + widths.link)], ""
    cells += [_padded(title, widths.title)] if widths.title else []
    said = row.said[0]
    for more in row.said[1:]:
        said = more if width_of(more) <= widths.said else said
    cells += [
        _padded(row.field, widths.field),
        *_values(row, widths, ink),
        ink.styled(clip(said, widths.said), row.style),
    ]
    return _GAP.join(cells).rstrip()


def _link(row: Row, widths: _Widths, ink: Ink) -> str:
    """Number and key, each a hyperlink where there are any."""
    subject = row.item.subject
    key = row.issue.removesuffix(LOCK)
    number = " " * (widths.incident - len(row.incident)) + ink.linked(
        row.incident, subject.incident_url
    )
    linked = ink.linked(key, subject.issue_url) if key.strip() else key
    rest = row.issue[len(key) :] + " " * (widths.issue - width_of(row.issue))
    return f"{number} {linked}{rest}"


def _values(row: Row, widths: _Widths, ink: Ink) -> list[str]:
    sizes = widths.impact, widths.jira
    if row.item.field is None:
        room = sum(sizes) + len(_GAP)
        return [ink.styled(_padded(clip(about(row.item), room), room), "dim")]
    if not is_text(row.item):
        cells = zip(row.values, sizes, row.item.pair, strict=True)
        return [
            ink.styled(_padded(clip(text, size), size), "" if page.is_value(value) else "dim")
            for text, size, value in cells
        ]
    room = min(sizes)
    if room >= _MARKED:
        parts = [marked(part) for part in excerpts(*row.values, room - 2)]
    else:
        parts = [split(part) for part in excerpts(*row.values, room)]
    return [_differing(*part, size, ink) for part, size in zip(parts, sizes, strict=True)]


def _differing(before: str, differs: str, after: str, size: int, ink: Ink) -> str:
    """A cell of which a part differs from the other side's."""
    blank = size - width_of(before + differs + after)
    if blank < 0:
        return clip(before + differs + after, size)
    return f"{before}{ink.styled(differs, 'differs')}{after}{' ' * blank}"


def _priority_style(row: Row) -> str:
    return "urgent" if row.priority == "P1" else ""


def _padded(text: str, width: int) -> str:
    return text + " " * (width - width_of(text))
