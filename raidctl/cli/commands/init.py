"""`raidctl init` and `raidctl mapping`: write a configuration, look at what it means."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from raidctl.cli.terminal import answering, capabilities, say, show
from raidctl.errors import UsageError

if TYPE_CHECKING:
    from raidctl.config import Config, Purpose


def load_to_read(explicit: Path | None) -> "Config":
    """The configuration of a command that reads both systems; raises `ConfigError`."""
    from raidctl.config import Purpose

    return _loaded(explicit, Purpose.READ)


def load_to_write(explicit: Path | None) -> "Config":
    """The configuration of a command that writes both systems; raises `ConfigError`."""
    from raidctl.config import Purpose

    return _loaded(explicit, Purpose.WRITE)


def load_to_look(explicit: Path | None) -> "Config":
    """The configuration of a command that reads neither system; raises `ConfigError`."""
    from raidctl.config import Purpose

    return _loaded(explicit, Purpose.LOOK)


def _loaded(explicit: Path | None, purpose: "Purpose") -> "Config":
    """The configuration in force; raises `ConfigError` with everything that is wrong."""
    from raidctl.config import find_file, load
    from raidctl.errors import ConfigError

    file = find_file(explicit, os.environ, Path.cwd())
    try:
        return load(file, os.environ, purpose)
    except ConfigError as error:
        if file is not None:
            raise
        hint = "there is no raidctl.toml here or among your own: raidctl init writes one"
        raise ConfigError([*error.problems, hint]) from None


def init(
    path: Annotated[Path, typer.Argument(help="Where to write it.")] = Path("raidctl.toml"),
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write a commented configuration to start from.

    \b
    raidctl init                            ./raidctl.toml
    raidctl init ~/.config/raidctl/raidctl.toml
    """
    with answering():
        from importlib import resources

        from raidctl.cli.files import make_room_for, write_private

        if path.exists() and not force:
            raise UsageError(f"{path} is there already: name another file, or give --force")
        make_room_for(path)
        template = resources.files("raidctl").joinpath("config.example.toml")
        write_private(path, template.read_text(encoding="utf-8"))
        say(f"wrote {path}; fill in the two URLs, set the secrets it names, then: raidctl diff")


def mapping(
    context: typer.Context,
    project: Annotated[
        str | None, typer.Option(help="The tables in force for this JIRA project.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Configuration file.")] = None,
) -> None:
    """Print the mapping tables in force, and what is odd about them.

    \b
    raidctl mapping
    raidctl mapping --project PAY
    """
    with answering():
        from raidctl.core.mapping.lint import lint
        from raidctl.present.mapping import render_mapping

        settings = load_to_look(config or context.obj)
        named = settings.project_tables
        if project is not None and project not in (*named, settings.jira.project):
            known = ", ".join((settings.jira.project, *named))
            raise UsageError(f"--project {project}: no tables of its own; configured: {known}")
        tables = named.get(project or "", settings.tables)
        able = capabilities()
        text = render_mapping(tables, lint(tables, project), width=able.width, colour=able.colour)
        show(text, None)
