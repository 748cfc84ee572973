"""`raidctl init`: write a configuration to start from."""

from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from raidctl.cli.files import write_private
from raidctl.cli.terminal import say
from raidctl.errors import UsageError


def init(
    path: Annotated[Path, typer.Argument(help="Where to write it.")] = Path("raidctl.toml"),
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write a commented configuration to start from.

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
    template = resources.files("raidctl").joinpath("config.example.toml")
    write_private(path, template.read_text(encoding="utf-8"))
    say(f"wrote {path}; fill in the two URLs, set the secrets it names, then: raidctl diff")
