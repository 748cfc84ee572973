"""`raidctl reconcile`: plan, ask, and put both sides right."""

import os
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from raidctl import __version__
from raidctl.bootstrap.clock import utc_now
from raidctl.bootstrap.journal import looking
from raidctl.bootstrap.rules import limits, request, sites
from raidctl.cli import options
from raidctl.cli.approval import approval, on_terminal
from raidctl.cli.config import load_to_read, load_to_write
from raidctl.cli.files import refuse_place, write_private
from raidctl.cli.metrics import measured
from raidctl.cli.quiet import Quiet
from raidctl.cli.reading import reading
from raidctl.cli.report import answered, browse
from raidctl.cli.session import session, tell
from raidctl.cli.terminal import end_at_once_on_interrupt, say
from raidctl.cli.typed import approving_command
from raidctl.config import Config
from raidctl.core.plan.file import SavedPlan, to_text
from raidctl.errors import ExitCode, UsageError
from raidctl.runs.exit_codes import shown
from raidctl.runs.reading.diff import diff
from raidctl.runs.reading.request import Filters
from raidctl.runs.writing.reconcile import reconcile as write
from raidctl.runs.writing.session import Ending


def reconcile(
    *,
    links: options.Links,
    prefer: options.Preferred = None,
    direction: options.Directions = None,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    allow_close: options.AllowClose = False,
    max_changes: options.MaxChanges = None,
    save_plan: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Plan, save it for apply, write nothing.")
    ] = None,
    approve: options.Approve = None,
    metrics_file: options.MetricsFile = None,
    fail_on: options.Failing = None,
    quiet: options.Quiet = False,
    output: options.Output,
    config: options.Configuration = None,
) -> ExitCode:
    """Put right on either side what changed on the other and never got there.

    Shows the plan and asks, on a terminal; without one, or with --yes, it goes on. What cannot be
    decided is held and shown with its reason. Exit code 0: all that was decided is done; 4:
    something failed or could not be read; 5: a limit stands in the way, nothing was written.

    \b
    raidctl reconcile                          plan, ask, write
    raidctl reconcile 12 INC-34 --dry-run      what would be done with these
    raidctl reconcile --save-plan plan.json    for later: raidctl apply plan.json
    raidctl reconcile --yes --quiet            for cron: raidctl help cron
    """
    if save_plan == Path("-"):
        raise UsageError("--save-plan needs a file: a plan is saved for raidctl apply")
    save_plan = None if dry_run else save_plan
    refuse_place(save_plan)
    if save_plan and (yes or approve):
        raise UsageError("--save-plan writes nothing: leave out --yes and --approve")
    if quiet and not (yes or approve or dry_run or save_plan) and on_terminal():
        raise UsageError("--quiet shows no plan to say yes to: give --yes")
    said = yes or direction is not None or prefer is not None or approve is not None
    looks = dry_run or save_plan is not None
    settings = (load_to_read if looks else load_to_write)(config)
    settings = measured(options.limited(settings, allow_close, max_changes), metrics_file)
    asked = links.filters(settings, direction, prefer)
    unattended = not (said or on_terminal())
    if looks:
        return _look(settings, asked, unattended, save_plan, output)
    asking = approval(settings, yes=yes, approve=approve)
    voice = Quiet(output, settings.file) if quiet else None
    with session(settings, "reconcile", quiet=voice, counts=asked.whole) as one:
        readable, failing = one.systems.readable, fail_on == "held"
        wanted = request(settings, asked, readable, unattended=unattended)
        ending = write(one, wanted, sites(settings), asking, telling_holds=failing)
        if voice is None:
            tell(ending, output)
        else:
            voice.ending = ending
    return ending.exit_code if asking.ask is not None else _then_the_queue(settings, ending)


def _then_the_queue(settings: Config, ending: Ending) -> ExitCode:
    """Work off what events are due beside what was reconciled; the worst of all exit codes."""
    with looking(settings) as journal:
        if not journal.queue.state().waiting:
            return ending.exit_code
    from raidctl.cli.events import work_of  # noqa: PLC0415 - mostly nothing waits

    return work_of(settings).afterwards(ending)


def _look(
    settings: Config,
    asked: Filters,
    unattended: bool,
    save_plan: Path | None,
    output: options.Output,
) -> ExitCode:
    """Plan and tell; write nothing but the plan."""
    end_at_once_on_interrupt()
    with reading(settings, asked, os.environ, unattended=unattended) as (systems, wanted, advance):
        plan, report = diff("reconcile", systems, wanted, sites(settings), utc_now, advance)
    if save_plan is not None:
        write_private(save_plan, to_text(SavedPlan(plan, __version__, report.started_at)))
        how = f"raidctl apply {quote(str(save_plan))}"
        say("saved the plan; nothing was written; to carry it out:", how)
    over = None if save_plan else plan.excess(limits(settings))
    browse(replace(report, excess=over), output)
    if over is not None:
        more = "more than a run may write unapproved"
        say(f"{more}: {over}; to write exactly this plan:", approving_command(plan.hash))
    return answered([*shown(report)], report.items, report.unread)
