"""How what a run found is told: its report, what was not read, and a pause in force."""

from collections.abc import Iterable
from pathlib import Path

from raidctl.cli.terminal import capabilities_for, say, show
from raidctl.core.report import Report, Unread
from raidctl.core.writes.log import Pause
from raidctl.present.format import Format
from raidctl.present.report.render import render


def print_report(report: Report, form: Format, out: Path | None) -> None:
    """Show a report on standard output, as wide as that is, or put it into a file."""
    able = capabilities_for(out)
    text = render(
        report, form.value, width=able.width, colour=able.colour, hyperlinks=able.hyperlinks
    )
    show(text, out)
    if form in {Format.CSV, Format.JSONL}:  # they hold items alone
        say_unread(report.unread)
        for note in report.notes:
            say(note)


def say_unread(unread: Iterable[Unread]) -> None:
    """Say what could not be read, a line each."""
    for part in unread:
        say(f"not read: {part.what}: {part.why}")


def warn_of_pause(pause: Pause | None) -> None:
    """Say that nothing is written for now, and how to end that."""
    if pause is not None:
        until = f"{pause.until.astimezone():%Y-%m-%d %H:%M %Z}"
        say(f"paused by {pause.by} until {until}: no run writes; raidctl resume ends that")
