"""Impact by the configuration: what its incidents are read through, and what writes each field."""

from collections.abc import Mapping
from contextlib import ExitStack

from raidctl.config import Config
from raidctl.config.secrets import Environ
from raidctl.core.model import Field
from raidctl.core.policy import ImpactWriter
from raidctl.gateways.http.client import BearerAuth, HttpClient, ReadOnlyAdapter
from raidctl.ports.impact import IncidentSource, IncidentWriter
from raidctl.ports.jira import IssueTracker


def incident_source(config: Config, environ: Environ, stack: ExitStack) -> IncidentSource:
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
        BearerAuth(impact.token.reveal(environ)),
        ReadOnlyAdapter((), config.concurrency),
        config.timeout_seconds,
    )
    return RestIncidents(http, config.concurrency)


def incident_writers(
    config: Config, environ: Environ, tracker: IssueTracker, stack: ExitStack
) -> Mapping[Field, IncidentWriter]:
    """The writer of each field of an incident that has one."""
    chosen = config.impact.writes
    made: dict[ImpactWriter, IncidentWriter] = {}
    if ImpactWriter.DATABASE in chosen.values():
        made[ImpactWriter.DATABASE] = _database_writer(config, environ, stack)
    if ImpactWriter.WEBHOOK in chosen.values():
        made[ImpactWriter.WEBHOOK] = _webhook_writer(config, environ, tracker)
    return {name: made[kind] for name, kind in chosen.items() if kind in made}


def _database_writer(config: Config, environ: Environ, stack: ExitStack) -> IncidentWriter:
    from raidctl.gateways.impact.database.engine import writing_engine
    from raidctl.gateways.impact.database.writer import DatabaseWriter

    engine = writing_engine(config.impact.database_url.reveal(environ), config.impact.schema)
    stack.callback(engine.dispose)
    return DatabaseWriter(engine)


def _webhook_writer(config: Config, environ: Environ, tracker: IssueTracker) -> IncidentWriter:
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
        SignatureAuth(impact.webhook_secret.reveal(environ)),
        WebhookAdapter(config.concurrency),
        max(config.timeout_seconds, WEBHOOK_SECONDS),
    )
    return WebhookWriter(http, tracker.myself, impact.service_account)
