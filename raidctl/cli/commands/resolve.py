"""`raidctl resolve`: decide what is held, one field after the other, or as a script says."""

from typing import Annotated, Literal

import typer

from raidctl.bootstrap.rules import request, sites
from raidctl.cli import options
from raidctl.cli.approval import approval, on_terminal
from raidctl.cli.config import load_to_write
from raidctl.cli.dialogue import Dialogue, decision
from raidctl.cli.session import session, tell
from raidctl.errors import ExitCode, UsageError
from raidctl.runs.writing.resolve import resolve as decide


def resolve(
    *,
    links: options.Links,
    take: Annotated[
        Literal["impact", "jira", "skip", "release"] | None,
        typer.Option(help="For scripts: decide all of it one way."),
    ] = None,
    yes: options.Yes = False,
    allow_close: options.AllowClose = False,
    max_changes: options.MaxChanges = None,
    approve: options.Approve = None,
    output: options.Output,
    config: options.Configuration = None,
) -> ExitCode:
    """Decide what raidctl holds: whose value is right, field by field.

    Shows both values and who changed them when, and asks: take Impact's, take JIRA's, skip it
    (and do not ask again while both stay as they are), or release it for the next run to decide.
    What is decided is written at once. --take decides everything one way; on a terminal it asks
    once, unless --yes says not to.

    \b
    raidctl resolve                            go through all that is held
    raidctl resolve 12                         what is held of this incident
    raidctl resolve 12 --field status --take jira --yes
    """
    if take is None and (yes or approve):
        raise UsageError("--yes and --approve go with --take: without it each field is asked")
    settings = options.limited(load_to_write(config), allow_close, max_changes)
    asked = links.filters(settings)
    if take is None and not on_terminal():
        raise UsageError("nobody is there to decide: give --take impact, jira, skip or release")
    asking = approval(settings, yes=yes, approve=approve)
    with session(settings, "resolve") as one:
        wanted = request(settings, asked, one.systems.readable)
        how = Dialogue() if take is None else decision(take)
        ending = decide(one, wanted, sites(settings), how, asking)
        tell(ending, output)
    return ending.exit_code
