"""`raidctl resolve`: decide what is held, all that is alike at once, or as a script says."""

import os
from typing import Annotated, Literal

import typer

from raidctl.bootstrap.clock import utc_now
from raidctl.bootstrap.rules import request, sites
from raidctl.cli import options
from raidctl.cli.answers import decision, skipping
from raidctl.cli.approval import approval, noting, on_terminal
from raidctl.cli.config import load_to_read, load_to_write
from raidctl.cli.dialogue import Dialogue
from raidctl.cli.metrics import measured
from raidctl.cli.reading import reading
from raidctl.cli.report import answered, browse
from raidctl.cli.session import session, tell
from raidctl.cli.terminal import end_at_once_on_interrupt
from raidctl.config import Config
from raidctl.errors import ExitCode, UsageError
from raidctl.runs.exit_codes import Fact
from raidctl.runs.reading.request import Filters
from raidctl.runs.writing.resolve import FOR_GOOD, look
from raidctl.runs.writing.resolve import resolve as decide


def resolve(
    *,
    links: options.Links,
    take: Annotated[
        Literal["impact", "jira", "skip", "unskip", "release"] | None,
        typer.Option(help="For scripts: decide all of it one way."),
    ] = None,
    length: Annotated[
        str | None, typer.Option("--for", help="How long what is skipped is skipped: 12h, 7d.")
    ] = None,
    because: Annotated[
        str | None, typer.Option(help="Why it is skipped; raidctl held shows it.")
    ] = None,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    allow_close: options.AllowClose = False,
    max_changes: options.MaxChanges = None,
    approve: options.Approve = None,
    metrics_file: options.MetricsFile = None,
    output: options.Output,
    config: options.Configuration = None,
) -> ExitCode:
    """Decide what raidctl holds: whose value is right, once for all that is alike.

    Puts together what is alike (the same field and reason, moved by the same) and asks once for
    all of it: take Impact's values, take JIRA's, skip it (and do not ask again while both stay as
    they are), or release it for the next run to decide; or go through it one by one. One key
    answers, and what each does is shown. An answer is carried out when the next is given: until
    then u takes it back. --take decides everything one way; on a terminal it asks once, unless
    --yes says not to.

    \b
    raidctl resolve                            go through all that is held
    raidctl resolve 12                         what is held of this incident
    raidctl resolve 12 --field status --take jira --yes
    raidctl resolve 12 --take skip --for 7d --because "the vendor looks at it"
    """
    if take is None and (yes or approve) and not dry_run:
        raise UsageError("--yes and --approve go with --take: without it each field is asked")
    if take not in {None, "skip"} and (length is not None or because is not None):
        raise UsageError("--for and --because go with a skip, not with --take " + str(take))
    meant = skipping(length, because, utc_now())
    settings = (load_to_read if dry_run else load_to_write)(config)
    settings = measured(options.limited(settings, allow_close, max_changes), metrics_file)
    asked = links.filters(settings)
    if dry_run:
        return _look(settings, asked, take, output)
    if take is None and not on_terminal():
        raise UsageError(
            "nobody is there to decide: give --take impact, jira, skip, unskip or release"
        )
    asking = approval(settings, yes=yes, approve=approve)
    with session(settings, "resolve", counts=asked.whole) as one:
        wanted = request(settings, asked, one.systems.readable)
        most = settings.safety.max_changes
        how = Dialogue(meant, most) if take is None else decision(take, meant)
        agreed = noting(ask=asking.ask is not None)
        ending = decide(one, wanted, sites(settings), how, asking, agreed)
        tell(ending, output)
    return ending.exit_code


def _look(settings: Config, asked: Filters, take: str | None, output: options.Output) -> ExitCode:
    """Show what would be written, or asked."""
    end_at_once_on_interrupt()
    with reading(settings, asked, os.environ) as (systems, wanted, advance):
        how = None if take is None else decision(take, FOR_GOOD)
        report = look(systems, wanted, sites(settings), how, advance)
    browse(report, output)
    facts = [Fact.UNREAD] if report.unread else []
    return answered([*facts, *([Fact.DRIFT] if report.items else [])], unread=report.unread)
