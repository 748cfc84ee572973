"""Who is who: the JIRA accounts of commanders, looked up where nothing tells them yet."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from raidctl.core.mapping.people import Users
from raidctl.core.model import Link, Side
from raidctl.core.report import Unread
from raidctl.errors import Category, ServiceError
from raidctl.ports.systems import Systems


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

    def look_up(self, pool: ThreadPoolExecutor, links: Iterable[Link]) -> None:
        """Ask JIRA for each commander that nothing tells yet, once.

        Raises `ServiceError` for credentials that are refused.
        """
        unknown: dict[str, str] = {}
        for link in links:
            email, issue = link.incident.commander, link.issue
            if not isinstance(email, str) or not email or email.strip().casefold() in self._found:
                continue
            seen = (issue.assignee_email or "", str(issue.assignee))
            if self.users.account(email, seen) is None:
                unknown.setdefault(email.strip().casefold(), email)
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
