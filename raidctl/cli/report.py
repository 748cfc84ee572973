"""How what a run found is told: its report, what was not read, and a pause in force."""

from collections.abc import Iterable

from raidctl.cli.options import Output
from raidctl.cli.terminal import capabilities, say, show
from raidctl.core.report import Report, Unread
from raidctl.core.writes.log import Pause
from raidctl.present.format import Format
from raidctl.present.report.render import render


def print_report(report: Report, output: Output) -> None:
    """Show a report on standard output, as wide as that is, or put it into a file."""
    show(render(report, output.form, **capabilities(output.out)), output.out)
    if output.form in {Format.CSV, Format.JSONL}:  # they hold items alone
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
