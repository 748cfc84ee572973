"""Finds issues that belong to incidents: by their remote links, and what looks like one."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from raidctl.core.backfill.backlink import PROPERTY, named_by
from raidctl.errors import Category, ServiceError
from raidctl.gateways.jira.admin.linking import Linking
from raidctl.gateways.jira.fields import account_of
from raidctl.gateways.jira.jql import created_within, quoted
from raidctl.gateways.jira.transport import ENDLESS, by_token, nonsense
from raidctl.gateways.malformed import MALFORMED, id_of, list_of, object_of, text_of
from raidctl.ports.jira_admin import IssueName, Seen, Sought

PAGE = 100  # issues with fields; Atlassian's limit
MOST_PAGES = 10_000  # of one search: a million issues
IDS = 100  # global ids a function of JQL takes; Atlassian's limit
FUNCTIONS = 5  # of one query, which is some 30 kB long then
TIMES = 50  # conditions of one query
_FIELDS = ("summary", "reporter", "created")


class Finding(Linking):
    """The part of `JiraAdmin` that finds. All of it asks the index, which lags."""

    def linked(self, global_ids: Sequence[str]) -> Mapping[str, Sequence[IssueName]]:
        """Those found are asked which of the ids they carry: the search does not say."""
        found: dict[str, list[IssueName]] = {}
        for some in _batches(list(dict.fromkeys(global_ids)), IDS * FUNCTIONS):
            for seen in self._seen(" OR ".join(map(_with_one_of, _batches(some, IDS)))):
                for name in self._carried(seen.issue.id).intersection(some):
                    found.setdefault(name, []).append(seen.issue)
        return found

    def look_alikes(
        self, project: str, issue_type: str, sought: Sequence[Sought]
    ) -> Sequence[Sequence[Seen]]:
        """By time alone, since JIRA's search for a text finds others, and misses some.

        What has the summary is then looked at: on Data Center a search shows no properties.
        """
        found: dict[int, Seen] = {}
        wanted = {_on_one_line(one.summary) for one in sought}
        for some in _batches(_together(sought), TIMES):
            now = self._http.now()
            times = " OR ".join(created_within(since, until, now) for since, until in some)
            for seen in self._seen(f"{self._of_type(project, issue_type)} AND ({times})"):
                if _on_one_line(seen.summary) in wanted:
                    found.setdefault(seen.issue.id, seen)
        told = sorted(map(self._told_whose, found.values()), key=lambda seen: seen.created)
        return [
            [
                seen
                for seen in told
                if _on_one_line(seen.summary) == _on_one_line(one.summary)
                and one.since <= seen.created <= one.until
            ]
            for one in sought
        ]

    def made_by_us(
        self, project: str, issue_type: str, since: datetime, known: Collection[str]
    ) -> Iterator[Seen]:
        """By their creator, which nobody can change."""
        now = self._http.now()
        ours = f"creator = currentUser() AND {created_within(since, now, now)}"
        for seen in self._seen(f"{self._of_type(project, issue_type)} AND {ours}"):
            if seen.issue.key not in known:
                told = self._told_whose(seen)
                if told.incident is not None:
                    yield told

    def of_type(self, project: str, issue_type: str) -> Iterator[Seen]:
        """Oldest first."""
        return self._seen(f"{self._of_type(project, issue_type)} ORDER BY created ASC")

    def _carried(self, issue: int) -> set[str]:
        """The global ids of an issue's links; none of one that is gone since it was found."""
        try:
            return {link.global_id for link in self.remote_links(issue)}
        except ServiceError as error:
            if error.category is not Category.NOT_FOUND:
                raise
            return set()

    def _of_type(self, project: str, issue_type: str) -> str:
        kind = self._known_type(project, issue_type) or quoted(issue_type)
        return f"project = {quoted(project)} AND issuetype = {kind}"

    def _told_whose(self, seen: Seen) -> Seen:
        """With what its property says, where the search does not show it."""
        if self._cloud:
            return seen
        value = self.read_property(seen.issue.id, PROPERTY)
        return replace(seen, incident=named_by(value))

    def _seen(self, jql: str) -> Iterator[Seen]:
        """The issues of a search, each once."""
        known: set[int] = set()
        for page in self._pages_of(jql):
            try:
                rows = [self._issue(row) for row in map(object_of, page)]
            except MALFORMED:
                raise nonsense(self._http) from None
            new = [seen for seen in rows if seen.issue.id not in known]
            if rows and not new:
                raise nonsense(self._http, ENDLESS)
            known.update(seen.issue.id for seen in new)
            yield from new

    def _pages_of(self, jql: str) -> Iterator[Sequence[Any]]:
        asked: dict[str, Any] = {"jql": jql, "fields": list(_FIELDS), "maxResults": PAGE}
        try:
            yield from self._by_token(asked) if self._cloud else self._by_number(asked)
        except MALFORMED:
            raise nonsense(self._http) from None

    def _by_token(self, asked: Mapping[str, Any]) -> Iterator[Sequence[Any]]:
        body = {**asked, "properties": [PROPERTY]}
        search = partial(self._search, "search/jql")
        for answer in by_token(self._http, search, body, MOST_PAGES):
            yield list_of(object_of(answer)["issues"])

    def _by_number(self, asked: Mapping[str, Any]) -> Iterator[Sequence[Any]]:
        start = 0
        while True:
            answer = object_of(self._search("search", {**asked, "startAt": start}))
            page = list_of(answer["issues"])
            yield page
            start += len(page)
            if not page or start >= answer["total"]:
                return

    def _search(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._versions.asked(
            path, lambda v: self._http.post_read(f"/rest/api/{v}/{path}", body)
        )

    def _issue(self, row: Mapping[str, Any]) -> Seen:
        """Raises one of `MALFORMED`."""
        values, properties = object_of(row["fields"]), row.get("properties") or {}
        reporter = values.get("reporter")
        return Seen(
            IssueName(id_of(row["id"]), text_of(row["key"])),
            text_of(values["summary"]),
            account_of(reporter) if isinstance(reporter, dict) else None,
            self._fields.time(values["created"]),
            named_by(object_of(properties).get(PROPERTY)),
        )


def _batches(rows: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (rows[start : start + size] for start in range(0, len(rows), size))


def _with_one_of(global_ids: Sequence[str]) -> str:
    return f"issue in issuesWithRemoteLinksByGlobalId({', '.join(map(quoted, global_ids))})"


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _together(sought: Sequence[Sought]) -> Sequence[tuple[Any, Any]]:
    """The times in which something is sought, those that touch as one."""
    times: list[tuple[Any, Any]] = []
    for since, until in sorted((one.since, one.until) for one in sought):
        if times and since <= times[-1][1]:
            times[-1] = times[-1][0], max(until, times[-1][1])
        else:
            times.append((since, until))
    return times
