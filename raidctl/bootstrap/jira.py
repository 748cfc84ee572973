"""JIRA by the configuration: Cloud or Data Center, read and written through one client."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from raidctl.bootstrap.http import gated
from raidctl.config import Config, JiraConfig
from raidctl.config.secrets import Environ
from raidctl.gateways.http.client import BearerAuth, HttpClient, basic_auth
from raidctl.gateways.http.pace import Waiting
from raidctl.gateways.jira.door import server_info
from raidctl.gateways.jira.fields import Fields
from raidctl.gateways.jira.issues import Dialect, JiraIssues
from raidctl.gateways.jira.transport import CLOUD_API, JIRA
from raidctl.gateways.jira.writer import JiraWriter
from raidctl.ports.jira import IssueTracker, IssueWriter
from raidctl.ports.jira_admin import IssueAdmin

CLOUD_API_HOST = f"https://{CLOUD_API}/"


class JiraPorts(NamedTuple):
    """JIRA to read and to write, and what makes it ready to make issues in: through one client."""

    tracker: IssueTracker
    writer: IssueWriter
    admin: Callable[[], IssueAdmin]


def jira(config: Config, environ: Environ, adapter: HTTPAdapter, waiting: Waiting) -> JiraPorts:
    """JIRA by all its ports; what leaves is what the adapter lets out."""
    settings = config.jira
    http = client(config, environ, credentials(settings, environ), adapter, waiting)
    fields = Fields(settings.priority_field, http.clock)
    deployment, site = _deployment(settings, http)
    tracker, writer = issues(config, http, fields, deployment, site)
    return JiraPorts(tracker, writer, lambda: _admin(http, deployment, fields))


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


def _admin(http: HttpClient, deployment: str, fields: Fields) -> IssueAdmin:
    """Only backfill loads it."""
    from raidctl.gateways.jira.admin import JiraAdmin

    return JiraAdmin(http, deployment, fields)


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
