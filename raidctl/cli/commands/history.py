"""`raidctl history`: what earlier runs did and wrote; it reads the journal alone."""

from typing import Annotated

import typer

from raidctl.bootstrap.clock import utc_now
from raidctl.bootstrap.journal import alone, looking
from raidctl.bootstrap.journal import journal as journal_of
from raidctl.bootstrap.rules import sites
from raidctl.cli import options
from raidctl.cli.completion import runs_and_targets
from raidctl.cli.config import load_to_look
from raidctl.cli.pager import show_paged
from raidctl.cli.report import warn_of_pause
from raidctl.cli.shown import FOR_PEOPLE
from raidctl.cli.targets import RUN, named
from raidctl.cli.terminal import Capabilities, capabilities, end_at_once_on_interrupt, say, show
from raidctl.config import Config
from raidctl.errors import UsageError
from raidctl.present.format import Format
from raidctl.present.history.render import CSV_RUN_COLUMNS, WRITE_COLUMNS, render_history
from raidctl.present.history.rows import History, Pages
from raidctl.present.report.summary import number
from raidctl.present.text.records import only
from raidctl.runs.reading.past import past


def history(
    *,
    asked: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN|TARGET]...",
            help="Runs, incident ids and issue keys; else the latest runs.",
            autocompletion=runs_and_targets,
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="How many of the latest runs.")
    ] = 20,
    prune: Annotated[
        bool, typer.Option("--prune", help="Let go of what nothing needs any more; say what went.")
    ] = False,
    output: options.HistoryOutput,
    config: options.Configuration = None,
) -> None:
    """Show earlier runs, and what they wrote.

    Reads the journal alone. Only runs of commands that may write are in it.

    \b
    raidctl history                            the latest runs
    raidctl history 20261122T210000Z-7f3a      a run and its writes
    raidctl history INC-34                     the writes of an issue
    raidctl history 20261122T210000Z-7f3a 12   what a run wrote of it
    raidctl history --prune                    thin old runs that wrote nothing
    """
    settings = load_to_look(config)
    if prune:
        if asked:
            raise UsageError("--prune is for the whole journal: name no run and no target")
        _prune(settings)
        return
    end_at_once_on_interrupt()
    columns = output.picked(WRITE_COLUMNS if asked else CSV_RUN_COLUMNS)
    with looking(settings) as journal:
        warn_of_pause(journal.paused())
        names = [name for text in asked or [] if RUN.fullmatch(name := text.strip())]
        targets = named(
            [text for text in asked or [] if text.strip() not in names], sites(settings)
        )
        found = History(*past(journal, names, *targets, limit), _pages(settings, output.form))

    def told(able: Capabilities) -> str:
        return render_history(found, output.form, width=able["width"], colour=able["colour"])

    if output.out is None and output.form in FOR_PEOPLE:
        show_paged(told)
    else:
        show(only(told(capabilities(output.out)), columns), output.out)


def _pages(settings: Config, form: Format) -> Pages:
    """Where the links of a page lead."""
    if form is not Format.HTML:
        return Pages()
    from raidctl.bootstrap.pages import pages  # noqa: PLC0415 - gateways are slow to load

    return Pages(*pages(settings))


def _prune(settings: Config) -> None:
    """Thin the journal while no run writes, and say what that came to."""
    if not settings.journal_path.exists():
        raise UsageError(f"there is no journal {settings.journal_path} yet: nothing is kept")
    before = settings.journal_path.stat().st_size
    with alone(settings), journal_of(settings) as journal:
        gone = journal.prune(utc_now())
    after = settings.journal_path.stat().st_size
    went = f"{number(gone.runs, 'run')} that wrote nothing, {number(gone.attempts, 'unsent write')}"
    say(f"went: {went}; the journal had {_kb(before)} and has {_kb(after)}")


def _kb(size: int) -> str:
    return f"{size / 1024:,.0f} kB"
