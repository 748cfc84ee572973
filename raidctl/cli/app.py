"""The `raidctl` command: its sub-commands, and what is left when one of them ends badly."""

import gc
import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer

from raidctl import __version__
from raidctl.cli.commands.apply import apply
from raidctl.cli.commands.baseline import baseline
from raidctl.cli.commands.demo import demo
from raidctl.cli.commands.diff import diff
from raidctl.cli.commands.explain import explain
from raidctl.cli.commands.held import held
from raidctl.cli.commands.history import history
from raidctl.cli.commands.init import init
from raidctl.cli.commands.mapping import mapping
from raidctl.cli.commands.pause import pause, resume
from raidctl.cli.commands.reconcile import reconcile
from raidctl.cli.commands.resolve import resolve
from raidctl.cli.commands.undo import undo
from raidctl.cli.terminal import say, speak_any_encoding
from raidctl.errors import ExitCode

app = typer.Typer(
    name="raidctl",
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help: three times as fast, and clean in a pipe
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    diff,
    explain,
    reconcile,
    apply,
    held,
    resolve,
    undo,
    history,
    baseline,
    pause,
    resume,
    demo,
    init,
    mapping,
):
    app.command()(command)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"raidctl {__version__}")
        raise typer.Exit


@app.callback()
def raidctl(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(help="Configuration file; else $RAIDCTL_CONFIG, ./raidctl.toml, the user's."),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Keep incidents in Impact (FireFighter) and their JIRA issues in step.

    \b
    raidctl demo                 see it at work on a built-in Impact and JIRA
    raidctl init                 write a commented configuration to start from
    raidctl diff                 where do incidents and issues disagree?
    raidctl diff 12 INC-34       only these, by incident id or issue key
    raidctl reconcile            put both sides right; asks before it writes
    raidctl held                 what waits for a person; resolve decides it
    """
    context.obj = config


def main() -> None:
    """Run the command line and exit with its answer."""
    gc.set_threshold(100_000)  # what is read makes no cycles: looking for some costs a tenth
    try:
        speak_any_encoding()
        app(prog_name="raidctl")
    except Exception as error:  # noqa: BLE001 - the last resort: a defect is told, not shown raw
        where = traceback.extract_tb(error.__traceback__)[-1]
        say(
            f"a defect of raidctl: {type(error).__name__} in {Path(where.filename).name}, "
            f"line {where.lineno}: {error}; please report it"
        )
        sys.exit(ExitCode.DEFECT)
