"""`raidctl apply`: carry out a plan that was saved."""

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from raidctl.cli import options
from raidctl.cli.approval import Approval, approving_command
from raidctl.cli.session import Plan, session
from raidctl.cli.terminal import answering
from raidctl.errors import ExitCode, UsageError
from raidctl.present.format import Format

if TYPE_CHECKING:
    from raidctl.config import Config
    from raidctl.core.plan.file import SavedPlan

LARGEST_PLAN = 100_000_000  # bytes; a plan of 10,000 changed descriptions


def apply(
    context: typer.Context,
    plan: Annotated[str, typer.Argument(metavar="PLAN", help="A saved plan, or - for stdin.")],
    yes: options.Yes = False,
    approve: options.Approve = None,
    form: options.Form = Format.TABLE,
    out: options.Out = None,
    config: options.Configuration = None,
) -> None:
    """Carry out a plan that `raidctl reconcile --save-plan` saved.

    What has changed on either side since is stale: it is skipped and reported. A plan made with
    other tables, for other sites or by another version is refused, an edited one too.

    \b
    raidctl reconcile --save-plan plan.json
    raidctl apply plan.json
    raidctl apply plan.json --approve sha256:…    beyond the safety limits
    """
    with answering():
        from raidctl.cli.config import load_to_write

        settings = load_to_write(config or context.obj)
        saved = _read(plan)
        _check(plan, saved, settings)
        code = _apply(settings, saved, Approval(yes, approve), form, out)
    raise typer.Exit(code)


def _read(name: str) -> "SavedPlan":
    """The plan; raises `UsageError` for what is none."""
    from raidctl.core.plan.file import NoPlanError, from_text

    try:
        with nullcontext(sys.stdin.buffer) if name == "-" else Path(name).open("rb") as file:
            text = file.read(LARGEST_PLAN + 1)
        if len(text) > LARGEST_PLAN:
            raise UsageError(f"plan {name}: larger than any plan")
        return from_text(text.decode())
    except OSError as error:
        raise UsageError(f"plan {name} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"plan {name}: it is no text") from None
    except NoPlanError as error:
        raise UsageError(f"plan {name}: {error}") from None


def _check(name: str, plan: "SavedPlan", settings: "Config") -> None:
    """Raises `UsageError` where the plan was made under other conditions than these."""
    from raidctl import __version__, bootstrap
    from raidctl.core.mapping.people import Users

    tables = bootstrap.book_maker(settings)(Users(settings.users)).fingerprints
    if plan.version != __version__:
        why = f"made by raidctl {plan.version}, this is {__version__}"
    elif plan.plan.sites != bootstrap.sites(settings):
        why = f"made for {' and '.join(plan.plan.sites)}"
    elif sorted(plan.plan.tables) != sorted(tables):
        why = "made with other mapping tables, users or description tails than are configured now"
    else:
        return
    raise UsageError(f"plan {name}: {why}: plan again")


def _apply(
    settings: "Config",
    saved: "SavedPlan",
    approval: Approval,
    form: Format,
    out: Path | None,
) -> ExitCode:
    from raidctl.core.plan.safety import Limits
    from raidctl.runs.writing import reconcile as runs
    from raidctl.runs.writing.recover import recover

    with session(settings, "apply", form, out) as one:
        safety = settings.safety
        plan = Plan(
            runs.report_of_saved(saved.plan, one.run),
            recover(one.systems, one.context),
            saved.plan.links,
            Limits(safety.max_changes, safety.max_change_percent),
            approving_command(saved.plan.hash),
        )
        one.carry_out(plan, approval)
    return ExitCode(one.record.exit_code)
