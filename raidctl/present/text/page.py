"""Print a page with rich into text: the same parts are the same text, wherever that happens."""

import io
import re
from collections.abc import Iterable
from datetime import tzinfo

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.style import Style
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

from raidctl.core.model import Readable
from raidctl.core.plan.item import Subject
from raidctl.present.text.difference import OPENING, Excerpt, excerpts, marked
from raidctl.present.text.ink import STYLES, Ink
from raidctl.present.text.safe import clip, safe_url, visible, width_of
from raidctl.present.text.words import LOCK, shown

NARROWEST = 40
"""No page is narrower, whatever the terminal says."""

INDENT, GAP = 2, 2
"""Columns before what stands below a heading, and between two columns of a grid."""

_MARKDOWN = {
    "markdown.code": "bold",  # rich's own have backgrounds, which a light terminal shows as blocks
    "markdown.h2": "bold",
    "markdown.table.header": "bold",
    "markdown.table.border": "dim",
}
_STYLES = {name: rich for name, (rich, _) in STYLES.items()} | _MARKDOWN
_TRAILING = re.compile(r" +$", re.MULTILINE)
_LINK_ID = re.compile(r"(\x1b\]8;)id=[^;]*")


class Screen:
    """What a page is made for: its width in columns, what can be shown, the zone of its times.

    Without colour and hyperlinks there is no escape sequence in what is printed.
    """

    def __init__(
        self, width: int, *, colour: bool, hyperlinks: bool = False, zone: tzinfo | None = None
    ) -> None:
        self.width = max(width, NARROWEST)
        self.colour, self.hyperlinks, self.zone = colour, hyperlinks, zone
        self.ink = Ink(colour=colour, hyperlinks=hyperlinks)

    def printed(self, parts: Iterable[RenderableType]) -> str:
        """The parts one under the other; texts in them are no markup."""
        out = io.StringIO()
        console = Console(  # all is told here, nothing left for it to find out by the environment
            file=out,
            width=self.width,
            height=100,
            force_terminal=self.colour or self.hyperlinks,
            force_jupyter=False,
            color_system="standard" if self.colour or self.hyperlinks else None,
            no_color=False,
            markup=False,
            emoji=False,
            highlight=False,
            legacy_windows=False,
            theme=Theme(_STYLES if self.colour else dict.fromkeys(_STYLES, "none")),
        )
        for part in parts:
            console.print(part)
        # rich numbers its links from a random start: the same page must be the same text
        return _TRAILING.sub("", _LINK_ID.sub(r"\1", out.getvalue()))

    def heading(self, subject: Subject) -> Text:
        """One line that says which link it is about: incident, issue, title."""
        line = self._named(f"Incident {subject.incident}", subject.incident_url)
        if subject.issue:
            key = clip(visible(subject.issue), self.width // 3)
            line = Text(" · ").join([line, self._named(key, subject.issue_url)])
        line.append(" (raidctl's own link)" if subject.own_link else "")
        line.append(f" · {LOCK} private" if subject.private else "")
        room = self.width - width_of(line.plain) - 3
        title = visible(subject.title)
        return line.append(f" · {clip(title, room)}") if title and room > 0 else line

    def _named(self, words: str, url: str | None) -> Text:
        name = Text(words)
        name.stylize(self.link(url))
        name.stylize("head")
        return Text().append_text(name)

    def link(self, url: str | None) -> Style:
        """A hyperlink, where they are wanted and the address is fit for one."""
        address = safe_url(url) if self.hyperlinks else None
        return Style(link=address) if address else Style.null()

    def addresses(self, subject: Subject) -> list[str]:
        """Where both pages of a link are, to be copied; without those that are fit for nobody."""
        found = map(safe_url, (subject.incident_url, subject.issue_url))
        return [address for address in found if address]

    def beside(self, label: int, steps: int = 1) -> int:
        """The columns that labels of this width leave, so many steps below a heading."""
        return self.width - steps * INDENT - label - GAP

    def labelled(
        self, rows: Iterable[tuple[str, Text]], label: int, steps: int = 1, style: str = "dim"
    ) -> Padding:
        """Texts below a heading, beside each its label of at most `label` columns."""
        table = grid([label, self.beside(label, steps)])
        for name, text in rows:
            table.add_row(Text(name, style), text)
        return indented(table, steps)


def indented(part: RenderableType, steps: int = 1) -> Padding:
    """What stands below a heading."""
    return Padding(part, (0, 0, 0, steps * INDENT))


def grid(widths: Iterable[int]) -> Table:
    """Columns of these widths, without lines; what is longer goes on below."""
    table = Table.grid(padding=(0, GAP, 0, 0), pad_edge=False)
    for width in widths:
        table.add_column(width=width, overflow="fold")
    return table


_SIGNS = {  # a heading says it in words
    re.compile(OPENING): "« » around what differs",
    re.compile(f"{LOCK}(?! private)"): f"{LOCK} a private incident",
}


def with_signs(text: str, screen: Screen) -> str:
    """A text, and below it what raidctl's own signs in it mean, where it has any."""
    told = "; ".join(words for sign, words in _SIGNS.items() if sign.search(text))
    return text + screen.printed([Text(told, "dim")]) if told else text


def holding(lines: int, width: int) -> int:
    """How many columns of text so many lines surely hold: breaking at words loses some."""
    return lines * width - width // 3


def both(values: Iterable[Readable], room: int) -> list[Text]:
    """Two values in `room` columns each; of texts the part where they differ, marked."""
    one, other = values
    if is_text(one) and is_text(other):
        return differing(shown(one), shown(other), room)
    return [Text(clip(shown(value), room)) for value in (one, other)]


def is_text(value: Readable) -> bool:
    """Whether it has parts that can differ."""
    return isinstance(value, str) and value != ""


def is_value(value: Readable) -> bool:
    """Whether it is told as it is, not by words for what is not there."""
    return is_text(value) or isinstance(value, int)


def differing(one: str, other: str, room: int) -> list[Text]:
    """The part where two texts differ, in `room` columns each, what differs between «marks».

    They need no colour to be seen. Where all of a text differs, or nothing, it has none.
    """
    return [_marked(part) for part in excerpts(one, other, room - 2)]


def _marked(part: Excerpt) -> Text:
    before, differs, after = marked(part)
    return Text(before).append(differs, "differs").append(after)
