"""What waits for a person, as each format shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from raidctl.core.report import Unread
from raidctl.core.waiting import Waiting
from raidctl.present.text.words import REASON_WORDS

NOTHING = "Nothing waits for a person."


@dataclass(frozen=True, slots=True)
class HeldList:
    """All that waits, as it was at `now`; `unread` is what could not be read."""

    waiting: Sequence[Waiting]
    now: datetime
    unread: Sequence[Unread] = ()


def why(one: Waiting) -> str:
    """What it waits for, in words."""
    words = REASON_WORDS[one.item.reason]
    words = f"{words}: {one.item.detail}" if one.item.detail else words
    return f"{words}; looked at and skipped" if one.skipped else words
