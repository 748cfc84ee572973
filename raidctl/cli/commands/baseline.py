"""`raidctl baseline`: remember what is in sync now."""

import os

import typer

from raidctl.bootstrap.clock import utc_now
from raidctl.bootstrap.rules import context as context_of
from raidctl.bootstrap.rules import request, sites
from raidctl.bootstrap.systems import recording
from raidctl.cli import options
from raidctl.cli.config import load_to_read
from raidctl.cli.report import say_unread, warn_of_pause
from raidctl.cli.session import new_run
from raidctl.cli.shutdown import Shutdown
from raidctl.cli.targets import filters
from raidctl.cli.terminal import answering, progress, say
from raidctl.errors import ExitCode
from raidctl.present.report.summary import number
from raidctl.runs.journalled import recorded
from raidctl.runs.writing import reconcile as runs


def baseline(
    context: typer.Context,
    targets: options.Targets = None,
    field: options.Fields = None,
    since: options.Since = None,
    everything: options.Everything = False,
    config: options.Configuration = None,
) -> None:
    """Remember which values agree now, so that later runs know which side changed.

    Writes to the journal alone. `reconcile` does the same as it goes; this is for the first day.
    A target that was held as relinked is taken to belong to the issue its key leads to now.

    \b
    raidctl baseline           every open incident
    raidctl baseline --all     closed ones too
    raidctl baseline 12        this one, whatever issue it was linked to before
    """
    with answering():
        settings = load_to_read(config or context.obj)
        asked = filters(settings, targets, field, since=since, everything=everything)
        Shutdown()
        with recording(settings, os.environ) as systems:
            warn_of_pause(systems.journal.paused())
            if asked.scope.named:
                systems.journal.forget_links(asked.scope.incidents, asked.scope.keys)
            wanted = request(settings, asked, systems.readable)
            run = new_run("baseline", wanted.now, None)
            with recorded(systems.journal, run, utc_now) as record:
                carrying = context_of(settings, systems, run.id, lambda: None)
                with progress("reading") as advance:
                    found = runs.prepare(systems, wanted, carrying, sites(settings), advance)
                report = found.report
                record.report = report
                record.exit_code = ExitCode.INCOMPLETE if report.unread else ExitCode.OK
        drifted = report.summary.drifted
        say(
            f"remembered {number(found.baselines, 'value')} of "
            f"{number(report.summary.links, 'link')}; "
            + (f"{drifted} drifted: raidctl diff shows how" if drifted else "all in sync")
        )
        say_unread(report.unread)
    raise typer.Exit(record.exit_code)
