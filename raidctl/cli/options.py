"""Options that several commands share, each spelled and explained once."""

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from raidctl.config import Config
from raidctl.config.keys import Direction
from raidctl.core.model import Field
from raidctl.present.format import Format

Targets = Annotated[
    list[str] | None,
    typer.Argument(metavar="[TARGET]...", help="Incident ids and issue keys; else all."),
]
Fields = Annotated[list[Field] | None, typer.Option(help="Only this field; may be repeated.")]
Statuses = Annotated[
    list[str] | None,
    typer.Option(help="Only links with this status on either side; may be repeated."),
]
Priorities = Annotated[
    list[str] | None,
    typer.Option(help="Only links with this priority on either side: P2, 2 or High."),
]
Since = Annotated[
    str | None,
    typer.Option(help="Only incidents created since: 2026-11-01, a date and time, or 7d."),
]
Everything = Annotated[bool, typer.Option("--all", help="Closed incidents too, however old.")]
Directions = Annotated[
    Direction | None, typer.Option(help="Decide conflicts and undecided fields one way.")
]
Form = Annotated[Format, typer.Option("--format", "-o", help="What to write the report as.")]
Out = Annotated[
    Path | None, typer.Option(help="Write the report to this file (readable by you only).")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before writing.")]
AllowClose = Annotated[
    bool, typer.Option("--allow-close", help="Close incidents and issues as well.")
]
MaxChanges = Annotated[
    int | None, typer.Option(min=0, help="The most links to change; 0: no limit.")
]
Approve = Annotated[
    str | None,
    typer.Option(metavar="HASH", help="Write exactly the plan of this hash, limits or not."),
]


class FailOn(StrEnum):
    """`--fail-on`: what else is no success."""

    HELD = "held"


Failing = Annotated[FailOn | None, typer.Option(help="Answer 3 when anything is held.")]


def _or_before_the_command(context: typer.Context, file: Path | None) -> Path | None:
    return file or context.obj


Configuration = Annotated[
    Path | None, typer.Option(callback=_or_before_the_command, help="Configuration file.")
]
"""`--config` of a command, else what stood before it."""


def limited(settings: Config, allow_close: bool, max_changes: int | None) -> Config:
    """The configuration, with what `AllowClose` and `MaxChanges` say in place of its own."""
    safety = settings.safety
    if allow_close:
        safety = replace(safety, allow_close=True)
    if max_changes is not None:
        safety = replace(safety, max_changes=max_changes)
    return replace(settings, safety=safety)
