"""`raidctl diff`: where incidents and issues disagree; it writes nowhere."""

import os
from collections.abc import Callable, Mapping

import typer

from raidctl.bootstrap.clock import utc_now
from raidctl.bootstrap.rules import request, sites
from raidctl.bootstrap.systems import reading
from raidctl.cli import options
from raidctl.cli.config import load_to_read
from raidctl.cli.report import print_report, warn_of_pause
from raidctl.cli.targets import filters
from raidctl.cli.terminal import answering, end_at_once_on_interrupt, progress
from raidctl.config import Config
from raidctl.core.report import Report
from raidctl.present.format import Format
from raidctl.runs.exit_codes import exit_code, shown
from raidctl.runs.reading.diff import diff as run
from raidctl.runs.reading.request import Filters


def diff(
    context: typer.Context,
    targets: options.Targets = None,
    field: options.Fields = None,
    status: options.Statuses = None,
    priority: options.Priorities = None,
    since: options.Since = None,
    everything: options.Everything = False,
    direction: options.Directions = None,
    form: options.Form = Format.TABLE,
    out: options.Out = None,
    config: options.Configuration = None,
) -> None:
    """Show where incidents and their issues disagree, and how to settle it.

    Reads Impact and JIRA, changes nothing. Exit code 0: in sync; 3: drift found; 4: not
    everything could be read; 7: a system could not be reached.

    \b
    raidctl diff                              every open incident
    raidctl diff 12 INC-34                    only these
    raidctl diff --field status --since 7d    statuses of the last week
    raidctl diff -o json | jq '.items[]'      for scripts
    """
    with answering():
        end_at_once_on_interrupt()
        settings = load_to_read(config or context.obj)
        asked = filters(settings, targets, field, status, priority, since, everything, direction)
        with progress("reading") as advance:
            report = read(settings, os.environ, asked, advance)
        print_report(report, form, out)
    raise typer.Exit(exit_code([*shown(report)]))


def read(
    settings: Config,
    environ: Mapping[str, str],
    asked: Filters,
    advance: Callable[[int], None],
) -> Report:
    """Run `diff`; `advance` is told how many more incidents are done."""
    with reading(settings, environ) as systems:
        warn_of_pause(systems.journal.paused())
        wanted = request(settings, asked, systems)
        return run("diff", systems, wanted, sites(settings), utc_now, advance)[1]
