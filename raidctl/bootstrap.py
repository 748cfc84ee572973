"""The composition root: which adapters stand behind the ports, by the configuration."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from requests.adapters import HTTPAdapter

from raidctl.config import Config, JiraConfig
from raidctl.core.mapping.book import MappingBook, project_mapping
from raidctl.core.mapping.people import Users
from raidctl.core.mapping.tables import folded
from raidctl.core.model import Field, SyncDirection
from raidctl.core.policy import ImpactWriter, Policy
from raidctl.core.scope import Scope, Selection
from raidctl.errors import Category, ConfigError, ServiceError
from raidctl.gateways.http.client import BearerAuth, HttpClient, ReadOnlyAdapter, basic_auth
from raidctl.gateways.http.failures import IMPACT, JIRA, NOT_SERVED, HttpError
from raidctl.gateways.impact.transport import WebhookAdapter
from raidctl.gateways.jira.fields import Fields
from raidctl.gateways.jira.issues import READ_POSTS, Dialect, JiraIssues, nonsense
from raidctl.gateways.jira.transport import WritingAdapter
from raidctl.gateways.jira.writer import JiraWriter
from raidctl.journal import Journal, ReadOnlyJournal, lock
from raidctl.ports.impact import IncidentSource, IncidentWriter
from raidctl.ports.jira import IssueTracker, IssueWriter
from raidctl.ports.systems import Systems, WritableSystems
from raidctl.runs.context import RunContext
from raidctl.runs.reading.request import ReadRequest

Environ = Mapping[str, str]
CLOUD_API_HOST = "https://api.atlassian.com/"


def utc_now() -> datetime:
    """The clock."""
    return datetime.now(UTC)


@contextmanager
def reading(config: Config, environ: Environ) -> Iterator[Systems]:
    """Both systems and the journal, opened so that nothing can be written through them.

    Raises `ConfigError` for a secret that cannot be had, `ServiceError` and `JournalError`.
    """
    with ExitStack() as stack:
        opened = stack.enter_context(looking(config))
        yield Systems(_source(config, environ, stack), _tracker(config, environ), opened)


@contextmanager
def explaining(config: Config, environ: Environ) -> Iterator[tuple[Systems, IssueWriter]]:
    """What `reading` opens, and what tells the ways out of a status; none of it can write."""
    with ExitStack() as stack:
        opened = stack.enter_context(looking(config))
        adapter = ReadOnlyAdapter(READ_POSTS, config.concurrency)
        tracker, writer = _jira(config, environ, adapter)
        yield Systems(_source(config, environ, stack), tracker, opened), writer


@contextmanager
def looking(config: Config) -> Iterator[ReadOnlyJournal]:
    """The journal alone, opened so that nothing can be written."""
    with closing(ReadOnlyJournal(config.journal_path, utc_now)) as opened:
        yield opened


@contextmanager
def journal(config: Config) -> Iterator[Journal]:
    """The journal alone, open for writing."""
    with closing(Journal(config.journal_path, utc_now, config.loop_guard_seconds)) as opened:
        yield opened


@contextmanager
def recording(config: Config, environ: Environ) -> Iterator[WritableSystems]:
    """JIRA and the journal open for writing, and the lock that lets one run do so.

    Raises `LockedError` where another run has it, and what `reading` raises.
    """
    with ExitStack() as stack:
        opened = stack.enter_context(journal(config))
        stack.enter_context(lock(config.journal_path, opened.running))
        tracker, writer = _jira(config, environ, WritingAdapter(config.concurrency))
        yield WritableSystems(_source(config, environ, stack), tracker, writer, opened)


@contextmanager
def writing(config: Config, environ: Environ) -> Iterator[WritableSystems]:
    """What `recording` opens, and what writes Impact, as far as `[impact.writes]` says so."""
    with recording(config, environ) as systems, ExitStack() as stack:
        writers = incident_writers(config, environ, systems.tracker, stack)
        yield replace(systems, incident_writers=writers)


def context(
    config: Config, systems: WritableSystems, run: str, stopping: Callable[[], str | None]
) -> RunContext:
    """How a run carries out its plan, by tables that know nobody: users do not matter there.

    A pause stops it as well, even in the middle.
    """
    fields = config.jira.transition_fields.items()
    return RunContext(
        run=run,
        book=book_maker(config)(Users(config.users)),
        transition_fields={folded(status): values for status, values in fields},
        concurrency=config.concurrency,
        clock=utc_now,
        stopping=lambda: stopping() or ("raidctl was paused" if systems.journal.paused() else None),
    )


def policy(
    config: Config,
    tracker: IssueTracker,
    direction: SyncDirection | None,
    only: Collection[Field] = (),
) -> Policy:
    """The rules of a run: the configuration's, narrowed to some fields, with a direction.

    Asks JIRA who we are where the echo rule needs to know; a JIRA that does not tell leaves it
    unknown, and then nothing is held as an echo (DESIGN: "known not to be").
    """
    fields = {name: rule for name, rule in config.fields.items() if not only or name in only}
    service = config.impact.service_account
    echoes = bool(service) and Field.STATUS in fields and _is_another(tracker, service)
    return Policy(
        fields=fields,
        direction=direction,
        impact_writers=config.impact.writes,
        allow_close=config.safety.allow_close,
        echoes=echoes,
        grace=timedelta(seconds=config.safety.grace_seconds),
        clock_skew=timedelta(seconds=config.safety.clock_skew_seconds),
    )


def _is_another(tracker: IssueTracker, account: str) -> bool:
    """Whether JIRA tells that we are not this account."""
    try:
        return tracker.myself() != account
    except ServiceError as error:
        if error.category in (Category.NOT_FOUND, Category.PERMISSION):
            return False
        raise


def request(config: Config, scope: Scope, selection: Selection, rules: Policy) -> ReadRequest:
    """What a run is to find out."""
    return ReadRequest(
        scope=scope,
        selection=selection,
        policy=rules,
        book=book_maker(config),
        exceptions=config.users,
        concurrency=config.concurrency,
        now=utc_now(),
    )


def book_maker(config: Config) -> Callable[[Users], MappingBook]:
    """Makes the mapping in force, once it is known who is who."""

    def book(users: Users) -> MappingBook:
        tail = config.description_tail
        return MappingBook(
            project_mapping(config.tables, tail, users),
            {
                project: project_mapping(tables, tail, users)
                for project, tables in config.project_tables.items()
            },
        )

    return book


def sites(config: Config) -> tuple[str, str]:
    """The base URLs a plan is good for."""
    return config.impact.url, config.jira.url


def _source(config: Config, environ: Environ, stack: ExitStack) -> IncidentSource:
    impact = config.impact
    if impact.reads == "database":
        from raidctl.gateways.impact.database.engine import read_only_engine
        from raidctl.gateways.impact.database.reader import DatabaseIncidents

        if impact.database_url is None:
            raise ConfigError(["impact.database_url: missing, and impact.reads needs it"])
        engine = read_only_engine(impact.database_url.reveal(environ), impact.schema)
        stack.callback(engine.dispose)
        return DatabaseIncidents(engine, impact.url)
    from raidctl.gateways.impact.rest import RestIncidents

    if impact.token is None:
        raise ConfigError(["impact.token: missing, and impact.reads needs it"])
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

    impact = config.impact
    if impact.database_url is None:
        raise ConfigError(["impact.database_url: missing, and impact.writes needs it"])
    engine = writing_engine(impact.database_url.reveal(environ), impact.schema)
    stack.callback(engine.dispose)
    return DatabaseWriter(engine)


def _webhook_writer(config: Config, environ: Environ, tracker: IssueTracker) -> IncidentWriter:
    from raidctl.gateways.impact.webhook import (
        HANDLER,
        WEBHOOK_SECONDS,
        SignatureAuth,
        WebhookWriter,
    )

    impact = config.impact
    if impact.webhook_secret is None:
        raise ConfigError(["impact.webhook_secret: missing, and impact.writes needs it"])
    http = HttpClient(
        HANDLER,
        impact.url,
        SignatureAuth(impact.webhook_secret.reveal(environ)),
        WebhookAdapter(config.concurrency),
        max(config.timeout_seconds, WEBHOOK_SECONDS),
    )
    return WebhookWriter(http, tracker.myself, impact.service_account)


def _tracker(config: Config, environ: Environ) -> IssueTracker:
    return _jira(config, environ, ReadOnlyAdapter(READ_POSTS, config.concurrency))[0]


def _jira(
    config: Config, environ: Environ, adapter: HTTPAdapter
) -> tuple[IssueTracker, IssueWriter]:
    """JIRA to read and to write, through one client that lets out what its adapter lets out."""
    jira = config.jira
    if jira.token is None:
        raise ConfigError(["jira.token: missing"])
    token = jira.token.reveal(environ)
    http = HttpClient(
        JIRA,
        jira.url,
        basic_auth(jira.user, token) if jira.user else BearerAuth(token),
        adapter,
        config.timeout_seconds,
    )
    fields = Fields(jira.priority_field)
    deployment, site = _deployment(jira, http)
    tracker = JiraIssues(http, _dialect(deployment, http, fields), fields, site)
    return tracker, JiraWriter(http, deployment, fields)


def _deployment(jira: JiraConfig, http: HttpClient) -> tuple[str, str]:
    """Cloud or Data Center, and the base of browse links; asked for where not configured.

    Scoped tokens of Cloud go through a host that serves no pages.
    """
    through_api = jira.url.startswith(CLOUD_API_HOST)
    if jira.deployment != "auto" and not through_api:
        return jira.deployment, jira.url
    info = _server_info(http)
    if not isinstance(info, dict):
        raise nonsense(http)
    cloud = str(info.get("deploymentType")).casefold() == "cloud"
    site = str(info.get("baseUrl", jira.url)).rstrip("/") if through_api else jira.url
    return "cloud" if cloud else "datacenter", site


def _server_info(http: HttpClient) -> object:
    try:
        return http.get("/rest/api/2/serverInfo")
    except HttpError as error:
        if error.status not in NOT_SERVED:
            raise
        return http.get("/rest/api/3/serverInfo")


def _dialect(deployment: str, http: HttpClient, fields: Fields) -> Dialect:
    if deployment == "cloud":
        from raidctl.gateways.jira.cloud import CloudDialect

        return CloudDialect(http, fields)
    from raidctl.gateways.jira.datacenter import DataCenterDialect

    return DataCenterDialect(http, fields)
