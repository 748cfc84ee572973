"""Remote links and entity properties of issues, by which they lead back to incidents."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

from raidctl.core.backfill.backlink import LONGEST_PROPERTY, PROPERTY, RemoteLink, named_by
from raidctl.errors import Category
from raidctl.gateways.http.failures import HttpError
from raidctl.gateways.jira.gateway import instead
from raidctl.gateways.jira.places import Places
from raidctl.gateways.jira.transport import nonsense, says_missing
from raidctl.gateways.malformed import MALFORMED, list_of, object_of

T = TypeVar("T")


class Linking(Places):
    """The part of `JiraAdmin` that links."""

    def put_remote_link(self, issue: int, link: RemoteLink) -> None:
        """Whole, since JIRA empties whatever is left out of one that is there (facts)."""
        body = {
            "globalId": link.global_id,
            "application": {"name": "Impact"},
            "relationship": "incident",
            "object": {"url": link.url, "title": link.title},
        }
        self._linking(lambda v: self._http.post(f"/rest/api/{v}/issue/{issue}/remotelink", body))

    def remote_links(self, issue: int) -> Sequence[RemoteLink]:
        """Those without a global id are nobody's."""
        rows = self._linking(lambda v: self._http.get(f"/rest/api/{v}/issue/{issue}/remotelink"))
        try:
            return [_link(row) for row in map(object_of, list_of(rows)) if row.get("globalId")]
        except MALFORMED:
            raise nonsense(self._http) from None

    def read_property(self, issue: int, key: str) -> object:
        """JIRA says 404 for a missing property and a missing issue alike: None for both."""
        path = _property(issue, key)
        try:
            answer = self._versions.asked(
                "issue/properties", lambda v: self._http.get(path(v)), names_one=True
            )
        except HttpError as error:
            if not says_missing(error):
                raise
            return None
        try:
            return object_of(answer)["value"]
        except MALFORMED:
            raise nonsense(self._http) from None

    def set_property(self, issue: int, key: str, value: Mapping[str, object]) -> None:
        """Anything under that key is replaced."""
        path = _property(issue, key)
        if (length := len(json.dumps(value))) > LONGEST_PROPERTY:
            seen = f"the property {key} would be {length} characters long"
            advice = f"JIRA takes {LONGEST_PROPERTY} at most"
            raise self._http.failures.error(path(2), seen, advice, Category.VALIDATION)
        self._of_issue("issue/properties", lambda v: self._http.put(path(v), value))

    def backlinks(self, issue: int) -> frozenset[str]:
        """In two requests; a link that somebody took away leaves the property."""
        linked = {link.global_id for link in self.remote_links(issue)}
        named = named_by(self.read_property(issue, PROPERTY))
        return frozenset(linked | {named} if named else linked)

    def _linking(self, ask: Callable[[int], T]) -> T:
        """Where it is forbidden, it may be switched off as well."""
        try:
            return self._of_issue("issue/remotelink", ask)
        except HttpError as error:
            if error.category is not Category.PERMISSION:
                raise
            advice = "let the user of jira.token link issues, and switch issue linking on in JIRA"
            raise instead(error, advice, Category.PERMISSION) from None


def _property(issue: int, key: str) -> Callable[[int], str]:
    return lambda v: f"/rest/api/{v}/issue/{issue}/properties/{quote(key, safe='.')}"


def _link(row: Mapping[str, Any]) -> RemoteLink:
    about = object_of(row.get("object") or {})
    url, title = (str(about.get(name) or "") for name in ("url", "title"))
    return RemoteLink(str(row["globalId"]), url, title)
