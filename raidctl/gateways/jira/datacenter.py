"""What JIRA Data Center does its own way: the classic search, user names, single changelogs."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from raidctl.gateways.http.failures import HttpError
from raidctl.gateways.jira.changelogs import entries_of, gathered, log_of
from raidctl.gateways.jira.issues import Dialect, Row
from raidctl.gateways.jira.transport import ENDLESS, GONE, nonsense
from raidctl.gateways.malformed import list_of

PAGE_OF_IDS = 1_000  # as much as a server gives, by its own default


class DataCenterDialect(Dialect):
    """The Data Center side of `JiraIssues`."""

    cloud = False
    searched_by = "username"  # which matches the user name, the name and the e-mail
    current_size = 1  # a search would ask the index, which lags

    def fetch(self, keys: Sequence[str]) -> Sequence[Row]:
        """By search, page by page: the server may cut a page below what was asked for.

        With validation off an unknown key is left out instead of failing the batch.
        """
        quoted = ", ".join(f'"{key}"' for key in keys)
        body = {"jql": f"key in ({quoted})", "fields": self._fields.wanted}
        return self._searched(body, len(keys))

    def current(self, issues: Sequence[int]) -> Sequence[Row]:
        """By id, one after the other."""
        return list(self._each(issues, {"fields": ",".join(self._fields.wanted_now)}))

    def traced(self, issues: Sequence[int]) -> Iterable[tuple[Row, Sequence[Any]]]:
        """By id: the same requests bring the changelogs along."""
        fields = ",".join(self._fields.wanted_now)
        for row in self._each(issues, {"fields": fields, "expand": "changelog"}):
            yield row, entries_of(row, "changelog", "histories")

    def histories(self, issues: Collection[int]) -> Iterable[tuple[int, Sequence[Any]]]:
        """By search, a hundred a request: changelogs do not come out of its index."""
        numbers = sorted(issues)
        for start in range(0, len(numbers), self.batch_size):
            some = numbers[start : start + self.batch_size]
            jql = f"id in ({', '.join(map(str, some))})"
            body = {"jql": jql, "fields": ["id"], "expand": ["changelog"]}
            rows = self._searched(body, len(some))
            logs = (log_of(row, "id", "changelog", "histories") for row in rows)
            yield from gathered(some, logs).items()

    def found(self, jql: str) -> Iterator[Sequence[Any]]:
        """Page by page; the server may cut a page below what was asked for."""
        body, start = {"jql": jql, "fields": ["id"], "maxResults": PAGE_OF_IDS}, 0
        while True:
            answer = self._http.post_read("/rest/api/2/search", {**body, "startAt": start})
            page = list_of(answer["issues"])
            yield page
            start += len(page)
            if not page or start >= answer["total"]:
                return

    def _searched(self, body: Row, most: int) -> list[Row]:
        issues: list[Row] = []
        asked = {**body, "maxResults": most, "validateQuery": False}
        while True:
            page = self._http.post_read("/rest/api/2/search", {**asked, "startAt": len(issues)})
            issues += list_of(page["issues"])
            whole = not page["issues"] or len(issues) >= page["total"]
            if _repeated(issues) or (len(issues) > most and not whole):
                raise nonsense(self._http, ENDLESS)
            if whole:
                return issues

    def _each(self, issues: Iterable[int], query: Mapping[str, str]) -> Iterator[Row]:
        """Those of the issues that are there and may be seen."""
        for number in issues:
            try:
                yield self._http.get(f"/rest/api/2/issue/{number}", query)
            except HttpError as error:
                if error.status not in GONE:
                    raise


def _repeated(rows: Sequence[Any]) -> bool:
    """Whether one issue is there twice: then another one is not, and that would look hidden."""
    ids = [str(row.get("id")) for row in rows if isinstance(row, dict) and "id" in row]
    return len(set(ids)) < len(ids)
