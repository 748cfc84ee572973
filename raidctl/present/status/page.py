"""How raidctl does, for the terminal: what matters first, then rates, times and a small chart."""

from collections.abc import Iterator, Sequence
from datetime import tzinfo

from rich.console import RenderableType
from rich.text import Text

from raidctl.core.watch.status import Status
from raidctl.present.history.rows import end_words, took
from raidctl.present.status import rows
from raidctl.present.text.page import GAP, INDENT, Screen, grid, indented
from raidctl.present.text.safe import clip, visible, width_of
from raidctl.present.text.words import local

_LABEL = 9
_WHY = 240
_WORDS = 24  # columns beside the chart
_STYLES = {"Paused": "hold", "Failures": "warning"}


def render_page(status: Status, *, width: int, colour: bool, zone: tzinfo | None) -> str:
    """The status as text of `width` columns; times are in `zone`, or this machine's."""
    screen = Screen(width, colour=colour, zone=zone)
    return screen.printed(_parts(status, screen))


def _parts(status: Status, screen: Screen) -> Iterator[RenderableType]:
    told = [*rows.facts(status, screen.zone), *rows.counted(status)]
    lines = [(name, Text(words, _STYLES.get(name, ""))) for name, words in told]
    yield screen.labelled(lines, _LABEL, steps=0, style="head")
    since = rows.since(status)
    if runs := status.runs:
        yield from _headed("The latest runs", _runs(status, screen))
    if found := list(rows.rates(status)):
        yield from _headed(f"Writes since {since}", _table(found, screen))
    if found := list(rows.durations(status)):
        yield from _headed(f"Runs since {since}", _table(found, screen))
    if runs:
        each = rows.each(status)
        yield from _headed(f"Each {each} since {since}, in UTC", _chart(status, screen))
    if commands := rows.following(status):
        yield Text()
        yield Text(f"Next: {', '.join(commands)}")


def _headed(heading: str, parts: Iterator[RenderableType]) -> Iterator[RenderableType]:
    yield Text()
    yield Text(heading, "head")
    yield from parts


def _runs(status: Status, screen: Screen) -> Iterator[RenderableType]:
    said: str | None = None
    for run in status.runs:
        style = "good" if run.exit_code == 0 else "" if run.exit_code == 3 else "warning"
        line = Text(f"{local(run.started_at, screen.zone)}  {visible(run.command)}: ")
        line.append(end_words(run), style).append(f", {took(run)}" if run.finished_at else "")
        yield indented(line)
        if run.why and run.why != said:  # once where several in a row ended so
            yield indented(Text(clip(visible(run.why), _WHY), "dim"), 2)
        said = run.why


def _table(found: Sequence[Sequence[str]], screen: Screen) -> Iterator[RenderableType]:
    """Columns as wide as they need; the last has what is left."""
    widths = [max(map(width_of, column)) for column in zip(*found, strict=True)]
    room = screen.width - INDENT - sum(widths[:-1]) - GAP * len(widths)
    table = grid([*widths[:-1], max(room, 10)])
    for row in found:
        table.add_row(*map(Text, row))
    yield indented(table)


def _chart(status: Status, screen: Screen) -> Iterator[RenderableType]:
    marks = max(screen.width - INDENT - _LABEL - _WORDS - 2 * GAP, 10)
    drawn = rows.chart(status, marks)
    table = grid([_LABEL, len(drawn[0].marks), _WORDS])
    for bars in drawn:
        table.add_row(bars.name, Text(bars.marks), Text(bars.words, "dim"))
    yield indented(table)
