"""`raidctl init`: write a configuration to start from, asking for what it lacks."""

import os
from pathlib import Path
from typing import Annotated

import typer

from raidctl.bootstrap.systems import tables_of_jira
from raidctl.cli.approval import asked, on_terminal
from raidctl.cli.files import write_private
from raidctl.cli.options import DoctorOutput
from raidctl.cli.progress import Meter
from raidctl.cli.terminal import end_at_once_on_interrupt, say, tell
from raidctl.config import Config, Purpose, load
from raidctl.config.template import assigned, filled, template
from raidctl.core.mapping.presets import NONE
from raidctl.errors import ConfigError, ExitCode, ServiceError, UsageError

Lines = dict[str, str | None]


def init(
    path: Annotated[Path, typer.Argument(help="Where to write it.")] = Path("raidctl.toml"),
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write a commented configuration to start from.

    On a terminal it asks for what is missing, and tries what is answered: both addresses, where the
    tokens are kept (never what they are), the project, and by its workflow the mapping. Where
    nothing is missing then, it ends with what raidctl doctor says.

    \b
    raidctl init                            ./raidctl.toml
    raidctl init ~/.config/raidctl/raidctl.toml
    """
    if path.exists() and not force:
        raise UsageError(f"{path} is there already: name another file, or give --force")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None
    if on_terminal():
        _ask(path)
        return
    write_private(path, template())
    say(f"wrote {path}; fill in the two URLs, set the secrets it names, then: raidctl diff")


def _ask(path: Path) -> None:
    """Ask, write, and say what is missing yet, or which mapping is in force, and what is amiss."""
    from raidctl.cli.doctor import look  # noqa: PLC0415 - only where somebody can be asked
    from raidctl.cli.interview import Interview  # noqa: PLC0415

    end_at_once_on_interrupt()
    lines = Interview(os.environ).hold()
    write_private(path, filled(template(), lines))
    say(f"wrote {path}")
    try:
        config = load(path, os.environ, Purpose.READ)
    except ConfigError as error:
        tell("It lacks, before raidctl diff can run:")
        for problem in error.problems:
            tell(f"  {problem}")
        return
    if preset := _preset(config):
        lines["mapping.preset"] = assigned("preset", preset)
        write_private(path, filled(template(), lines))
    ready = look(path, DoctorOutput()) is ExitCode.OK
    say("next:", f"raidctl --config {path} {'diff' if ready else 'doctor'}")


def _preset(config: Config) -> str | None:
    """The preset that somebody has to choose, the live statuses fitting not one alone."""
    try:
        found = tables_of_jira(config, os.environ, Meter())
    except ServiceError as error:
        tell(str(error))
        return None
    except ConfigError as error:
        tell(str(error))
        return _chosen(config)
    tell(f'The mapping is that of the preset {found.preset}, whose statuses JIRA has ("auto").')
    return None


def _chosen(config: Config) -> str | None:
    """What is answered; nothing leaves it open."""
    names = [*(site.preset for site in config.mappings), NONE]
    while answer := asked(f"Which preset: {', '.join(names)}; Enter leaves it open: "):
        if (name := answer.decode(errors="replace")) in names:
            return name
    return None
