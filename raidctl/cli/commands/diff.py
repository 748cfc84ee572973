"""`raidctl diff`: where incidents and issues disagree; it writes nowhere."""

import os

from raidctl.bootstrap.clock import utc_now
from raidctl.bootstrap.rules import sites
from raidctl.cli import options
from raidctl.cli.config import load_to_read
from raidctl.cli.reading import reading
from raidctl.cli.report import answered, browse
from raidctl.cli.shown import Shown, Verdicts
from raidctl.cli.terminal import end_at_once_on_interrupt
from raidctl.config import Config
from raidctl.config.secrets import Environ
from raidctl.core.report import Report
from raidctl.errors import ExitCode
from raidctl.runs.exit_codes import shown
from raidctl.runs.reading.diff import diff as run
from raidctl.runs.reading.request import Filters


def diff(
    *,
    links: options.Links,
    prefer: options.Preferred = None,
    direction: options.Directions = None,
    verdict: Verdicts = None,
    how: Shown,
    output: options.Output,
    config: options.Configuration = None,
) -> ExitCode:
    """Show where incidents and their issues disagree, and how to settle it.

    Reads Impact and JIRA, changes nothing. Exit code 0: in sync; 3: drift found; 4: not
    everything could be read; 7: a system could not be reached.

    \b
    raidctl diff                              every open incident
    raidctl diff 12 INC-34                    only these
    raidctl diff --field status --since 7d    statuses of the last week
    raidctl diff --reason conflict            only conflicts, the rest counted
    raidctl diff --summary                    how much there is of what
    raidctl diff -o json | jq '.items[]'      for scripts
    """
    end_at_once_on_interrupt()
    view = how.view(output, verdict or ())
    settings = load_to_read(config)
    asked = links.filters(settings, direction, prefer)
    report = read(settings, os.environ, asked)
    browse(view.told(report), output, how)
    return answered([*shown(report)], report.items, report.unread)


def read(settings: Config, environ: Environ, filters: Filters) -> Report:
    """Run `diff`."""
    with reading(settings, filters, environ) as (systems, wanted, advance):
        return run("diff", systems, wanted, sites(settings), utc_now, advance)[1]
