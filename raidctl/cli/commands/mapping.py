"""`raidctl mapping`: the tables in force, and what is odd about them."""

from typing import Annotated

import typer

from raidctl.cli import options
from raidctl.cli.config import load_to_look
from raidctl.cli.terminal import capabilities, show
from raidctl.core.mapping.lint import lint
from raidctl.errors import UsageError
from raidctl.present.mapping import render_mapping


def mapping(
    project: Annotated[
        str | None, typer.Option(help="The tables in force for this JIRA project.")
    ] = None,
    config: options.Configuration = None,
) -> None:
    """Print the mapping tables in force, and what is odd about them.

    \b
    raidctl mapping
    raidctl mapping --project PAY
    """
    settings = load_to_look(config)
    named = settings.project_tables
    if project is not None and project not in (*named, settings.jira.project):
        known = ", ".join((settings.jira.project, *named))
        raise UsageError(f"--project {project}: no tables of its own; configured: {known}")
    tables = named.get(project or "", settings.tables)
    able = capabilities()
    text = render_mapping(tables, lint(tables, project), width=able["width"], colour=able["colour"])
    show(text, None)
