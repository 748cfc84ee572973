"""What a settled write means for the next one of its field: quarantined, refused, or free again.

The journal tells what it holds of a field and stores what is decided here.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from itertools import pairwise

from raidctl.core.memory import Baseline, BaselineState, Refusal
from raidctl.core.model import Pair, Readable
from raidctl.core.reasons import Kind, Reason
from raidctl.core.writes.log import Write
from raidctl.core.writes.outcome import Outcome
from raidctl.core.writes.settlement import PermanentRefusal

FLAPPING_WRITES = 3
SAME_MOMENT = timedelta(seconds=5)
FLAPPING_WITHIN = timedelta(hours=1)


class MarkChange(Enum):
    """A change of one field's marks. A `Refusal` is another: it takes an earlier one's place."""

    QUARANTINE = auto()  # one that is there already stays as it is
    END_QUARANTINE = auto()
    COUNT_ANEW = auto()  # what was written so far is no part of any flapping
    FORGET_REFUSAL = auto()
    FORGET_SKIP = auto()
    RESUME = auto()  # a write that was taken back is now one that stopped half way


@dataclass(frozen=True, slots=True)
class FieldMarks:
    """What the journal holds of one field.

    `marked`: why it is kept from being written. `released`: when it was last let go, from which
    on writes count as flapping. `lately`: all that raidctl wrote to it for at least
    `FLAPPING_WITHIN`, oldest first.
    """

    marked: frozenset[Reason] = frozenset()
    released: datetime | None = None
    lately: Sequence[Write] = ()


def after_settlement(
    write: Write,
    baseline: Baseline | None,
    refused: PermanentRefusal | None,
    known: FieldMarks,
    now: datetime,
) -> Sequence[MarkChange | Refusal]:
    """What changes, in this order, once a write has its outcome and leaves this baseline.

    `known.lately` has the write as it was settled.
    """
    changes = list[MarkChange | Refusal]()
    if baseline is not None and baseline.state is BaselineState.AGREED:
        changes += _lifted(known.marked & _ENDED_BY[write.kind])
    if refused is not None and write.outcome is Outcome.REFUSED:
        changes.append(refusal_of(write, refused.edited_at, refused.writer))
    counted = [one for one in known.lately if _counts(one, known.released)]
    if write in counted and flaps(counted, now):
        changes.append(MarkChange.QUARANTINE)
    return changes


def on_release(marked: Collection[Reason]) -> Sequence[MarkChange]:
    """What changes for the next run to decide on a field as if nobody had."""
    resumed = [MarkChange.RESUME] if Reason.UNDONE in marked else []
    return [MarkChange.FORGET_SKIP, *resumed, *_lifted(marked)]


def flaps(writes: Sequence[Write], now: datetime) -> bool:
    """Whether raidctl's own writes of one field, oldest first, go round in circles.

    Three within an hour, in alternating directions or with the same value each time.
    """
    last = [write for write in writes if now - write.at <= FLAPPING_WITHIN][-FLAPPING_WRITES:]
    if len(last) < FLAPPING_WRITES:
        return False
    alternating = all(a.direction is not b.direction for a, b in pairwise(last))
    return alternating or len({(write.direction, write.new) for write in last}) == 1


def refusal_of(
    write: Write, edited_at: datetime | None = None, writer: str | None = None
) -> Refusal:
    """A write as one that is not to be sent again: over which pair of values it sent what."""
    return Refusal(*write.pair, write.new, edited_at, writer)


def refused_before(
    refusal: Refusal | None,
    pair: Pair[Readable],
    new: Readable,
    edited_at: datetime | None = None,
) -> bool:
    """Whether this very value was sent over this very pair, and came to that.

    `edited_at` is when the field was last changed in JIRA: if that is not when it was then,
    somebody has changed it there and back, and the same may be sent after all. Each is as exact as
    JIRA's clock was known.
    """
    if refusal is None or (refusal.impact, refusal.jira, refusal.new) != (*pair, new):
        return False
    if edited_at is None or refusal.edited_at is None:
        return True
    return abs(edited_at - refusal.edited_at) < SAME_MOMENT


# What a write that brought both sides to agree puts an end to: a quarantine is lifted only by
# what a person decided.
_ENDED_BY = {
    Kind.SYNC: frozenset({Reason.REFUSED}),
    Kind.UNDO: frozenset({Reason.REFUSED}),
    Kind.RESOLVE: frozenset({Reason.REFUSED, Reason.FLAPPING}),
}


def _lifted(marked: Collection[Reason]) -> list[MarkChange]:
    lifted = list[MarkChange]()
    if Reason.FLAPPING in marked:
        lifted += MarkChange.END_QUARANTINE, MarkChange.COUNT_ANEW
    if Reason.REFUSED in marked:
        lifted.append(MarkChange.FORGET_REFUSAL)
    return lifted


def _counts(write: Write, released: datetime | None) -> bool:
    """Whether a write may be a part of flapping.

    Undos, what people decided, what the target never took and what was written before a release
    are none.
    """
    if not write.sent or write.kind is not Kind.SYNC or (released and write.at <= released):
        return False
    if write.outcome is Outcome.RECOVERED:
        return write.read_back == write.new
    return write.outcome in (Outcome.APPLIED, Outcome.NORMALISED, Outcome.STALE)
