"""Projects as whoever creates issues needs them: open ones, and their issue types by name."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from raidctl.core.mapping.tables import folded
from raidctl.errors import Category, ServiceError
from raidctl.gateways.http.client import HttpClient
from raidctl.gateways.http.failures import HttpError
from raidctl.gateways.jira.fields import Fields
from raidctl.gateways.jira.gateway import Gateway, instead
from raidctl.gateways.jira.transport import ENDLESS, nonsense, says_missing
from raidctl.gateways.malformed import MALFORMED, id_of, list_of, object_of, text_of

PAGE = 100
MOST_PAGES = 100  # of types or fields
_LISTS = ("issueTypes", "fields", "values")  # Cloud's two, and Data Center's for both


class Places(Gateway):
    """Where issues are created and looked for.

    A type is known by its id once it was met: its name follows the language of the token's user.
    """

    def __init__(self, http: HttpClient, deployment: str, fields: Fields) -> None:
        super().__init__(http, deployment, fields)
        self._types: dict[tuple[str, str], str] = {}

    def _known_type(self, project: str, issue_type: str) -> str | None:
        """The id of a type that was met."""
        return self._types.get((project, folded(issue_type)))

    def _must_be_open(self, project: str) -> None:
        """Raise where a project is not there, or archived: nothing can be created there."""
        path = f"project/{quote(project, safe='')}"
        try:
            told = self._versions.asked(
                "project", lambda v: self._http.get(f"/rest/api/{v}/{path}"), names_one=True
            )
        except HttpError as error:
            if not says_missing(error):
                raise
            seen = "there is no such project, or the user of jira.token may not browse it"
            advice = "check jira.project and backfill.projects"
            raise self._error(project, seen, advice, Category.NOT_FOUND) from None
        if isinstance(told, dict) and told.get("archived") is True:
            advice = "restore it in JIRA, or send its incidents elsewhere with backfill.projects"
            raise self._error(project, "the project is archived", advice, Category.VALIDATION)

    def _type_of(self, project: str, issue_type: str) -> str:
        """The id of a type of which the user may create issues."""
        names: list[str] = []
        try:
            for row in self._pages(project, "issuetypes"):
                names.append(self._fields.names.pointed_at("issuetype", row))
                if folded(issue_type) in {folded(names[-1]), folded(text_of(row["name"]))}:
                    found = self._types[project, folded(issue_type)] = str(id_of(row["id"]))
                    return found
        except MALFORMED:
            raise nonsense(self._http) from None
        there = ", ".join(sorted(set(names))) or "none that the user of jira.token may create"
        seen = f"no issues of the type {issue_type!r} can be created there; it has {there}"
        raise self._error(project, seen, "check jira.issue_type", Category.VALIDATION)

    def _pages(self, project: str, what: str) -> Iterator[Mapping[str, Any]]:
        """All rows of a list of creation metadata."""
        place = f"issue/createmeta/{quote(project, safe='')}/{what}"
        seen = 0
        for _ in range(MOST_PAGES):
            page = object_of(self._metadata(place, seen))
            rows = next((list_of(page[name]) for name in _LISTS if name in page), None)
            if rows is None:
                raise nonsense(self._http)
            yield from map(object_of, rows)
            seen += len(rows)
            if not rows or page.get("isLast") is True or seen >= page.get("total", seen):
                return
        raise nonsense(self._http, ENDLESS)

    def _metadata(self, place: str, start: int) -> Any:
        query = {"startAt": start, "maxResults": PAGE}
        try:
            return self._versions.asked(
                "issue/createmeta",
                lambda v: self._http.get(f"/rest/api/{v}/{place}", query),
                names_one=True,
            )
        except HttpError as error:
            if error.category is not Category.NOT_FOUND:
                raise
            advice = "creating issues takes a JIRA Cloud, or a JIRA Data Center of 8.4 or later"
            raise instead(error, advice, Category.NOT_FOUND) from None

    def _error(self, project: str, seen: str, advice: str, category: Category) -> ServiceError:
        return self._http.failures.error(f"/browse/{project}", seen, advice, category)
