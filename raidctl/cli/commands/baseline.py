"""`raidctl baseline`: remember what is in sync now."""

import os

from raidctl.bootstrap.clock import utc_now
from raidctl.bootstrap.rules import request, sites
from raidctl.bootstrap.systems import recording
from raidctl.cli import options
from raidctl.cli.config import load_to_read
from raidctl.cli.reading import reading
from raidctl.cli.report import answered, say_unread
from raidctl.cli.session import session
from raidctl.cli.terminal import end_at_once_on_interrupt, say
from raidctl.config import Config
from raidctl.core.report import Report
from raidctl.errors import ExitCode
from raidctl.present.report.summary import number, whole
from raidctl.runs.exit_codes import Fact
from raidctl.runs.reading.diff import report_of
from raidctl.runs.reading.request import Filters
from raidctl.runs.writing.baseline import remember, to_remember


def baseline(
    targets: options.Targets = None,
    field: options.Fields = None,
    since: options.Since = None,
    everything: options.Everything = False,
    dry_run: options.DryRun = False,
    config: options.Configuration = None,
) -> ExitCode:
    """Remember which values agree now, so that later runs know which side changed.

    Writes to the journal alone. `reconcile` does the same as it goes; this is for the first day.
    A target that was held as relinked is taken to belong to the issue its key leads to now.

    \b
    raidctl baseline           every open incident
    raidctl baseline --all     closed ones too
    raidctl baseline 12        this one, whatever issue it was linked to before
    raidctl baseline --dry-run what would be remembered: 3 where there is anything
    """
    settings = load_to_read(config)
    asked = options.Links(targets, field, since=since, everything=everything).filters(settings)
    if dry_run:
        return _look(settings, asked)
    with session(settings, "baseline", recording) as one:
        wanted = request(settings, asked, one.systems.readable)
        ending, baselines = remember(one, wanted, sites(settings))
    _say("remembered", baselines, ending.report)
    say_unread(ending.report.unread[1:])
    if ending.why is not None:
        say(ending.why)
    return ending.exit_code


def _look(settings: Config, asked: Filters) -> ExitCode:
    """Tell what would be remembered; remember nothing."""
    end_at_once_on_interrupt()
    with reading(settings, asked, os.environ) as (systems, wanted, advance):
        found, baselines, relinked = to_remember(systems, wanted, advance)
        report = report_of(found, systems, wanted, sites(settings), utc_now())
    _say("would remember", baselines, report)
    if relinked:
        say(
            f"would take {number(relinked, 'incident')} to belong to the issue its key leads to now"
        )
    say_unread(report.unread[1:])
    facts = [Fact.UNREAD] if report.unread else []
    return answered([*facts, *([Fact.DRIFT] if baselines or relinked else [])], (), report.unread)


def _say(did: str, baselines: int, report: Report) -> None:
    links, agree = report.summary.links, report.summary.in_sync
    if report.summary.drifted:
        rest = f"{report.summary.drifted} drifted: raidctl diff shows how"
    else:
        rest = "all in sync" if whole(report) and agree == links else f"{agree} of them agree"
    say(f"{did} {number(baselines, 'value')} of {number(links, 'link')}; {rest}")
