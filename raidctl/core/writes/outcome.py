"""Outcomes: what became of a write, judged by what the target holds afterwards."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from raidctl.core.model import Readable, Side, Unreadable, Value

if TYPE_CHECKING:
    from raidctl.core.mapping.relation import Relation  # 5 ms that every --help would pay


class Outcome(StrEnum):
    """What became of a change: a closed set, described in `help/outcomes.md`."""

    APPLIED = "applied"
    NORMALISED = "normalised"
    REFUSED = "refused"
    STALE = "stale"
    FAILED = "failed"
    NO_EFFECT = "no_effect"
    RECOVERED = "recovered"


DONE = frozenset({Outcome.APPLIED, Outcome.NORMALISED, Outcome.RECOVERED})
"""Outcomes after which nothing is left to do for this run's plan."""


@dataclass(frozen=True, slots=True)
class Result:
    """An outcome with its reason; `category` is one of the error categories, None for none."""

    outcome: Outcome
    read_back: Readable = None
    category: str | None = None
    detail: str | None = None


class ReadBack(StrEnum):
    """How the value read back compares with the one sent and the one before it."""

    SENT = "sent"
    OLD = "old"
    OTHER = "other"


def landing(relation: "Relation", side: Side, sent: Value, old: Value, found: Readable) -> ReadBack:
    """Judge the target alone: what was sent, what stood there before, or neither."""
    if isinstance(found, Unreadable):
        return ReadBack.OTHER
    if relation.same(side, sent, found):
        return ReadBack.SENT
    return ReadBack.OLD if relation.same(side, old, found) else ReadBack.OTHER
