"""`raidctl backfill attachments`: upload files to the issues of incidents."""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from raidctl.bootstrap.attachments import attachments_job, files
from raidctl.bootstrap.rules import sites
from raidctl.cli import backfill, completion, options
from raidctl.cli.table import table
from raidctl.cli.targets import named
from raidctl.config import Config
from raidctl.errors import ExitCode, LinesError, UsageError
from raidctl.runs.backfill.attachments import Wish, Wishes

COLUMNS = ("incident", "file")


def attachments(
    *,
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="[TARGET]",
            help="An incident id or an issue key.",
            autocompletion=completion.targets,
        ),
    ] = None,
    places: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILE|URL]...", help="What to attach to its issue."),
    ] = None,
    from_csv: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Attach what this CSV of incident and file says."),
    ] = None,
    bulk: backfill.Bulk,
    output: options.Output,
    config: options.Configuration = None,
) -> ExitCode:
    """Attach files to the issues of incidents, each once.

    From this machine, or from the public network by http and https: never from a private,
    link-local or loopback address, whatever leads there, and never through a proxy. What an issue
    has already is left out, by name, size and content. A file that is too large, out of reach, or
    changes while it is read is told, and the others go on. Exit code 0: all is there; 4: some is
    not; 5: a limit.

    \b
    raidctl backfill attachments 12 error.log shot.png
    raidctl backfill attachments INC-12 https://files.example.com/graph.png
    raidctl backfill attachments --from-csv files.csv --dry-run
    """
    if (from_csv is None) == (target is None) or (target is not None and not places):
        raise UsageError("name an incident and files, or a table with --from-csv, and not both")

    def adjusted(settings: Config) -> Config:
        safety = replace(settings.safety, max_change_percent=0)  # all of what was asked for
        return replace(settings, safety=safety)

    with ExitStack() as stack:

        def job(settings: Config) -> backfill.MakeJob:
            known = sites(settings)
            if from_csv is None:
                typed = _target(target or "", known)
                wishes = Wishes([Wish(typed, place) for place in places or ()])
            else:
                wishes = Wishes(_wishes(from_csv, known), str(from_csv))
            source = stack.enter_context(files(settings, os.environ))
            return partial(attachments_job, settings, wishes, bulk.limit, source)

        made = partial(backfill.run, "backfill attachments", bulk, job, adjusted)
        return made(output, config, whole=False)


def _target(text: str, known: Sequence[str]) -> int | str:
    incidents, keys = named([text], known)
    return next(iter(incidents), None) or next(iter(keys))


def _wishes(file: Path, known: Sequence[str]) -> list[Wish]:
    """What a table asks for; raises `LinesError` for what names nobody, and what it says twice."""
    wishes, wrong, seen = list[Wish](), list[str](), dict[tuple[int | str, str], int]()
    for line, (incident, place) in table(file, COLUMNS):
        try:
            target = _target(incident, known)
        except UsageError as error:
            wrong.append(f"line {line}: {error}")
            continue
        if (earlier := seen.setdefault((target, place), line)) != line:
            wrong.append(f"line {line}: the same stands in line {earlier} already")
        wishes.append(Wish(target, place, line))
    if wrong:
        raise LinesError(str(file), wrong)
    return wishes
