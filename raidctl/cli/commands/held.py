"""`raidctl held`: what waits for a person."""

import os

import typer

from raidctl.bootstrap.rules import request
from raidctl.bootstrap.systems import reading
from raidctl.cli import options
from raidctl.cli.config import load_to_read
from raidctl.cli.report import say_unread, warn_of_pause
from raidctl.cli.targets import filters
from raidctl.cli.terminal import (
    capabilities_for,
    end_at_once_on_interrupt,
    progress,
    show,
)
from raidctl.present.format import Format
from raidctl.present.held.render import render_held
from raidctl.present.held.rows import HeldList
from raidctl.runs.exit_codes import Fact, exit_code
from raidctl.runs.reading.held import held as run


def held(
    targets: options.Targets = None,
    field: options.Fields = None,
    status: options.Statuses = None,
    priority: options.Priorities = None,
    since: options.Since = None,
    everything: options.Everything = False,
    fail_on: options.Failing = None,
    form: options.Form = Format.TABLE,
    out: options.Out = None,
    config: options.Configuration = None,
) -> None:
    """Show what waits for a person: conflicts, undecided fields, refused writes and the like.

    Each with its age, who changed what last, and what settles it. Changes nothing. Exit code 0:
    all of it is shown; 3: something waits, with --fail-on held; 4: not everything could be read.

    \b
    raidctl held                   all of it
    raidctl held 12 INC-34         of these
    raidctl held --fail-on held    for a monitor: 3 where something waits
    raidctl held -o json | jq '.held[]'
    """
    end_at_once_on_interrupt()
    settings = load_to_read(config)
    asked = filters(settings, targets, field, status, priority, since, everything)
    with reading(settings, os.environ) as systems:
        warn_of_pause(systems.journal.paused())
        wanted = request(settings, asked, systems)
        with progress("reading") as advance:
            found = run(systems, wanted, advance)
    told = HeldList(found.waiting, wanted.now, found.unread)
    able = capabilities_for(out)
    text = render_held(told, form, width=able.width, colour=able.colour, hyperlinks=able.hyperlinks)
    show(text, out)
    if form in {Format.CSV, Format.JSONL, Format.MARKDOWN}:  # they hold what waits alone
        say_unread(found.unread)
    facts = [Fact.UNREAD] if found.unread else []
    if fail_on is options.FailOn.HELD and found.waiting:
        facts.append(Fact.HELD)
    raise typer.Exit(exit_code(facts))
