"""What the journal records of runs and writes, as values."""

from dataclasses import dataclass
from datetime import datetime

from raidctl.core.model import Field, Pair, Readable, SyncDirection, Unreadable, Value
from raidctl.core.reasons import Kind, Reason
from raidctl.core.writes.outcome import Outcome


@dataclass(frozen=True, slots=True)
class SeenLink:
    """A link as a run saw it; `open` while either side is, `status` where its issue stands."""

    incident: int
    issue: str
    issue_id: int
    open: bool
    status: str | None = None


@dataclass(frozen=True, slots=True)
class OwnLink:
    """A link that raidctl made or found, and that Impact need not know: its issue by key and id.

    `led_back`: the issue carries a remote link to the incident, as far as is known.
    """

    incident: int
    issue: str
    issue_id: int
    led_back: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command that may write. `finished_at` and `exit_code` are None while it runs.

    `outcomes` and `held` are how many changes had each outcome, and how much was held; `why` it
    ended as it did, where it neither did all it decided nor only found drift. `counts`: it was of
    all links in scope, and nobody declined it (`core/watch/ends.py`). `host` is where it goes on,
    "" for unknown; `asking_since` is when it began to wait for a person's answer, None while it
    does not.
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
    why: str | None = None
    counts: bool = True
    host: str = ""
    asking_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Write:
    """One write, as history tells it; `outcome` is None while nobody knows what became of it.

    `id` is its number in the journal, `undoes` that of the write it takes back, `sent` False for
    a change that was decided on and never sent. What is no field has its `target`, and which `part`
    of one it was.
    """

    id: int
    run: str
    at: datetime
    incident: int
    issue: str
    issue_id: int
    field: Field | None
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
    target: str = ""
    part: str = ""

    @property
    def name(self) -> Field:
        """The field that was written; raises LookupError for what was no field of a link."""
        if self.field is None:
            raise LookupError(f"write {self.id} was no field's")
        return self.field

    @property
    def what(self) -> str:
        """The field that was written, or what else it was."""
        return self.target if self.field is None else self.field.value

    @property
    def pair(self) -> Pair[Readable]:
        """Both sides' values before it."""
        to_jira = self.direction is SyncDirection.IMPACT_TO_JIRA
        return Pair(self.source, self.old) if to_jira else Pair(self.old, self.source)

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
    """A pair of values of a field that a person looked at and left as it is.

    It ends when either value changes, and at `until`, where it has an end; `why` is the person's.
    """

    incident: int
    issue_id: int
    field: Field
    impact: Value
    jira: Value
    until: datetime | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """Nobody writes until then; `by` is who asked for it."""

    since: datetime
    until: datetime
    by: str
