"""What became of events, for every format."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from textwrap import wrap

from raidctl.core.events.event import State, Told
from raidctl.core.report import Report
from raidctl.present.format import Format
from raidctl.present.text.markdown import escaped, table
from raidctl.present.text.records import Columns, csv_lines, json_lines
from raidctl.present.text.safe import clip, visible, width_of

COLUMNS: Columns[Told] = {
    "id": lambda told: told.id,
    "kind": lambda told: told.event.kind,
    "incident": lambda told: told.event.incident,
    "issue": lambda told: told.event.issue,
    "state": lambda told: told.state,
    "why": lambda told: told.why,
}
HEADS = ("Event", "About", "State", "Why")
_LEAST, _WIDEST, _MOST = 20, 24, 100  # columns for why and what it is about; rows


def pieces(
    events: Sequence[Told], how: Format, picked: Collection[str], width: int
) -> Iterator[str]:
    """Events in one of the formats but JSON, as they come; `picked` as in `render.pieces`."""
    match how:
        case Format.JSONL:
            yield from json_lines(COLUMNS, events)
        case Format.CSV:
            yield from csv_lines({name: COLUMNS[name] for name in picked or COLUMNS}, events)
        case Format.MARKDOWN:
            yield from (f"{line}\n" for line in _markdown_lines(events))
        case _:
            yield from (f"{line}\n" for line in _lines(events, width))


def _lines(events: Sequence[Told], width: int) -> Iterator[str]:
    """A line an event, what became of it below where that is long; the count of each state."""
    shown = [cells_of(one) for one in events[:_MOST]]
    sizes = [max(width_of(row[n]) for row in (HEADS, *shown)) for n in range(3)]
    room = width - sum(sizes) - 2 * len(sizes)
    for *row, why in (HEADS, *shown) if shown else ():
        cells = zip(row, sizes, strict=True)
        line = "  ".join(text + " " * (size - width_of(text)) for text, size in cells)
        if width_of(why) <= room:
            yield f"{line}  {why}".rstrip()
        else:
            yield line.rstrip()
            yield from wrap(why, max(_LEAST, width), initial_indent="  ", subsequent_indent="  ")
    if (more := len(events) - len(shown)) > 0:
        yield f"and {more} more"
    yield f"Events: {counts(events)}"


def _markdown_lines(events: Sequence[Told]) -> Iterator[str]:
    """The same as a table."""
    if events:
        yield from table(HEADS, (list(map(escaped, cells_of(one))) for one in events))
        yield ""
    yield f"- Events: {counts(events)}"


def counts(events: Sequence[Told]) -> str:
    """How many there are of each state: `3 settled, 1 waiting`."""
    found = Counter(one.state for one in events)
    return ", ".join(f"{found[state]} {state}" for state in State if found[state]) or "none"


def alone(report: Report) -> bool:
    """Whether there is nothing to tell but events: no link was looked at."""
    return not (report.items or report.summary.links or report.unread or report.notes)


def cells_of(one: Told) -> tuple[str, str, str, str]:
    """Its number, what it is about, its state and why; as `HEADS` has them."""
    number = "–" if one.id is None else str(one.id)
    return number, clip(visible(_about(one)), _WIDEST), one.state, visible(one.why or "")


def _about(one: Told) -> str:
    event = one.event
    if event.incident is not None:
        return f"incident {event.incident}"
    return event.issue or (f"issue {event.issue_id}" if event.issue_id else event.kind)
