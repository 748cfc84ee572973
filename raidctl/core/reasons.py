"""Why a field is written or held: a closed set, in its order."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a field is written or held: a closed set, described in the README.

    The holds stand in the order in which one goes before another.
    """

    IMPACT_CHANGED = "impact_changed"
    JIRA_CHANGED = "jira_changed"
    UNFINISHED = "unfinished"
    POLICY = "policy"
    NEWEST = "newest"
    DIRECTION = "direction"
    RESOLVED = "resolved"
    UNDO = "undo"

    UNLINKED = "unlinked"
    NOT_VISIBLE = "not_visible"
    RELINKED = "relinked"
    SHARED_ISSUE = "shared_issue"
    UNREADABLE = "unreadable"
    UNMAPPED = "unmapped"
    LOSSY = "lossy"
    EMPTY = "empty"
    READ_ONLY = "read_only"
    UNDONE = "undone"
    REFUSED = "refused"
    FLAPPING = "flapping"
    COOLING = "cooling"
    SETTLING = "settling"
    CONFLICT = "conflict"
    UNDECIDED = "undecided"
    ECHO = "echo"
    CLOSING = "closing"


WRITES = frozenset(
    {
        Reason.IMPACT_CHANGED,
        Reason.JIRA_CHANGED,
        Reason.UNFINISHED,
        Reason.POLICY,
        Reason.NEWEST,
        Reason.DIRECTION,
        Reason.RESOLVED,
        Reason.UNDO,
    }
)


HOLDS = tuple(reason for reason in Reason if reason not in WRITES)
"""The reasons of holds; where several apply, the first of this order is the reason."""
