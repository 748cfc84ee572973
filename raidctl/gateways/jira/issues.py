"""Issues in batches, the same for both deployments: who answers to which key."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from raidctl.core.history import Revision, Revisions
from raidctl.core.mapping.people import email_key
from raidctl.core.model import UNREADABLE, Issue, Unreadable
from raidctl.gateways.http.client import HttpClient
from raidctl.gateways.http.failures import HttpError
from raidctl.gateways.jira.fields import Fields, account_of
from raidctl.gateways.jira.jql import updated_since
from raidctl.gateways.jira.transport import ENDLESS, GONE, Versions, nonsense
from raidctl.gateways.malformed import MALFORMED, id_of, object_of
from raidctl.ports.jira import IssueRef

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*-[0-9]+")

T = TypeVar("T")
Row = Mapping[str, Any]
Found = Issue | Unreadable
"""An issue, or that what JIRA answers in its place is none."""


@dataclass(frozen=True, slots=True)
class _Rows:
    """The issues of an answer, and by what else the rows can be told that are none."""

    issues: Sequence[Issue]
    malformed: Sequence[Set[str]] = ()

    def spoilt(self, refs: Iterable[IssueRef]) -> tuple[Sequence[IssueRef], int]:
        """Of which of these issues a row is none, and how many rows name none of them."""
        names = {ref: {ref.key.upper(), str(ref.id)} for ref in refs}
        named = [ref for ref in names if any(names[ref] & row for row in self.malformed)]
        known = set().union(*(names[ref] for ref in named))
        return named, sum(not row & known for row in self.malformed)


class Dialect(ABC):
    """How one deployment is asked; what Cloud and Data Center do alike is done here."""

    cloud: bool
    searched_by: str  # the parameter of a search for users
    batch_size = 100  # Atlassian's limit of a bulk fetch
    current_size: int
    history_size = batch_size

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
    def traced(self, issues: Sequence[int]) -> Iterable[tuple[Any, Sequence[Any]]]:
        """As `current`, each with its changelog entries; as `histories`."""

    @abstractmethod
    def found(self, jql: str) -> Iterator[Sequence[Any]]:
        """What a search finds, with ids alone, page by page, out of an index that lags."""

    @abstractmethod
    def histories(self, issues: Collection[int]) -> Iterable[tuple[int, Sequence[Any]]]:
        """Changelog entries by issue id; one that is none stands for what cannot be understood."""

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
        self.history_size = dialect.history_size
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

    def issues(self, refs: Sequence[IssueRef]) -> Sequence[Found | None]:
        """The issues in the order asked for. As `IssueTracker.issues`."""
        sound = [ref for ref in refs if _KEY.fullmatch(ref.key)]
        found = self._found(list({ref.key.upper(): ref for ref in sound}.values()))
        return [found.get(ref.key.upper()) if _KEY.fullmatch(ref.key) else None for ref in refs]

    def current(self, issues: Sequence[int]) -> Sequence[Issue | None]:
        """The issues as they are now. As `IssueTracker.current`."""
        wanted = list(dict.fromkeys(issues))
        read = self._rows(lambda: self._dialect.current(wanted))
        if read.malformed:
            raise nonsense(self._http)
        found = {issue.id: issue for issue in read.issues}
        return [found.get(issue) for issue in issues]

    def traced(self, issues: Sequence[int]) -> Sequence[tuple[Issue, Sequence[Revision]] | None]:
        """The issues as they are now with their changelogs; None as in `current`."""
        wanted = list(dict.fromkeys(issues))
        read = self._understood(
            lambda: [
                (self._fields.issue_of(row, self._site), self._fields.revisions_of(log))
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
                issue: self._fields.revisions_of(rows)
                for issue, rows in self._dialect.histories(issues)
            }
        )

    def updated(self, since: datetime) -> Set[int]:
        """By a search in the order of their creation, which no change touches."""
        jql = f"{updated_since(since, self._http.now())} ORDER BY created ASC"
        return self._understood(lambda: self._ids(jql))

    def _ids(self, jql: str) -> Set[int]:
        found: set[int] = set()
        for page in self._dialect.found(jql):
            before = len(found)
            found.update(id_of(object_of(row)["id"]) for row in page)
            if page and len(found) == before:
                raise nonsense(self._http, ENDLESS)
        return found

    def _account(self, email: str) -> str | None:
        rows = list(map(object_of, self._dialect.users(email)))
        exact = [row for row in rows if _folded(row.get("emailAddress")) == email]
        if len(exact) > 1:  # customers of a service desk cannot be assigned
            exact = [row for row in exact if row.get("accountType") != "customer"]
            exact = exact if len(exact) == 1 else [row for row in exact if row.get("active")]
        return account_of(exact[0]) if len(exact) == 1 else None

    def _found(self, refs: Sequence[IssueRef]) -> dict[str, Found]:
        """The issues by the (upper-case) key asked for.

        An issue that moved answers under its new key, and the answer does not say which of
        the old ones led there. The id tells where it is known; else halving the batch does.
        The same tells for which issue a row stands that is none, and names none.
        """
        if not refs:
            return {}
        try:
            rows = self._rows(lambda: self._dialect.fetch([ref.key for ref in refs]))
        except HttpError as error:
            if error.status != 400:
                raise
            return self._single(refs[0]) if len(refs) == 1 else self._in_halves(refs)
        found, unclaimed = _matched(refs, rows.issues)
        spoilt, nameless = rows.spoilt(refs) if rows.malformed else ((), 0)
        for ref in spoilt:
            found.setdefault(ref.key.upper(), UNREADABLE)
        rest = [ref for ref in refs if ref.key.upper() not in found]
        if nameless and (not rows.issues or (len(rest) == 1 and not unclaimed)):
            return found | {ref.key.upper(): UNREADABLE for ref in rest}
        if len(rest) == 1 and len(unclaimed) == 1 and not nameless:
            return found | {rest[0].key.upper(): unclaimed[0]}
        answered = {issue.id for issue in found.values() if isinstance(issue, Issue)}
        if nameless or unclaimed or any(ref.id in answered for ref in rest):
            if len(refs) == 1:
                raise nonsense(self._http)  # several issues for one key
            return found | self._in_halves(rest)
        return found

    def _in_halves(self, refs: Sequence[IssueRef]) -> dict[str, Found]:
        middle = (len(refs) + 1) // 2
        return self._found(refs[:middle]) | self._found(refs[middle:])

    def _single(self, ref: IssueRef) -> dict[str, Found]:
        """One issue whose batch was refused with 400: is it absent, or is something wrong?"""
        try:
            rows = self._rows(lambda: [self._dialect.single(ref.key)])
        except HttpError as error:
            if error.status in GONE:
                return {}
            raise
        return {ref.key.upper(): rows.issues[0] if rows.issues else UNREADABLE}

    def _rows(self, ask: Callable[[], Iterable[Any]]) -> _Rows:
        """What an answer holds; a row that is no issue spoils no other."""
        issues: list[Issue] = []
        malformed: list[Set[str]] = []
        for row in self._understood(lambda: list(ask())):
            try:
                issues.append(self._fields.issue_of(row, self._site))
            except MALFORMED:
                malformed.append(_names(row))
        return _Rows(issues, malformed)

    def _understood(self, read: Callable[[], T]) -> T:
        try:
            return read()
        except MALFORMED:
            raise nonsense(self._http) from None


def _matched(
    refs: Sequence[IssueRef], issues: Sequence[Issue]
) -> tuple[dict[str, Found], Sequence[Issue]]:
    """The issues by the (upper-case) key asked for, and those of which it is not known which."""
    by_key = {issue.key.upper(): issue for issue in issues}
    found: dict[str, Found] = {
        key: by_key[key] for ref in refs if (key := ref.key.upper()) in by_key
    }
    moved = {issue.id: issue for issue in issues if issue.key.upper() not in found}
    for ref in refs:
        if ref.id in moved:
            found.setdefault(ref.key.upper(), moved[ref.id])
    answered = {issue.id for issue in found.values() if isinstance(issue, Issue)}
    return found, [issue for number, issue in moved.items() if number not in answered]


def _names(row: Any) -> set[str]:
    """What a row that is no issue can be told by: its key and its id, as far as it has them."""
    if not isinstance(row, dict):
        return set()
    key, names = row.get("key"), set[str]()
    if isinstance(key, str) and _KEY.fullmatch(key):
        names.add(key.upper())
    with suppress(*MALFORMED):
        names.add(str(id_of(row["id"])))
    return names


def _folded(email: object) -> str:
    return email_key(email) if isinstance(email, str) else ""
