"""The words of a report, for an engineer at 3 a.m.: reasons, verdicts, values, times."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo

from raidctl.core.counts import OLDER, UNKNOWN
from raidctl.core.history import NO_TIME, UNKNOWN_TIME, Revision
from raidctl.core.model import Field, Readable, Side, SyncDirection, Unreadable
from raidctl.core.plan.item import Change, Item, held
from raidctl.core.reasons import Reason
from raidctl.core.writes.log import Skip
from raidctl.core.writes.outcome import Outcome
from raidctl.present.text.difference import excerpt
from raidctl.present.text.safe import clip, visible

LOCK = "🔒"
"""Beside a private incident."""

SIDE_NAMES: Mapping[Side, str] = {Side.IMPACT: "Impact", Side.JIRA: "JIRA"}

ARROWS: Mapping[SyncDirection, str] = {
    SyncDirection.IMPACT_TO_JIRA: "Impact → JIRA",
    SyncDirection.JIRA_TO_IMPACT: "JIRA → Impact",
    SyncDirection.IMPACT_TO_SLACK: "Impact → Slack",
    SyncDirection.SLACK_TO_IMPACT: "Slack → Impact",
}

REASON_WORDS: Mapping[Reason, str] = {
    Reason.IMPACT_CHANGED: "Impact changed",
    Reason.JIRA_CHANGED: "JIRA changed",
    Reason.UNFINISHED: "an earlier write is to be finished",
    Reason.FIREFIGHTER: "FireFighter's push to JIRA did not arrive whole",
    Reason.POLICY: "decided by [policy]",
    Reason.NEWEST: "the later change wins",
    Reason.PREFER: "decided by --prefer",
    Reason.DIRECTION: "the run's direction decides",
    Reason.RESOLVED: "a person decided",
    Reason.UNDO: "a person takes an earlier write back",
    Reason.MISSING: "it was missing",
    Reason.UNLINKED: "no JIRA issue",
    Reason.NOT_VISIBLE: "JIRA issue missing, or hidden from this user",
    Reason.RELINKED: "the key now leads to another issue",
    Reason.SHARED_ISSUE: "several incidents have this issue",
    Reason.DOWNGRADED: "downgraded in Impact; its issue goes on without it",
    Reason.UNREADABLE: "cannot be compared",
    Reason.UNMAPPED: "not known on the other side",
    Reason.LOSSY: "would not arrive whole",
    Reason.EMPTY: "an empty side never clears the other",
    Reason.PRIVATE: "of a private incident; not for JIRA's readers",
    Reason.READ_ONLY: "nothing is configured that can write this to Impact",
    Reason.UNDONE: "a person took this write back",
    Reason.REFUSED: "this very change was refused before",
    Reason.FLAPPING: "written to and fro too often; quarantined",
    Reason.SIDE_EFFECT: "no person left it there; it is not copied",
    Reason.COOLING: "just written; left alone while the loop guard lasts",
    Reason.SETTLING: "changed only just now; left to settle",
    Reason.CONFLICT: "both sides changed",
    Reason.UNDECIDED: "no record of which side changed",
    Reason.ECHO: "would come back as another status",
    Reason.CLOSING: "would close it, and allow_close is off",
    Reason.MOVED: "the issue has another key now",
    Reason.GAMEDAY: "an exercise, which has no issue",
    Reason.LOOK_ALIKE: "there is an issue that may be its own",
}
"""Every reason in plain words; `help/reasons.md` describes the same set."""

OUTCOME_WORDS: Mapping[Outcome, str] = {
    Outcome.APPLIED: "applied",
    Outcome.NORMALISED: "applied, in the target's own form",
    Outcome.REFUSED: "refused",
    Outcome.STALE: "stale, skipped",
    Outcome.FAILED: "failed",
    Outcome.NO_EFFECT: "no effect yet",
    Outcome.RECOVERED: "settled from an earlier run",
}
"""Every outcome in plain words; `help/outcomes.md` describes the same set."""

PRIORITIES = range(1, 6)
"""What FireFighter calls P1 to P5; its GAMEDAY, 20, is no P20."""

NOT_VISIBLE, EMPTY, UNTOLD = "(not visible)", "(empty)", "–"
NO_VALUE = frozenset({NOT_VISIBLE, EMPTY, UNTOLD})
"""What stands in place of a value."""

AGES: Mapping[str, str] = {
    "1d": "under a day",
    "7d": "under a week",
    "30d": "under 30 days",
    OLDER: "older",
    UNKNOWN: "not known",
}
"""How old an incident is, by the names of `core.counts`."""

NAME_LIMIT = 60
"""Columns that the name of a person, or the like, takes at most."""

_DETAIL_LIMIT = 240
_TO_LIMIT, _BACK_LIMIT = 30, 60
_SOME = 5

SPOKEN = frozenset({Field.PRIORITY, Field.STATUS, Field.COMMANDER})
"""Fields whose values are short enough to be repeated; all others are texts."""


def shown(value: Readable) -> str:
    """A value on one line, harmless; words where there is none. A number is Impact's priority."""
    if isinstance(value, Unreadable):
        return NOT_VISIBLE
    if isinstance(value, int) and value in PRIORITIES:
        return f"P{value}"
    return EMPTY if value is None or value == "" else visible(str(value))


def shown_sides(item: Item) -> tuple[str, str]:
    """Both values of an item; beside one that is hidden, `–` for one that was not told."""
    if item.field is None:
        return "", ""
    hidden = item.reason is Reason.UNREADABLE
    impact, jira = (UNTOLD if hidden and value is None else shown(value) for value in item.pair)
    return impact, jira


def held_words(items: Collection[Item]) -> str:
    """How much of these is held, and of what: `16 held (14 fields, 2 links)`."""
    found = list(held(items))
    links = sum(1 for item in found if item.field is None)
    kinds = {"field": len(found) - links, "link": links}
    parts = [f"{n} {kind}{'s' * (n != 1)}" for kind, n in kinds.items() if n]
    return f"{len(found)} held ({', '.join(parts)})" if found else "nothing held"


def skip_words(skip: Skip, zone: tzinfo | None) -> str:
    """That a person left it as it is: until when, and why, as far as that was said."""
    until = "" if skip.until is None else f" until {local(skip.until, zone)}"
    because = "" if not skip.why else f": {clip(visible(skip.why), _DETAIL_LIMIT)}"
    return f"looked at and skipped{until}{because}"


def field_name(item: Item) -> str:
    """The field it is about, or that it is about the link."""
    if item.field is not None:
        return item.field.value
    return item.verdict.replace("_", " ") if isinstance(item, Change) else "link"


def some(incidents: Sequence[int]) -> str:
    """Their numbers, the first of many: `7, 9, 12, 14, 15 and 14 more`."""
    named = ", ".join(map(str, incidents[:_SOME]))
    return f"{named} and {len(incidents) - _SOME} more" if len(incidents) > _SOME else named


def verdict_words(item: Item) -> str:
    """The verdict with its arrow and, where short, the value: `Impact → JIRA: Resolved`.

    What is taken back comes from neither side: `JIRA back to: In Progress`.
    """
    if item.reason is Reason.UNDO and item.direction is not None:
        target = item.direction.target
        back, _ = excerpt(shown(item.to), shown(item.pair.of(target)), _BACK_LIMIT)
        return f"{SIDE_NAMES[target]} back to: {back}"
    if isinstance(item, Change) and item.field is None:
        return clip(shown(item.to), _TO_LIMIT)
    arrow = "" if item.direction is None else ARROWS[item.direction]
    if arrow and item.to is not None and item.field in SPOKEN:
        arrow = f"{arrow}: {clip(shown(item.to), _TO_LIMIT)}"
    if isinstance(item, Change):
        return arrow
    return f"hold ({arrow})" if arrow else "hold"


def reason_words(item: Item, limit: int = _DETAIL_LIMIT) -> str:
    """Why, in one phrase, with the item's own detail after it; what became of it goes before.

    A detail has `limit` columns at most.
    """
    words = REASON_WORDS[item.reason]
    if item.reason is Reason.PRIVATE and item.subject.private is None:
        words = "it may be private, and not for JIRA's readers"
    if (result := item.result) is not None:
        told = OUTCOME_WORDS[result.outcome]
        if result.detail:
            return f"{told}: {clip(visible(result.detail), limit)}"
        words = f"{told}; {words}"
    return f"{words}: {clip(visible(item.detail), limit)}" if item.detail else words


def age(span: timedelta) -> str:
    """How long ago something was, in its largest unit."""
    seconds = span.total_seconds()
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit} ago"
    return f"{int(max(seconds, 0))} s ago"


def local(at: datetime, zone: tzinfo | None, clock: str = "%H:%M") -> str:
    """A time in `zone`, or this machine's."""
    return visible(at.astimezone(zone).strftime(f"%Y-%m-%d {clock} %Z"))


def aged(at: datetime, now: datetime, zone: tzinfo | None) -> str:
    """A time and how long ago that is."""
    return f"{local(at, zone)} ({age(now - at)})"


def last_change(edit: Revision, when: Callable[[datetime], str]) -> str:
    """When a value last changed, in the words of `when`, and by whom, where that is known."""
    by = f" by {clip(visible(edit.author), NAME_LIMIT)}" if edit.author else ""
    return f"changed {NO_TIME if edit.at == UNKNOWN_TIME else when(edit.at)}{by}"
