"""The words of what both histories of a field do not tell."""

from collections.abc import Mapping
from datetime import tzinfo

from raidctl.core.replay import Untold, Why
from raidctl.present.text.words import SIDE_NAMES, local

WHY_WORDS: Mapping[Why, str] = {
    Why.NO_HISTORY: "Impact has noted no change of it",
    Why.CUT: "the history is cut, or holds what cannot be read",
    Why.GAP: "the history does not lead to the values that are there",
    Why.ONE_INSTANT: "two changes at one instant, in no order",
    Why.UNREADABLE: "a value cannot be seen or read",
    Why.UNMAPPED: "a value that no table knows, or a person whom nobody knows",
    Why.ORDER: "which side changed first lies within the clock skew",
    Why.TOO_SHORT: "the history begins too late to tell",
    Why.NEVER: "both histories are whole, and the two never agreed",
    Why.UNREAD: "its history could not be read",
    Why.HELD: "the link as a whole is held: see raidctl held",
}
"""Every reason in plain words; `help/baseline.md` describes the same set."""


def untold_words(untold: Untold, zone: tzinfo | None) -> str:
    """Why, and where and when that shows, as far as there is such a place."""
    where = [] if untold.side is None else [SIDE_NAMES[untold.side]]
    when = [] if untold.at is None else [local(untold.at, zone)]
    place = ", ".join([*where, *when])
    return f"{WHY_WORDS[untold.why]} ({place})" if place else WHY_WORDS[untold.why]
