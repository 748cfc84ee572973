"""The way to a JIRA of which nothing is known yet: what it says of itself tells how to ask it."""

from raidctl.gateways.http.client import HttpClient
from raidctl.gateways.jira.transport import Versions, nonsense
from raidctl.gateways.malformed import text_or_none
from raidctl.ports.doctor import ServerInfo


def server_info(http: HttpClient) -> ServerInfo:
    """What a JIRA says of itself, to anybody. Raises `ServiceError`."""
    info = Versions(cloud=True).asked(
        "serverInfo", lambda version: http.get(f"/rest/api/{version}/serverInfo")
    )
    if not isinstance(info, dict):
        raise nonsense(http)
    cloud = str(info.get("deploymentType")).casefold() == "cloud"
    site = text_or_none(info.get("baseUrl")) or http.base_url
    version = text_or_none(info.get("version")) or ""
    return ServerInfo("cloud" if cloud else "datacenter", version, site.rstrip("/"))
