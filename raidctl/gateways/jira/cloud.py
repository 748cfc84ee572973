"""What JIRA Cloud does its own way: bulk fetch, account ids, bulk changelogs."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from raidctl.gateways.jira.issues import Dialect, Row
from raidctl.gateways.jira.transport import ENDLESS, nonsense

MOST_PAGES = 1_000  # of one answer: a thousand changes of our fields an issue
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

    def traced(self, issues: Sequence[int]) -> Iterable[tuple[Row, Sequence[Row]]]:
        """Two requests for all: a bulk fetch carries the changelogs of forty at most."""
        rows = self.current(issues)
        logs = dict(self.histories([int(row["id"]) for row in rows]))
        return [(row, logs.get(int(row["id"]), ())) for row in rows]

    def _bulk(self, names: Sequence[str], fields: Sequence[str]) -> Sequence[Row]:
        rows: list[Row] = []
        for start in range(0, len(names), self.batch_size):
            body = {"issueIdsOrKeys": names[start : start + self.batch_size], "fields": fields}
            rows += self._post("issue/bulkfetch", body)["issues"]
        return rows

    def histories(self, issues: Collection[int]) -> Iterable[tuple[int, Sequence[Row]]]:
        """Bulk changelogs of our fields, page by page."""
        numbers = sorted(issues)
        entries: dict[int, list[Row]] = {}
        for start in range(0, len(numbers), CHANGELOG_ISSUES):
            body: dict[str, Any] = {
                "issueIdsOrKeys": [str(n) for n in numbers[start : start + CHANGELOG_ISSUES]],
                "fieldIds": list(self._fields.ids),
            }
            for page in self._pages("changelog/bulkfetch", body):
                for log in page["issueChangeLogs"]:
                    entries.setdefault(int(log["issueId"]), []).extend(log["changeHistories"])
        return entries.items()

    def _pages(self, path: str, body: Row) -> Iterator[Row]:
        """All pages of one answer; raises for one that has no end."""
        tokens: set[str] = set()
        while len(tokens) < MOST_PAGES:
            page = self._post(path, body)
            yield page
            if not (token := page.get("nextPageToken")):
                return
            if token in tokens:
                break
            tokens.add(token)
            body = {**body, "nextPageToken": token}
        raise nonsense(self._http, ENDLESS)

    def _post(self, path: str, body: Row) -> Any:
        return self._versions.asked(
            path, lambda v: self._http.post_read(f"/rest/api/{v}/{path}", body)
        )
