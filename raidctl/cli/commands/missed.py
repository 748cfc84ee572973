"""`raidctl missed`: the changes in JIRA that never arrived in Impact, and their delivery."""

import os
from datetime import UTC, datetime
from typing import Annotated

import typer

from raidctl.bootstrap.clock import utc_now
from raidctl.bootstrap.missed import missed_since
from raidctl.bootstrap.rules import limits, request, sites
from raidctl.cli import options
from raidctl.cli.approval import approval, on_terminal
from raidctl.cli.config import load_to_read, load_to_write
from raidctl.cli.missed import tell, tell_why
from raidctl.cli.reading import reading
from raidctl.cli.report import answered
from raidctl.cli.session import session
from raidctl.cli.targets import moment, named
from raidctl.cli.terminal import end_at_once_on_interrupt, say
from raidctl.cli.typed import approving_command
from raidctl.config import Config
from raidctl.core.scope import Scope
from raidctl.errors import ExitCode, UsageError
from raidctl.runs.exit_codes import Fact, tried
from raidctl.runs.reading.missed import missed as look
from raidctl.runs.reading.request import Filters
from raidctl.runs.writing.delivery import deliver as write
from raidctl.runs.writing.delivery import preview

SINCE = "7d"


def missed(
    *,
    targets: options.Targets = None,
    field: options.Fields = None,
    since: Annotated[
        str, typer.Option(help="Changes made since: 2026-11-01, a date and time, or an age.")
    ] = SINCE,
    deliver: Annotated[
        bool, typer.Option("--deliver", help="Deliver them, where nothing newer stands in Impact.")
    ] = False,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    allow_close: options.AllowClose = False,
    max_changes: options.MaxChanges = None,
    approve: options.Approve = None,
    output: options.MissedOutput,
    config: options.Configuration = None,
) -> ExitCode:
    """List the changes made in JIRA that never arrived in Impact: who, when, and why.

    Goes through JIRA's changelogs and Impact's history (its database; over REST its values of now
    judge the last change of each field alone). Exit code 0: nothing missed; 3: something was; 4:
    not everything could be read.

    With --deliver FireFighter is told what it never heard, the oldest first, and what its webhook
    has no words for is written as reconcile does. Asks before, and reads each back: 0, or 4 where
    one did not arrive. A change that a later one went over, or where Impact is newer, is left.

    \b
    raidctl missed                        of the last seven days
    raidctl missed 12 INC-34 --since 30d  of these, of the last thirty
    raidctl missed --deliver --dry-run    what would be delivered, and what not
    raidctl missed -o json | jq '.changes[]'
    """
    if not deliver and (yes or allow_close or approve is not None or max_changes is not None):
        raise UsageError("--yes, --allow-close, --max-changes and --approve are for --deliver")
    settings = (load_to_write if deliver and not dry_run else load_to_read)(config)
    settings = options.limited(settings, allow_close, max_changes)
    incidents, keys = named(targets or [], sites(settings))
    scope = Scope(incidents=incidents, keys=keys, everything=True)
    asked = Filters(scope, fields=tuple(field or ()), direction=settings.direction)
    begin = moment(since, datetime.now(UTC))
    unattended = not (yes or approve is not None or on_terminal())
    if not deliver:
        return _look(settings, asked, begin, output)
    if dry_run:
        return _try(settings, asked, begin, output, unattended=unattended)
    asking = approval(settings, yes=yes, approve=approve)
    with session(settings, "missed", counts=asked.whole) as one:
        readable = one.systems.readable
        wanted = request(settings, asked, readable, unattended=unattended)
        ending, found = write(one, missed_since(settings, readable, wanted, begin), asking)
        tell(found, output)
        tell_why(ending)
    return ending.exit_code


def _look(
    settings: Config, asked: Filters, begin: datetime, output: options.MissedOutput
) -> ExitCode:
    """List what was missed."""
    end_at_once_on_interrupt()
    with reading(settings, asked, os.environ) as (systems, wanted, advance):
        found = look(systems, missed_since(settings, systems, wanted, begin), utc_now, advance)
    tell(found, output)
    facts = [*([Fact.UNREAD] if found.unread else []), *([Fact.DRIFT] if found.missed else [])]
    return answered(facts, unread=found.unread)


def _try(
    settings: Config,
    asked: Filters,
    begin: datetime,
    output: options.MissedOutput,
    *,
    unattended: bool,
) -> ExitCode:
    """Show what would be delivered, and what not."""
    end_at_once_on_interrupt()
    with reading(settings, asked, os.environ, unattended=unattended) as (systems, wanted, advance):
        made = preview(systems, missed_since(settings, systems, wanted, begin), utc_now, advance)
    tell(made.ended(made.report.items), output)
    if (over := made.plan.excess(limits(settings))) is not None:
        more = "more than a run may write unapproved"
        say(f"{more}: {over}; to write exactly this plan:", approving_command(made.plan.hash))
    return answered([*tried(made.report)], made.report.items, made.report.unread)
