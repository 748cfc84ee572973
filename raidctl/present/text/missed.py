"""The words of why a change in JIRA did not arrive in Impact."""

from collections.abc import Mapping

from raidctl.core.missed import Missed, Why
from raidctl.core.plan.item import INCIDENT, Change
from raidctl.present.text.safe import clip, visible
from raidctl.present.text.words import OUTCOME_WORDS, reason_words, verdict_words

WHY_WORDS: Mapping[Why, str] = {
    Why.NOT_TAKEN: "FireFighter takes nothing of this field from JIRA",
    Why.OWN_LINK: "FireFighter does not know this issue: the link is raidctl's own",
    Why.MOVED: "the issue has another key now, and FireFighter looks for the old one",
    Why.SHARED: "several incidents have this key, so FireFighter takes nothing of it",
    Why.UNMAPPED: "raidctl's tables do not know this name",
    Why.UNKNOWN_NAME: "FireFighter does not know this name",
    Why.ECHO: "FireFighter took it for the echo of its own push",
    Why.REFUSED_CLOSE: "FireFighter has a rule against this close",
    Why.OUTAGE: "nothing arrived at that time: FireFighter, its JIRA or its Slack was away",
    Why.LOST: "nothing shows why: FireFighter or its JIRA was away, or the event got lost",
}
"""Every reason in plain words; `help/missed.md` describes the same set."""

OVERTAKEN = "a later change went over it: not to be delivered"
ELSEWHERE = "Impact is newer, and raidctl reconcile decides"
_DETAIL_LIMIT = 240


def why_words(one: Missed) -> str:
    """Why, with what more there is to say of it."""
    words = WHY_WORDS[one.why]
    return f"{words} ({_cut(one.detail)})" if one.detail else words


def said_words(one: Missed) -> str | None:
    """What becomes of it, or became; None where nobody has asked."""
    if one.result is not None:
        told = OUTCOME_WORDS[one.result.outcome]
        return f"{told}: {_cut(one.result.detail)}" if one.result.detail else told
    if one.overtaken:
        return OVERTAKEN
    if to_deliver(one):
        return "to be delivered"
    match one.item:
        case None:
            return None
        case Change():
            return f"not delivered: {ELSEWHERE}: {verdict_words(one.item)}"
        case _:
            return f"not delivered: {reason_words(one.item)}"


def to_deliver(one: Missed) -> bool:
    """Whether it is planned to be, and has not been tried."""
    if one.result is not None or one.overtaken or not isinstance(one.item, Change):
        return False
    return one.item.target == INCIDENT and not one.item.overrides


def _cut(text: str) -> str:
    return clip(visible(text), _DETAIL_LIMIT)
