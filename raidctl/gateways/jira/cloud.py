"""What JIRA Cloud does its own way: bulk fetch, account ids, bulk changelogs."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from raidctl.gateways.jira.changelogs import Log, gathered, log_of
from raidctl.gateways.jira.issues import Dialect, Row
from raidctl.gateways.jira.transport import by_token
from raidctl.gateways.malformed import id_of, list_of

PAGE_OF_IDS = 5_000  # Atlassian's limit where nothing else is asked for
MOST_PAGES = 1_000  # of what is asked at once: a thousand changes of our fields an issue


class CloudDialect(Dialect):
    """The Cloud side of `JiraIssues`."""

    cloud = True
    searched_by = "query"
    current_size = Dialect.batch_size
    history_size = 1_000  # Atlassian's limit of a bulk changelog

    def fetch(self, keys: Sequence[str]) -> Sequence[Row]:
        """By key and not by search, whose index lags; moved issues are followed."""
        return self._bulk(keys, self._fields.wanted)

    def current(self, issues: Sequence[int]) -> Sequence[Row]:
        """By id, a hundred a request."""
        return self._bulk([str(issue) for issue in issues], self._fields.wanted_now)

    def traced(self, issues: Sequence[int]) -> Iterable[tuple[Row, Sequence[Any]]]:
        """Two requests for all: a bulk fetch carries the changelogs of forty at most."""
        rows = self.current(issues)
        numbers = [id_of(row["id"]) for row in rows]
        logs = dict(self.histories(numbers))
        return [(row, logs.get(issue, ())) for row, issue in zip(rows, numbers, strict=True)]

    def _bulk(self, names: Sequence[str], fields: Sequence[str]) -> Sequence[Row]:
        rows: list[Row] = []
        for start in range(0, len(names), self.batch_size):
            body = {"issueIdsOrKeys": names[start : start + self.batch_size], "fields": fields}
            rows += list_of(self._post("issue/bulkfetch", body)["issues"])
        return rows

    def histories(self, issues: Collection[int]) -> Iterable[tuple[int, Sequence[Any]]]:
        """Bulk changelogs of our fields, a thousand issues a request, page by page."""
        numbers = sorted(issues)
        for start in range(0, len(numbers), self.history_size):
            some = numbers[start : start + self.history_size]
            yield from gathered(some, self._logs(some)).items()

    def found(self, jql: str) -> Iterator[Sequence[Any]]:
        """Page by page; a token leads to the next one."""
        body = {"jql": jql, "fields": ["id"], "maxResults": PAGE_OF_IDS}
        for answer in self._pages("search/jql", body):
            yield list_of(answer["issues"])

    def _logs(self, issues: Sequence[int]) -> Iterator[Log]:
        body = {"issueIdsOrKeys": list(map(str, issues)), "fieldIds": list(self._fields.ids)}
        for answer in self._pages("changelog/bulkfetch", body):
            for row in list_of(answer["issueChangeLogs"]):
                yield log_of(row, "issueId", "changeHistories")

    def _pages(self, path: str, body: Row) -> Iterator[Any]:
        return by_token(self._http, partial(self._post, path), body, MOST_PAGES)

    def _post(self, path: str, body: Row) -> Any:
        return self._versions.asked(
            path, lambda v: self._http.post_read(f"/rest/api/{v}/{path}", body)
        )
