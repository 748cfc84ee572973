"""The one reader of histories: of which links both systems are asked who changed what."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from raidctl.core.history import History, Revision, Revisions, latest
from raidctl.core.model import Field, Side
from raidctl.core.plan.case import ComparedLink
from raidctl.core.policy import Policy
from raidctl.core.report import Unread
from raidctl.errors import Category, ServiceError
from raidctl.ports.jira import IssueTracker
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


def for_verdicts(
    drifted: Collection[ComparedLink], policy: Policy, now: datetime
) -> HistoryRequest:
    """As far as a verdict may rest on it.

    JIRA is asked only about issues that changed so lately that they may not have settled, or
    of which a change was refused, unless a policy decides by time.
    """
    lately, newest = now - policy.grace - policy.clock_skew, policy.wants_newest
    issues = {
        one.link.incident.id: one.link.issue.id
        for one in drifted
        if newest or one.memory.refusals or (one.link.issue.updated_at or lately) > lately
    }
    return HistoryRequest([one.link.incident.id for one in drifted], issues)


def read_histories(systems: Systems, wanted: HistoryRequest, what: str) -> Histories:
    """Both systems' histories; what a system would not tell is unread, as `what` of so many.

    Raises `ServiceError` for credentials that are refused.
    """
    unread: list[Unread] = []

    def asked(side: Side, read: Callable[[Collection[int]], Revisions], of: list[int]) -> Revisions:
        try:
            return read(of) if of else {}
        except ServiceError as error:
            if error.category is Category.AUTH:
                raise
            unread.append(Unread(side, what.format(len(of)), str(error), error.category))
            return {}

    impact = asked(Side.IMPACT, systems.source.revisions, list(wanted.incidents))
    jira = asked(Side.JIRA, systems.tracker.revisions, list(wanted.issues.values()))
    found: dict[int, History] = {}
    for number in wanted.incidents:
        both = {Side.IMPACT: impact.get(number), Side.JIRA: jira.get(wanted.issues.get(number, 0))}
        found[number] = History({side: told for side, told in both.items() if told})
    return Histories(found, tuple(unread))


def last_authors(
    tracker: IssueTracker, issues: Collection[int]
) -> dict[int, Mapping[Field, Revision]]:
    """The last change of each field of these issues. Raises `ServiceError`."""
    told = tracker.revisions(issues) if issues else {}
    return {issue: latest(revisions) for issue, revisions in told.items()}
