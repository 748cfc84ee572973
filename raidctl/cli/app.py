"""The `raidctl` command: its sub-commands, and what is left when one of them ends badly."""

import gc
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache, wraps
from importlib import import_module
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from raidctl import __version__
from raidctl.cli import log
from raidctl.cli.parsing import Command, checked
from raidctl.cli.signals import ENDING, as_before
from raidctl.cli.terminal import end_at_once_on_interrupt, say, speak_utf_8, tell_error
from raidctl.cli.verbose import Verbose
from raidctl.errors import ExitCode, RaidctlError

COMMANDS = {
    "diff": "Show where incidents and their issues disagree, and how to settle it.",
    "explain": "Tell everything about one link: what differs, why, and what reconcile would do.",
    "open": "Open the pages of an incident and of its issue in a browser; print where they are.",
    "reconcile": "Put right on either side what changed on the other and never got there.",
    "event": (
        "Settle what webhooks and updates tell of: an event says where to look, never what is true."
    ),
    "listen": "Take JIRA's webhooks and Impact's updates over HTTP, and settle what they name.",
    "apply": "Carry out a plan that `raidctl reconcile --save-plan` saved.",
    "held": ("Show what is held: conflicts, undecided fields, refused writes and the like."),
    "resolve": "Decide what raidctl holds: whose value is right, once for all that is alike.",
    "missed": "List the changes made in JIRA that never arrived in Impact: who, when, and why.",
    "undo": "Write back what stood there before a run, where nobody has changed it since.",
    "history": "Show earlier runs, and what they wrote.",
    "status": "Show how raidctl does: the last runs, what they wrote, what is held, drift.",
    "backfill": "Make what is missing: one-off jobs, in bulk, each thing once.",
    "baseline": "Remember which values agree now, so that later runs know which side changed.",
    "pause": "Let no run write for a while; they still read, and say that they are paused.",
    "resume": "End a pause: runs write again.",
    "notify": "Try whether those who are told of runs can be: Slack, any URL, what misses pings.",
    "demo": "See raidctl at work on a built-in Impact and JIRA, with drift of every kind.",
    "doctor": "Look at the configuration, both systems and the journal: what would go wrong.",
    "init": "Write a commented configuration to start from.",
    "config": "Show the configuration in force and where it comes from, or check it.",
    "mapping": "Print the mapping tables in force, and what is odd about them.",
    "help": "Show the reference: of a command, of a topic, or what a word in a report means.",
}
"""The commands and the first sentence of their help; each is a function of its module's name, or a
package with commands of its own."""

PACKAGE = "raidctl.cli.commands"


class Commands(TyperGroup):
    """Commands of which only the one that is run, or whose help is asked, is imported.

    They are the modules of a package; `lines` are the first sentences of their help.
    """

    def __init__(
        self, package: str = PACKAGE, lines: Mapping[str, str] = COMMANDS, **settings: Any
    ) -> None:
        super().__init__(**settings)
        self.package = package
        for name, line in lines.items():
            self.add_command(TyperCommand(name, short_help=line, rich_markup_mode=None))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """What Typer makes of the line; raises `UsageError`."""
        checked(self, ctx, args)
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The real command in place of the line that stands for it in lists."""
        name, _, rest = super().resolve_command(ctx, args)
        return name, None if name is None else loaded(name, self.package), rest


@cache
def loaded(name: str, package: str = PACKAGE) -> Any:
    """The command of that name, as Typer makes it of its function; of a package, its commands."""
    with as_before(*ENDING):
        end_at_once_on_interrupt()
        module = import_module(f"{package}.{name}")
    if lines := getattr(module, "COMMANDS", None):
        words: dict[str, Any] = {"name": name, "help": module.HELP, "no_args_is_help": True}
        return Commands(module.__name__, lines, rich_markup_mode=None, **words)
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)
    alone.command(name, cls=Command)(flat(getattr(module, name)))
    return get_command(alone)


def flat(command: Callable[..., ExitCode | None]) -> Callable[..., None]:
    """The command as Typer is to read it: with the options of its groups in place of these, and -v.

    It ends with the exit code that the command returns.
    """
    parameters = signature(command).parameters
    types = {name: one.annotation for name, one in parameters.items()}
    groups: dict[str, Any] = {name: kind for name, kind in types.items() if is_dataclass(kind)}
    options = [
        option.replace(kind=Parameter.KEYWORD_ONLY)
        for name, one in parameters.items()
        for option in (signature(groups[name]).parameters.values() if name in groups else [one])
    ]
    if "config" in parameters:  # else it asks nobody anything
        options += [
            Parameter("verbose", Parameter.KEYWORD_ONLY, default=0, annotation=Verbose),
            Parameter("log_file", Parameter.KEYWORD_ONLY, default=None, annotation=log.File),
            Parameter("log_format", Parameter.KEYWORD_ONLY, default=None, annotation=log.Form),
        ]
    options.append(Parameter("typed", Parameter.KEYWORD_ONLY, annotation=typer.Context))

    @wraps(command)
    def called(**given: Any) -> None:
        from raidctl.cli.typed import note  # noqa: PLC0415 - no help waits for it

        note(given.pop("typed"))
        for name in ("verbose", "log_file", "log_format"):  # they act by themselves
            given.pop(name, None)
        for name, group in groups.items():
            given[name] = group(**{each.name: given.pop(each.name) for each in fields(group)})
        if code := command(**given):
            raise typer.Exit(code)

    called.__signature__ = Signature(options)  # type: ignore[attr-defined]
    return called


app = typer.Typer(
    name="raidctl",
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help: three times as fast, and clean in a pipe
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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
    verbose: Verbose = 0,
    log_file: log.File = None,
    log_format: log.Form = None,
) -> None:
    """Keep incidents in Impact (FireFighter) and their JIRA issues in step.

    \b
    raidctl demo                 see it at work on a built-in Impact and JIRA
    raidctl init                 write a commented configuration to start from
    raidctl diff                 where do incidents and issues disagree?
    raidctl diff 12 INC-34       only these, by incident id or issue key
    raidctl reconcile            put both sides right; asks before it writes
    raidctl held                 what is held; resolve decides it
    raidctl status               does it run, and what came of it?
    raidctl help first-day       from years of drift to a line of cron
    raidctl help undecided       what a word of a report means
    """
    context.obj = config


def main() -> None:
    """Run the command line and exit with its answer."""
    gc.set_threshold(100_000)  # what is read makes no cycles: looking for some costs a tenth
    sys.setswitchinterval(0.001)  # threads that wait for an answer send the next request sooner
    with log.ended():
        _answer()


def _answer() -> None:
    try:
        speak_utf_8()
        app(prog_name="raidctl")
    except RaidctlError as error:
        tell_error(error)
        sys.exit(error.exit_code)
    except Exception as error:  # noqa: BLE001 - the last resort: a defect is told, not shown raw
        where = traceback.extract_tb(error.__traceback__)[-1]
        say(
            f"a defect of raidctl: {type(error).__name__} in {Path(where.filename).name}, "
            f"line {where.lineno}: {error}; please report it"
        )
        sys.exit(ExitCode.DEFECT)
