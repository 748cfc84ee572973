"""The composition root: which adapters stand behind the ports, by the configuration."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta

from raidctl.config import Config, JiraConfig
from raidctl.core.mapping import MappingBook, Users, project_mapping
from raidctl.core.model import Field, SyncDirection
from raidctl.core.policy import Policy
from raidctl.core.scope import Scope
from raidctl.core.selection import Selection
from raidctl.errors import Category, ConfigError, ServiceError
from raidctl.gateways.failures import IMPACT, JIRA, NOT_SERVED, HttpError
from raidctl.gateways.http import BearerAuth, HttpClient, ReadOnlyAdapter, basic_auth
from raidctl.gateways.jira_issues import READ_POSTS, Dialect, JiraIssues, nonsense
from raidctl.gateways.jira_json import Fields
from raidctl.journal import ReadOnlyJournal
from raidctl.ports import IncidentSource, IssueTracker
from raidctl.runs.survey import Question, Systems

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
        journal = ReadOnlyJournal(config.journal_path, utc_now)
        stack.callback(journal.close)
        yield Systems(_source(config, environ, stack), _tracker(config, environ), journal)


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


def question(config: Config, scope: Scope, selection: Selection, rules: Policy) -> Question:
    """What a run is to find out."""
    return Question(
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
        from raidctl.gateways.impact_database import DatabaseIncidents, read_only_engine

        if impact.database_url is None:
            raise ConfigError(["impact.database_url: missing, and impact.reads needs it"])
        engine = read_only_engine(impact.database_url.reveal(environ), impact.schema)
        stack.callback(engine.dispose)
        return DatabaseIncidents(engine, impact.url)
    from raidctl.gateways.impact_rest import RestIncidents

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


def _tracker(config: Config, environ: Environ) -> IssueTracker:
    jira = config.jira
    if jira.token is None:
        raise ConfigError(["jira.token: missing"])
    token = jira.token.reveal(environ)
    http = HttpClient(
        JIRA,
        jira.url,
        basic_auth(jira.user, token) if jira.user else BearerAuth(token),
        ReadOnlyAdapter(READ_POSTS, config.concurrency),
        config.timeout_seconds,
    )
    fields = Fields(jira.priority_field)
    deployment, site = _deployment(jira, http)
    return JiraIssues(http, _dialect(deployment, http, fields), fields, site)


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
        from raidctl.gateways.jira_cloud import CloudDialect

        return CloudDialect(http, fields)
    from raidctl.gateways.jira_datacenter import DataCenterDialect

    return DataCenterDialect(http, fields)
