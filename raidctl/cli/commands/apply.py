"""`raidctl apply`: carry out a plan that was saved."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from raidctl import __version__
from raidctl.bootstrap.rules import sites
from raidctl.bootstrap.saved import no_plan_says, planned_by, request_again
from raidctl.cli import options
from raidctl.cli.approval import approval
from raidctl.cli.config import load_to_read, load_to_write
from raidctl.cli.metrics import measured
from raidctl.cli.reading import both_systems
from raidctl.cli.report import answered, browse
from raidctl.cli.session import session, tell
from raidctl.cli.terminal import end_at_once_on_interrupt
from raidctl.config import Config
from raidctl.core.plan.file import NoPlanError, SavedPlan, from_text
from raidctl.errors import ExitCode, UsageError
from raidctl.files import read_any, text_of
from raidctl.runs.exit_codes import tried
from raidctl.runs.reading.writers import with_obstacles
from raidctl.runs.writing.apply_saved import carry_out_saved, look_again, why_not

LARGEST_PLAN = 100_000_000  # bytes; a plan of 10,000 changed descriptions


def apply(
    *,
    plan: Annotated[str, typer.Argument(metavar="PLAN", help="A saved plan, or - for stdin.")],
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    allow_close: options.AllowClose = False,
    approve: options.Approve = None,
    metrics_file: options.MetricsFile = None,
    output: options.Output,
    config: options.Configuration = None,
) -> ExitCode:
    """Carry out a plan that `raidctl reconcile --save-plan` saved.

    Its links are read and planned again: what has changed on either side since, or is held by
    now, is stale: it is skipped and reported. A plan made with other tables, for other sites or by
    another version is refused, an edited one too. One that closes takes --allow-close.

    \b
    raidctl reconcile --save-plan plan.json
    raidctl apply plan.json
    raidctl apply plan.json --approve sha256:…    beyond the safety limits
    """
    settings = (load_to_read if dry_run else load_to_write)(config)
    settings = measured(options.limited(settings, allow_close, None), metrics_file)
    saved = _read(plan)
    made_by = planned_by(settings, saved.plan)
    if why := why_not(saved, __version__, sites(settings), tables_known=made_by is not None):
        raise UsageError(f"plan {plan}: {why}: plan again")
    if made_by and (why := no_plan_says(settings, made_by, saved.plan)):
        raise UsageError(f"plan {plan}: {why}")
    if dry_run:
        return _look(settings, saved, output)
    asking = approval(settings, yes=yes, approve=approve)
    with session(settings, "apply") as one:
        wanted = request_again(settings, saved.plan, one.systems.readable)
        ending = carry_out_saved(one, saved, wanted, asking)
        tell(ending, output)
    return ending.exit_code


def _look(settings: Config, saved: SavedPlan, output: options.Output) -> ExitCode:
    """Show what of the plan would be carried out now."""
    end_at_once_on_interrupt()
    with both_systems(settings, os.environ) as (systems, _, advance):
        wanted = request_again(settings, saved.plan, systems)
        report = with_obstacles(look_again(systems, saved, wanted, advance)[0], systems)
    browse(report, output)
    return answered([*tried(report)], report.items, report.unread)


def _read(name: str) -> SavedPlan:
    """The plan; raises `UsageError` for what is none."""
    try:
        return from_text(text_of(_content(name)))
    except OSError as error:
        raise UsageError(f"plan {name} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"plan {name}: it is no text") from None
    except NoPlanError as error:
        raise UsageError(f"plan {name}: {error}") from None


def _content(name: str) -> bytes:
    if name != "-":
        return read_any(Path(name), LARGEST_PLAN)
    return b"" if sys.stdin is None else sys.stdin.buffer.read(LARGEST_PLAN)
