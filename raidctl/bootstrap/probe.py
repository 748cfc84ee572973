"""What a site answers before anything is configured: whether it is there, and what it is."""

from collections.abc import Callable
from typing import Literal

from requests import PreparedRequest
from requests.auth import AuthBase

from raidctl.gateways.http.answers import answered
from raidctl.gateways.http.client import HttpClient, ReadOnlyAdapter
from raidctl.gateways.http.failures import HttpError, System
from raidctl.gateways.impact.rest import IMPACT, INCIDENTS
from raidctl.gateways.jira.transport import JIRA, Versions, nonsense

SECONDS = 10.0


class _Nobody(AuthBase):
    """No credentials, not even those of a .netrc."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        return request


def probe_impact(url: str) -> None:
    """Ask whether a FireFighter answers there. Raises `ServiceError`.

    Whoever gives no token is told so in FireFighter's own words (facts, 1).
    """
    http = _client(IMPACT, url)
    try:
        http.get(INCIDENTS, {"id__in": "0"})
    except HttpError as error:
        if error.status != 401 or "not_authenticated" not in str(answered(error.response)):
            raise


def probe_jira(url: str) -> Literal["cloud", "datacenter"] | None:
    """Ask a JIRA which of the two it is; None where it tells nobody without credentials.

    Raises `ServiceError`.
    """
    http = _client(JIRA, url)
    ask: Callable[[int], object] = lambda version: http.get(f"/rest/api/{version}/serverInfo")  # noqa: E731
    try:
        info = Versions(cloud=True).asked("serverInfo", ask)
    except HttpError as error:
        if error.status != 401:
            raise
        return None
    if not isinstance(info, dict) or "baseUrl" not in info:
        raise nonsense(http)
    return "cloud" if str(info.get("deploymentType")).casefold() == "cloud" else "datacenter"


def _client(system: System, url: str) -> HttpClient:
    return HttpClient(system, url, _Nobody(), ReadOnlyAdapter((), 1), SECONDS)
