"""What the journal records of runs and writes, as values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from raidctl.core.memory import Baseline
from raidctl.core.model import Field, Readable, SyncDirection, Value
from raidctl.core.outcome import Outcome, Result

FLAPPING_WRITES = 3
FLAPPING_WITHIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Intent:
    """A write of one field that is about to be sent.

    `source` is the value copied, `old` what the target holds now, `new` what it is to hold;
    `tables` is the fingerprint of the relation. `issue` is the issue's key at that time.
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
class Settled:
    """What became of a write, and the baseline it leaves; None leaves the stored one."""

    write: int
    result: Result
    baseline: Baseline | None = None


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
    """One write, as history tells it; `outcome` is None while nobody knows what became of it."""

    run: str
    at: datetime
    incident: int
    issue: str
    issue_id: int
    field: Field
    direction: SyncDirection
    old: Readable
    new: Readable
    read_back: Readable
    outcome: Outcome | None
    category: str | None
    detail: str | None


@dataclass(frozen=True, slots=True)
class Pause:
    """Nobody writes until then; `by` is who asked for it."""

    since: datetime
    until: datetime
    by: str


def flaps(writes: Sequence[tuple[datetime, SyncDirection, Value]], now: datetime) -> bool:
    """Whether raidctl's own writes of one field, oldest first, go round in circles.

    Three within an hour, in alternating directions or with the same value each time.
    """
    last = [write for write in writes if now - write[0] <= FLAPPING_WITHIN][-FLAPPING_WRITES:]
    if len(last) < FLAPPING_WRITES:
        return False
    directions = [direction for _, direction, _ in last]
    alternating = all(a is not b for a, b in pairwise(directions))
    return alternating or len({(direction, value) for _, direction, value in last}) == 1
