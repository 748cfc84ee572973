"""The history for the terminal: a line or two a run, then each link's writes."""

from collections.abc import Iterator, Sequence
from datetime import tzinfo

from rich.padding import Padding
from rich.text import Text

from raidctl.core.writes.log import Run, Write
from raidctl.core.writes.outcome import DONE
from raidctl.present.history.rows import NO_WRITES, History, deeds, exit_words, outcome_words, took
from raidctl.present.text.layout import grouped
from raidctl.present.text.page import INDENT, Screen, both, holding, indented
from raidctl.present.text.safe import clip, visible, width_of
from raidctl.present.text.words import ARROWS, local, shown

_GAP, _LABEL = "  ", 4
_LINES = 3  # a longer value is cut to the part that differs
_NAME_WIDTH = 30
_WHY_LIMIT = 240


def render_table(history: History, *, width: int, colour: bool, zone: tzinfo | None) -> str:
    """The history as text of `width` columns; times are in `zone`, or this machine's."""
    screen = Screen(width, colour=colour, zone=zone)
    return screen.printed(_Page(history, screen).parts())


class _Page:
    """All parts of the page, from the top."""

    def __init__(self, history: History, screen: Screen) -> None:
        self.history, self.screen = history, screen

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
        for writes in grouped(history.writes, lambda write: (write.incident, write.issue)):
            yield self._heading(writes[0])
            for write in writes:
                yield from self._write(write, several)

    def _runs(self, runs: Sequence[Run]) -> Iterator[Text | Padding]:
        rows = [
            [
                _name(run.id),
                local(run.started_at, self.screen.zone),
                _name(run.command),
                ", ".join(filter(None, (exit_words(run), took(run)))),
            ]
            for run in runs
        ]
        heads = ["Run", "Started", "Command", "Exit"]
        widths = [max(map(width_of, column)) for column in zip(heads, *rows, strict=True)]
        more = list(map(deeds, runs))
        total = sum(widths) + len(_GAP) * len(widths) + max(map(width_of, more))
        beside = total <= self.screen.width
        yield Text(_joined([*heads, "Outcome"] if beside and any(more) else heads, widths), "head")
        for run, row, words in zip(runs, rows, more, strict=True):
            line = Text(_joined(row[:-1], widths[:-1], closed=True))
            line.append(row[-1], _exit(run))
            if beside and words:
                line.append(" " * (widths[-1] - width_of(row[-1])) + _GAP + words)
            yield line
            if words and not beside:
                yield indented(Text(words, "dim"))
            if run.why:
                yield indented(Text(clip(visible(run.why), _WHY_LIMIT), "dim"))

    def _heading(self, write: Write) -> Text:
        issue = clip(visible(write.issue), self.screen.width // 3)
        return Text(f"Incident {write.incident} · {issue}", "head")

    def _write(self, write: Write, several: bool) -> Iterator[Padding]:
        """When, what and where; the values beside that, or below where they are longer."""
        at = local(write.at, self.screen.zone, "%H:%M:%S")
        line = Text(_joined([at, write.what, ARROWS[write.direction]], [0, 11, 13]))
        values = Text(f"{shown(write.old)} -> {shown(write.new)}")
        beside = width_of(line.plain) + len(_GAP) + width_of(values.plain)
        if INDENT + beside <= self.screen.width:
            yield indented(line.append(_GAP).append(values))
        else:
            yield indented(line)
            room = holding(_LINES, self.screen.beside(_LABEL, 2))
            rows = zip(("from", "to"), both([write.old, write.new], room), strict=True)
            yield self.screen.labelled(rows, _LABEL, 2)
        ended = Text(outcome_words(write), "good" if write.outcome in DONE else "warning")
        if several:
            ended.append(f" · {_name(write.run)}", "dim")
        yield indented(ended, 2)


def _joined(texts: Sequence[str], widths: Sequence[int], *, closed: bool = False) -> str:
    """Texts in columns; `closed` fills up the last one for more to follow."""
    padded = [
        text + " " * (width - width_of(text)) for text, width in zip(texts, widths, strict=False)
    ]
    line = _GAP.join([*padded, *texts[len(padded) :]])
    return line + _GAP if closed else line.rstrip()


def _name(text: str) -> str:
    return clip(visible(text), _NAME_WIDTH)


def _exit(run: Run) -> str:
    """The style of how it ended; drift is neither good nor bad."""
    if run.finished_at is None or run.exit_code not in {0, 3}:
        return "warning"
    return "" if run.exit_code else "good"
