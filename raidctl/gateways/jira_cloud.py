"""What JIRA Cloud does its own way: bulk fetch, account ids, bulk changelogs."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from raidctl.gateways.failures import NOT_SERVED, HttpError
from raidctl.gateways.http import HttpClient
from raidctl.gateways.jira_json import Fields

CHANGELOG_ISSUES = 1_000  # a request; Atlassian's limit


class CloudDialect:
    """The Cloud side of `JiraIssues`."""

    batch_size = 100  # Atlassian's limit of a bulk fetch

    def __init__(self, http: HttpClient, fields: Fields) -> None:
        self._http = http
        self._fields = fields
        self._versions: dict[str, int] = {}

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
        answer = self._post(
            "issue/bulkfetch", {"issueIdsOrKeys": list(keys), "fields": self._fields.wanted}
        )
        issues: Sequence[Mapping[str, Any]] = answer["issues"]
        return issues

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
        return self._asked(path, lambda address: self._http.get(address, query))

    def _post(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._asked(path, lambda address: self._http.post_read(address, body))

    def _asked(self, path: str, ask: Callable[[str], Any]) -> Any:
        """Version 2, whose texts are text; a site that serves only version 3 is asked there."""
        if path not in self._versions:
            try:
                answer = ask(f"/rest/api/2/{path}")
            except HttpError as error:
                if error.status not in NOT_SERVED:
                    raise
                answer = ask(f"/rest/api/3/{path}")
                self._versions[path] = 3
                return answer
            self._versions[path] = 2
            return answer
        return ask(f"/rest/api/{self._versions[path]}/{path}")
