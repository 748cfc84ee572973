"""`raidctl held`: what is held."""

import os

from raidctl.cli import options
from raidctl.cli.config import load_to_read
from raidctl.cli.reading import reading
from raidctl.cli.report import answered, say_unread
from raidctl.cli.shown import FOR_PEOPLE, Shown
from raidctl.cli.terminal import capabilities, end_at_once_on_interrupt, say, show
from raidctl.cli.typed import asked as typed
from raidctl.errors import ExitCode
from raidctl.present.format import Format
from raidctl.present.held.render import render_held
from raidctl.present.held.rows import HeldList
from raidctl.present.text.records import only
from raidctl.runs.exit_codes import Fact
from raidctl.runs.reading.held import held as run


def held(
    *,
    links: options.Links,
    fail_on: options.Failing = None,
    how: Shown,
    output: options.HeldOutput,
    config: options.Configuration = None,
) -> ExitCode:
    """Show what is held: conflicts, undecided fields, refused writes and the like.

    Each with its age, who changed what last, and what settles it. Changes nothing. Exit code 0:
    all of it is shown; 4: not everything could be read; with --fail-on held 3: something is held.

    \b
    raidctl held                   all of it
    raidctl held 12 INC-34         of these
    raidctl held --summary         how much there is of what
    raidctl held --fail-on held    for a monitor: 3 where anything is held
    raidctl held -o json | jq '.held[]'
    """
    end_at_once_on_interrupt()
    view = how.view(output)
    settings = load_to_read(config)
    asked = links.filters(settings)
    with reading(settings, asked, os.environ) as (systems, wanted, advance):
        found = run(systems, wanted, advance)
    waiting = view.of(found.waiting, lambda one: one.item)
    hidden = view.hiding(len(found.waiting), len(waiting))
    told = HeldList(waiting, wanted.now, found.unread, tuple(hidden), typed())
    _tell(told, output, how)
    facts = [Fact.UNREAD] if found.unread else []
    if fail_on == "held" and found.waiting:
        facts.append(Fact.HELD)
    return answered(facts, unread=found.unread)


def _tell(told: HeldList, output: options.HeldOutput, how: Shown) -> None:
    """Show the list: on a screen paged, or in numbers, where it is long."""
    if output.out is None and output.form in FOR_PEOPLE:
        from raidctl.present.held.page import render_numbers  # noqa: PLC0415 - rich is slow to load

        how.show(
            lambda able: render_held(told, output.form, urls=how.urls, **able),
            lambda able: render_numbers(told, **able),
        )
        return
    text = render_held(told, output.form, urls=how.urls, **capabilities(output.out))
    show(only(text, output.picked()), output.out)
    if output.form in {Format.CSV, Format.JSONL, Format.MARKDOWN}:  # they hold what waits alone
        say_unread(told.unread[1:])
        for note in told.notes:
            say(note)
