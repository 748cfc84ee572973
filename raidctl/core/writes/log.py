"""What the journal records of runs and writes, as values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from raidctl.core.memory import Baseline
from raidctl.core.model import Field, Readable, SyncDirection, Unreadable, Value
from raidctl.core.reasons import Reason
from raidctl.core.writes.outcome import Outcome, Result


class Kind(StrEnum):
    """Who wants a write: raidctl's own plan, a person who decided, a person who takes one back.

    Only `sync` ever counts as flapping.
    """

    SYNC = "sync"
    RESOLVE = "resolve"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class Intent:
    """A write of one field that is about to be sent.

    `source` is the value copied, `old` what the target holds now, `new` what it is to hold;
    `tables` is the fingerprint of the relation. `issue` is the issue's key at that time.
    `undoes` is the number of the write that this one takes back.
    """

    incident: int
    issue: str
    issue_id: int
    field: Field
    direction: SyncDirection
    source: Value
    old: Value
    new: Value
    tables: str
    kind: Kind = Kind.SYNC
    undoes: int | None = None

    def pair(self, target: Value) -> tuple[Value, Value]:
        """Both sides' values, Impact's first, where the target holds this one."""
        to_jira = self.direction is SyncDirection.IMPACT_TO_JIRA
        return (self.source, target) if to_jira else (target, self.source)


@dataclass(frozen=True, slots=True)
class OpenWrite:
    """An intent of an earlier run of which nobody knows what became.

    `hops`: the statuses that transitions were sent to, in order.
    """

    id: int
    run: str
    at: datetime
    intent: Intent
    hops: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PermanentRefusal:
    """A refused write is not to be sent again as it is.

    `edited_at` is when the field was last changed in JIRA, as far as its history tells: once
    somebody has changed it there again, the same may be sent after all.
    """

    edited_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a write, and the baseline it leaves; None leaves the stored one."""

    write: int
    result: Result
    baseline: Baseline | None = None
    refused: PermanentRefusal | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A change that was decided on and never sent: what was to be written, and why it was not."""

    intent: Intent
    result: Result


@dataclass(frozen=True, slots=True)
class SeenLink:
    """A link as a run saw it; `open` while either side is."""

    incident: int
    issue: str
    issue_id: int
    open: bool


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command that may write. `finished_at` and `exit_code` are None while it runs.

    `counts`: how many changes had each outcome, and how many fields were held.
    """

    id: str
    command: str
    started_at: datetime
    pid: int
    direction: SyncDirection | None = None
    finished_at: datetime | None = None
    exit_code: int | None = None
    plan: str | None = None
    outcomes: tuple[tuple[Outcome, int], ...] = ()
    held: int = 0


@dataclass(frozen=True, slots=True)
class Write:
    """One write, as history tells it; `outcome` is None while nobody knows what became of it.

    `id` is its number in the journal, `undoes` that of the write it takes back, `sent` False for
    a change that was decided on and never sent.
    """

    id: int
    run: str
    at: datetime
    incident: int
    issue: str
    issue_id: int
    field: Field
    direction: SyncDirection
    source: Readable
    old: Readable
    new: Readable
    read_back: Readable
    outcome: Outcome | None
    category: str | None
    detail: str | None
    kind: Kind = Kind.SYNC
    undoes: int | None = None
    sent: bool = True

    @property
    def pair(self) -> tuple[Readable, Readable]:
        """Both sides' values before it, Impact's first."""
        to_jira = self.direction is SyncDirection.IMPACT_TO_JIRA
        return (self.source, self.old) if to_jira else (self.old, self.source)

    @property
    def landed(self) -> bool:
        """Whether it left something of its own in the target, be it half way."""
        told = self.read_back != self.old and not isinstance(self.old, Unreadable)
        match self.outcome:
            case Outcome.APPLIED | Outcome.NORMALISED:
                return self.sent and told
            case Outcome.RECOVERED if self.category is None:
                return self.sent and told
            case Outcome.FAILED | Outcome.REFUSED | Outcome.RECOVERED:
                half_way = isinstance(self.read_back, str | int)  # else it was not seen, or is gone
                stale = self.outcome is Outcome.RECOVERED and self.category == "conflict"
                return self.sent and told and half_way and not stale
            case _:
                return False

    @property
    def half_way(self) -> bool:
        """Whether it landed, and stopped before it arrived."""
        return self.landed and self.category is not None


@dataclass(frozen=True, slots=True)
class Mark:
    """Why the journal keeps a field from being written until a person says otherwise, since when.

    `reason` is `flapping`, `refused` or `undone`.
    """

    incident: int
    issue_id: int
    field: Field
    reason: Reason
    since: datetime


@dataclass(frozen=True, slots=True)
class Skip:
    """A pair of values of a field that a person looked at and left as it is."""

    incident: int
    issue_id: int
    field: Field
    impact: Value
    jira: Value


@dataclass(frozen=True, slots=True)
class Pause:
    """Nobody writes until then; `by` is who asked for it."""

    since: datetime
    until: datetime
    by: str
