"""`raidctl backfill issues`: create what is missing."""

from functools import partial

from raidctl.bootstrap.backfill import issues_job
from raidctl.cli import backfill, options
from raidctl.config import Config
from raidctl.errors import ExitCode


def issues(
    *,
    targets: options.Targets = None,
    since: options.Since = None,
    everything: options.Everything = False,
    bulk: backfill.Bulk,
    allow_close: options.AllowClose = False,
    output: options.Output,
    config: options.Configuration = None,
) -> ExitCode:
    """Create the JIRA issue of every incident that has none.

    Each as FireFighter would have made it, then taken to the status where it belongs. What JIRA's
    screen lacks or demands is said before anything is created; what JIRA has already is linked and
    not created again, and what only looks like it is shown. Downgraded, ignored and private
    incidents and exercises get none. Exit code 0: all is there; 4: something failed; 5: a limit.

    \b
    raidctl backfill issues --dry-run      what would be created
    raidctl backfill issues 12 13          of these incidents alone
    raidctl backfill issues --limit 10     the first ten, by their ids
    raidctl backfill issues --made new.csv and keep which issue is whose
    """

    def adjusted(settings: Config) -> Config:
        return options.limited(settings, allow_close, None)

    def job(settings: Config) -> backfill.MakeJob:
        scope = options.Links(targets, since=since, everything=everything).filters(settings).scope
        return partial(issues_job, settings, scope, bulk.limit)

    whole = not (targets or since)
    return backfill.run("backfill issues", bulk, job, adjusted, output, config, whole=whole)
