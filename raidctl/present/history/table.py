"""The history for the terminal: a line or two a run, then each link's writes."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo

from rich.padding import Padding
from rich.style import Style
from rich.table import Table
from rich.text import Text

from raidctl.core.model import Readable
from raidctl.core.writes.log import Run, Write
from raidctl.core.writes.outcome import DONE
from raidctl.present.history.rows import NO_WRITES, History, deeds, exit_words, outcome_words, took
from raidctl.present.text.difference import Excerpt, excerpts
from raidctl.present.text.page import NARROWEST, printed
from raidctl.present.text.safe import clip, visible, width_of
from raidctl.present.text.words import ARROWS, shown

_INDENT, _GAP, _LABEL = 2, "  ", 4
_LINES = 3  # a longer value is cut to the part that differs
_NAME_WIDTH = 30
_HEAD, _DIM, _DIFFERS = Style(bold=True), Style(dim=True), Style(bold=True, underline=True)
_GOOD, _WARNING = Style(color="green"), Style(color="red")


def render_table(history: History, *, width: int, colour: bool, zone: tzinfo | None) -> str:
    """The history as text of at most `width` columns (of 40, where there are fewer).

    Times are in `zone`, or this machine's. Without colour there is no escape sequence in it.
    """
    width = max(width, NARROWEST)
    return printed(_Page(history, width, zone).parts(), width=width, colour=colour)


class _Page:
    """All parts of the page, from the top."""

    def __init__(self, history: History, width: int, zone: tzinfo | None) -> None:
        self.history, self.width, self.zone = history, width, zone

    def parts(self) -> Iterator[Text | Padding]:
        """The runs, then the writes by link."""
        history = self.history
        if history.runs:
            yield from self._runs(history.runs)
        if history.writes is None:
            return
        if history.runs:
            yield Text()
        if not history.writes:
            yield Text(NO_WRITES)
        several = len({write.run for write in history.writes}) > 1
        for writes in _by_link(history.writes):
            yield self._heading(writes[0])
            for write in writes:
                yield from self._write(write, several)

    def _runs(self, runs: Sequence[Run]) -> Iterator[Text | Padding]:
        rows = [
            [
                _name(run.id),
                self._time(run.started_at, "minutes"),
                _name(run.command),
                ", ".join(filter(None, (exit_words(run), took(run)))),
            ]
            for run in runs
        ]
        heads = ["Run", "Started", "Command", "Exit"]
        widths = [max(map(width_of, column)) for column in zip(heads, *rows, strict=True)]
        more = list(map(deeds, runs))
        total = sum(widths) + len(_GAP) * len(widths) + max(map(width_of, more))
        beside = total <= self.width
        yield Text(_joined([*heads, "Outcome"] if beside and any(more) else heads, widths), _HEAD)
        for run, row, words in zip(runs, rows, more, strict=True):
            line = Text(_joined(row[:-1], widths[:-1], closed=True))
            line.append(row[-1], _exit(run))
            if beside and words:
                line.append(" " * (widths[-1] - width_of(row[-1])) + _GAP + words)
            yield line
            if words and not beside:
                yield _indented(Text(words, _DIM))

    def _heading(self, write: Write) -> Text:
        issue = clip(visible(write.issue), self.width // 3)
        return Text(f"Incident {write.incident} · {issue}", _HEAD)

    def _write(self, write: Write, several: bool) -> Iterator[Padding]:
        """When, what and where; the values beside that, or below where they are longer."""
        arrow = ARROWS[write.direction]
        line = Text(_joined([self._time(write.at, "seconds"), write.what, arrow], [0, 11, 13]))
        old, new = shown(write.old), shown(write.new)
        values = Text(f"{old} -> {new}")
        room = self.width - _INDENT
        if width_of(line.plain) + len(_GAP) + width_of(values.plain) <= room:
            yield _indented(line.append(_GAP).append(values))
        else:
            yield _indented(line)
            yield _indented(_values(write, room - _INDENT - _LABEL - len(_GAP)), 2)
        style = _GOOD if write.outcome in DONE else _WARNING
        ended = Text(outcome_words(write), style)
        if several:
            ended.append(f" · {_name(write.run)}", _DIM)
        yield _indented(ended, 2)

    def _time(self, instant: datetime, precision: str) -> str:
        local = instant.astimezone(self.zone)
        seconds = ":%S" if precision == "seconds" else ""
        return visible(local.strftime(f"%Y-%m-%d %H:%M{seconds} %Z"))


def _joined(texts: Sequence[str], widths: Sequence[int], *, closed: bool = False) -> str:
    """Texts in columns; `closed` fills up the last one for more to follow."""
    padded = [
        text + " " * (width - width_of(text)) for text, width in zip(texts, widths, strict=False)
    ]
    line = _GAP.join([*padded, *texts[len(padded) :]])
    return line + _GAP if closed else line.rstrip()


def _indented(content: Text | Table, steps: int = 1) -> Padding:
    return Padding(content, (0, 0, 0, steps * _INDENT))


def _by_link(writes: Iterable[Write]) -> Iterable[list[Write]]:
    """The writes of each incident and issue together, in the order of the first of each."""
    groups: dict[tuple[int, str], list[Write]] = {}
    for write in writes:
        groups.setdefault((write.incident, write.issue), []).append(write)
    return groups.values()


def _name(text: str) -> str:
    return clip(visible(text), _NAME_WIDTH)


def _exit(run: Run) -> Style:
    if run.finished_at is None or run.exit_code not in {0, 3}:
        return _WARNING
    return _GOOD if run.exit_code == 0 else Style.null()


def _values(write: Write, room: int) -> Table:
    """Both values, of long ones the part that differs."""
    width = _LINES * room - room // 3  # what breaking at words loses
    old, new = shown(write.old), shown(write.new)
    if _is_text(write.old) and _is_text(write.new):
        both = [_marked(part) for part in excerpts(old, new, width)]
    else:
        both = [Text(clip(old, width)), Text(clip(new, width))]
    grid = Table.grid(padding=(0, len(_GAP), 0, 0), pad_edge=False)
    grid.add_column(width=_LABEL)
    grid.add_column(width=room, overflow="fold")
    for label, value in zip(("from", "to"), both, strict=True):
        grid.add_row(Text(label, _DIM), value)
    return grid


def _marked(part: Excerpt) -> Text:
    text = Text(part.text)
    if (part.start, part.end) != (0, len(part.text)):  # all of it is no emphasis
        text.stylize(_DIFFERS, part.start, part.end)
    return text


def _is_text(value: Readable) -> bool:
    return isinstance(value, str) and value != ""
