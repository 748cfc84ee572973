"""The one reader of histories: of which links both systems are asked who changed what."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from raidctl.core.history import History, OwnWrite, Revision, Revisions
from raidctl.core.model import Side
from raidctl.core.plan.case import ComparedLink
from raidctl.core.plan.item import Change, Item
from raidctl.core.policy import Choice, Policy
from raidctl.core.reasons import Reason
from raidctl.core.report import Unread
from raidctl.errors import Category, ServiceError
from raidctl.halves import by_halves
from raidctl.ports.jira import IssueTracker
from raidctl.ports.journal import JournalReader
from raidctl.ports.systems import Systems


@dataclass(frozen=True, slots=True)
class HistoryRequest:
    """Whose histories are wanted: those of incidents, and those of issues by their incident."""

    incidents: Collection[int]
    issues: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Histories:
    """What was told, by incident, and what could not be read of it."""

    by_incident: Mapping[int, History]
    unread: tuple[Unread, ...]


def matters(items: Iterable[Item], policy: Policy) -> bool:
    """Whether the verdicts on a link rest on its history: what is held anyway needs none."""
    return any(
        isinstance(item, Change)
        or item.reason is Reason.REFUSED  # unless somebody has edited it there and back
        or (item.reason in _OPEN and _by_time(policy, item))
        for item in items
    )


_OPEN = frozenset({Reason.CONFLICT, Reason.UNDECIDED})


def _by_time(policy: Policy, item: Item) -> bool:
    if item.field is None:
        return False
    rule = policy.fields[item.field]
    both = item.reason is Reason.CONFLICT
    return (rule.on_conflict if both else rule.on_first_sight) is Choice.NEWEST


def request_of(links: Iterable[ComparedLink]) -> HistoryRequest:
    """Both sides' histories of these links."""
    pairs = [(one.link.incident.id, one.link.issue.id) for one in links]
    return HistoryRequest([number for number, _ in pairs], dict(pairs))


def read_histories(systems: Systems, wanted: HistoryRequest, what: str) -> Histories:
    """Both systems' histories; what a system would not tell is unread, as `what` of so many.

    Raises `ServiceError` for credentials that are refused.
    """
    incidents, issues = list(wanted.incidents), list(wanted.issues.values())
    impact, lacking = told_of(systems.source.revisions, incidents)
    jira, hidden = told_of(systems.tracker.revisions, issues)
    unread = [*untold(Side.IMPACT, lacking, what), *untold(Side.JIRA, hidden, what)]
    account = our_account(systems.tracker) if any(jira.values()) else None
    own = sent_to(systems.journal, wanted.incidents)
    found: dict[int, History] = {}
    for number in wanted.incidents:
        issue = wanted.issues.get(number, 0)
        both = {Side.IMPACT: impact.get(number), Side.JIRA: jira.get(issue)}
        told = {side: revisions for side, revisions in both.items() if revisions}
        found[number] = History(told, own.get((number, issue), ()), account)
    return Histories(found, tuple(unread))


Failures = Mapping[int, ServiceError]
"""Why a system would not tell a history, by the number of whose it is."""


def told_of(
    read: Callable[[Collection[int]], Revisions], numbers: Sequence[int]
) -> tuple[Revisions, Failures]:
    """What is told, and what is not. Raises `ServiceError` for credentials that are refused."""
    found: dict[int, Sequence[Revision]] = {}
    failures: dict[int, ServiceError] = {}
    for part, told in by_halves(read, numbers):
        if isinstance(told, ServiceError):
            failures |= dict.fromkeys(part, told)
        else:
            found |= told
    return found, failures


def untold(side: Side, failures: Failures, what: str) -> list[Unread]:
    """Each failure once, as `what` of so many."""
    counts = Counter(failures.values())
    return [
        Unread(side, what.format(number), str(error), error.category)
        for error, number in counts.items()
    ]


def our_account(tracker: IssueTracker) -> str | None:
    """The account raidctl writes to JIRA as; None where JIRA does not tell.

    Raises `ServiceError` for credentials that are refused.
    """
    try:
        return tracker.myself()
    except ServiceError as error:
        if error.category is Category.AUTH:
            raise
        return None


def sent_to(
    journal: JournalReader, incidents: Collection[int]
) -> Mapping[tuple[int, int], Sequence[OwnWrite]]:
    """What raidctl has sent to these incidents and their issues, by both ids."""
    found: dict[tuple[int, int], list[OwnWrite]] = {}
    for one in journal.sent(incidents) if incidents else ():
        found.setdefault((one.incident, one.issue_id), []).append(one)
    return found
