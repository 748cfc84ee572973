"""`raidctl reconcile`: plan, ask, and put both sides right."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from raidctl.cli import options
from raidctl.cli.approval import Approval, approving_command, on_terminal
from raidctl.cli.exit import exit_code, held
from raidctl.cli.session import Plan, session
from raidctl.cli.targets import Asked, Direction, Filters
from raidctl.cli.terminal import (
    answering,
    end_at_once_on_interrupt,
    print_report,
    progress,
    say,
    warn_of_pause,
)
from raidctl.errors import ExitCode, UsageError
from raidctl.present.format import Format

if TYPE_CHECKING:
    from raidctl.config import Config
    from raidctl.core.report import Report
    from raidctl.ports.jira import IssueTracker
    from raidctl.ports.journal import JournalReader
    from raidctl.runs.reading.request import ReadRequest
    from raidctl.runs.reading.survey import Survey


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
        from raidctl.cli.config import load_to_read, load_to_write

        if dry_run and (yes or approve or save_plan):
            raise UsageError("--dry-run writes nothing: leave out --yes, --approve, --save-plan")
        if save_plan == Path("-"):
            raise UsageError("--save-plan needs a file: a plan is saved for raidctl apply")
        if save_plan and (yes or approve):
            raise UsageError("--save-plan writes nothing: leave out --yes and --approve")
        said = yes or direction is not None or approve is not None
        wanted = _Wanted(
            filters=Filters(targets, field, status, priority, since, everything),
            direction=direction,
            allow_close=allow_close,
            max_changes=max_changes,
            unattended=not (said or on_terminal()),
            form=form,
            out=out,
        )
        file = config or context.obj
        if dry_run or save_plan:
            code = _look(wanted.checked(load_to_read(file)), wanted, save_plan)
        else:
            approval = Approval(yes, approve)
            code = _write(wanted.checked(load_to_write(file)), wanted, approval, fail_on)
    raise typer.Exit(code)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the command line asks for. `unattended`: nobody is there, and nobody said yes."""

    filters: Filters
    direction: Direction | None
    allow_close: bool
    max_changes: int | None
    unattended: bool
    form: Format
    out: Path | None

    def checked(self, settings: "Config") -> "Config":
        """The configuration, with what the command line says of safety.

        What cannot be asked is told here, before anything is opened.
        """
        self.asked(settings)
        return options.limited(settings, self.allow_close, self.max_changes)

    def asked(self, settings: "Config") -> Asked:
        """What the filters ask for."""
        return self.filters.asked(settings, self.direction)

    def request(
        self, settings: "Config", tracker: "IssueTracker", journal: "JournalReader"
    ) -> "ReadRequest":
        """What the run is to find out."""
        from raidctl import bootstrap
        from raidctl.core.policy import held_until_known

        asked = self.asked(settings)
        rules = bootstrap.policy(settings, tracker, asked.direction, asked.fields)
        if self.unattended and not journal.has_baselines:
            rules = held_until_known(rules)
        scope = replace(asked.scope, watched=journal.last_seen_open())
        request = bootstrap.request(settings, scope, asked.selection, rules)
        return replace(request, thorough=scope.named or settings.impact.reads == "database")


def _look(settings: "Config", wanted: _Wanted, save_plan: Path | None) -> ExitCode:
    """Plan and tell; write nothing but the plan."""
    from raidctl import bootstrap
    from raidctl.runs.reading.diff import report_of
    from raidctl.runs.reading.survey import survey

    end_at_once_on_interrupt()
    with bootstrap.reading(settings, os.environ) as systems:
        warn_of_pause(systems.journal.paused())
        request = wanted.request(settings, systems.tracker, systems.journal)
        with progress("reading") as advance:
            found = survey(systems, request, advance)
        report = report_of(found, systems, request, bootstrap.sites(settings), bootstrap.utc_now())
    report = replace(report, command="reconcile")
    if save_plan is not None:
        _save(settings, report, found, save_plan)
    print_report(report, wanted.form, wanted.out)
    return exit_code(report)


def _save(settings: "Config", report: "Report", found: "Survey", path: Path) -> None:
    from raidctl import __version__, bootstrap
    from raidctl.cli.files import write_private
    from raidctl.core.plan.file import SavedPlan, to_text
    from raidctl.runs.reading.diff import plan_of

    made = plan_of(found, bootstrap.sites(settings), report.direction)
    write_private(path, to_text(SavedPlan(made, __version__, report.started_at)))
    say(f"saved the plan; nothing was written; to carry it out: raidctl apply {quote(str(path))}")


def _write(
    settings: "Config", wanted: _Wanted, approval: Approval, fail_on: options.FailOn | None
) -> ExitCode:
    from raidctl import bootstrap
    from raidctl.core.plan.safety import Limits
    from raidctl.runs.writing import reconcile as runs

    with session(settings, "reconcile", wanted.form, wanted.out) as one:
        request = wanted.request(settings, one.systems.tracker, one.systems.journal)
        sites = bootstrap.sites(settings)
        with progress("reading") as advance:
            prepared = runs.prepare(one.systems, request, one.context, sites, advance)
        report = replace(prepared.report, command="reconcile")
        safety = settings.safety
        plan = Plan(
            report,
            prepared.recovered,
            prepared.survey.in_scope,
            Limits(safety.max_changes, safety.max_change_percent),
            approving_command(report.plan),
        )
        one.by(prepared.survey.book).carry_out(plan, approval)
        record = one.record
        if fail_on is options.FailOn.HELD and record.exit_code == ExitCode.OK and held(report):
            record.exit_code = ExitCode.DRIFT
    return ExitCode(one.record.exit_code)
