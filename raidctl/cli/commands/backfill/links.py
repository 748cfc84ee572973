"""`raidctl backfill links`: mend the links that broke."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from raidctl.bootstrap.backfill import links_job
from raidctl.cli import backfill, options
from raidctl.cli.table import table
from raidctl.config import Config
from raidctl.errors import ExitCode, UsageError
from raidctl.runs.backfill.pairing import HEADER, pairs_in


def links(
    *,
    targets: options.Targets = None,
    from_csv: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Make the links of this CSV of incident and key."),
    ] = None,
    since: options.Since = None,
    everything: options.Everything = False,
    bulk: backfill.Bulk,
    output: options.Output,
    config: options.Configuration = None,
) -> ExitCode:
    """Mend the links that broke: issues that moved, that nobody knows, that two incidents have.

    An issue that moved gets its key of now in FireFighter, which then takes its webhooks again; an
    issue that leads back to one incident without any is linked to it. What only a person can tell
    is shown, with the line that says it in a CSV: two incidents or tickets with one issue, one that
    is deleted or hidden, one that nobody knows. Exit code 0: all is mended; 4: something failed.

    \b
    raidctl backfill links --dry-run           what is broken
    raidctl backfill links 12 13               of these incidents alone
    raidctl backfill links --from-csv new.csv  and whose what is, as a person says
    """
    pairs = None if from_csv is None else pairs_in(str(from_csv), table(from_csv, HEADER))
    if pairs is not None and (targets or since or everything):
        raise UsageError("--from-csv names the incidents: give no others, nor --since or --all")

    def job(settings: Config) -> backfill.MakeJob:
        scope = options.Links(targets, since=since, everything=everything).filters(settings).scope
        return partial(links_job, settings, scope, pairs, bulk.limit)

    whole = not (targets or since or from_csv)
    made = partial(backfill.run, "backfill links", bulk, job, lambda settings: settings)
    return made(output, config, whole=whole)
