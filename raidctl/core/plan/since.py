"""What has happened to a planned change's target since, that its value does not show."""

from raidctl.core.history import History, Revision
from raidctl.core.mapping.relation import Relation
from raidctl.core.model import Side
from raidctl.core.plan.authorship import Accounts, By
from raidctl.core.plan.item import Change
from raidctl.core.reasons import Kind

_NAMES = {Side.IMPACT: "Impact", Side.JIRA: "JIRA"}


def touched(change: Change, history: History, relation: Relation, accounts: Accounts) -> str | None:
    """Who has changed the target and changed it back since it was planned, in words.

    What raidctl takes back was planned when it was written: there only what another account has
    done since counts.
    """
    last = history.last(change.side, change.name)
    if last is None or last.at == change.edited_at:
        return None
    by = accounts.whose(last, change.side, relation, change.old, history)
    if by is By.RAIDCTL:
        return None
    if change.kind is Kind.UNDO:
        others = last.account is not None and last.account != history.account
        return f"{_who(by, last)} there and back since that run wrote it" if others else None
    return f"{_who(by, last)} there and back since the plan was made"


def _who(by: By, last: Revision) -> str:
    match by:
        case By.SIDE_EFFECT:
            return "raidctl's own account, not the journal's writes, changed it in JIRA"
        case By.FIREFIGHTER:
            return "FireFighter pushed it to JIRA"
        case By.SYNC:
            return "FireFighter took it over from JIRA"
        case _:
            return f"{last.author or 'somebody'} changed it"
