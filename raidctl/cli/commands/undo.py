"""`raidctl undo`: take back what an earlier run wrote."""

from typing import Annotated

import typer

from raidctl.bootstrap.journal import looking
from raidctl.bootstrap.rules import policy, sites
from raidctl.cli import options
from raidctl.cli.approval import approval
from raidctl.cli.config import load_to_write
from raidctl.cli.session import session, tell
from raidctl.cli.targets import RUN, named
from raidctl.core.model import Field
from raidctl.errors import ExitCode, UsageError
from raidctl.runs.writing.undo import UndoRequest, known_run
from raidctl.runs.writing.undo import undo as take_back


def undo(
    *,
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run, as raidctl history names it.")],
    targets: options.Targets = None,
    field: options.Fields = None,
    yes: options.Yes = False,
    allow_close: options.AllowClose = False,
    max_changes: options.MaxChanges = None,
    approve: options.Approve = None,
    output: options.Output,
    config: options.Configuration = None,
) -> ExitCode:
    """Write back what stood there before a run, where nobody has changed it since.

    Shows what it would do and asks, as reconcile does. A field that was taken back is held as
    undone until either side changes it, or raidctl resolve decides. An undo is a run of its own,
    and can itself be undone. What somebody has changed since is stale: it is left alone.

    \b
    raidctl undo 20261122T210000Z-7f3a             all that run wrote
    raidctl undo 20261122T210000Z-7f3a 12          what it wrote of this incident
    raidctl undo 20261122T210000Z-7f3a --field status --yes
    """
    name = run.strip()
    if not RUN.fullmatch(name):
        raise UsageError(f"{run!r} is no run: raidctl history names them")
    incidents, keys = named(targets or [])
    wish = UndoRequest(name, incidents, keys, frozenset(field or Field))
    settings = options.limited(load_to_write(config), allow_close, max_changes)
    with looking(settings) as journal:
        known_run(journal, wish)  # before the systems are bothered
    asking = approval(settings, yes=yes, approve=approve)
    with session(settings, "undo") as one:
        rules = policy(settings, one.systems.tracker, None)
        ending = take_back(one, wish, rules, sites(settings), asking)
        tell(ending, output)
    return ending.exit_code
