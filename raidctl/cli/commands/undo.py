"""`raidctl undo`: take back what an earlier run wrote."""

import os
from typing import Annotated

import typer

from raidctl.bootstrap.backfill import making
from raidctl.bootstrap.clock import utc_now
from raidctl.bootstrap.journal import looking
from raidctl.bootstrap.rules import configured_book, policy, sites
from raidctl.bootstrap.systems import writing
from raidctl.cli import options
from raidctl.cli.approval import approval
from raidctl.cli.completion import runs
from raidctl.cli.config import load_to_read, load_to_write
from raidctl.cli.metrics import measured
from raidctl.cli.reading import both_systems
from raidctl.cli.report import answered, browse
from raidctl.cli.session import session, tell
from raidctl.cli.targets import RUN, named
from raidctl.cli.terminal import end_at_once_on_interrupt
from raidctl.cli.typed import in_place_of
from raidctl.config import Config
from raidctl.core.model import Field
from raidctl.errors import ExitCode, UsageError
from raidctl.runs.exit_codes import tried
from raidctl.runs.reading.writers import with_obstacles
from raidctl.runs.writing.undo import (
    LAST,
    UndoRequest,
    links_of,
    meant,
    plan_undo,
    report_of_undo,
)
from raidctl.runs.writing.undo import undo as take_back


def undo(
    *,
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            help="A run, as raidctl history names it, or last.",
            autocompletion=runs,
        ),
    ],
    targets: options.Targets = None,
    field: options.Fields = None,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    allow_close: options.AllowClose = False,
    max_changes: options.MaxChanges = None,
    approve: options.Approve = None,
    metrics_file: options.MetricsFile = None,
    output: options.Output,
    config: options.Configuration = None,
) -> ExitCode:
    """Write back what stood there before a run, where nobody has changed it since.

    Shows what it would do and asks, as reconcile does. A field that was taken back is held as
    undone until either side changes it, or raidctl resolve decides. An undo is a run of its own,
    and can itself be undone. What somebody has changed since is stale: it is left alone. Links that
    backfill made are put back as they were, and only backfill links --from-csv makes them again; an
    issue that it created stays.

    \b
    raidctl undo last                              all that the last run wrote
    raidctl undo 20261122T210000Z-7f3a             all that run wrote
    raidctl undo 20261122T210000Z-7f3a 12          what it wrote of this incident
    raidctl undo 20261122T210000Z-7f3a --field status --yes
    """
    name = run.strip()
    if not (name == LAST or RUN.fullmatch(name)):
        raise UsageError(f"{run!r} is no run: raidctl history names them")
    settings = (load_to_read if dry_run else load_to_write)(config)
    settings = measured(options.limited(settings, allow_close, max_changes), metrics_file)
    wish = UndoRequest(name, *named(targets or [], sites(settings)), frozenset(field or Field))
    with looking(settings) as journal:
        wish = meant(journal, wish)  # before the systems are bothered
        in_place_of(run, wish.run)  # this undo will be the last run itself
        links = links_of(journal, wish)
    if dry_run:
        return _look(settings, wish, output)
    asking = approval(settings, yes=yes, approve=approve)
    opened, partly = making if links else writing, bool(targets or field)
    with session(settings, "undo", opened, counts=not partly) as one:
        rules = policy(settings, one.systems.tracker, None)
        ending = take_back(one, wish, rules, sites(settings), asking)
        tell(ending, output)
    return ending.exit_code


def _look(settings: Config, wish: UndoRequest, output: options.Output) -> ExitCode:
    """Show what would be taken back."""
    end_at_once_on_interrupt()
    started = utc_now()
    with both_systems(settings, os.environ) as (systems, _, _):
        rules = policy(settings, systems.tracker, None)
        book = configured_book(settings, systems.tables)
        plan = plan_undo(systems, book, wish, rules, sites(settings))
        made = report_of_undo(systems, book, wish, plan, started, utc_now())
        report = with_obstacles(made, systems)
    browse(report, output)
    return answered([*tried(report)], report.items, report.unread)
