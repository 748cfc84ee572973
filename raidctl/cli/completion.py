"""What the shell is told when a word is to be completed: out of journal, tables and closed sets."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path

import typer

from raidctl.bootstrap.journal import looking
from raidctl.cli.config import load_to_look
from raidctl.core.model import IncidentStatus
from raidctl.core.reasons import Reason
from raidctl.core.writes.log import Run
from raidctl.errors import RaidctlError
from raidctl.present.text.safe import visible
from raidctl.present.text.words import REASON_WORDS

_MOST = 50  # more than anybody would choose from
_LINKS = 10_000  # of which those are looked for that begin so

Words = list[tuple[str, str]]
"""Each word with what is shown beside it, the likeliest first."""


def runs(context: typer.Context, incomplete: str) -> Words:
    """The latest runs, newest first, each with what it was."""
    return _beginning(incomplete, _runs(context))


def targets(context: typer.Context, incomplete: str) -> Words:
    """Incidents and issues as they were last seen, the newest first."""
    return _beginning(incomplete, _targets(context))


def runs_and_targets(context: typer.Context, incomplete: str) -> Words:
    """Both of them."""
    return _beginning(incomplete, chain(_runs(context), _targets(context)))


def reasons(context: typer.Context, incomplete: str) -> Words:
    """Why something is written or held, with its words."""
    return _beginning(incomplete, ((name.value, REASON_WORDS[name]) for name in Reason))


def statuses(context: typer.Context, incomplete: str) -> Words:
    """Statuses of Impact, and those of JIRA that the tables know."""
    return _beginning(incomplete, _statuses(context))


def _beginning(incomplete: str, words: Iterable[tuple[str, str]]) -> Words:
    """Those that begin so.

    Where configuration or journal cannot be had there are none, and nothing is said: the shell is
    in the middle of a line.
    """
    found: Words = []
    with suppress(RaidctlError):
        found.extend(islice((one for one in words if one[0].startswith(incomplete)), _MOST))
    return found


def _runs(context: typer.Context) -> Iterator[tuple[str, str]]:
    with looking(load_to_look(_file(context))) as journal:
        latest = journal.runs(_MOST)
    yield from ((run.id, _told(run)) for run in latest)


def _targets(context: typer.Context) -> Iterator[tuple[str, str]]:
    with looking(load_to_look(_file(context))) as journal:
        seen = journal.latest_links(_LINKS)
    links = [(str(link.incident), visible(link.issue)) for link in seen]
    yield from links
    yield from ((key, f"incident {number}") for number, key in links)


def _statuses(context: typer.Context) -> Iterator[tuple[str, str]]:
    yield from ((status.name, "Impact") for status in IncidentStatus)
    sites = load_to_look(_file(context)).mappings  # of more than one, JIRA's workflow decides
    tables = [one for site in sites for one in (site.common, *site.projects.values())]
    names = (
        name for one in tables for name in (*one.status_to_jira.values(), *one.status_to_impact)
    )
    yield from ((visible(name), "JIRA") for name in dict.fromkeys(names))


def _file(context: typer.Context) -> Path | None:
    """The `--config` of the command, else what stood before it."""
    line: typer.Context | None = context
    while line is not None:
        if (file := line.params.get("config")) is not None:
            return Path(file)
        line = line.parent  # type: ignore[assignment]
    return None


def _told(run: Run) -> str:
    written = sum(count for _, count in run.outcomes)
    return visible(f"{run.command}, {written} written or tried")
