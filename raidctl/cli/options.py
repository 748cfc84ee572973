"""Options that several commands share, each spelled and explained once.

A parameter of a command whose type is a dataclass of options stands for all of them (`app.flat`).
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

import typer

from raidctl.bootstrap.rules import sites
from raidctl.cli import completion
from raidctl.cli.files import refuse_place
from raidctl.cli.targets import moment, named
from raidctl.config import Config
from raidctl.config.keys import Direction
from raidctl.core.model import Field, Side
from raidctl.core.scope import Scope, selection
from raidctl.errors import UsageError
from raidctl.present.format import Format
from raidctl.runs.reading.request import Filters

Targets = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[TARGET]...",
        help="Incident ids and issue keys; else all.",
        autocompletion=completion.targets,
    ),
]
Target = Annotated[
    str,
    typer.Argument(
        help="An incident id, an issue key, or the address of either.",
        autocompletion=completion.targets,
    ),
]
Fields = Annotated[list[Field] | None, typer.Option(help="Only this field; may be repeated.")]
Since = Annotated[
    str | None,
    typer.Option(help="Only incidents created since: 2026-11-01, a date and time, or 7d."),
]
Everything = Annotated[bool, typer.Option("--all", help="Closed incidents too, however old.")]
Directions = Annotated[
    Direction | None,
    typer.Option(help="Make the other side a mirror of this one, its own edits undone too."),
]
Preferred = Annotated[
    Side | None,
    typer.Option(help="Whose value wins in conflicts and undecided fields; nothing else."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before writing.")]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Plan and show; write nothing anywhere, whatever else is said."),
]
AllowClose = Annotated[
    bool, typer.Option("--allow-close", help="Close incidents and issues as well.")
]
MaxChanges = Annotated[
    int | None,
    typer.Option(min=0, help="The most links to change; 0: no limit, nor any percentage."),
]
Approve = Annotated[
    str | None,
    typer.Option(metavar="HASH", help="Write exactly the plan of this hash, limits or not."),
]
Failing = Annotated[Literal["held"] | None, typer.Option(help="Answer 3 when anything is held.")]

MetricsFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="After the run write numbers for Prometheus there; see metrics."
    ),
]

Quiet = Annotated[
    bool,
    typer.Option("--quiet", help="Write nothing but what is new since the last run; for cron."),
]

Document = Annotated[
    Literal["table", "json"], typer.Option("--format", "-o", help="What to write it as.")
]


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
    if max_changes == 0:
        safety = replace(safety, max_change_percent=0)
    return replace(settings, safety=safety)


@dataclass(frozen=True, slots=True)
class Links:
    """The options that say which links are meant, and which fields of them."""

    targets: Targets = None
    field: Fields = None
    status: Annotated[
        list[str] | None,
        typer.Option(
            help="Only links with this status on either side; may be repeated.",
            autocompletion=completion.statuses,
        ),
    ] = None
    priority: Annotated[
        list[str] | None,
        typer.Option(help="Only links with this priority on either side: P2, 2 or High."),
    ] = None
    since: Since = None
    everything: Everything = False

    def filters(
        self, settings: Config, direction: Direction | None = None, prefer: Side | None = None
    ) -> Filters:
        """What was typed, as the runs understand it; the direction, else the configured one.

        Raises `UsageError` for what is no target or no date, and for two options of which one
        would decide nothing.
        """
        if prefer is not None and direction is not None and direction.decided is not None:
            raise UsageError("--direction decides all that --prefer would: give one of them")
        now = datetime.now(UTC)
        incidents, keys = named(self.targets or [], sites(settings))
        created = None if self.since is None else moment(self.since, now)
        scope = Scope(
            incidents=incidents,
            keys=keys,
            everything=self.everything,
            closed_since=now - timedelta(days=settings.closed_within_days),
            created_since=None if self.targets else created,  # a target, whatever its age
        )
        return Filters(
            scope=scope,
            selection=selection(self.status or [], self.priority or []),
            fields=tuple(self.field or ()),
            direction=settings.direction if direction is None else direction.decided,
            prefer=prefer,
        )


@dataclass(frozen=True, slots=True)
class Output:
    """The options that say what a result is written as, and where."""

    form: Annotated[Format, typer.Option("--format", "-o", help="What to write the report as.")] = (
        Format.TABLE
    )
    out: Annotated[
        Path | None, typer.Option(help="Write the report to this file (readable by you only).")
    ] = None
    columns: Annotated[
        str | None,
        typer.Option(metavar="NAMES", help="Of CSV only these columns: incident,issue,reason."),
    ] = None

    def __post_init__(self) -> None:
        """What is wrong with columns and file is told before anything is read or written."""
        self.picked()
        refuse_place(self.out)

    def picked(self, known: Collection[str] = ()) -> tuple[str, ...]:
        """The columns that were asked for, of those known, else of all that the command has.

        Raises `UsageError` for another one, and where no CSV is asked for.
        """
        if self.columns is None:
            return ()
        if self.form is not Format.CSV:
            raise UsageError("--columns is for --format csv: give that as well")
        known = known or self._known()
        names = tuple(dict.fromkeys(name.strip().lower() for name in self.columns.split(",")))
        for name in names:
            if name not in known:
                raise UsageError(f"--columns: no column {name!r}; there are {', '.join(known)}")
        return names

    def _known(self) -> Collection[str]:
        from raidctl.present.report.render import CSV_COLUMNS  # noqa: PLC0415 - only if asked

        return CSV_COLUMNS


class HeldOutput(Output):
    """The same of what is held."""

    def _known(self) -> Collection[str]:
        from raidctl.present.held.render import COLUMNS  # noqa: PLC0415 - only if asked

        return COLUMNS


class HistoryOutput(Output):
    """The same of runs and writes."""

    def _known(self) -> Collection[str]:
        from raidctl.present.history.render import (  # noqa: PLC0415 - only if asked
            CSV_RUN_COLUMNS,
            WRITE_COLUMNS,
        )

        return {**CSV_RUN_COLUMNS, **WRITE_COLUMNS}


class StatusOutput(Output):
    """The same of what came of writes."""

    def _known(self) -> Collection[str]:
        from raidctl.present.status.render import COLUMNS  # noqa: PLC0415 - only if asked

        return COLUMNS


class AdoptedOutput(Output):
    """The same, of what both histories told."""

    def _known(self) -> Collection[str]:
        from raidctl.present.adoption.render import COLUMNS  # noqa: PLC0415 - only if asked

        return COLUMNS


class DoctorOutput(Output):
    """The same of what doctor sees."""

    def _known(self) -> Collection[str]:
        from raidctl.present.doctor.render import COLUMNS  # noqa: PLC0415 - only if asked

        return COLUMNS


class MissedOutput(Output):
    """The same of what was missed."""

    def _known(self) -> Collection[str]:
        from raidctl.present.missed.render import COLUMNS  # noqa: PLC0415 - only if asked

        return COLUMNS


class EventOutput(Output):
    """The same of events."""

    def _known(self) -> Collection[str]:
        from raidctl.present.report.events import COLUMNS  # noqa: PLC0415 - only if asked

        return COLUMNS
