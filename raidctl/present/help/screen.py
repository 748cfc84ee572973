"""The reference's Markdown set for a terminal."""

import re
from typing import ClassVar

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import Heading, Markdown
from rich.text import Text

from raidctl.present.text.page import Screen

_WIDEST = 100  # columns; longer lines are hard to read
_GAP = re.compile(r"\n(?:(?:\x1b\[[0-9;]*m| )*\n){2,}")


class _Heading(Heading):
    """A title at the left edge: rich centres it, in a box."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        text: Text = self.text
        text.stylize("bold")
        yield from ([text] if self.tag == "h1" else [Text(), text])


class _Page(Markdown):
    elements: ClassVar = {**Markdown.elements, "heading_open": _Heading}


def on_the_screen(text: str, *, width: int, colour: bool) -> str:
    """Markdown as a terminal of this width shows it."""
    page = _Page(text, code_theme="ansi_dark" if colour else "bw", hyperlinks=False)
    shown = Screen(min(width, _WIDEST), colour=colour).printed([page])
    return _GAP.sub("\n\n", shown)
