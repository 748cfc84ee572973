"""`raidctl help`: the reference, of which the package holds the text."""

import sys
from typing import Annotated, Literal

import typer

from raidctl import __version__
from raidctl.cli import reference
from raidctl.cli.pager import show_paged
from raidctl.cli.terminal import on_screen, show
from raidctl.present.help.manual import manual
from raidctl.present.help.screen import on_the_screen

_FILES = {"rules": "rules.yml", "dashboard": "dashboard.json"}


def _names(context: typer.Context, incomplete: str) -> list[str]:
    """For the shell: the next word of what there is, after those that are typed."""
    typed = " ".join([*(context.params.get("name") or []), incomplete])
    return [name.split()[-1] for name in reference.names() if name.startswith(typed)]


def help(  # noqa: A001 - a command is the function of its module's name
    name: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[COMMAND|TOPIC]",
            help="What to tell of; else what there is.",
            autocompletion=_names,
        ),
    ] = None,
    man: Annotated[
        bool, typer.Option("--man", help="All of it as a manual page, for man -l.")
    ] = False,
    file: Annotated[
        Literal["rules", "dashboard"] | None,
        typer.Option(help="Alert rules for Prometheus, or a dashboard for Grafana; see metrics."),
    ] = None,
) -> None:
    """Show the reference: of a command, of a topic, or what a word in a report means.

    On a terminal it is set, through a pager where it is long; in a pipe it is the text as written.

    \b
    raidctl help                          what there is
    raidctl help reconcile                a command, with its options
    raidctl help undecided                a reason, an outcome, an exit code
    raidctl help --man > raidctl.1        all of it, for man -l raidctl.1
    raidctl help --file rules             alert rules, see raidctl help metrics
    """
    if man:
        show(manual(reference.whole(), __version__), None)
        return
    if file:
        show(reference.file(_FILES[file]), None)
        return
    text = reference.page(name) if name else reference.contents()
    if on_screen(sys.stdout):
        show_paged(lambda able: on_the_screen(text, width=able["width"], colour=able["colour"]))
    else:
        show(text, None)
