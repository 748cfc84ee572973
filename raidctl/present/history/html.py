"""Earlier runs and what they wrote, as a page."""

from collections.abc import Iterator

from raidctl.core.writes.log import Write
from raidctl.present.history.rows import (
    NO_RUNS,
    NO_WRITES,
    RUN_HEADS,
    WRITE_HEADS,
    History,
    Pages,
    run_cells,
    write_cells,
)
from raidctl.present.html.element import EMPTY, Html, joined, link
from raidctl.present.html.page import instant, whole
from raidctl.present.html.table import Row, breakable, listing, plain, td, th
from raidctl.present.html.values import room_for, short_cells, text_cells
from raidctl.present.report.summary import number
from raidctl.present.text.safe import visible
from raidctl.present.text.words import SPOKEN, shown

_ENDS = ("Old", "New")


def render_html(history: History) -> str:
    """The whole page."""
    runs = (run_cells(run, instant) for run in history.runs)
    tables = [plain("Runs", RUN_HEADS, runs), joined(_writes(history))]
    return whole(_headline(history), "history", *tables)


def _headline(history: History) -> str:
    runs, writes = history.runs, history.writes
    if writes is None:
        return f"{number(len(runs), 'run')}." if runs else NO_RUNS
    return f"{number(len(writes), 'write')}." if writes else NO_WRITES


def _writes(history: History) -> Iterator[Html]:
    """Every write with all of its values, as the terminal has them; nothing where there is none."""
    if writes := history.writes:
        room = room_for(sum(map(_is_text, writes)))
        rows = (Row(_cells(one, history.pages, room), {}) for one in writes)
        yield from listing("Writes", WRITE_HEADS, rows, kind="plain")


def _cells(write: Write, pages: Pages, room: int) -> list[Html]:
    when, incident, issue, *beside, _, _, outcome, run = write_cells(write, instant)
    named = zip(WRITE_HEADS[3:5], beside, strict=True)
    last = zip(WRITE_HEADS[-2:], (outcome, run), strict=True)
    return [
        th(when),
        td(link(incident, pages.incident(write.incident)), label="Incident"),
        td(link(visible(issue), pages.issue(write.issue)) if issue else EMPTY, label="Issue"),
        *(td(breakable(words), label=name) for name, words in named),
        *_values(write, room),
        *(td(breakable(words), label=name) for name, words in last),
    ]


def _values(write: Write, room: int) -> list[Html]:
    if not _is_text(write):
        return short_cells(_ENDS, (shown(write.old), shown(write.new)))
    command = f"raidctl history {write.run} {write.incident} -o json"
    return text_cells(_ENDS, (str(write.old), str(write.new)), command, room)


def _is_text(write: Write) -> bool:
    both = write.old, write.new
    spoken = write.field is None or write.field in SPOKEN
    return not spoken and all(isinstance(value, str) and value for value in both)
