"""`raidctl undo`: take back what an earlier run wrote."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from raidctl.cli import options
from raidctl.cli.approval import Approval, approving_command
from raidctl.cli.commands.history import RUN
from raidctl.cli.session import Plan, session
from raidctl.cli.targets import named
from raidctl.cli.terminal import answering
from raidctl.errors import ExitCode, UsageError
from raidctl.present.format import Format

if TYPE_CHECKING:
    from raidctl.config import Config
    from raidctl.runs.writing.undo import UndoRequest


def undo(
    context: typer.Context,
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run, as raidctl history names it.")],
    targets: options.Targets = None,
    field: options.Fields = None,
    yes: options.Yes = False,
    allow_close: options.AllowClose = False,
    max_changes: options.MaxChanges = None,
    approve: options.Approve = None,
    form: options.Form = Format.TABLE,
    out: options.Out = None,
    config: options.Configuration = None,
) -> None:
    """Write back what stood there before a run, where nobody has changed it since.

    Shows what it would do and asks, as reconcile does. A field that was taken back is held as
    undone until either side changes it, or raidctl resolve decides. An undo is a run of its own,
    and can itself be undone. What somebody has changed since is stale: it is left alone.

    \b
    raidctl undo 20261122T210000Z-7f3a             all that run wrote
    raidctl undo 20261122T210000Z-7f3a 12          what it wrote of this incident
    raidctl undo 20261122T210000Z-7f3a --field status --yes
    """
    with answering():
        from raidctl.cli.config import load_to_write
        from raidctl.core.model import Field
        from raidctl.runs.writing.undo import UndoRequest

        name = run.strip()
        if not RUN.fullmatch(name):
            raise UsageError(f"{run!r} is no run: raidctl history names them")
        incidents, keys = named(targets or [])
        wish = UndoRequest(name, incidents, keys, frozenset(field or Field))
        settings = options.limited(load_to_write(config or context.obj), allow_close, max_changes)
        code = _undo(settings, wish, Approval(yes, approve), form, out)
    raise typer.Exit(code)


def _undo(
    settings: "Config", wish: "UndoRequest", approval: Approval, form: Format, out: Path | None
) -> ExitCode:
    from raidctl import bootstrap
    from raidctl.core.plan.item import Hold
    from raidctl.core.plan.safety import Limits
    from raidctl.runs.writing.recover import recover
    from raidctl.runs.writing.undo import (
        known_run,
        plan_of_undo,
        plan_undo,
        report_of_undo,
        to_take_back,
    )

    with bootstrap.looking(settings) as journal:
        known_run(journal, wish)  # before the systems are bothered
    with session(settings, "undo", form, out) as one:
        recovered = recover(one.systems, one.context)
        writes = to_take_back(one.systems.journal, wish)
        rules = bootstrap.policy(settings, one.systems.tracker, None)
        items = plan_undo(one.systems, one.context, writes, rules)
        made = plan_of_undo(one.context, items, bootstrap.sites(settings))
        report = report_of_undo(one.systems, one.context, one.run, made)
        plan = Plan(
            report,
            recovered,
            made.links,
            Limits(settings.safety.max_changes, 0),  # all of a run is no percentage of it
            approving_command(report.plan),
        )
        one.carry_out(plan, approval)
        if one.record.exit_code == ExitCode.OK and any(isinstance(item, Hold) for item in items):
            one.record.exit_code = ExitCode.INCOMPLETE  # what was asked for is not all done
    return ExitCode(one.record.exit_code)
