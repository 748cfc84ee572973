"""`raidctl baseline`: remember what is in sync now."""

import os
from typing import Annotated

import typer

from raidctl.bootstrap.clock import utc_now
from raidctl.bootstrap.rules import request, sites
from raidctl.bootstrap.systems import recording
from raidctl.cli import options
from raidctl.cli.config import load_to_read
from raidctl.cli.metrics import measured
from raidctl.cli.reading import reading
from raidctl.cli.report import answered, say_unread
from raidctl.cli.session import session
from raidctl.cli.terminal import capabilities, end_at_once_on_interrupt, say, show
from raidctl.cli.typed import asked as typed
from raidctl.config import Config
from raidctl.core.report import Report
from raidctl.errors import ExitCode, UsageError
from raidctl.present.adoption.render import Adopted, render_adopted
from raidctl.present.report.summary import number, whole
from raidctl.present.text.advice import left_as_linked
from raidctl.present.text.records import only
from raidctl.runs.exit_codes import Fact
from raidctl.runs.reading.diff import report_of
from raidctl.runs.reading.request import Filters
from raidctl.runs.writing.baseline import (
    remember,
    remember_past,
    to_remember,
    to_remember_past,
)


def baseline(
    *,
    targets: options.Targets = None,
    field: options.Fields = None,
    since: options.Since = None,
    everything: options.Everything = False,
    from_history: Annotated[
        bool,
        typer.Option("--from-history", help="Decide by both histories what does not agree now."),
    ] = False,
    output: options.AdoptedOutput,
    dry_run: options.DryRun = False,
    metrics_file: options.MetricsFile = None,
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

    With --from-history also of what does not agree now: both systems' histories are gone back over
    to the last pair that surely agreed, so that reconcile knows which side has moved since. Nothing
    is guessed, and neither system is written. What was found is kept when it is interrupted.

    \b
    raidctl baseline --all --from-history            what it decided, and what not
    raidctl baseline --all --from-history -o detail  field by field
    """
    settings = measured(load_to_read(config), metrics_file)
    asked = options.Links(targets, field, since=since, everything=everything).filters(settings)
    if from_history:
        return _past(settings, asked, output, dry_run=dry_run)
    if output != options.AdoptedOutput():
        raise UsageError("--format and --out tell what --from-history found: add that")
    if dry_run:
        return _look(settings, asked)
    with session(settings, "baseline", recording, counts=asked.whole) as one:
        wanted = request(settings, asked, one.systems.readable)
        ending, baselines = remember(one, wanted, sites(settings))
    _say("remembered", baselines, ending.report)
    if asked.scope.named:
        for why, command in left_as_linked(ending.report.items, typed()):
            say(why, command)
    say_unread(ending.report.unread[1:])
    if ending.why is not None:
        say(ending.why)
    return ending.exit_code


def _past(settings: Config, asked: Filters, output: options.Output, *, dry_run: bool) -> ExitCode:
    """Go back over both histories, and tell what that came to."""
    if settings.impact.reads != "database":
        raise UsageError(
            "--from-history needs Impact's own history, which only its database tells: "
            'set impact.reads = "database"'
        )
    started, run = utc_now(), None
    if dry_run:
        end_at_once_on_interrupt()
        with reading(settings, asked, os.environ) as (systems, wanted, advance):
            found = to_remember_past(systems, wanted, advance)
    else:
        with session(settings, "baseline", recording, counts=asked.whole) as one:
            found = remember_past(one, request(settings, asked, one.systems.readable))
            run = one.run.id
    width = capabilities(output.out)["width"]
    text = render_adopted(Adopted(found, run, started, utc_now()), output.form, width=width)
    show(only(text, output.picked()), output.out)
    did, of = "would remember" if dry_run else "remembered", number(found.links, "link")
    say(f"{did} {number(found.remembered, 'value')} of {of} that agree now")
    if found.decided:
        say("raidctl diff shows what reconcile does with what is decided")
    if found.undecided:
        say("what is not decided waits for a person: raidctl resolve, or reconcile --prefer")
    say_unread(found.unread[1:])
    news = dry_run and (found.remembered or found.decided)
    facts = [*([Fact.UNREAD] if found.unread else []), *([Fact.DRIFT] if news else [])]
    return answered(facts, (), found.unread)


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
