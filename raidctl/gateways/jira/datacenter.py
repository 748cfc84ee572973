"""What JIRA Data Center does its own way: the classic search, user names, single changelogs."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from raidctl.gateways.http.failures import HttpError
from raidctl.gateways.jira.issues import Dialect, Row
from raidctl.gateways.jira.transport import ENDLESS, GONE, nonsense


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
        body = {
            "jql": f"key in ({quoted})",
            "fields": self._fields.wanted,
            "maxResults": len(keys),
            "validateQuery": False,
        }
        issues: list[Row] = []
        while True:
            page = self._http.post_read("/rest/api/2/search", {**body, "startAt": len(issues)})
            issues += page["issues"]
            if not page["issues"] or len(issues) >= page["total"]:
                return issues
            if len(issues) > len(keys):  # pages that repeat, or of another question
                raise nonsense(self._http, ENDLESS)

    def current(self, issues: Sequence[int]) -> Sequence[Row]:
        """By id, one after the other."""
        query = {"fields": ",".join(self._fields.wanted_with_type)}
        return [row for _, row in self._each(issues, query)]

    def histories(self, issues: Collection[int]) -> Iterable[tuple[int, Sequence[Row]]]:
        """The changelog of each issue that is still there."""
        query = {"fields": "updated", "expand": "changelog"}
        for number, row in self._each(sorted(issues), query):
            yield number, row["changelog"]["histories"]

    def _each(self, issues: Iterable[int], query: Mapping[str, str]) -> Iterator[tuple[int, Row]]:
        """Those of the issues that are there and may be seen."""
        for number in issues:
            try:
                yield number, self._http.get(f"/rest/api/2/issue/{number}", query)
            except HttpError as error:
                if error.status not in GONE:
                    raise
