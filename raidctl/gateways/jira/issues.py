"""Issues in batches, the same for both deployments: who answers to which key."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from raidctl.core.history import Revision, Revisions
from raidctl.core.model import Issue
from raidctl.gateways.http.client import HttpClient
from raidctl.gateways.http.failures import HttpError
from raidctl.gateways.jira.fields import Fields, account_of
from raidctl.gateways.jira.transport import GONE, Versions, nonsense
from raidctl.ports.jira import IssueRef

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*-[0-9]+")

T = TypeVar("T")
Row = Mapping[str, Any]


class Dialect(ABC):
    """How one deployment is asked; what Cloud and Data Center do alike is done here."""

    cloud: bool
    searched_by: str  # the parameter of a search for users
    batch_size = 100  # Atlassian's limit of a bulk fetch
    current_size: int

    def __init__(self, http: HttpClient, fields: Fields) -> None:
        self._http = http
        self._fields = fields
        self._versions = Versions(cloud=self.cloud)

    def myself(self) -> Row:
        """The user the token belongs to."""
        me: Row = self._get("myself")
        return me

    def single(self, key: str) -> Row:
        """The issue that one key leads to."""
        row: Row = self._get(f"issue/{key}", {"fields": ",".join(self._fields.wanted)})
        return row

    def users(self, email: str) -> Sequence[Row]:
        """Users that may have this e-mail; hidden e-mails and a missing permission show nobody."""
        found: Sequence[Row] = self._get("user/search", {self.searched_by: email})
        return found

    @abstractmethod
    def fetch(self, keys: Sequence[str]) -> Sequence[Row]:
        """The issues that these keys lead to, absent ones left out, in any order."""

    @abstractmethod
    def current(self, issues: Sequence[int]) -> Sequence[Row]:
        """The issues with these ids as they are now, absent ones left out, in any order."""

    @abstractmethod
    def traced(self, issues: Sequence[int]) -> Iterable[tuple[Row, Sequence[Row]]]:
        """As `current`, each with its changelog entries."""

    @abstractmethod
    def histories(self, issues: Collection[int]) -> Iterable[tuple[int, Sequence[Row]]]:
        """Changelog entries by issue id."""

    def _get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        return self._versions.asked(path, lambda v: self._http.get(f"/rest/api/{v}/{path}", query))


class JiraIssues:
    """An `IssueTracker` over HTTP; `site` is what browse links begin with."""

    def __init__(self, http: HttpClient, dialect: Dialect, fields: Fields, site: str) -> None:
        self._http = http
        self._dialect = dialect
        self._fields = fields
        self._site = site
        self.batch_size = dialect.batch_size
        self.current_size = dialect.current_size
        self._me: str | None = None

    @property
    def requests(self) -> int:
        """Requests sent so far."""
        return self._http.sent

    @property
    def clock_ahead(self) -> timedelta:
        """By the dates of its answers."""
        return self._http.clock.ahead

    @property
    def notes(self) -> Sequence[str]:
        """What came up while it was read and written."""
        return tuple(self._http.notes)

    def issues(self, refs: Sequence[IssueRef]) -> Sequence[Issue | None]:
        """The issues in the order asked for; None for one that is missing or forbidden."""
        sound = [ref for ref in refs if _KEY.fullmatch(ref.key)]
        found = self._found(list({ref.key.upper(): ref for ref in sound}.values()))
        return [found.get(ref.key.upper()) if _KEY.fullmatch(ref.key) else None for ref in refs]

    def current(self, issues: Sequence[int]) -> Sequence[Issue | None]:
        """The issues as they are now; None for one that is missing or forbidden."""
        wanted = list(dict.fromkeys(issues))
        read = self._issues(lambda: self._dialect.current(wanted))
        found = {issue.id: issue for issue in read}
        return [found.get(issue) for issue in issues]

    def traced(self, issues: Sequence[int]) -> Sequence[tuple[Issue, Sequence[Revision]] | None]:
        """The issues as they are now with their changelogs; None as in `current`."""
        wanted = list(dict.fromkeys(issues))
        read = self._understood(
            lambda: [
                (self._issue(row), self._revisions(log))
                for row, log in self._dialect.traced(wanted)
            ]
        )
        found = {issue.id: (issue, revisions) for issue, revisions in read}
        return [found.get(issue) for issue in issues]

    def account(self, email: str) -> str | None:
        """The account whose e-mail is exactly this: of several the only active one, or none."""
        wanted = _folded(email)
        return self._understood(lambda: self._account(wanted)) if wanted else None

    def myself(self) -> str:
        """The account the token belongs to; asked for once."""
        if self._me is None:
            self._me = self._understood(lambda: account_of(self._dialect.myself()))
        return self._me

    def revisions(self, issues: Collection[int]) -> Revisions:
        """The changes of our fields by the changelog."""
        return self._understood(
            lambda: {
                issue: self._revisions(rows) for issue, rows in self._dialect.histories(issues)
            }
        )

    def _account(self, email: str) -> str | None:
        exact = [r for r in self._dialect.users(email) if _folded(r.get("emailAddress")) == email]
        if len(exact) > 1:  # customers of a service desk cannot be assigned
            exact = [row for row in exact if row.get("accountType") != "customer"]
            exact = exact if len(exact) == 1 else [row for row in exact if row.get("active")]
        return account_of(exact[0]) if len(exact) == 1 else None

    def _found(self, refs: Sequence[IssueRef]) -> dict[str, Issue]:
        """The issues by the (upper-case) key asked for.

        An issue that moved answers under its new key, and the answer does not say which of
        the old ones led there. The id tells where it is known; else halving the batch does.
        """
        if not refs:
            return {}
        try:
            issues = self._issues(lambda: self._dialect.fetch([ref.key for ref in refs]))
        except HttpError as error:
            if error.status != 400:
                raise
            return self._single(refs[0]) if len(refs) == 1 else self._in_halves(refs)
        by_key = {issue.key.upper(): issue for issue in issues}
        found = {key: by_key[key] for ref in refs if (key := ref.key.upper()) in by_key}
        moved = {issue.id: issue for issue in issues if issue.key.upper() not in found}
        for ref in refs:
            if ref.id in moved:
                found.setdefault(ref.key.upper(), moved[ref.id])
        rest = [ref for ref in refs if ref.key.upper() not in found]
        answered = {issue.id for issue in found.values()}
        unclaimed = moved.keys() - answered
        if len(rest) == 1 and len(unclaimed) == 1:
            return found | {rest[0].key.upper(): moved[unclaimed.pop()]}
        if unclaimed or any(ref.id in answered for ref in rest):
            if len(refs) == 1:
                raise nonsense(self._http)  # several issues for one key
            return found | self._in_halves(rest)
        return found

    def _in_halves(self, refs: Sequence[IssueRef]) -> dict[str, Issue]:
        middle = (len(refs) + 1) // 2
        return self._found(refs[:middle]) | self._found(refs[middle:])

    def _single(self, ref: IssueRef) -> dict[str, Issue]:
        """One issue whose batch was refused with 400: is it absent, or is something wrong?"""
        try:
            (issue,) = self._issues(lambda: [self._dialect.single(ref.key)])
        except HttpError as error:
            if error.status in GONE:
                return {}
            raise
        return {ref.key.upper(): issue}

    def _issues(self, ask: Callable[[], Iterable[Row]]) -> list[Issue]:
        return self._understood(lambda: [self._issue(row) for row in ask()])

    def _issue(self, row: Row) -> Issue:
        return self._fields.issue_of(row, self._site, self.clock_ahead)

    def _revisions(self, log: Iterable[Row]) -> list[Revision]:
        return self._fields.revisions_of(log, self.clock_ahead)

    def _understood(self, read: Callable[[], T]) -> T:
        try:
            return read()
        except (AttributeError, KeyError, TypeError, ValueError):
            raise nonsense(self._http) from None


def _folded(email: str | None) -> str:
    return (email or "").strip().casefold()
