"""The life of a change: planned, intended, sent, landed, settled; what each stage leaves.

A planned change is a `Change`. It is intended once its intent is in the journal, sent once a
request may have left, landed once its target was read, settled once that is judged.
"""

from dataclasses import dataclass
from datetime import datetime

from raidctl.core.memory import Baseline
from raidctl.core.model import Field
from raidctl.core.plan.item import Change
from raidctl.core.writes.log import OwnLink
from raidctl.core.writes.outcome import Result


@dataclass(frozen=True, slots=True)
class PermanentRefusal:
    """A refused write is not to be sent again as it is.

    `edited_at` is when the field was last changed in JIRA, as far as its history tells: once
    somebody has changed it there again, the same may be sent after all. `writer` as in `Refusal`.
    """

    edited_at: datetime | None = None
    writer: str | None = None


@dataclass(frozen=True, slots=True)
class Intended:
    """A change whose intent an earlier run left, and of which nobody knows what became.

    `write` is its number in the journal, `hops` the values that were sent before it, such as the
    statuses of transitions, as texts and in order.
    """

    write: int
    run: str
    at: datetime
    change: Change
    hops: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """A change that may have been sent: what became of it is to be read.

    `hops` are the values it has gone through, as texts, `failure` what went wrong on the way.
    `refused`: it is not to be sent again as it is, if it was refused. `at` is when it was intended.
    `made` is the link that has come of it, where it makes one.
    """

    write: int
    change: Change
    hops: tuple[str, ...] = ()
    failure: Result | None = None
    refused: PermanentRefusal | None = None
    at: datetime | None = None
    made: OwnLink | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of a change, and what it leaves.

    `write` is None where it was never sent. Without a `baseline` the stored one stays. `unknown`:
    the target could not be read, so that its intent stays open in the journal. `made` is the link
    that has come of it, and `first` what its fields hold at the beginning.
    """

    change: Change
    result: Result
    write: int | None = None
    baseline: Baseline | None = None
    refused: PermanentRefusal | None = None
    unknown: bool = False
    made: OwnLink | None = None
    first: tuple[tuple[Field, Baseline], ...] = ()
