"""`raidctl explain`: everything about one link, on one screen."""

import os
from collections.abc import Callable, Mapping
from typing import Annotated

import typer

from raidctl.bootstrap.rules import request, transition_fields
from raidctl.bootstrap.systems import explaining
from raidctl.cli import options
from raidctl.cli.config import load_to_read
from raidctl.cli.report import say_unread
from raidctl.cli.targets import filters
from raidctl.cli.terminal import capabilities, end_at_once_on_interrupt, progress, show
from raidctl.config import Config
from raidctl.core.model import Field
from raidctl.present.explain import render_explanation
from raidctl.runs.exit_codes import Fact, exit_code
from raidctl.runs.reading.explain import Explained
from raidctl.runs.reading.explain import explain as run
from raidctl.runs.reading.request import Filters


def explain(
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET", help="An incident id, an issue key, or the address of either."
        ),
    ],
    field: options.Fields = None,
    config: options.Configuration = None,
) -> None:
    """Tell everything about one link: what differs, why, and what reconcile would do.

    Reads Impact, JIRA and the journal, changes nothing. Exit code 0: explained, whatever the
    drift; 4: not everything could be read; 7: a system could not be reached.

    \b
    raidctl explain 12
    raidctl explain INC-34 --field status    one field, in full detail
    """
    end_at_once_on_interrupt()
    settings = load_to_read(config)
    asked = filters(settings, [target], field)
    with progress("reading") as advance:
        told = read(settings, os.environ, asked, advance)
    print_explained(told, detailed=bool(asked.fields))
    lacking = told.unread or any(one.unread for one in told.explanations)
    raise typer.Exit(exit_code([Fact.UNREAD] if lacking else []))


def read(
    settings: Config,
    environ: Mapping[str, str],
    asked: Filters,
    advance: Callable[[int], None],
) -> Explained:
    """Run `explain`, by the rules of `reconcile`."""
    with explaining(settings, environ) as (systems, writer):
        return run(
            systems,
            writer,
            request(settings, asked, systems),
            transition_fields(settings),
            asked.fields or tuple(Field),
            advance,
        )


def print_explained(told: Explained, *, detailed: bool) -> None:
    """Show each link on standard output, and what was not read on standard error."""
    able = capabilities()
    pages = [
        render_explanation(
            one,
            width=able.width,
            colour=able.colour,
            hyperlinks=able.hyperlinks,
            detailed=detailed,
        )
        for one in told.explanations
    ]
    if pages:
        show("\n".join(pages), None)
    say_unread(told.unread)
