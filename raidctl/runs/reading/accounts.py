"""Who is who: the JIRA accounts of people, looked up where nothing tells them yet."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from raidctl.core.mapping.people import Shown, Users, email_key
from raidctl.core.model import Side
from raidctl.core.report import Unread
from raidctl.errors import Category, ServiceError
from raidctl.ports.systems import Systems

Person = tuple[str, Shown | None]
"""An e-mail, and the assignee's own (e-mail, account) where JIRA shows them on the issue."""


class Accounts:
    """What is known of people, and is found out about them in the course of a run.

    `users` sees what is found at once; `unread` are the look-ups that failed.
    """

    def __init__(self, systems: Systems, exceptions: Mapping[str, str]) -> None:
        self.unread: list[Unread] = []
        self._tracker = systems.tracker
        self._found = dict[str, str | None](systems.journal.accounts())
        self.users = Users(exceptions, systems.source.accounts(), self._found)

    @property
    def found(self) -> Mapping[str, str]:
        """Accounts by e-mail (folded), as JIRA told them in this run and in those before."""
        return {email: account for email, account in self._found.items() if account}

    def look_up(self, pool: ThreadPoolExecutor, people: Iterable[Person]) -> None:
        """Ask JIRA for each of them whom nothing tells yet, once.

        Raises `ServiceError` for credentials that are refused.
        """
        unknown: dict[str, str] = {}
        for email, seen in people:
            key = email_key(email)
            if key not in self._found and self.users.account(email, seen) is None:
                unknown.setdefault(key, email)
        told = pool.map(self._account, unknown.values())
        for (key, email), (account, error) in zip(unknown.items(), told, strict=True):
            self._found[key] = account
            if error is not None:
                what = f"the account of {email}"
                self.unread.append(Unread(Side.JIRA, what, str(error), error.category))

    def _account(self, email: str) -> tuple[str | None, ServiceError | None]:
        try:
            return self._tracker.account(email), None
        except ServiceError as error:
            if error.category is Category.AUTH:
                raise
            return None, error
