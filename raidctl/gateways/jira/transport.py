"""How JIRA is reached: its name in messages, what may be sent, which version serves which path."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import requests

from raidctl.errors import Category, ServiceError
from raidctl.gateways.http.answers import answered
from raidctl.gateways.http.client import Certificate, GuardedAdapter, HttpClient
from raidctl.gateways.http.failures import NOT_SERVED, HttpError, System

CLOUD_API = "api.atlassian.com"
CLOUD_SITES = (".atlassian.net", ".jira.com")
GONE = frozenset({403, 404})  # of one issue: missing or forbidden, JIRA often does not tell which
JIRA_READS = ("/issue/bulkfetch", "/changelog/bulkfetch", "/search", "/search/jql")
JIRA_WRITES: Final = {
    "PUT": re.compile(r".*/rest/api/[23]/issue/[0-9]+(/assignee)?"),
    "POST": re.compile(r".*/rest/api/[23]/issue/[0-9]+/transitions"),
}
_MAKES = {  # what backfill sends besides
    "PUT": r".*/rest/api/[23]/issue/[0-9]+/properties/[^/]+",
    "POST": r".*/rest/api/[23]/issue(/[0-9]+/(remotelink|attachments))?",
}
JIRA_MAKES: Final = {
    method: re.compile(f"{JIRA_WRITES[method].pattern}|{more}") for method, more in _MAKES.items()
}

ENDLESS = "pages that repeat, or have no end"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Jira(System):
    """JIRA in messages; `user` tells whether the token is sent with one."""

    user: bool = True

    def took_nobody(self, response: requests.Response) -> bool:
        """A wrong token is as no token: JIRA says so in a header, even with 200."""
        reason = response.headers.get("X-Seraph-LoginReason", "")
        return "AUTHENTICATED_FAILED" in reason or "AUTHENTICATION_DENIED" in reason

    def when_refused(self, response: requests.Response, advice: str) -> tuple[str, Category | None]:
        """Cloud takes an API token as a password alone: told so as 401 or 403 (facts, Credentials).

        Its tokens with scopes, and those of service accounts, go through another host.
        """
        host = urlsplit(response.url or "").hostname or ""
        edge = response.headers.get("Server", "") == "AtlassianEdge"
        if host == CLOUD_API or not (edge or host.endswith(CLOUD_SITES)):
            return advice, None
        if not self.user:
            advice = (
                "set jira.user to the e-mail of the token's account: JIRA Cloud takes an API token"
            )
            return f"{advice} only together with it", Category.AUTH
        if response.status_code == 401:
            advice = f"{advice}, or jira.user is not its account's e-mail"
            through = f"https://{CLOUD_API}/ex/jira/<cloud id> as jira.url"
            return f"{advice}; a token with scopes needs {through}", None
        return advice, None


JIRA = Jira("JIRA", "jira.url", "jira.token", "edit issues", "browse the project")


class WritingAdapter(GuardedAdapter):
    """A transport to JIRA that lets reads out, and the three writes of which raidctl is made."""

    def __init__(self, connections: int, certificate: Certificate | None = None) -> None:
        super().__init__(JIRA_READS, JIRA_WRITES, connections, certificate)


class MakingAdapter(GuardedAdapter):
    """A transport to JIRA for backfill: it lets issues out as well, and what hangs on them."""

    def __init__(self, connections: int, certificate: Certificate | None = None) -> None:
        super().__init__(JIRA_READS, JIRA_MAKES, connections, certificate)


class Versions:
    """Version 2, whose texts are text; a path that a Cloud serves only under 3 is asked there."""

    def __init__(self, *, cloud: bool) -> None:
        self._cloud = cloud
        self._known: dict[str, int] = {}

    def asked(self, path: str, ask: Callable[[int], T], *, names_one: bool = False) -> T:
        """What `ask` gets from the right version of a path, or of paths of one form.

        Where the path `names_one` thing, JIRA's own words in a 404 are about that thing.
        """
        if not self._cloud or path in self._known:
            return ask(self._known.get(path, 2))
        try:
            answer, version = ask(2), 2
        except HttpError as error:
            if error.status not in NOT_SERVED or (names_one and says_missing(error)):
                self._known[path] = 2
                raise
            answer, version = ask(3), 3
        self._known[path] = version
        return answer


def says_missing(error: HttpError) -> bool:
    """Whether JIRA itself says that the thing asked for is missing or hidden.

    A path that is not served is answered without JIRA's own messages, or with another status.
    """
    return error.status == 404 and bool(answered(error.response).get("errorMessages"))


def nonsense(http: HttpClient, seen: str = "an answer that is not JIRA's") -> ServiceError:
    """An answer that no JIRA gives."""
    advice = "check that jira.url is the base of a JIRA site"
    return http.failures.error("/rest/api/2", seen, advice, Category.VALIDATION)


def by_token(
    http: HttpClient, ask: Callable[[Mapping[str, Any]], Any], body: Mapping[str, Any], most: int
) -> Iterator[Any]:
    """Answers as each one's token leads to the next, `most` of them; an empty one may not be last.

    Raises `ServiceError` where a token comes again, or more of them, and what a malformed one does.
    """
    asked, tokens = dict(body), set[str]()
    for _ in range(most):
        answer = ask(asked)
        yield answer
        if not (token := answer.get("nextPageToken")):
            return
        if token in tokens:
            break
        tokens.add(token)
        asked = {**asked, "nextPageToken": token}
    raise nonsense(http, ENDLESS)
