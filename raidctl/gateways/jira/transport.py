"""How JIRA is reached: its name in messages, what may be sent, which version serves which path."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import requests

from raidctl.errors import Category, ServiceError
from raidctl.gateways.http.client import GuardedAdapter, HttpClient
from raidctl.gateways.http.failures import NOT_SERVED, HttpError, System, answered

GONE = frozenset({403, 404})  # of one issue: missing or forbidden, JIRA often does not tell which
JIRA_READS = ("/issue/bulkfetch", "/changelog/bulkfetch", "/search", "/search/jql")
JIRA_WRITES: Final = {
    "PUT": re.compile(r".*/rest/api/[23]/issue/[0-9]+"),
    "POST": re.compile(r".*/rest/api/[23]/issue/[0-9]+/transitions"),
}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Jira(System):
    """JIRA in messages."""

    def took_nobody(self, response: requests.Response) -> bool:
        """A wrong token is as no token: JIRA says so in a header, even with 200."""
        reason = response.headers.get("X-Seraph-LoginReason", "")
        return "AUTHENTICATED_FAILED" in reason or "AUTHENTICATION_DENIED" in reason


JIRA = _Jira("JIRA", "jira.url", "jira.token", "edit issues")


class WritingAdapter(GuardedAdapter):
    """A transport to JIRA that lets reads out, and the two writes of which raidctl is made."""

    def __init__(self, connections: int) -> None:
        super().__init__(JIRA_READS, JIRA_WRITES, connections)


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


def nonsense(http: HttpClient) -> ServiceError:
    """An answer that no JIRA gives."""
    seen = "an answer that is not JIRA's"
    advice = "check that jira.url is the base of a JIRA site"
    return http.failures.error("/rest/api/2", seen, advice, Category.VALIDATION)
