"""Commander and assignee: related through who is who."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from raidctl.core.mapping.relation import Image, Listed, Origin, Said
from raidctl.core.model import Field, Issue, Side, Value

Shown = tuple[str, str]
"""The e-mail and the account of somebody whom JIRA itself shows with both."""

_LOWER = {capital: capital + 32 for capital in range(ord("A"), ord("Z") + 1)}


@lru_cache(4096)  # the same few people, again and again
def email_key(email: str) -> str:
    """An e-mail as e-mails compare: blanks around it and the case of ASCII letters do not count.

    Never Unicode's case: two addresses that only look alike are two people's.
    """
    key = email.strip()
    return key.lower() if key.isascii() else key.translate(_LOWER)


@dataclass(frozen=True, slots=True)
class Users:
    """Who is who: Impact e-mails (by `email_key`) and JIRA accounts.

    In order: configured exceptions, FireFighter's own JIRA-user table, an exact e-mail match
    in JIRA (`found`; None says that a look-up found nobody, or more than one).
    """

    exceptions: Mapping[str, str] = field(default_factory=dict)
    firefighter: Mapping[str, str] = field(default_factory=dict)
    found: Mapping[str, str | None] = field(default_factory=dict)

    def account(self, email: str, seen: Shown | None = None) -> str | None:
        """The JIRA account of an e-mail; `seen` is an assignee's own (e-mail, account)."""
        return next((account for _, account in self.ways(email, seen)), None)

    def ways(self, email: str, seen: Shown | None = None) -> Iterator[tuple[Origin, str]]:
        """All that leads from an e-mail to an account, what goes first before the others."""
        key = email_key(email)
        if account := self.exceptions.get(key):
            yield Origin.USERS, account
        if account := self.firefighter.get(key):
            yield Origin.FIREFIGHTER, account
        if seen is not None and email_key(seen[0]) == key:
            yield Origin.SHOWN, seen[1]
        if account := self.found.get(key):
            yield Origin.FOUND, account

    def email(self, account: str, seen: Shown | None = None) -> str | None:
        """The e-mail of a JIRA account, where a table or JIRA itself shows it for certain.

        What look-ups found does not count here: it would depend on who else was looked up.
        """
        shown = {} if seen is None else {seen[0]: seen[1]}
        for known in (self.exceptions, self.firefighter, shown):
            if emails := [email for email, owner in known.items() if owner == account]:
                certain = len(emails) == 1 and self.account(emails[0], seen) == account
                return emails[0] if certain else None
        return None


def shown_on(issue: Issue, field: Field) -> Shown | None:
    """Whom an issue shows in a field, where it shows both."""
    email, account = issue.assignee_email, issue.value(field)
    return (email, account) if email and isinstance(account, str) else None


@dataclass(frozen=True, slots=True)
class CommanderRelation(Listed):
    """Commander and assignee, related through `users`.

    `seen` is the assignee's (e-mail, account) as JIRA itself shows it on this issue.
    """

    users: Users
    seen: Shown | None = None

    def to_jira(self, impact: Value, current: Value = None) -> Image:
        """The account of a commander; nobody for nobody."""
        account = self.users.account(str(impact or ""), self.seen)
        return self.image(impact, account, "no JIRA account is known for {}")

    def to_impact(self, jira: Value, current: Value = None) -> Image:
        """The e-mail of an assignee; nobody for nobody."""
        email = self.users.email(str(jira or ""), self.seen)
        return self.image(jira, email, "no Impact user is known for {}")

    def origin(self, email: Value) -> Origin | None:
        """What tells that an e-mail and an account are one person's."""
        ways = self.users.ways(str(email or ""), self.seen)
        return next((origin for origin, _ in ways), None)

    def same(self, side: Side, left: Value, right: Value) -> bool:
        """The same account; the same e-mail without regard to case."""
        if side is Side.IMPACT and isinstance(left, str) and isinstance(right, str):
            return email_key(left) == email_key(right)
        return (left or None) == (right or None)

    def tables(self) -> object:
        """The configured exceptions; who is found in JIRA is no table."""
        return dict(self.users.exceptions)

    def says_of(self, impact: Value, jira: Value) -> Said:
        """The exception of this e-mail, and those of this account."""
        known = self.users.exceptions
        account = known.get(email_key(str(impact or ""))) if known else None
        if jira not in known.values():  # as nearly always
            return (account,)
        return account, *sorted(email for email, owner in known.items() if owner == jira)
