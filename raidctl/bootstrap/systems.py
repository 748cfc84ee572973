"""Both systems and the journal, opened for what a command is about to do with them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from raidctl.bootstrap.impact import incident_source, incident_writers
from raidctl.bootstrap.jira import jira
from raidctl.bootstrap.journal import looking
from raidctl.config import Config
from raidctl.config.secrets import Environ
from raidctl.gateways.http.client import ReadOnlyAdapter
from raidctl.gateways.jira.transport import JIRA_READS, WritingAdapter
from raidctl.ports.jira import IssueWriter
from raidctl.ports.journal import Journal
from raidctl.ports.systems import Systems, WritableSystems


@contextmanager
def reading(config: Config, environ: Environ) -> Iterator[tuple[Systems, IssueWriter]]:
    """Both systems and the journal, and what tells the ways out of a status; none of it can write.

    Raises `ConfigError` for a secret that cannot be had, `ServiceError` and `JournalError`.
    """
    with ExitStack() as stack:
        opened = stack.enter_context(looking(config))
        source = incident_source(config, environ, stack)
        tracker, writer = jira(config, environ, ReadOnlyAdapter(JIRA_READS, config.concurrency))
        yield Systems(source, tracker, opened), writer


@contextmanager
def recording(config: Config, environ: Environ, opened: Journal) -> Iterator[WritableSystems]:
    """JIRA open for writing beside a journal that is. Raises what `reading` raises."""
    with ExitStack() as stack:
        tracker, writer = jira(config, environ, WritingAdapter(config.concurrency))
        yield WritableSystems(incident_source(config, environ, stack), tracker, writer, opened)


@contextmanager
def writing(config: Config, environ: Environ, opened: Journal) -> Iterator[WritableSystems]:
    """What `recording` opens, and what writes Impact, as far as `[impact.writes]` says so."""
    with recording(config, environ, opened) as systems, ExitStack() as stack:
        writers = incident_writers(config, environ, systems.tracker, stack)
        yield replace(systems, incident_writers=writers)
