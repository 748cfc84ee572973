"""`raidctl history`: what earlier runs did and wrote; it reads the journal alone."""

from collections.abc import Sequence
from typing import Annotated

import typer

from raidctl.bootstrap.journal import looking
from raidctl.cli import options
from raidctl.cli.config import load_to_look
from raidctl.cli.report import warn_of_pause
from raidctl.cli.targets import RUN, named
from raidctl.cli.terminal import answering, capabilities_for, end_at_once_on_interrupt, show
from raidctl.errors import UsageError
from raidctl.ports.journal import JournalReader
from raidctl.present.format import Format
from raidctl.present.history.render import render_history
from raidctl.present.history.rows import History


def history(
    context: typer.Context,
    asked: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN|TARGET]...",
            help="Runs, incident ids and issue keys; else the latest runs.",
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="How many of the latest runs.")
    ] = 20,
    form: options.Form = Format.TABLE,
    out: options.Out = None,
    config: options.Configuration = None,
) -> None:
    """Show earlier runs, and what they wrote.

    Reads the journal alone. Only runs of commands that may write are in it.

    \b
    raidctl history                            the latest runs
    raidctl history 20261122T210000Z-7f3a      a run and its writes
    raidctl history INC-34                     the writes of an issue
    raidctl history 20261122T210000Z-7f3a 12   what a run wrote of it
    """
    with answering():
        end_at_once_on_interrupt()
        settings = load_to_look(config or context.obj)
        with looking(settings) as journal:
            warn_of_pause(journal.paused())
            found = look_up(journal, asked or [], limit)
        able = capabilities_for(out)
        show(render_history(found, form, width=able.width, colour=able.colour), out)


def look_up(journal: JournalReader, asked: Sequence[str], limit: int) -> History:
    """The latest runs, or the runs and writes asked for.

    Raises `UsageError` for a run that the journal does not know, and for what is no target.
    """
    names = [name for text in asked if RUN.fullmatch(name := text.strip())]
    incidents, keys = named([text for text in asked if text.strip() not in names])
    if not asked:
        return History(journal.runs(limit))
    if not names:
        writes = journal.writes(incidents=incidents, keys=keys)
        return History(journal.named_runs({write.run for write in writes}), writes)
    runs = journal.named_runs(names)
    if unknown := [name for name in names if name not in {run.id for run in runs}]:
        raise UsageError(f"no run {', '.join(unknown)} in the journal: see raidctl history")
    oldest_first = reversed(runs)
    return History(
        runs,
        [
            write
            for run in oldest_first
            for write in journal.writes(run=run.id, incidents=incidents, keys=keys)
        ],
    )
