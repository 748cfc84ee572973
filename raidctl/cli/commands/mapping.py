"""`raidctl mapping`: the tables in force, and what is odd about them."""

import os
from pathlib import Path
from typing import Annotated

import typer

from raidctl.bootstrap.systems import tables_known, tables_of_jira
from raidctl.cli import options
from raidctl.cli.config import load_to_look, load_to_read
from raidctl.cli.progress import Meter
from raidctl.cli.terminal import capabilities, say, show
from raidctl.core.mapping.lint import lint
from raidctl.core.mapping.presets import SiteTables
from raidctl.errors import ConfigError, ServiceError, UsageError
from raidctl.present.mapping import MappingShown, render_mapping


def mapping(
    project: Annotated[
        str | None, typer.Option(help="The tables in force for this JIRA project.")
    ] = None,
    config: options.Configuration = None,
) -> None:
    """Print the mapping tables in force, and what is odd about them.

    With the preset "auto" they depend on JIRA's workflow, which is asked for unless a run has
    remembered which preset it has.

    \b
    raidctl mapping
    raidctl mapping --project PAY
    """
    settings = load_to_look(config)
    site = tables_known(settings) or _asked_for(config)
    named = site.projects
    if project is not None and project not in (*named, settings.jira.project):
        known = ", ".join((settings.jira.project, *named))
        raise UsageError(f"--project {project}: no tables of its own; configured: {known}")
    tables, able = site.of(project or ""), capabilities()
    shown = MappingShown(site.preset, len(settings.mappings) > 1, tables, lint(tables, project))
    show(render_mapping(shown, width=able["width"], colour=able["colour"]), None)


def _asked_for(config: Path | None) -> SiteTables:
    """The tables that JIRA's workflow decides on; what else would tell is said where it cannot."""
    try:
        return tables_of_jira(load_to_read(config), os.environ, Meter())
    except (ConfigError, ServiceError):
        say("the tables depend on JIRA's workflow: set mapping.preset to see them without JIRA")
        raise
