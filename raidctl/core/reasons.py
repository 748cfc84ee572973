"""Why a field is written or held: a closed set, in its order."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a field is written or held: a closed set, described in `help/reasons.md`.

    Which of several holds goes before another is told by `core.plan.holds`.
    """

    IMPACT_CHANGED = "impact_changed"
    JIRA_CHANGED = "jira_changed"
    UNFINISHED = "unfinished"
    FIREFIGHTER = "firefighter"
    POLICY = "policy"
    NEWEST = "newest"
    PREFER = "prefer"
    DIRECTION = "direction"
    RESOLVED = "resolved"
    UNDO = "undo"
    MISSING = "missing"

    UNLINKED = "unlinked"
    NOT_VISIBLE = "not_visible"
    RELINKED = "relinked"
    SHARED_ISSUE = "shared_issue"
    DOWNGRADED = "downgraded"
    UNREADABLE = "unreadable"
    UNMAPPED = "unmapped"
    LOSSY = "lossy"
    EMPTY = "empty"
    PRIVATE = "private"
    READ_ONLY = "read_only"
    UNDONE = "undone"
    REFUSED = "refused"
    FLAPPING = "flapping"
    SIDE_EFFECT = "side_effect"
    COOLING = "cooling"
    SETTLING = "settling"
    CONFLICT = "conflict"
    UNDECIDED = "undecided"
    ECHO = "echo"
    CLOSING = "closing"
    MOVED = "moved"
    GAMEDAY = "gameday"
    LOOK_ALIKE = "look_alike"


DECIDED = frozenset(
    {
        Reason.IMPACT_CHANGED,
        Reason.JIRA_CHANGED,
        Reason.UNFINISHED,
        Reason.FIREFIGHTER,
        Reason.POLICY,
        Reason.NEWEST,
        Reason.PREFER,
        Reason.DIRECTION,
    }
)
"""What a plan writes for by itself."""


LISTED = frozenset({Reason.UNLINKED, Reason.NOT_VISIBLE})
"""What is so frequent, and so alike, that people are given a list of it in place of rows."""


class Kind(StrEnum):
    """Who wants a write: raidctl's own plan, a person who decided, a person who takes one back.

    Only `sync` ever counts as flapping.
    """

    SYNC = "sync"
    RESOLVE = "resolve"
    UNDO = "undo"


_KINDS = {Reason.RESOLVED: Kind.RESOLVE, Reason.UNDO: Kind.UNDO}


def kind_of(reason: Reason) -> Kind:
    """Who wants what is written for this reason."""
    return _KINDS.get(reason, Kind.SYNC)
