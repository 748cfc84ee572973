"""`raidctl explain`: everything about one link, on one screen."""

import os
from dataclasses import replace
from typing import Annotated

import typer

from raidctl.bootstrap.rules import request, transition_fields
from raidctl.cli import options
from raidctl.cli.config import load_to_read
from raidctl.cli.pager import show_paged
from raidctl.cli.reading import both_systems
from raidctl.cli.report import answered, say_unread
from raidctl.cli.terminal import end_at_once_on_interrupt
from raidctl.cli.typed import asked as typed
from raidctl.core.model import Field
from raidctl.errors import ExitCode
from raidctl.present.explain.render import Detail, render_explanation
from raidctl.runs.exit_codes import Fact
from raidctl.runs.reading.explain import explain as run


def explain(
    target: options.Target,
    field: options.Fields = None,
    detailed: Annotated[
        bool, typer.Option("--detailed", help="All fields in full, long texts line by line.")
    ] = False,
    config: options.Configuration = None,
) -> ExitCode:
    """Tell everything about one link: what differs, why, and what reconcile would do.

    Reads Impact, JIRA and the journal, changes nothing. Exit code 0: explained, whatever the
    drift; 4: not everything could be read; 7: a system could not be reached.

    \b
    raidctl explain 12
    raidctl explain INC-34 --field status    one field, in full detail
    raidctl explain INC-34 --detailed        all of it, long texts in full
    """
    end_at_once_on_interrupt()
    settings = load_to_read(config)
    asked = options.Links([target], field).filters(settings)
    with both_systems(settings, os.environ) as (systems, writer, advance):
        told = run(
            systems,
            writer,
            request(settings, asked, systems),
            transition_fields(settings),
            asked.fields or tuple(Field),
            advance,
        )
    if explained := told.explanations:
        detail = Detail.ALL if detailed else Detail.FIELDS if asked.fields else Detail.DRIFT
        show_paged(
            lambda able: "\n".join(
                render_explanation(replace(one, asked=typed()), **able, detail=detail)
                for one in explained
            )
        )
    say_unread(told.unread[1:])  # `answered` says the first
    unread = [*told.unread, *(part for one in told.explanations for part in one.unread)]
    return answered([Fact.UNREAD] if unread else [], unread=unread)
