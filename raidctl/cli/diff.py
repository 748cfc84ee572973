"""`raidctl diff`: where incidents and issues disagree; it writes nowhere."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import parse_qs, urlsplit

import typer

from raidctl.cli.terminal import (
    Capabilities,
    answering,
    capabilities,
    end_at_once_on_interrupt,
    progress,
    say,
    show,
)
from raidctl.core.model import Field, SyncDirection
from raidctl.core.scope import Scope
from raidctl.core.selection import Selection, selection
from raidctl.errors import ExitCode, UsageError
from raidctl.present import Format

if TYPE_CHECKING:
    from raidctl.config import Config
    from raidctl.core.report import Report


class Direction(StrEnum):
    """`--direction`: who decides."""

    AUTO = "auto"
    IMPACT_TO_JIRA = "impact-to-jira"
    JIRA_TO_IMPACT = "jira-to-impact"


def diff(
    context: typer.Context,
    targets: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TARGET]...", help="Incident ids and issue keys; else all."),
    ] = None,
    field: Annotated[
        list[Field] | None, typer.Option(help="Only this field; may be repeated.")
    ] = None,
    status: Annotated[
        list[str] | None,
        typer.Option(help="Only links with this status on either side; may be repeated."),
    ] = None,
    priority: Annotated[
        list[str] | None,
        typer.Option(help="Only links with this priority on either side: P2, 2 or High."),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(help="Only incidents created since: 2026-11-01, a date and time, or 7d."),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Closed incidents too, however old.")
    ] = False,
    direction: Annotated[
        Direction | None,
        typer.Option(help="Decide conflicts and undecided fields one way."),
    ] = None,
    form: Annotated[
        Format, typer.Option("--format", "-o", help="What to write the report as.")
    ] = Format.TABLE,
    out: Annotated[
        Path | None, typer.Option(help="Write the report to this file (readable by you only).")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Configuration file.")] = None,
) -> None:
    """Show where incidents and their issues disagree, and how to settle it.

    Reads Impact and JIRA, changes nothing. Exit code 0: in sync; 3: drift found; 4: not
    everything could be read; 7: a system could not be reached.

    \b
    raidctl diff                              every open incident
    raidctl diff 12 INC-34                    only these
    raidctl diff --field status --since 7d    statuses of the last week
    raidctl diff -o json | jq '.items[]'      for scripts
    """
    with answering():
        from raidctl.cli.setup import load_to_read

        end_at_once_on_interrupt()

        settings = load_to_read(config or context.obj)
        asked = Asked(
            scope=_scope(settings, targets or [], since, everything),
            selection=selection(status or [], priority or []),
            fields=tuple(field or ()),
            direction=settings.direction if direction is None else _direction(direction),
        )
        with progress("reading") as counter:
            end_at_once_on_interrupt(counter.stop)
            report = read(settings, os.environ, asked, counter.advance)
        print_report(report, form, out)
    raise typer.Exit(_exit_code(report))


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for; no fields means all of them."""

    scope: Scope
    selection: Selection = field(default_factory=Selection)
    fields: tuple[Field, ...] = ()
    direction: SyncDirection | None = None


def read(
    settings: "Config",
    environ: Mapping[str, str],
    asked: Asked,
    advance: Callable[[int], None],
) -> "Report":
    """Run `diff`; `advance` is told how many more incidents are done."""
    from raidctl import bootstrap
    from raidctl.runs.diff import diff as run

    with bootstrap.reading(settings, environ) as systems:
        rules = bootstrap.policy(settings, systems.tracker, asked.direction, asked.fields)
        scope = replace(asked.scope, watched=systems.journal.last_seen_open())
        question = bootstrap.question(settings, scope, asked.selection, rules)
        return run(systems, question, bootstrap.sites(settings), bootstrap.utc_now, advance)


def print_report(report: "Report", form: Format, out: Path | None) -> None:
    """Show a report on standard output, as wide as that is, or put it into a file."""
    from raidctl.present import render

    able = capabilities() if out is None else Capabilities(120, colour=False, hyperlinks=False)
    text = render(
        report, form.value, width=able.width, colour=able.colour, hyperlinks=able.hyperlinks
    )
    show(text, out)
    if form in {Format.CSV, Format.JSONL}:  # they hold items alone
        for part in report.unread:
            say(f"not read: {part.what}: {part.why}")
        for note in report.notes:
            say(note)


def _exit_code(report: "Report") -> ExitCode:
    if report.unread:
        return ExitCode.INCOMPLETE
    return ExitCode.DRIFT if report.drift else ExitCode.OK


def _direction(chosen: Direction) -> SyncDirection | None:
    if chosen is Direction.AUTO:
        return None
    return SyncDirection(chosen.value.replace("-", "_"))


def _scope(settings: "Config", targets: list[str], since: str | None, everything: bool) -> Scope:
    now = datetime.now(UTC)
    incidents, keys = _named(targets)
    created = None if since is None else _since(since, now)
    return Scope(
        incidents=incidents,
        keys=keys,
        everything=everything,
        closed_since=now - timedelta(days=settings.closed_within_days),
        created_since=None if targets else created,  # a target is compared whatever its age
    )


def _named(targets: list[str]) -> tuple[frozenset[int], frozenset[str]]:
    """Incident ids and issue keys out of what was typed or pasted, addresses included."""
    incidents, keys = set[int](), set[str]()
    for target in targets:
        name = _name(target.strip())
        if re.fullmatch(r"\d{1,18}", name, re.ASCII):
            incidents.add(int(name))
        elif re.fullmatch(r"[A-Za-z]\w*-\d+", name, re.ASCII):
            keys.add(name.upper())
        else:
            raise UsageError(f"{target!r} is neither an incident id (12) nor an issue key (INC-12)")
    return frozenset(incidents), frozenset(keys)


def _name(target: str) -> str:
    """What an address of either system is about; any other target as it is."""
    if "://" not in target:
        return target.removeprefix("#")
    try:
        address = urlsplit(target)
    except ValueError:
        return target
    selected = parse_qs(address.query).get("selectedIssue")  # on boards and in searches
    return selected[0] if selected else address.path.rstrip("/").rpartition("/")[2]


def _since(text: str, now: datetime) -> datetime:
    """A date, a date and time (this machine's zone unless it has an offset), or an age."""
    units = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
    try:
        if age := re.fullmatch(r"(\d{1,6})([mhdw])", text.strip()):
            return now - timedelta(**{units[age[2]]: int(age[1])})
        return datetime.fromisoformat(text.strip()).astimezone()
    except (ValueError, OverflowError):
        raise UsageError(
            f"--since {text!r} is no date: write 2026-11-01, 2026-11-01T08:00, or an age as 7d"
        ) from None
