"""Print a page with rich into text: the same parts are the same text, wherever that happens."""

import io
import re
from collections.abc import Iterable

from rich.console import Console, RenderableType
from rich.style import Style, StyleType
from rich.text import Text
from rich.theme import Theme

from raidctl.core.plan.item import Subject
from raidctl.present.text.safe import clip, safe_url, visible, width_of

NARROWEST = 40
"""No page is narrower, whatever the terminal says."""

_TRAILING = re.compile(r" +$", re.MULTILINE)
_LINK_ID = re.compile(r"(\x1b\]8;)id=[^;]*")


def printed(
    parts: Iterable[RenderableType],
    *,
    width: int,
    colour: bool,
    hyperlinks: bool = False,
    theme: Theme | None = None,
) -> str:
    """The parts one under the other, as text of `width` columns; texts in them are no markup.

    Without colour and hyperlinks there is no escape sequence in it.
    """
    out = io.StringIO()
    console = Console(  # all is told here, nothing left for it to find out by the environment
        file=out,
        width=width,
        height=100,
        force_terminal=colour or hyperlinks,
        force_jupyter=False,
        color_system="standard" if colour or hyperlinks else None,
        no_color=False,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
        theme=theme,
    )
    for part in parts:
        console.print(part)
    # rich numbers its links from a random start: the same page must be the same text
    return _TRAILING.sub("", _LINK_ID.sub(r"\1", out.getvalue()))


def heading(subject: Subject, width: int, head: StyleType, *, hyperlinks: bool) -> Text:
    """One line that says which link it is about: incident, issue, title; at most `width` wide."""

    def named(words: str, url: str | None) -> Text:
        address = safe_url(url) if hyperlinks else None
        name = Text(words)
        if address:
            name.stylize(Style(link=address))
        name.stylize(head)
        return Text().append_text(name)

    line = named(f"Incident {subject.incident}", subject.incident_url)
    if subject.issue:
        key = clip(visible(subject.issue), width // 3)
        line = Text(" · ").join([line, named(key, subject.issue_url)])
    line.append(" · 🔒 private" if subject.private else "")
    room = width - width_of(line.plain) - 3
    title = visible(subject.title)
    return line.append(f" · {clip(title, room)}") if title and room > 0 else line
