"""JIRA by the configuration: Cloud or Data Center, read and written through one client."""

from dataclasses import replace

from requests.adapters import HTTPAdapter

from raidctl.bootstrap.http import gated
from raidctl.config import Config, JiraConfig
from raidctl.config.secrets import Environ
from raidctl.gateways.http.client import BearerAuth, HttpClient, basic_auth
from raidctl.gateways.http.pace import Waiting
from raidctl.gateways.jira.fields import Fields
from raidctl.gateways.jira.issues import Dialect, JiraIssues
from raidctl.gateways.jira.transport import CLOUD_API, JIRA, Versions, nonsense
from raidctl.gateways.jira.writer import JiraWriter
from raidctl.ports.jira import IssueTracker, IssueWriter

CLOUD_API_HOST = f"https://{CLOUD_API}/"


def jira(
    config: Config, environ: Environ, adapter: HTTPAdapter, waiting: Waiting
) -> tuple[IssueTracker, IssueWriter]:
    """JIRA to read and to write, through one client that lets out what its adapter lets out."""
    settings = config.jira
    token = settings.token.reveal(environ)
    auth = basic_auth(settings.user, token) if settings.user else BearerAuth(token)
    http = HttpClient(
        replace(JIRA, user=bool(settings.user)),
        settings.url,
        gated(auth, settings.access, environ),
        adapter,
        config.timeout_seconds,
        waiting,
    )
    fields = Fields(settings.priority_field, http.clock)
    deployment, site = _deployment(settings, http)
    tracker = JiraIssues(http, _dialect(deployment, http, fields), fields, site)
    return tracker, JiraWriter(http, deployment, fields, notify=settings.notify)


def _deployment(settings: JiraConfig, http: HttpClient) -> tuple[str, str]:
    """Cloud or Data Center, and the base of browse links; asked for where not configured.

    Scoped tokens of Cloud go through a host that serves no pages.
    """
    through_api = settings.url.startswith(CLOUD_API_HOST)
    if settings.deployment != "auto" and not through_api:
        return settings.deployment, settings.url
    info = Versions(cloud=True).asked(
        "serverInfo", lambda version: http.get(f"/rest/api/{version}/serverInfo")
    )
    if not isinstance(info, dict):
        raise nonsense(http)
    cloud = str(info.get("deploymentType")).casefold() == "cloud"
    site = str(info.get("baseUrl", settings.url)).rstrip("/") if through_api else settings.url
    return "cloud" if cloud else "datacenter", site


def _dialect(deployment: str, http: HttpClient, fields: Fields) -> Dialect:
    if deployment == "cloud":
        from raidctl.gateways.jira.cloud import CloudDialect

        return CloudDialect(http, fields)
    from raidctl.gateways.jira.datacenter import DataCenterDialect

    return DataCenterDialect(http, fields)
