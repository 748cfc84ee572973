"""Impact by the configuration: what its incidents are read through, and what writes each field."""

from collections.abc import Mapping
from contextlib import ExitStack

from raidctl.bootstrap.http import gated
from raidctl.config import Config
from raidctl.config.secrets import Environ
from raidctl.core.model import Field
from raidctl.core.policy import ImpactWriter
from raidctl.gateways.http.client import BearerAuth, HttpClient, ReadOnlyAdapter
from raidctl.gateways.http.pace import Waiting
from raidctl.ports.impact import IncidentSource, IncidentWriter
from raidctl.ports.jira import IssueTracker


def incident_source(
    config: Config, environ: Environ, stack: ExitStack, waiting: Waiting
) -> IncidentSource:
    """What incidents are read through; `stack` takes it down. Raises `ConfigError`."""
    impact = config.impact
    if impact.reads == "database":
        from raidctl.gateways.impact.database.engine import read_only_engine
        from raidctl.gateways.impact.database.reader import DatabaseIncidents

        engine = read_only_engine(impact.database_url.reveal(environ), impact.schema)
        stack.callback(engine.dispose)
        return DatabaseIncidents(engine, impact.url)
    from raidctl.gateways.impact.rest import IMPACT, RestIncidents

    http = HttpClient(
        IMPACT,
        impact.url,
        gated(BearerAuth(impact.token.reveal(environ)), impact.access, environ),
        ReadOnlyAdapter((), config.concurrency, impact.access.certificate),
        config.timeout_seconds,
        waiting,
    )
    return RestIncidents(http, config.concurrency)


def incident_writers(
    config: Config,
    environ: Environ,
    tracker: IssueTracker,
    stack: ExitStack,
    waiting: Waiting,
) -> Mapping[Field, IncidentWriter]:
    """The writer of each field of an incident that has one."""
    chosen = config.impact.writes
    made: dict[ImpactWriter, IncidentWriter] = {}
    if ImpactWriter.DATABASE in chosen.values():
        made[ImpactWriter.DATABASE] = _database_writer(config, environ, stack)
    if ImpactWriter.WEBHOOK in chosen.values():
        made[ImpactWriter.WEBHOOK] = _webhook_writer(config, environ, tracker, waiting)
    return {name: made[kind] for name, kind in chosen.items() if kind in made}


def _database_writer(config: Config, environ: Environ, stack: ExitStack) -> IncidentWriter:
    from raidctl.gateways.impact.database.engine import writing_engine
    from raidctl.gateways.impact.database.writer import DatabaseWriter

    engine = writing_engine(config.impact.database_url.reveal(environ), config.impact.schema)
    stack.callback(engine.dispose)
    return DatabaseWriter(engine)


def _webhook_writer(
    config: Config, environ: Environ, tracker: IssueTracker, waiting: Waiting
) -> IncidentWriter:
    from raidctl.gateways.impact.webhook import (
        HANDLER,
        WEBHOOK_SECONDS,
        SignatureAuth,
        WebhookAdapter,
        WebhookWriter,
    )

    impact = config.impact
    http = HttpClient(
        HANDLER,
        impact.url,
        gated(SignatureAuth(impact.webhook_secret.reveal(environ)), impact.access, environ),
        WebhookAdapter(config.concurrency, impact.access.certificate),
        max(config.timeout_seconds, WEBHOOK_SECONDS),
        waiting,
    )
    return WebhookWriter(http, tracker.myself, impact.service_account)
