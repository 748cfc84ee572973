"""Impact by the configuration: what its incidents are read through, and what writes each field."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from requests.auth import AuthBase

from raidctl.bootstrap.http import gated
from raidctl.config import Config
from raidctl.config.secrets import Environ
from raidctl.core.model import Field
from raidctl.core.policy import ImpactWriter
from raidctl.errors import ConfigError, ServiceError
from raidctl.gateways.http.client import BearerAuth, HttpClient, ReadOnlyAdapter
from raidctl.gateways.http.pace import Waiting
from raidctl.ports.impact import IncidentSource, IncidentWriter, Obstacle
from raidctl.ports.jira import IssueTracker

if TYPE_CHECKING:  # SQLAlchemy is loaded where a database is used, what few commands need by them
    from sqlalchemy import Engine

    from raidctl.gateways.impact.database.grants import Uses
    from raidctl.gateways.impact.webhook import WebhookWriter
    from raidctl.ports.doctor import ImpactDatabase
    from raidctl.ports.tickets import TicketSource, TicketWriter


def incident_source(
    config: Config, environ: Environ, stack: ExitStack, waiting: Waiting
) -> IncidentSource:
    """What incidents are read through; `stack` takes it down. Raises `ConfigError`."""
    impact = config.impact
    if impact.reads == "database":
        from raidctl.gateways.impact.database.engine import read_only_engine
        from raidctl.gateways.impact.database.reader import DatabaseIncidents

        engine = _opened(read_only_engine, config, environ, stack, waiting)
        return DatabaseIncidents(engine, impact.url)
    from raidctl.gateways.impact.rest import RestIncidents

    auth = BearerAuth(impact.token.reveal(environ))
    return RestIncidents(rest_client(config, environ, auth, waiting), config.concurrency)


def rest_client(config: Config, environ: Environ, auth: AuthBase, waiting: Waiting) -> HttpClient:
    """What requests to FireFighter's REST API go through. Raises `ConfigError`."""
    from raidctl.gateways.impact.rest import IMPACT

    access = config.impact.access
    return HttpClient(
        IMPACT,
        config.impact.url,
        gated(auth, access, environ),
        ReadOnlyAdapter((), config.concurrency, access.certificate),
        config.timeout_seconds,
        waiting,
    )


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
        made[ImpactWriter.DATABASE] = _database_writer(config, environ, stack, waiting)
    if ImpactWriter.WEBHOOK in chosen.values():
        made[ImpactWriter.WEBHOOK] = webhook_writer(config, environ, tracker.myself, waiting)
    return {name: made[kind] for name, kind in chosen.items() if kind in made}


def ticket_source(
    config: Config, environ: Environ, stack: ExitStack, waiting: Waiting
) -> "TicketSource":
    """What FireFighter's tickets are read through, in its database. Raises `ConfigError`."""
    from raidctl.gateways.impact.database.engine import read_only_engine
    from raidctl.gateways.impact.database.tickets import DatabaseTickets

    return DatabaseTickets(_opened(read_only_engine, config, environ, stack, waiting))


def ticket_writer(
    config: Config, environ: Environ, stack: ExitStack, waiting: Waiting
) -> "TicketWriter":
    """What FireFighter's tickets are written by, in its database. Raises `ConfigError`."""
    from raidctl.gateways.impact.database.engine import writing_engine
    from raidctl.gateways.impact.database.ticket_writer import DatabaseTicketWriter

    return DatabaseTicketWriter(_opened(writing_engine, config, environ, stack, waiting))


def ticket_obstacles(config: Config, environ: Environ) -> Sequence[Obstacle]:
    """What stands in the way of writing tickets, as far as looking tells; of no field."""
    from raidctl.gateways.impact.database.ticket_writer import USES

    secret = config.impact.database_url
    if lacking := secret.lacks(environ):
        return [Obstacle(frozenset(), f"{secret.key}: {lacking}")]
    return list(_of_database(config, environ, frozenset(), USES))


def obstacles(config: Config, environ: Environ, fields: Collection[Field]) -> Iterator[Obstacle]:
    """What stands in the way of each writer of these fields, as far as looking tells."""
    chosen = config.impact.writes
    for kind, secret in (
        (ImpactWriter.DATABASE, config.impact.database_url),
        (ImpactWriter.WEBHOOK, config.impact.webhook_secret),
    ):
        its = frozenset(name for name in fields if chosen.get(name) is kind)
        if its and (lacking := secret.lacks(environ)):
            yield Obstacle(its, f"{secret.key}: {lacking}")
        elif its and kind is ImpactWriter.DATABASE:
            from raidctl.gateways.impact.database.grants import uses_of

            yield from _of_database(config, environ, its, uses_of(its))


def _of_database(
    config: Config, environ: Environ, fields: frozenset[Field], uses: "Uses"
) -> Iterator[Obstacle]:
    from raidctl.gateways.impact.database.engine import read_only_engine
    from raidctl.gateways.impact.database.grants import lacked_by_a_reader

    try:
        engine = read_only_engine(config.impact.database_url.reveal(environ), config.impact.schema)
    except ConfigError as error:
        yield Obstacle(fields, "; ".join(error.problems))
        return
    try:
        if lacking := lacked_by_a_reader(engine, uses):
            why = f"the user of impact.database_url lacks {', '.join(lacking)}"
            yield Obstacle(fields, why)
    except ServiceError as error:
        yield Obstacle(fields, str(error), error.category)
    finally:
        engine.dispose()


def _database_writer(
    config: Config, environ: Environ, stack: ExitStack, waiting: Waiting
) -> IncidentWriter:
    from raidctl.gateways.impact.database.engine import writing_engine
    from raidctl.gateways.impact.database.writer import DatabaseWriter

    return DatabaseWriter(_opened(writing_engine, config, environ, stack, waiting))


def database(
    config: Config, environ: Environ, stack: ExitStack, waiting: Waiting
) -> "ImpactDatabase":
    """Impact's database as doctor looks at it: all that is configured to use it."""
    from raidctl.gateways.impact.database.engine import read_only_engine
    from raidctl.gateways.impact.database.examining import DatabaseExamination
    from raidctl.gateways.impact.database.grants import uses_of
    from raidctl.gateways.impact.database.reader import reads
    from raidctl.gateways.impact.database.ticket_writer import USES

    impact = config.impact
    fields = [name for name, kind in impact.writes.items() if kind is ImpactWriter.DATABASE]
    writes = [*(uses_of(fields) if fields else ())]
    writes += USES if impact.link is ImpactWriter.DATABASE else ()
    engine = _opened(read_only_engine, config, environ, stack, waiting)
    return DatabaseExamination(engine, reads() if impact.reads == "database" else (), writes)


def _opened(
    kind: Callable[[str, str], "Engine"],
    config: Config,
    environ: Environ,
    stack: ExitStack,
    waiting: Waiting,
) -> "Engine":
    """Tells what is waited for, and is taken down by `stack`."""
    from raidctl.gateways.impact.database.engine import tell

    engine = kind(config.impact.database_url.reveal(environ), config.impact.schema)
    tell(engine, lambda: waiting.activity.asking("Impact"))
    stack.callback(engine.dispose)
    return engine


def webhook_writer(
    config: Config, environ: Environ, myself: Callable[[], str], waiting: Waiting
) -> "WebhookWriter":
    """What delivers events to FireFighter; `myself` tells who we are in JIRA."""
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
    return WebhookWriter(http, myself, impact.service_account)
