"""What is held, as each format shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from raidctl.core.asked import NOTHING as NOTHING_ASKED
from raidctl.core.asked import Asked
from raidctl.core.report import Unread
from raidctl.core.waiting import Waiting
from raidctl.present.text.words import REASON_WORDS, held_words, skip_words

NOTHING = "Nothing is held."


@dataclass(frozen=True, slots=True)
class HeldList:
    """All that waits, as it was at `now`; `unread` is what could not be read, `notes` what else
    there is to know; `asked` is what was typed to have it.
    """

    waiting: Sequence[Waiting]
    now: datetime
    unread: Sequence[Unread] = ()
    notes: Sequence[str] = ()
    asked: Asked = NOTHING_ASKED


def counted(held: HeldList) -> str:
    """How much is held, of what, and what of it needs nobody any more."""
    apart = {
        "of them skipped by a person": sum(one.skipped for one in held.waiting),
        "of them a matter of time": sum(one.passing for one in held.waiting),
    }
    again = sum(one.tried_again for one in held.waiting)
    more = [f"{count} {words}" for words, count in apart.items() if count]
    more += [f"{again} refused, which the next run tries once more"] if again else []
    found = held_words([one.item for one in held.waiting if not one.tried_again])
    return "; ".join([found, *more])


def why(one: Waiting, zone: tzinfo | None = None) -> str:
    """What it waits for, in words; times are in `zone`, or this machine's."""
    words = REASON_WORDS[one.item.reason]
    words = f"{words}: {one.item.detail}" if one.item.detail else words
    return words if one.skip is None else f"{words}; {skip_words(one.skip, zone)}"
