"""How what a run found is told: its report, what was not read, and a pause in force."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from raidctl.cli.options import Output
from raidctl.cli.shown import FOR_PEOPLE, Shown
from raidctl.cli.terminal import capabilities, say, show
from raidctl.cli.typed import approving_command, asked
from raidctl.core.plan.item import Item
from raidctl.core.report import Report, Unread
from raidctl.core.writes.log import Pause
from raidctl.errors import ExitCode
from raidctl.present.format import Format
from raidctl.present.report.events import pieces as pieces_of_events
from raidctl.present.report.render import pieces, render
from raidctl.runs.exit_codes import Fact, exit_code, why

if TYPE_CHECKING:  # what only reads does not load what writes
    from raidctl.runs.writing.session import Ending


def print_report(report: Report, output: Output) -> None:
    """Show a report on standard output, as wide as that is, or put it into a file."""
    report = replace(report, asked=asked())
    show(pieces(report, output.form, output.picked(), **capabilities(output.out)), output.out)
    if output.form in {Format.CSV, Format.JSONL}:  # they hold items alone
        say_unread(report.unread[1:])
        for note in report.notes:
            say(note)


def browse(report: Report, output: Output, how: Shown | None = None) -> None:
    """Show a report of a command that only reads: paged, or in numbers, where it is long.

    One that writes shows its own with `print_report`: it holds the lock meanwhile.
    """
    how, report = how or Shown(), replace(report, asked=asked())
    if output.out is not None or output.form not in FOR_PEOPLE:
        print_report(report, output)
        return
    from raidctl.present.report.overview import render_overview  # noqa: PLC0415 - rich is slow

    how.show(
        lambda able: render(report, output.form, urls=how.urls, **able),
        lambda able: render_overview(report, **able),
    )


def print_written(report: Report) -> None:
    """Show on standard output what became of a plan that was shown before it was written."""
    from raidctl.present.report.table import render_written  # noqa: PLC0415 - rich is slow to load

    able, report = capabilities(), replace(report, asked=asked())
    show(render_written(report, **able), None)
    if report.events is not None:
        show(pieces_of_events(report.events, Format.TABLE, (), able["width"]), None)


def say_why(ending: "Ending", again: Collection[str] = (), config: Path | None = None) -> None:
    """Say why a run ended as it did, where there is anything to say, and what approves its plan.

    `again` was typed and is not to be given once more for that; `config` is the file in force, for
    whoever reads it elsewhere.
    """
    if (told := ending.why) is None:
        return
    if ending.bar is not None and ending.bar.advice is None:
        command = approving_command(ending.report.plan, again, config)
        say(f"{told}; to write exactly this plan:", command)
    else:
        say(told)


def answered(
    facts: Collection[Fact], items: Collection[Item] = (), unread: Sequence[Unread] = ()
) -> ExitCode:
    """The exit code of a command that only reads; why it is that is said, whatever was shown."""
    if (words := why(facts, items, unread)) is not None:
        say(words)
    return exit_code(facts)


def say_unread(unread: Iterable[Unread]) -> None:
    """Say what else could not be read, a line each: the first stands in why the run ended so."""
    for part in unread:
        say(f"not read: {part.what}: {part.why}")


def warn_of_pause(pause: Pause | None) -> None:
    """Say that nothing is written for now, and how to end that."""
    if pause is not None:
        until = f"{pause.until.astimezone():%Y-%m-%d %H:%M %Z}"
        say(f"paused by {pause.by} until {until}: no run writes; raidctl resume ends that")
