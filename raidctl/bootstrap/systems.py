"""Both systems and the journal, opened for what a command is about to do with them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from raidctl.bootstrap.impact import incident_source, incident_writers
from raidctl.bootstrap.jira import jira
from raidctl.bootstrap.journal import journal, looking
from raidctl.config import Config
from raidctl.config.secrets import Environ
from raidctl.core.writes.log import Run
from raidctl.gateways.http.client import ReadOnlyAdapter
from raidctl.gateways.jira.transport import JIRA_READS, WritingAdapter
from raidctl.journal import lock
from raidctl.ports.jira import IssueWriter
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
def recording(config: Config, environ: Environ) -> Iterator[WritableSystems]:
    """JIRA and the journal open for writing, and the lock that lets one run do so.

    Raises `LockedError` where another run has it, and what `reading` raises.
    """
    with ExitStack() as stack:
        stack.enter_context(lock(config.journal_path, lambda: _last_run(config)))
        opened = stack.enter_context(journal(config))
        tracker, writer = jira(config, environ, WritingAdapter(config.concurrency))
        yield WritableSystems(incident_source(config, environ, stack), tracker, writer, opened)


def _last_run(config: Config) -> Run | None:
    with looking(config) as opened:
        return opened.running()


@contextmanager
def writing(config: Config, environ: Environ) -> Iterator[WritableSystems]:
    """What `recording` opens, and what writes Impact, as far as `[impact.writes]` says so."""
    with recording(config, environ) as systems, ExitStack() as stack:
        writers = incident_writers(config, environ, systems.tracker, stack)
        yield replace(systems, incident_writers=writers)
