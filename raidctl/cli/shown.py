"""The options that say what is shown of what was found, and how much of a screen it takes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated

import typer

from raidctl.cli.completion import reasons as complete
from raidctl.cli.options import Output
from raidctl.cli.pager import show_paged
from raidctl.cli.terminal import Capabilities
from raidctl.core.near import near
from raidctl.core.order import Sort
from raidctl.core.plan.item import Verdict
from raidctl.core.reasons import Reason
from raidctl.core.view import View
from raidctl.errors import UsageError
from raidctl.present.format import Format

FOR_PEOPLE = frozenset({Format.TABLE, Format.DETAIL})
"""What a screen shows; all others go where they go in one piece."""

Verdicts = Annotated[
    list[str] | None,
    typer.Option(help="Show only write_jira, write_impact or hold; may be repeated."),
]


@dataclass(frozen=True, slots=True)
class Shown:
    """The options that say what is shown; what is found, and the exit code, stay the same."""

    reason: Annotated[
        list[str] | None,
        typer.Option(
            help="Show only what has this reason; may be repeated.", autocompletion=complete
        ),
    ] = None
    sort: Annotated[
        Sort | None, typer.Option(help="Sort by this; else by priority, openness, newest.")
    ] = None
    limit: Annotated[
        int | None, typer.Option(min=0, max=1_000_000, help="Show only the first; 0: all.")
    ] = None
    summary: Annotated[
        bool, typer.Option("--summary", help="Show counts by reason, field, priority and age.")
    ] = False
    urls: Annotated[
        bool, typer.Option("--urls", help="Show the addresses of incident and issue.")
    ] = False

    def view(self, output: Output, verdicts: Iterable[str] = ()) -> View:
        """What is to be shown; raises `UsageError` for what nothing is called."""
        if self.summary and output.form not in FOR_PEOPLE:
            raise UsageError(
                f"--summary is for the table: --format {output.form} has all there is to count"
            )
        reasons = chosen("reason", self.reason or (), Reason, "raidctl help reasons tells of all")
        there_are = f"there are {', '.join(Verdict)}"
        return View(
            frozenset(map(Reason, reasons)),
            frozenset(chosen("verdict", verdicts, Verdict, there_are)),
            self.sort,
            self.limit or 0,
        )

    def show(
        self,
        whole: Callable[[Capabilities], str],
        overview: Callable[[Capabilities], str],
    ) -> None:
        """Show a result on a screen: all of it, or an overview where that is what fits, or asked.

        Whoever says how much gets that much.
        """
        if self.summary:
            show_paged(overview)
        else:
            show_paged(whole, overview if self.limit is None else None)


def chosen(kind: str, typed: Iterable[str], known: Iterable[str], where: str) -> list[str]:
    """Names of a closed set, however they were spelled.

    Raises `UsageError` for another one, with those that are near it; `where` all of them are told.
    """
    names, found = list(map(str, known)), []
    for one in typed:
        name = one.strip().lower().replace("-", "_").replace(" ", "_")
        if name not in names:
            raise UsageError(f"no {kind} is called {one!r}{near(name, names)}; {where}")
        found.append(name)
    return found
