"""JIRA by the configuration: Cloud or Data Center, read and written through one client."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from raidctl.bootstrap.http import gated
from raidctl.bootstrap.preset import found_tables, known_tables, note_of
from raidctl.config import Config, JiraConfig
from raidctl.config.secrets import Environ
from raidctl.core.mapping.presets import SiteTables
from raidctl.gateways.http.client import BearerAuth, HttpClient, basic_auth
from raidctl.gateways.http.pace import Waiting
from raidctl.gateways.jira.door import server_info
from raidctl.gateways.jira.fields import Fields
from raidctl.gateways.jira.issues import Dialect, JiraIssues
from raidctl.gateways.jira.transport import CLOUD_API, JIRA
from raidctl.gateways.jira.workflow import live_statuses
from raidctl.gateways.jira.writer import JiraWriter
from raidctl.ports.jira import IssueTracker, IssueWriter
from raidctl.ports.journal import JournalReader

if TYPE_CHECKING:  # what backfill alone needs is not loaded by all others
    from raidctl.ports.jira_admin import IssueAdmin

CLOUD_API_HOST = f"https://{CLOUD_API}/"


class JiraPorts(NamedTuple):
    """JIRA to read and to write, and what makes it ready to make issues in: through one client.

    `tables` are those of the preset that was configured, or that its workflow has.
    """

    tracker: IssueTracker
    writer: IssueWriter
    admin: "Callable[[], IssueAdmin]"
    tables: SiteTables


def jira(
    config: Config,
    environ: Environ,
    adapter: HTTPAdapter,
    waiting: Waiting,
    journal: JournalReader,
) -> JiraPorts:
    """JIRA by all its ports; what leaves is what the adapter lets out.

    Asks for its workflow where that decides on the preset and the journal does not know. Raises
    `ConfigError` where it decides for none.
    """
    settings = config.jira
    http = client(config, environ, credentials(settings, environ), adapter, waiting)
    deployment, site = _deployment(settings, http)
    tables = _tables(config, journal, http, deployment)
    fields = Fields(tables.priority_field, http.clock)
    tracker, writer = issues(config, http, fields, deployment, site)
    return JiraPorts(tracker, writer, lambda: _admin(http, deployment, fields), tables)


def credentials(settings: JiraConfig, environ: Environ) -> AuthBase:
    """Basic with a user, else Bearer. Raises `ConfigError`."""
    token = settings.token.reveal(environ)
    return basic_auth(settings.user, token) if settings.user else BearerAuth(token)


def client(
    config: Config, environ: Environ, auth: AuthBase, adapter: HTTPAdapter, waiting: Waiting
) -> HttpClient:
    """What all requests to JIRA go through. Raises `ConfigError`."""
    settings = config.jira
    return HttpClient(
        replace(JIRA, user=bool(settings.user)),
        settings.url,
        gated(auth, settings.access, environ),
        adapter,
        config.timeout_seconds,
        waiting,
    )


def issues(
    config: Config, http: HttpClient, fields: Fields, deployment: str, site: str
) -> tuple[IssueTracker, IssueWriter]:
    """JIRA's issues, once it is known what it is; `site` is the base of browse links."""
    tracker = JiraIssues(http, _dialect(deployment, http, fields), fields, site)
    return tracker, JiraWriter(http, deployment, fields, notify=config.jira.notify)


def _admin(http: HttpClient, deployment: str, fields: Fields) -> "IssueAdmin":
    """Only backfill loads it."""
    from raidctl.gateways.jira.admin import JiraAdmin

    return JiraAdmin(http, deployment, fields)


def _tables(
    config: Config, journal: JournalReader, http: HttpClient, deployment: str
) -> SiteTables:
    if (known := known_tables(config, journal)) is not None:
        return known
    project, kind, cloud = config.jira.project, config.jira.issue_type, deployment == "cloud"
    found = found_tables(config, lambda: live_statuses(http, project, kind, cloud=cloud))
    http.notes.setdefault(note_of(config, found))
    return found


def _deployment(settings: JiraConfig, http: HttpClient) -> tuple[str, str]:
    """Cloud or Data Center, and the base of browse links; asked for where not configured.

    Scoped tokens of Cloud go through a host that serves no pages.
    """
    through_api = settings.url.startswith(CLOUD_API_HOST)
    if settings.deployment != "auto" and not through_api:
        return settings.deployment, settings.url
    info = server_info(http)
    return info.deployment, info.site if through_api else settings.url


def _dialect(deployment: str, http: HttpClient, fields: Fields) -> Dialect:
    if deployment == "cloud":
        from raidctl.gateways.jira.cloud import CloudDialect

        return CloudDialect(http, fields)
    from raidctl.gateways.jira.datacenter import DataCenterDialect

    return DataCenterDialect(http, fields)
