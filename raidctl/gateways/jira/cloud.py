"""What JIRA Cloud does its own way: bulk fetch, account ids, bulk changelogs."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from raidctl.gateways.jira.issues import Dialect, Row
from raidctl.gateways.malformed import MALFORMED, id_of, list_of

CHANGELOG_ISSUES = 1_000  # a request; Atlassian's limit


class CloudDialect(Dialect):
    """The Cloud side of `JiraIssues`."""

    cloud = True
    searched_by = "query"
    current_size = Dialect.batch_size

    def fetch(self, keys: Sequence[str]) -> Sequence[Row]:
        """By key and not by search, whose index lags; moved issues are followed."""
        return self._bulk(keys, self._fields.wanted)

    def current(self, issues: Sequence[int]) -> Sequence[Row]:
        """By id, a hundred a request."""
        return self._bulk([str(issue) for issue in issues], self._fields.wanted_with_type)

    def _bulk(self, names: Sequence[str], fields: Sequence[str]) -> Sequence[Row]:
        rows: list[Row] = []
        for start in range(0, len(names), self.batch_size):
            body = {"issueIdsOrKeys": names[start : start + self.batch_size], "fields": fields}
            rows += list_of(self._post("issue/bulkfetch", body)["issues"])
        return rows

    def histories(self, issues: Collection[int]) -> Iterable[tuple[int, Sequence[Any]]]:
        """Bulk changelogs of our fields, page by page."""
        numbers = sorted(issues)
        entries: dict[int, list[Any]] = {}
        for start in range(0, len(numbers), CHANGELOG_ISSUES):
            asked = numbers[start : start + CHANGELOG_ISSUES]
            body: dict[str, Any] = {
                "issueIdsOrKeys": list(map(str, asked)),
                "fieldIds": list(self._fields.ids),
            }
            nameless = False
            while True:
                answer = self._post("changelog/bulkfetch", body)
                for log in list_of(answer["issueChangeLogs"]):
                    issue, told = _log(log)
                    nameless = nameless or issue is None
                    entries.setdefault(issue or 0, []).extend(told)
                if not answer.get("nextPageToken"):
                    break
                body["nextPageToken"] = answer["nextPageToken"]
            if nameless:  # it may be of any of which nothing else was told
                entries |= {number: [None] for number in asked if number not in entries}
        return entries.items()

    def _post(self, path: str, body: Row) -> Any:
        return self._versions.asked(
            path, lambda v: self._http.post_read(f"/rest/api/{v}/{path}", body)
        )


def _log(log: Any) -> tuple[int | None, Sequence[Any]]:
    """Whose a changelog is, where it tells, and its entries: one that is none for what is none."""
    try:
        issue = id_of(log["issueId"])
    except MALFORMED:
        return None, ()
    told = log.get("changeHistories")
    return issue, told if isinstance(told, list) else (None,)
