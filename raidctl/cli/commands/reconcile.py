"""`raidctl reconcile`: plan, ask, and put both sides right."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from raidctl import __version__
from raidctl.bootstrap.clock import utc_now
from raidctl.bootstrap.rules import limits, request, sites
from raidctl.bootstrap.systems import reading
from raidctl.cli import options
from raidctl.cli.approval import Approval, approving_command, on_terminal
from raidctl.cli.config import load_to_read, load_to_write
from raidctl.cli.exit import exit_code, held
from raidctl.cli.files import write_private
from raidctl.cli.report import print_report, warn_of_pause
from raidctl.cli.session import Plan, session
from raidctl.cli.targets import filters
from raidctl.cli.terminal import answering, end_at_once_on_interrupt, progress, say
from raidctl.config import Config
from raidctl.core.plan.file import SavedPlan, to_text
from raidctl.core.report import Report
from raidctl.errors import ExitCode, UsageError
from raidctl.ports.systems import Systems
from raidctl.present.format import Format
from raidctl.runs.reading.diff import report_of
from raidctl.runs.reading.request import Filters, ReadRequest
from raidctl.runs.reading.survey import Survey, survey
from raidctl.runs.writing import reconcile as runs


def reconcile(
    context: typer.Context,
    targets: options.Targets = None,
    field: options.Fields = None,
    status: options.Statuses = None,
    priority: options.Priorities = None,
    since: options.Since = None,
    everything: options.Everything = False,
    direction: options.Directions = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Plan and show; write nothing anywhere.")
    ] = False,
    yes: options.Yes = False,
    allow_close: options.AllowClose = False,
    max_changes: options.MaxChanges = None,
    save_plan: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Plan, save it for apply, write nothing.")
    ] = None,
    approve: options.Approve = None,
    fail_on: options.Failing = None,
    form: options.Form = Format.TABLE,
    out: options.Out = None,
    config: options.Configuration = None,
) -> None:
    """Put right on either side what changed on the other and never got there.

    Shows the plan and asks, on a terminal; without one, or with --yes, it goes on. What cannot be
    decided is held and shown with its reason. Exit code 0: all that was decided is done; 4:
    something failed or could not be read; 5: a limit stands in the way, nothing was written.

    \b
    raidctl reconcile                          plan, ask, write
    raidctl reconcile 12 INC-34 --dry-run      what would be done with these
    raidctl reconcile --save-plan plan.json    for later: raidctl apply plan.json
    raidctl reconcile --yes -o json            for cron
    """
    with answering():
        if dry_run and (yes or approve or save_plan):
            raise UsageError("--dry-run writes nothing: leave out --yes, --approve, --save-plan")
        if save_plan == Path("-"):
            raise UsageError("--save-plan needs a file: a plan is saved for raidctl apply")
        if save_plan and (yes or approve):
            raise UsageError("--save-plan writes nothing: leave out --yes and --approve")
        said = yes or direction is not None or approve is not None
        looks, file = dry_run or save_plan is not None, config or context.obj
        settings = load_to_read(file) if looks else load_to_write(file)
        settings = options.limited(settings, allow_close, max_changes)
        asked = filters(settings, targets, field, status, priority, since, everything, direction)
        wanted = _Wanted(asked, not (said or on_terminal()), form, out)
        if looks:
            code = _look(settings, wanted, save_plan)
        else:
            code = _write(settings, wanted, Approval(yes, approve), fail_on)
    raise typer.Exit(code)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the command line asks for. `unattended`: nobody is there, and nobody said yes."""

    filters: Filters
    unattended: bool
    form: Format
    out: Path | None

    def request(self, settings: Config, systems: Systems) -> ReadRequest:
        """What the run is to find out."""
        return request(settings, self.filters, systems, unattended=self.unattended)


def _look(settings: Config, wanted: _Wanted, save_plan: Path | None) -> ExitCode:
    """Plan and tell; write nothing but the plan."""
    end_at_once_on_interrupt()
    with reading(settings, os.environ) as systems:
        warn_of_pause(systems.journal.paused())
        request = wanted.request(settings, systems)
        with progress("reading") as advance:
            found = survey(systems, request, advance)
        report = report_of(found, systems, request, sites(settings), utc_now())
    report = replace(report, command="reconcile")
    if save_plan is not None:
        _save(settings, report, found, save_plan)
    print_report(report, wanted.form, wanted.out)
    return exit_code(report)


def _save(settings: Config, report: Report, found: Survey, path: Path) -> None:
    plan = SavedPlan(
        version=__version__,
        made_at=report.started_at,
        direction=report.direction,
        sites=sites(settings),
        tables=tuple(found.book.fingerprints),
        links=found.in_scope,
        items=report.items,
    )
    write_private(path, to_text(plan))
    say(f"saved the plan; nothing was written; to carry it out: raidctl apply {quote(str(path))}")


def _write(
    settings: Config, wanted: _Wanted, approval: Approval, fail_on: options.FailOn | None
) -> ExitCode:

    with session(settings, "reconcile", wanted.form, wanted.out) as one:
        request = wanted.request(settings, one.systems.readable)
        with progress("reading") as advance:
            prepared = runs.prepare(one.systems, request, one.context, sites(settings), advance)
        report = replace(prepared.report, command="reconcile")
        plan = Plan(
            report,
            prepared.recovered,
            prepared.survey.in_scope,
            limits(settings),
            approving_command(report.plan),
        )
        one.by(prepared.survey.book).carry_out(plan, approval)
        record = one.record
        if fail_on is options.FailOn.HELD and record.exit_code == ExitCode.OK and held(report):
            record.exit_code = ExitCode.DRIFT
    return ExitCode(one.record.exit_code)
