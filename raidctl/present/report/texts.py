"""The long texts that are about to be written, in full, for whoever wants to read them first."""

from collections.abc import Iterator

from rich.padding import Padding
from rich.text import Text

from raidctl.core.model import Readable
from raidctl.core.plan.item import Change, pending
from raidctl.core.report import Report
from raidctl.present.text import page
from raidctl.present.text.unified import TEXTS, unified, worth_it
from raidctl.present.text.words import SIDE_NAMES

_SHORT = 12  # columns: in 80 of a terminal the table has no more for a value


def long_texts(report: Report) -> list[Change]:
    """Those of the changes still to be made that a table shows a part of."""
    texts = (one for one in pending(report.items) if one.field in TEXTS)
    return [one for one in texts if worth_it(_text(one.old), one.to, _SHORT)]


def render_texts(report: Report, *, width: int, colour: bool, hyperlinks: bool) -> str:
    """Each as a unified difference between what stands there now and what is to be written."""
    screen = page.Screen(width, colour=colour, hyperlinks=hyperlinks)
    return page.with_signs(screen.printed(_parts(long_texts(report), screen)), screen)


def _parts(texts: list[Change], screen: page.Screen) -> Iterator[Text | Padding]:
    for one in texts:
        yield screen.heading(one.subject)
        yield page.indented(Text(f"{one.field}", "head"))
        names = (f"{SIDE_NAMES[one.side]} now", "to be written")
        for line in unified(_text(one.old), str(one.to), names, screen.beside(0)):
            yield page.indented(line)
        yield Text()


def _text(value: Readable) -> str:
    return value if isinstance(value, str) else ""
