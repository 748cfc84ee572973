"""What JIRA Data Center does its own way: the classic search, user names, single changelogs."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from raidctl.gateways.http.client import HttpClient
from raidctl.gateways.http.failures import HttpError
from raidctl.gateways.jira.fields import Fields
from raidctl.gateways.jira.transport import GONE


class DataCenterDialect:
    """The Data Center side of `JiraIssues`."""

    batch_size = 100
    current_size = 1  # a search would ask the index, which lags

    def __init__(self, http: HttpClient, fields: Fields) -> None:
        self._http = http
        self._fields = fields

    def myself(self) -> Mapping[str, Any]:
        """The user the token belongs to."""
        me: Mapping[str, Any] = self._http.get("/rest/api/2/myself")
        return me

    def single(self, key: str) -> Mapping[str, Any]:
        """One issue by its key."""
        query = {"fields": ",".join(self._fields.wanted)}
        row: Mapping[str, Any] = self._http.get(f"/rest/api/2/issue/{key}", query)
        return row

    def fetch(self, keys: Sequence[str]) -> Sequence[Mapping[str, Any]]:
        """By search, page by page: the server may cut a page below what was asked for.

        With validation off an unknown key is left out instead of failing the batch.
        """
        quoted = ", ".join(f'"{key}"' for key in keys)
        body = {
            "jql": f"key in ({quoted})",
            "fields": self._fields.wanted,
            "maxResults": len(keys),
            "validateQuery": False,
        }
        issues: list[Mapping[str, Any]] = []
        while True:
            page = self._http.post_read("/rest/api/2/search", {**body, "startAt": len(issues)})
            issues += page["issues"]
            if not page["issues"] or len(issues) >= page["total"]:
                return issues

    def current(self, issues: Sequence[int]) -> Sequence[Mapping[str, Any]]:
        """By id, one after the other."""
        query = {"fields": ",".join(self._fields.wanted_with_type)}
        return [row for _, row in self._each(issues, query)]

    def users(self, email: str) -> Sequence[Mapping[str, Any]]:
        """A search by prefix of user name, name and e-mail."""
        found: Sequence[Mapping[str, Any]] = self._http.get(
            "/rest/api/2/user/search", {"username": email}
        )
        return found

    def histories(
        self, issues: Collection[int]
    ) -> Iterable[tuple[int, Sequence[Mapping[str, Any]]]]:
        """The changelog of each issue that is still there."""
        query = {"fields": "updated", "expand": "changelog"}
        for number, row in self._each(sorted(issues), query):
            yield number, row["changelog"]["histories"]

    def _each(
        self, issues: Iterable[int], query: Mapping[str, str]
    ) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """Those of the issues that are there and may be seen."""
        for number in issues:
            try:
                yield number, self._http.get(f"/rest/api/2/issue/{number}", query)
            except HttpError as error:
                if error.status not in GONE:
                    raise
