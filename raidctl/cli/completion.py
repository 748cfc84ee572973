"""What the shell is told when a word is to be completed: the names of runs, out of the journal."""

from pathlib import Path

import typer

from raidctl.bootstrap.journal import looking
from raidctl.cli.config import load_to_look
from raidctl.core.writes.log import Run
from raidctl.errors import RaidctlError
from raidctl.present.text.safe import visible

_LATEST = 50  # more than anybody would choose from


def runs(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The latest runs whose name begins so, newest first, each with what it was.

    It reads the journal alone. Where that cannot be had there are none, and nothing is said: the
    shell is in the middle of a line.
    """
    try:
        with looking(load_to_look(_file(context))) as journal:
            latest = journal.runs(_LATEST)
    except RaidctlError:
        return []
    return [(run.id, _told(run)) for run in latest if run.id.startswith(incomplete)]


def _file(context: typer.Context) -> Path | None:
    """The `--config` of the command, else what stood before it."""
    line: typer.Context | None = context
    while line is not None:
        if (file := line.params.get("config")) is not None:
            return Path(file)
        line = line.parent  # type: ignore[assignment]
    return None


def _told(run: Run) -> str:
    written = sum(count for _, count in run.outcomes)
    return visible(f"{run.command}, {written} written or tried")
