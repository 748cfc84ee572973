"""`raidctl event`: settle what JIRA's webhooks and Impact's updates tell of."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from raidctl.bootstrap.clock import utc_now
from raidctl.bootstrap.journal import journal, looking
from raidctl.bootstrap.rules import limits
from raidctl.cli import options
from raidctl.cli.approval import approval, on_terminal
from raidctl.cli.config import load_to_look, load_to_read, load_to_write
from raidctl.cli.events import (
    ALL,
    EVER,
    Received,
    dead_ones,
    first_dead,
    looked_up,
    nothing_done,
    preview_of,
    receive,
    retried,
    work_of,
)
from raidctl.cli.report import answered, browse, print_report, warn_of_pause
from raidctl.cli.session import tell
from raidctl.cli.terminal import end_at_once_on_interrupt, say
from raidctl.cli.typed import approving_command
from raidctl.config import Config
from raidctl.errors import ExitCode, LockedError, ServiceError, UsageError
from raidctl.runs.exit_codes import Fact, tried
from raidctl.runs.writing.session import Approval, Ending


def event(
    *,
    given: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE|-|ID...]",
            help="A payload, JSON lines, or a folder of them; with --retry numbers of events.",
        ),
    ] = None,
    dead: Annotated[bool, typer.Option("--dead", help="List what was tried in vain.")] = False,
    retry: Annotated[
        bool, typer.Option("--retry", help="Try dead events again: these, or all of them.")
    ] = False,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    allow_close: options.AllowClose = False,
    max_changes: options.MaxChanges = None,
    approve: options.Approve = None,
    output: options.EventOutput,
    config: options.Configuration = None,
) -> ExitCode:
    """Settle what webhooks and updates tell of: an event says where to look, never what is true.

    Both sides are read, and the fields that it names are settled as reconcile does. Events wait in
    the journal until they are: four tries, then they are dead. Without a FILE, all that waits is
    tried now. Exit code 0: all is done; 4: something failed, or was no event; 5: a limit, they
    wait; 6: another run holds the lock and sees to them.

    \b
    raidctl event webhook.json            what JIRA sent
    raidctl event updates.jsonl           one a line; - is standard input
    raidctl event                         what waits, now
    raidctl event --dead                  what was tried in vain
    raidctl event --retry 12 13           try these again
    """
    numbers, place = _typed(given or [], dead=dead, retry=retry)
    if dead or dry_run:
        end_at_once_on_interrupt()
    if dead:
        return _dead(load_to_look(config), output)
    settings = (load_to_read if dry_run else load_to_write)(config)
    settings = options.limited(settings, allow_close, max_changes)
    unattended = not (yes or approve is not None or on_terminal())
    if dry_run:
        dry = Dry(place, numbers if retry else None, unattended)
        return _look(settings, dry, output)
    with journal(settings) as memory:
        received = retried(memory.queue, numbers) if retry else receive(settings, memory, place)
    asking = approval(settings, yes=yes, approve=approve)
    everything = place is None or approve is not None
    work = work_of(settings, everything=everything, unattended=unattended)
    try:
        ending = work.off(asking)
    except LockedError as error:
        kept = LockedError(f"{error}; the events are kept: whoever holds it sees to them")
        ending = Ending(nothing_done(settings), error=kept)
    except ServiceError as error:
        ending = Ending(nothing_done(settings), error=error)
    ending = _told(settings, received, ending, output, given or ())
    return work.afterwards(ending) if asking.ask is None else ending.exit_code


def _told(
    settings: Config,
    received: Received,
    ending: Ending,
    output: options.EventOutput,
    given: Collection[str],
) -> Ending:
    """Tell how the run ended, and what became of all that was given."""
    known = ending.report.events or ()
    left = {*received.names} - {one.event.name for one in known}
    with looking(settings) as memory:
        kept = [one.told for one in memory.queue.named(left)]
        if ending.error is not None and not (known or received.given):
            kept = [one.told for one in memory.queue.due(EVER, ALL)]  # what was to be tried
    dead = first_dead(kept)  # given once more: it is not tried any more
    events = received.with_others([*known, *kept])
    facts = {*ending.facts}
    facts |= {Fact.NO_EVENT} if received.refused else set()
    facts |= {Fact.DEAD} if dead else set()
    said = _said(received) or ending.said or dead
    ending = replace(ending, report=replace(ending.report, events=events), facts=facts, said=said)
    tell(ending, output, given)
    return ending


def _said(received: Received) -> str | None:
    """What was given and is no event: how much, and the first."""
    if not (refused := received.refused):
        return None
    of = len(received.given)
    return f"no event: {len(refused)} of the {of} given, such as {refused[0].why}"


def _dead(settings: Config, output: options.EventOutput) -> ExitCode:
    """List the dead."""
    with looking(settings) as memory:
        listed = tuple(one.told for one in dead_ones(memory.queue))
    print_report(replace(nothing_done(settings), events=listed), output)
    return ExitCode.OK


class Dry(NamedTuple):
    """What a dry run is about: what was given, and dead events; `unattended` as in `Work`."""

    place: Path | None
    dead: list[int] | None
    unattended: bool


def _look(settings: Config, dry: Dry, output: options.EventOutput) -> ExitCode:
    """Show what would become of what was given, and of what is due; nothing is kept."""
    with looking(settings) as memory:
        warn_of_pause(memory.paused())
        tried_at = EVER if dry.place is None else utc_now()
        received, known, wanted = looked_up(settings, memory, dry.place, tried_at)
        wanted += dead_ones(memory.queue, dry.dead) if dry.dead is not None else ()
    plan, report = preview_of(settings, wanted, unattended=dry.unattended)
    events = received.with_others([*known, *(report.events or ())])
    browse(replace(report, events=events), output)
    if (said := _said(received)) is not None:
        say(said)
    if (over := plan.excess(Approval(limits(settings)).of_all.limits)) is not None:
        more = "more than a run may write unapproved"
        command = approving_command(plan.hash, (str(dry.place),))
        say(f"{more}: {over}; to write exactly this plan:", command)
    facts = [*tried(report), *([Fact.NO_EVENT] if received.refused else ())]
    return answered(facts, report.items, report.unread)


def _typed(given: list[str], *, dead: bool, retry: bool) -> tuple[list[int], Path | None]:
    """Numbers of events, and where payloads are. Raises `UsageError`."""
    if dead and (given or retry):
        raise UsageError("--dead lists: give it neither a FILE nor --retry")
    if not retry and len(given) > 1:
        raise UsageError(f"one FILE, - or folder, not {len(given)}: put them into a folder")
    if not retry and given == [""]:  # a variable that was not set; as a path it is this folder
        raise UsageError("FILE is empty: name a file or a folder, or - for standard input")
    if not retry:
        return [], Path(given[0]) if given else None
    if wrong := [one for one in given if not (one.isascii() and one.isdigit() and len(one) < 19)]:
        raise UsageError(f"{wrong[0]!r} is no number of an event; raidctl event --dead lists them")
    return [int(one) for one in given], None
