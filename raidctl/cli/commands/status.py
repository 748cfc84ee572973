"""`raidctl status`: how raidctl does; it reads the journal alone."""

from typing import Annotated

import typer

from raidctl.bootstrap.clock import utc_now
from raidctl.bootstrap.journal import looking
from raidctl.cli import options
from raidctl.cli.config import load_to_look
from raidctl.cli.pager import show_paged
from raidctl.cli.shown import FOR_PEOPLE
from raidctl.cli.targets import moment, span
from raidctl.cli.terminal import Capabilities, capabilities, end_at_once_on_interrupt, show
from raidctl.errors import ExitCode, UsageError
from raidctl.present.status.render import render_status
from raidctl.present.status.rows import verdict
from raidctl.present.text.records import only
from raidctl.runs.reading.status import status as look


def status(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="One line for a monitoring system; 4 when it is bad.")
    ] = False,
    max_age: Annotated[
        str | None, typer.Option(help="How old the last success may be: 30m, 1h; else 1d.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(help="Count and draw since: 2026-11-01, a date and time, or 7d; else 28d."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, max=1_000, help="How many of the latest runs; else 5.")
    ] = None,
    output: options.StatusOutput,
    config: options.Configuration = None,
) -> ExitCode:
    """Show how raidctl does: the last runs, what they wrote, what is held, drift.

    Reads the journal alone: neither system is asked, and a run under way does not matter. With
    --check exit code 4 when reconcile last ended well longer ago than --max-age, or its last three
    runs failed; else 0, and while it is paused. A run of some links alone does not count.

    \b
    raidctl status
    raidctl status --since 7d
    raidctl status --check --max-age 1h     one line, for a monitoring system
    raidctl status -o json | jq .held
    """
    end_at_once_on_interrupt()
    most = span(max_age or "1d")
    if not most:
        raise UsageError(f"--max-age {max_age!r} is no length of time: write 30m, 1h or 1d")
    in_words = output.form in FOR_PEOPLE
    if max_age is not None and in_words and not check:
        raise UsageError("--max-age is for --check: give that as well")
    if check and in_words and not (limit is None and since is None):
        raise UsageError("--check says one line: leave out --limit and --since")
    settings, now = load_to_look(config), utc_now()
    asked = None if since is None else moment(since, now)
    with looking(settings) as journal:
        found = look(journal, now, asked, limit or 5)

    def told(able: Capabilities) -> str:
        if check and in_words:
            return f"{verdict(found, most)}\n"
        return render_status(found, output.form, most, width=able["width"], colour=able["colour"])

    if output.out is None and in_words:
        show_paged(told)
    else:
        show(only(told(capabilities(output.out)), output.picked()), output.out)
    return ExitCode.INCOMPLETE if check and found.trouble(most) else ExitCode.OK
