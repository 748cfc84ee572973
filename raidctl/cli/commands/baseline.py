"""`raidctl baseline`: remember what is in sync now."""

from raidctl.bootstrap.rules import request, sites
from raidctl.bootstrap.systems import recording
from raidctl.cli import options
from raidctl.cli.config import load_to_read
from raidctl.cli.report import say_unread
from raidctl.cli.session import session
from raidctl.cli.terminal import say
from raidctl.errors import ExitCode
from raidctl.present.report.summary import number
from raidctl.runs.writing.baseline import remember


def baseline(
    targets: options.Targets = None,
    field: options.Fields = None,
    since: options.Since = None,
    everything: options.Everything = False,
    config: options.Configuration = None,
) -> ExitCode:
    """Remember which values agree now, so that later runs know which side changed.

    Writes to the journal alone. `reconcile` does the same as it goes; this is for the first day.
    A target that was held as relinked is taken to belong to the issue its key leads to now.

    \b
    raidctl baseline           every open incident
    raidctl baseline --all     closed ones too
    raidctl baseline 12        this one, whatever issue it was linked to before
    """
    settings = load_to_read(config)
    asked = options.Links(targets, field, since=since, everything=everything).filters(settings)
    with session(settings, "baseline", recording) as one:
        wanted = request(settings, asked, one.systems.readable)
        ending, baselines = remember(one, wanted, sites(settings))
    report = ending.report
    drifted = report.summary.drifted
    say(
        f"remembered {number(baselines, 'value')} of {number(report.summary.links, 'link')}; "
        + (f"{drifted} drifted: raidctl diff shows how" if drifted else "all in sync")
    )
    say_unread(report.unread[1:])
    if ending.why is not None:
        say(ending.why)
    return ending.exit_code
