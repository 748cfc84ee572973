"""Both systems and the journal, opened for what a command is about to do with them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial

from raidctl.bootstrap.http import waiting
from raidctl.bootstrap.impact import incident_source, incident_writers, obstacles
from raidctl.bootstrap.jira import jira
from raidctl.bootstrap.journal import looking
from raidctl.bootstrap.preset import known_tables, remember
from raidctl.config import Config
from raidctl.config.secrets import Environ
from raidctl.core.mapping.presets import SiteTables
from raidctl.gateways.http.client import ReadOnlyAdapter
from raidctl.gateways.http.pace import Activity, Waiting
from raidctl.gateways.jira.transport import JIRA_READS, WritingAdapter
from raidctl.ports.jira import IssueWriter
from raidctl.ports.journal import Journal
from raidctl.ports.systems import Systems, WritableSystems
from raidctl.runs.reading.own_links import LinkedIncidents


@contextmanager
def reading(
    config: Config, environ: Environ, activity: Activity
) -> Iterator[tuple[Systems, IssueWriter]]:
    """Both systems and the journal, and what tells the ways out of a status; none of it can write.

    `activity` is told what is waited for. Raises `ConfigError` for a secret that cannot be had,
    `ServiceError` and `JournalError`.
    """
    with ExitStack() as stack:
        opened = stack.enter_context(looking(config))
        wait, certificate = waiting(config, activity), config.jira.access.certificate
        source = LinkedIncidents(incident_source(config, environ, stack, wait), opened)
        adapter = ReadOnlyAdapter(JIRA_READS, config.concurrency, certificate)
        ports = jira(config, environ, adapter, wait, opened)
        look = partial(obstacles, config, environ)
        systems = Systems(
            source, ports.tracker, opened, ports.tables, lambda fields: list(look(fields))
        )
        yield systems, ports.writer


@contextmanager
def recording(
    config: Config, environ: Environ, opened: Journal, activity: Activity
) -> Iterator[WritableSystems]:
    """JIRA open for writing beside a journal that is. Raises what `reading` raises."""
    with _recording(config, environ, opened, waiting(config, activity)) as systems:
        yield systems


@contextmanager
def writing(
    config: Config, environ: Environ, opened: Journal, activity: Activity
) -> Iterator[WritableSystems]:
    """What `recording` opens, and what writes Impact, as far as `[impact.writes]` says so."""
    wait = waiting(config, activity)
    with _recording(config, environ, opened, wait) as systems, ExitStack() as stack:
        writers = incident_writers(config, environ, systems.tracker, stack, wait)
        yield replace(systems, incident_writers=writers)


def tables_known(config: Config) -> SiteTables | None:
    """The tables in force without asking JIRA; None where its workflow decides on them."""
    with looking(config) as opened:
        return known_tables(config, opened)


def tables_of_jira(config: Config, environ: Environ, activity: Activity) -> SiteTables:
    """The tables in force, whatever has to be asked for them. Raises what `reading` raises."""
    with looking(config) as opened:
        adapter = ReadOnlyAdapter(JIRA_READS, config.concurrency, config.jira.access.certificate)
        return jira(config, environ, adapter, waiting(config, activity), opened).tables


@contextmanager
def _recording(
    config: Config, environ: Environ, opened: Journal, wait: Waiting
) -> Iterator[WritableSystems]:
    with ExitStack() as stack:
        adapter = WritingAdapter(config.concurrency, config.jira.access.certificate)
        ports = jira(config, environ, adapter, wait, opened)
        remember(config, ports.tables, opened)
        source = LinkedIncidents(incident_source(config, environ, stack, wait), opened)
        yield WritableSystems(source, ports.tracker, ports.writer, opened, ports.tables)
