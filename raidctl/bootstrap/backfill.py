"""Backfill by the configuration: of what issues are made, and the systems open for making them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial

from raidctl.bootstrap.clock import utc_now
from raidctl.bootstrap.http import waiting
from raidctl.bootstrap.impact import (
    incident_source,
    incident_writers,
    ticket_source,
    ticket_writer,
)
from raidctl.bootstrap.jira import jira
from raidctl.bootstrap.journal import looking
from raidctl.bootstrap.preset import remember
from raidctl.bootstrap.rules import book, policy
from raidctl.config import Config
from raidctl.config.secrets import Environ
from raidctl.core.backfill.draft import Blueprint
from raidctl.core.policy import ImpactWriter
from raidctl.core.scope import Scope
from raidctl.errors import ConfigError
from raidctl.gateways.http.client import ReadOnlyAdapter
from raidctl.gateways.http.pace import Activity
from raidctl.gateways.jira.fields import Fields
from raidctl.gateways.jira.transport import JIRA_READS, MakingAdapter
from raidctl.ports.jira_admin import IssueAdmin
from raidctl.ports.journal import Journal
from raidctl.ports.systems import Makers, Systems, WritableSystems
from raidctl.runs.backfill import links, pairing
from raidctl.runs.backfill.bulk import Job
from raidctl.runs.backfill.issues import find
from raidctl.runs.backfill.pairing import Pairs
from raidctl.runs.backfill.request import BackfillRequest
from raidctl.runs.backfill.senders import makers_for
from raidctl.runs.reading.own_links import LinkedIncidents


@contextmanager
def looking_to_make(
    config: Config, environ: Environ, activity: Activity
) -> Iterator[tuple[Systems, IssueAdmin]]:
    """Both systems and the journal, and what tells what could be made; none of it can write.

    Raises what `bootstrap.systems.reading` raises.
    """
    with ExitStack() as stack:
        opened = stack.enter_context(looking(config))
        wait = waiting(config, activity)
        source = LinkedIncidents(incident_source(config, environ, stack, wait), opened)
        adapter = ReadOnlyAdapter(JIRA_READS, config.concurrency, config.jira.access.certificate)
        ports = jira(config, environ, adapter, wait, opened)
        known = ticket_source(config, environ, stack, wait) if _reads_tickets(config) else None
        yield Systems(source, ports.tracker, opened, ports.tables, tickets=known), ports.admin()


@contextmanager
def making(
    config: Config, environ: Environ, opened: Journal, activity: Activity
) -> Iterator[WritableSystems]:
    """What `bootstrap.systems.writing` opens, and what makes issues and links as well."""
    wait = waiting(config, activity)
    with ExitStack() as stack:
        adapter = MakingAdapter(config.concurrency, config.jira.access.certificate)
        tracker, writer, admin, tables = jira(config, environ, adapter, wait, opened)
        remember(config, tables, opened)
        source = LinkedIncidents(incident_source(config, environ, stack, wait), opened)
        writers = incident_writers(config, environ, tracker, stack, wait)
        tickets = ticket_writer(config, environ, stack, wait) if _tickets(config) else None
        known = ticket_source(config, environ, stack, wait) if _reads_tickets(config) else None
        makers = Makers(admin(), tickets, known)
        yield WritableSystems(source, tracker, writer, opened, tables, writers, makers)


def issues_job(
    config: Config, scope: Scope, limit: int | None, systems: Systems, admin: IssueAdmin
) -> Job:
    """What creates the issues that incidents of the scope lack, of `limit` incidents at most.

    Raises `ConfigError` where no project is configured, and `ServiceError`.
    """
    if not config.jira.project:
        raise ConfigError(["jira.project: missing; it is where issues are created"])
    wanted = _request(config, scope, systems, limit)
    return Job(
        "backfill issues",
        lambda readable, progress: find(readable, admin, wanted, progress),
        makers_for(wanted),
    )


def links_job(
    config: Config,
    scope: Scope,
    pairs: Pairs | None,
    limit: int | None,
    systems: Systems,
    admin: IssueAdmin,
) -> Job:
    """What mends the links of the scope, or makes those that a person has named.

    Raises `ServiceError`.
    """
    wanted = _request(config, scope, systems, limit)
    if pairs is None:
        return Job(
            "backfill links",
            lambda readable, progress: links.find(readable, admin, wanted, progress),
            makers_for(wanted),
        )
    return Job(
        "backfill links",
        lambda readable, progress: pairing.find(readable, admin, wanted, pairs, progress),
        makers_for(wanted),
    )


def _request(config: Config, scope: Scope, systems: Systems, limit: int | None) -> BackfillRequest:
    return BackfillRequest(
        scope=replace(scope, watched=systems.journal.last_seen_open()),
        blueprint=_blueprint(config, systems.tables.priority_field),
        policy=policy(config, systems.tracker, None),
        book=partial(book, config, systems.tables),
        exceptions=config.users,
        concurrency=config.concurrency,
        now=utc_now(),
        limit=limit,
        tickets=_tickets(config),
    )


def _blueprint(config: Config, priority_field: str) -> Blueprint:
    """Of what issues are made, by the configuration alone."""
    jira_settings, settings = config.jira, config.backfill
    return Blueprint(
        site=config.impact.url,
        project=jira_settings.project,
        issue_type=jira_settings.issue_type,
        ids={name: row.id for name, row in Fields(priority_field).rows.items()},
        projects=settings.projects,
        reporter=settings.reporter,
        labels=settings.labels,
        fields=settings.fields,
        category_field=jira_settings.incident_category_field,
        toolbox_url=jira_settings.toolbox_url,
        private_to_jira=config.private_to_jira,
        allow_close=config.safety.allow_close,
    )


def _tickets(config: Config) -> bool:
    return config.impact.link is ImpactWriter.DATABASE


def _reads_tickets(config: Config) -> bool:
    return _tickets(config) or config.impact.reads == "database"
