"""The report for the terminal: a line a field, and what to do next."""

from collections.abc import Sequence
from dataclasses import replace

from rich.text import Text

from raidctl.core.plan.item import Item, changes, pending
from raidctl.core.report import Report
from raidctl.present.report import rows
from raidctl.present.report.around import after, unknown
from raidctl.present.report.detail import detailed_rows
from raidctl.present.report.summary import counted_out, held_line
from raidctl.present.text.page import Screen, with_signs


def render_table(
    report: Report,
    *,
    width: int,
    colour: bool,
    hyperlinks: bool,
    urls: bool = False,
    detailed: bool = False,
) -> str:
    """The report as text of `width` columns."""
    screen = Screen(width, colour=colour, hyperlinks=hyperlinks)
    seen = _rows(report.listed, screen, report.command, urls=urls, detailed=detailed)
    told = with_signs(seen, screen)
    gap = "\n" if seen and seen == told else ""  # else what signs mean is gap enough
    return told + gap + screen.printed(after(report, screen))


def render_planned(report: Report, *, width: int, colour: bool, hyperlinks: bool) -> str:
    """What is about to be written, last and alone: what is held is counted above it."""
    screen = Screen(width, colour=colour, hyperlinks=hyperlinks)
    above = screen.printed([*unknown(report), Text(held_line(report), "dim")])
    seen = _rows(tuple(pending(report.items)), screen, report.command)
    return above + with_signs(seen, screen)


def render_written(report: Report, *, width: int, colour: bool, hyperlinks: bool) -> str:
    """What became of what was shown before it was written; the rest is counted."""
    told = replace(report, shown=tuple(changes(report.items)))
    return render_table(told, width=width, colour=colour, hyperlinks=hyperlinks)


def _rows(
    items: Sequence[Item],
    screen: Screen,
    command: str,
    *,
    urls: bool = False,
    detailed: bool = False,
) -> str:
    """The rows of those that are not listed elsewhere; nothing where there are none."""
    told = [item for item in items if not counted_out(item)]
    if not told:
        return ""
    if detailed or screen.width < rows.NARROWEST:
        return detailed_rows(told, screen, urls=urls)
    return "".join(f"{line}\n" for line in rows.lines(told, screen, command, urls=urls))
