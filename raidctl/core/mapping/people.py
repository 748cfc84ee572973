"""Commander and assignee: related through who is who."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from raidctl.core.mapping.relation import Image
from raidctl.core.model import Side, Value
from raidctl.core.reasons import Reason


@dataclass(frozen=True, slots=True)
class Users:
    """Who is who: Impact e-mails (folded) and JIRA accounts.

    In order: configured exceptions, FireFighter's own JIRA-user table, an exact e-mail match
    in JIRA (`found`; None says that a look-up found nobody, or more than one).
    """

    exceptions: Mapping[str, str] = field(default_factory=dict)
    firefighter: Mapping[str, str] = field(default_factory=dict)
    found: Mapping[str, str | None] = field(default_factory=dict)

    def account(self, email: str, seen: tuple[str, str] | None = None) -> str | None:
        """The JIRA account of an e-mail; `seen` is an assignee's own (e-mail, account)."""
        key = email.strip().casefold()
        known = self.exceptions.get(key) or self.firefighter.get(key)
        if known:
            return known
        if seen is not None and seen[0].strip().casefold() == key:
            return seen[1]
        return self.found.get(key)

    def email(self, account: str, seen: tuple[str, str] | None = None) -> str | None:
        """The e-mail of a JIRA account, where a table or JIRA itself shows it for certain.

        What look-ups found does not count here: it would depend on who else was looked up.
        """
        for known in (self.exceptions, self.firefighter):
            emails = [email for email, owner in known.items() if owner == account]
            if emails:
                break
        else:
            emails = [seen[0]] if seen is not None and seen[1] == account else []
        if len(emails) == 1 and self.account(emails[0], seen) == account:
            return emails[0]
        return None


@dataclass(frozen=True, slots=True)
class CommanderRelation:
    """Commander and assignee, related through `users`.

    `seen` is the assignee's (e-mail, account) as JIRA itself shows it on this issue.
    """

    users: Users
    seen: tuple[str, str] | None = None

    def to_jira(self, impact: Value, current: Value = None) -> Image:
        """The account of a commander; nobody for nobody."""
        if self.empty(impact):
            return Image(None)
        account = self.users.account(str(impact), self.seen)
        if account is None:
            return Image(problem=Reason.UNMAPPED, detail=f"no JIRA account is known for {impact}")
        return Image(account)

    def to_impact(self, jira: Value, current: Value = None) -> Image:
        """The e-mail of an assignee; nobody for nobody."""
        if self.empty(jira):
            return Image(None)
        email = self.users.email(str(jira), self.seen)
        if email is None:
            return Image(problem=Reason.UNMAPPED, detail=f"no Impact user is known for {jira}")
        return Image(email)

    def same(self, side: Side, left: Value, right: Value) -> bool:
        """The same account; the same e-mail without regard to case."""
        if side is Side.IMPACT and isinstance(left, str) and isinstance(right, str):
            return left.strip().casefold() == right.strip().casefold()
        return (left or None) == (right or None)

    def empty(self, value: Value) -> bool:
        """Nobody."""
        return not value

    def covers(self, impact: Value) -> bool:
        """Every commander is compared."""
        return True

    def tables(self) -> object:
        """The configured exceptions; who is found in JIRA is no table."""
        return dict(self.users.exceptions)
