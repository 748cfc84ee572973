"""What the commands of `raidctl backfill` share: their options, how they look, make and tell."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from raidctl.bootstrap.backfill import looking_to_make, making
from raidctl.bootstrap.clock import utc_now
from raidctl.bootstrap.rules import sites
from raidctl.cli import options
from raidctl.cli.approval import approval
from raidctl.cli.config import load_to_read, load_to_write
from raidctl.cli.files import refuse_place, write_private
from raidctl.cli.metrics import measured
from raidctl.cli.progress import Meter
from raidctl.cli.report import answered, browse, warn_of_pause
from raidctl.cli.session import session, tell
from raidctl.cli.terminal import end_at_once_on_interrupt
from raidctl.config import Config
from raidctl.core.report import Report
from raidctl.errors import ExitCode
from raidctl.ports.jira_admin import IssueAdmin
from raidctl.ports.systems import Systems
from raidctl.present.report.made import attached_csv, made_csv
from raidctl.runs.backfill.bulk import Job, look, make
from raidctl.runs.exit_codes import refused, tried

MakeJob = Callable[[Systems, IssueAdmin], Job]
"""The job of a command, once both systems are open."""


@dataclass(frozen=True, slots=True)
class Bulk:
    """The options of whatever is made in bulk."""

    dry_run: options.DryRun = False
    yes: options.Yes = False
    limit: Annotated[
        int | None, typer.Option(min=1, help="Make something for so many incidents at most.")
    ] = None
    approve: options.Approve = None
    metrics_file: options.MetricsFile = None
    made: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write what was made, as a CSV."),
    ] = None


def run(
    command: str,
    bulk: Bulk,
    job_by: Callable[[Config], MakeJob],
    adjusted: Callable[[Config], Config],
    output: options.Output,
    config: Path | None,
    *,
    whole: bool,
) -> ExitCode:
    """Look, or ask and make, as the options say; `adjusted` is the configuration in force.

    `whole`: nothing narrows what it looks at.
    """
    refuse_place(bulk.made)
    settings = adjusted((load_to_read if bulk.dry_run else load_to_write)(config))
    settings = measured(settings, bulk.metrics_file)
    job = job_by(settings)  # before a system is bothered: what was typed may be wrong
    if bulk.dry_run:
        return _look(settings, job, output)
    asking = approval(settings, yes=bulk.yes, approve=bulk.approve)
    with session(settings, command, making, counts=whole) as one:
        makers = one.systems.makers
        if makers is None:
            raise LookupError("nothing was opened that makes anything")
        wanted = job(one.systems.readable, makers.admin)
        ending = make(one, wanted, sites(settings), asking)
        tell(ending, output)
        _keep(ending.report, bulk.made)
    return ending.exit_code


def _look(settings: Config, job: MakeJob, output: options.Output) -> ExitCode:
    """Show what would be made."""
    end_at_once_on_interrupt()
    meter, started = Meter(), utc_now()
    with (
        meter.showing("reading") as advance,
        looking_to_make(settings, os.environ, meter) as (systems, admin),
    ):
        warn_of_pause(systems.journal.paused())
        wanted = job(systems, admin)
        report = look(wanted, systems, sites(settings), started, utc_now, advance)
    browse(report, output)
    return answered([*tried(report), *refused(report)], report.items, report.unread)


def _keep(report: Report, place: Path | None) -> None:
    if place is not None:
        told = attached_csv if report.command == "backfill attachments" else made_csv
        write_private(place, told(report.items))
