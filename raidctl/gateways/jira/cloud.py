"""What JIRA Cloud does its own way: bulk fetch, account ids, bulk changelogs."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from raidctl.gateways.http.client import HttpClient
from raidctl.gateways.jira.fields import Fields
from raidctl.gateways.jira.versions import Versions

CHANGELOG_ISSUES = 1_000  # a request; Atlassian's limit


class CloudDialect:
    """The Cloud side of `JiraIssues`."""

    batch_size = current_size = 100  # Atlassian's limit of a bulk fetch

    def __init__(self, http: HttpClient, fields: Fields) -> None:
        self._http = http
        self._fields = fields
        self._versions = Versions()

    def myself(self) -> Mapping[str, Any]:
        """The user the token belongs to."""
        me: Mapping[str, Any] = self._get("myself")
        return me

    def single(self, key: str) -> Mapping[str, Any]:
        """One issue by its key."""
        row: Mapping[str, Any] = self._get(
            f"issue/{key}", {"fields": ",".join(self._fields.wanted)}
        )
        return row

    def fetch(self, keys: Sequence[str]) -> Sequence[Mapping[str, Any]]:
        """By key and not by search, whose index lags; moved issues are followed."""
        return self._bulk(keys, self._fields.wanted)

    def current(self, issues: Sequence[int]) -> Sequence[Mapping[str, Any]]:
        """By id, a hundred a request."""
        return [
            row
            for start in range(0, len(issues), self.current_size)
            for row in self._bulk(
                [str(issue) for issue in issues[start : start + self.current_size]],
                self._fields.wanted_with_type,
            )
        ]

    def _bulk(self, names: Sequence[str], fields: Sequence[str]) -> Sequence[Mapping[str, Any]]:
        body = {"issueIdsOrKeys": list(names), "fields": list(fields)}
        rows: Sequence[Mapping[str, Any]] = self._post("issue/bulkfetch", body)["issues"]
        return rows

    def users(self, email: str) -> Sequence[Mapping[str, Any]]:
        """A search by prefix; hidden e-mails and a missing permission show as nobody."""
        found: Sequence[Mapping[str, Any]] = self._get("user/search", {"query": email})
        return found

    def histories(
        self, issues: Collection[int]
    ) -> Iterable[tuple[int, Sequence[Mapping[str, Any]]]]:
        """Bulk changelogs of our fields, page by page."""
        numbers = sorted(issues)
        entries: dict[int, list[Mapping[str, Any]]] = {}
        for start in range(0, len(numbers), CHANGELOG_ISSUES):
            body: dict[str, Any] = {
                "issueIdsOrKeys": [str(n) for n in numbers[start : start + CHANGELOG_ISSUES]],
                "fieldIds": list(self._fields.ids),
            }
            while True:
                answer = self._post("changelog/bulkfetch", body)
                for log in answer["issueChangeLogs"]:
                    entries.setdefault(int(log["issueId"]), []).extend(log["changeHistories"])
                if not answer.get("nextPageToken"):
                    break
                body["nextPageToken"] = answer["nextPageToken"]
        return entries.items()

    def _get(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        return self._versions.asked(path, lambda v: self._http.get(f"/rest/api/{v}/{path}", query))

    def _post(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._versions.asked(
            path, lambda v: self._http.post_read(f"/rest/api/{v}/{path}", body)
        )
