"""What stands beside the rows of a report: lists, next steps, what is not known, the counts."""

from collections.abc import Iterator, Sequence

from rich.padding import Padding
from rich.text import Text

from raidctl.core.report import Report
from raidctl.present.report import summary
from raidctl.present.text import page
from raidctl.present.text.safe import clip, visible, width_of

Parts = Iterator[Text | Padding]


def after(report: Report, screen: page.Screen) -> Parts:
    """What stands after the rows, the counts last."""
    rolls = summary.rolls(report)
    yield from (_roll(roll, screen) for roll in rolls)
    yield from [Text()] if rolls else []
    yield from below(report, screen)


def below(report: Report, screen: page.Screen) -> Parts:
    """Next steps, what is not known, and the counts."""
    yield from _block("Next", [_step(step, screen.width) for step in summary.steps(report)])
    yield from unknown(report)
    quiet = summary.whole(report) and not report.drift
    yield Text(summary.headline(report), "good" if quiet else "head")
    counts = summary.beside(report) if quiet else summary.counts(report)
    yield from (Text(line, "dim") for line in counts)


def unknown(report: Report) -> Parts:
    """What could not be read, and what else there is to know."""
    unread = [Text(summary.unread_words(part)) for part in report.unread]
    yield from _block("Not read", unread, "warning")
    notes = [Text(visible(note)) for note in summary.notes(report)]
    yield from _block("Note", notes)


def _block(title: str, lines: Sequence[Text], style: str = "head") -> Parts:
    """A list under its title, where there is anything to list."""
    if lines:
        yield Text(title, style)
        yield from map(page.indented, lines)
        yield Text()


def _step(step: summary.Step, width: int) -> Text:
    """What to copy, in one piece where it fits."""
    line = step.lead + step.command
    beside = page.INDENT + width_of(line) <= width
    return Text(line if beside else f"{step.lead}\n{' ' * page.INDENT}{step.command}".lstrip())


def _roll(roll: summary.Roll, screen: page.Screen) -> Text:
    line = Text(f"{roll.title}: ")
    for place, item in enumerate(roll.items):
        subject = item.subject
        line.append(", " if place else "")
        line.append(str(subject.incident), screen.link(subject.incident_url))
        said = [visible(text) for text in (subject.issue, item.detail) if text]
        line.append(f" ({clip(': '.join(said), screen.width)})" if said else "")
    return line.append(f" and {roll.more} more" if roll.more else "")
