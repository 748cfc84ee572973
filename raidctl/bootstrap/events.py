"""Events by the configuration: what they say, and by which rules they are settled."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from raidctl.bootstrap.preset import known_tables
from raidctl.bootstrap.rules import request, sites
from raidctl.bootstrap.systems import reading, writing
from raidctl.config import Config
from raidctl.config.secrets import Environ
from raidctl.core.events.parse import Parser
from raidctl.core.scope import Scope
from raidctl.gateways.http.pace import Activity
from raidctl.gateways.jira.fields import Fields
from raidctl.ports.jira_admin import IssueAdmin
from raidctl.ports.journal import Journal, JournalReader
from raidctl.ports.systems import Systems, WritableSystems
from raidctl.runs.backfill.bulk import Job
from raidctl.runs.events.look import Rules, Wanted
from raidctl.runs.events.places import Directory
from raidctl.runs.reading.request import Filters, ReadRequest


def parser(config: Config, journal: JournalReader) -> Parser:
    """What reads payloads; while no run has found the preset out, by those that it may be."""
    known = known_tables(config, journal)
    tables = config.mappings if known is None else (known,)
    ids = [Fields(one.priority_field).ids for one in tables]
    synced = {key: name for some in ids for key, name in some.items() if name in config.fields}
    return Parser(synced, config.impact.service_account)


def directory(config: Config) -> Directory:
    """What finds incidents by their issues; it remembers what a process has seen."""
    return Directory(by_issue=config.impact.reads == "database")


@contextmanager
def settling(
    config: Config, environ: Environ, opened: Journal, activity: Activity, *, creations: bool
) -> Iterator[WritableSystems]:
    """Both systems open for writing, and for making issues where `creations` are asked for.

    Raises what `bootstrap.systems.writing` raises.
    """
    if creations:
        from raidctl.bootstrap.backfill import making

        with making(config, environ, opened, activity) as systems:
            yield systems
    else:
        with writing(config, environ, opened, activity) as systems:
            yield systems


@contextmanager
def looking_at(
    config: Config, environ: Environ, activity: Activity, *, creations: bool
) -> Iterator[tuple[Systems, IssueAdmin | None]]:
    """Both systems, and what tells what could be made; none of it can write."""
    if creations:
        from raidctl.bootstrap.backfill import looking_to_make

        with looking_to_make(config, environ, activity) as (systems, admin):
            yield systems, admin
    else:
        with reading(config, environ, activity) as (systems, _):
            yield systems, None


def rules(
    config: Config,
    systems: Systems,
    admin: IssueAdmin | None,
    places: Directory,
    *,
    unattended: bool,
) -> Rules:
    """By which rules events are settled; `unattended` as in `bootstrap.rules.request`."""

    def asked(wanted: Wanted) -> ReadRequest:
        fields = frozenset(name for names in wanted.values() for name in names)
        scope = Scope(incidents=frozenset(wanted))
        filters = Filters(scope, fields=tuple(fields), direction=config.direction)
        made = request(config, filters, systems, unattended=unattended)
        # Events come one after the other: of Impact's whole list, to find who else claims an
        # issue, there is no reading each time.
        return replace(made, only=wanted, thorough=config.impact.reads == "database")

    def creations(incidents: frozenset[int]) -> Job:
        from raidctl.bootstrap.backfill import issues_job

        if admin is None:
            raise LookupError("nothing was opened that makes anything")
        return issues_job(config, Scope(incidents=incidents), None, systems, admin)

    # What is too young to be copied now can be told from an echo then, too.
    longest = max(config.safety.grace_seconds, config.loop_guard_seconds)
    return Rules(asked, creations, sites(config), places, timedelta(seconds=longest), random.random)
