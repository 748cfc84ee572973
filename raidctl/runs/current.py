"""Read single incidents and issues as they are this moment."""

from collections.abc import Collection, Iterable, Mapping

from raidctl.core.model import Incident, Issue
from raidctl.core.scope import Scope
from raidctl.errors import Category, ServiceError
from raidctl.ports import IncidentSource, IssueTracker


def incidents_now(source: IncidentSource, numbers: Collection[int]) -> Mapping[int, Incident]:
    """Those of these incidents that there are, by id.

    Raises `ServiceError` where one of them cannot be read.
    """
    unread = len(source.unread)
    scope = Scope(incidents=frozenset(numbers))
    found = {incident.id: incident for incident in source.incidents(scope)} if numbers else {}
    if len(source.unread) > unread:
        lost = source.unread[-1]
        raise ServiceError("Impact", lost.what, lost.why, "run again", Category(lost.category))
    return found


def issues_now(tracker: IssueTracker, numbers: Iterable[int]) -> Mapping[int, Issue | None]:
    """These issues by id; None for one that is missing or forbidden.

    Raises `ServiceError` where one of them cannot be read.
    """
    wanted, size = list(dict.fromkeys(numbers)), tracker.current_size
    found: dict[int, Issue | None] = {}
    for start in range(0, len(wanted), size):
        lot = wanted[start : start + size]
        found.update(zip(lot, tracker.current(lot), strict=True))
    return found
