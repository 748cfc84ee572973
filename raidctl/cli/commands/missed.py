"""`raidctl missed`: the changes in JIRA that never arrived in Impact."""

import os
from datetime import UTC, datetime
from typing import Annotated

import typer

from raidctl.bootstrap.clock import utc_now
from raidctl.bootstrap.rules import sites, window
from raidctl.cli import options
from raidctl.cli.config import load_to_read
from raidctl.cli.missed import tell
from raidctl.cli.reading import reading
from raidctl.cli.report import answered
from raidctl.cli.targets import moment, named
from raidctl.cli.terminal import end_at_once_on_interrupt
from raidctl.core.scope import Scope
from raidctl.errors import ExitCode
from raidctl.runs.exit_codes import Fact
from raidctl.runs.reading.missed import missed as look
from raidctl.runs.reading.request import Filters

SINCE = "7d"


def missed(
    *,
    targets: options.Targets = None,
    field: options.Fields = None,
    since: Annotated[
        str, typer.Option(help="Changes made since: 2026-11-01, a date and time, or an age.")
    ] = SINCE,
    output: options.MissedOutput,
    config: options.Configuration = None,
) -> ExitCode:
    """List the changes made in JIRA that never arrived in Impact: who, when, and why.

    Goes through JIRA's changelogs and Impact's history (its database; over REST its values of now
    judge the last change of each field alone). Exit code 0: nothing missed; 3: something was; 4:
    not everything could be read.

    \b
    raidctl missed                        of the last seven days
    raidctl missed --since 30d            of the last thirty
    raidctl missed 12 INC-34              of these
    raidctl missed -o json | jq '.changes[]'
    """
    end_at_once_on_interrupt()
    settings = load_to_read(config)
    begin = moment(since, datetime.now(UTC))
    incidents, keys = named(targets or [], sites(settings))
    scope = Scope(incidents=incidents, keys=keys, everything=True)
    asked = Filters(scope, fields=tuple(field or ()), direction=settings.direction)
    with reading(settings, asked, os.environ) as (systems, wanted, advance):
        asked_of = window(settings, systems.tables, begin, wanted.now)
        found = look(systems, wanted, asked_of, utc_now, advance)
    tell(found, output)
    facts = [*([Fact.UNREAD] if found.unread else []), *([Fact.DRIFT] if found.missed else [])]
    return answered(facts, unread=found.unread)
