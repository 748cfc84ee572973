"""What the journal tells the plan about one link."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from raidctl.core.model import Field, Readable, Side, SyncDirection, Value


class BaselineState(StrEnum):
    """How a stored pair came about."""

    AGREED = "agreed"  # both sides were seen to agree
    UNFINISHED = "unfinished"  # raidctl's own write stopped half way
    UNDONE = "undone"  # a person took raidctl's write back


@dataclass(frozen=True, slots=True)
class Baseline:
    """The pair of raw values last known of one field, as each side returned them.

    `tables` is the fingerprint of what the tables said of the pair when it was recorded (of the
    tables as a whole in an older journal, or where they have changed since the write that left
    it); `direction` says where a write was going that stopped half way or was taken back, else it
    is None.
    """

    impact: Value
    jira: Value
    tables: str
    state: BaselineState = BaselineState.AGREED
    direction: SyncDirection | None = None

    def of(self, side: Side) -> Value:
        """One side's value."""
        return self.impact if side is Side.IMPACT else self.jira


@dataclass(frozen=True, slots=True)
class Refusal:
    """A write that its target took and did not carry out: both sides' values, and the one sent.

    The same is not sent again until a side changes or a person says so. `edited_at` is when the
    field was last changed in JIRA then, as far as its history told.
    """

    impact: Readable
    jira: Readable
    new: Readable
    edited_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """All that is remembered of one link.

    `cooling`: writes an active loop guard covers. `flapping`: fields in quarantine.
    `refusals`: writes that their target kept the old value in spite of.
    """

    baselines: Mapping[Field, Baseline] = field(default_factory=dict)
    cooling: frozenset[tuple[SyncDirection, Field]] = frozenset()
    flapping: frozenset[Field] = frozenset()
    refusals: Mapping[Field, Refusal] = field(default_factory=dict)
