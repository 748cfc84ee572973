"""What the journal tells the plan about one link."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from raidctl.core.model import Field, Incident, Readable, Side, SyncDirection, Value

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


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
    is None. `at` is the start of the run that recorded it. `seen_at` is when the pair was last
    seen, where a run has seen it differ since; until then every whole reading sees it
    (`Readings`). Neither time tells one baseline from another.
    """

    impact: Value
    jira: Value
    tables: str
    state: BaselineState = BaselineState.AGREED
    direction: SyncDirection | None = None
    at: datetime | None = field(default=None, compare=False)
    seen_at: datetime | None = field(default=None, compare=False)

    def of(self, side: Side) -> Value:
        """One side's value."""
        return self.impact if side is Side.IMPACT else self.jira


@dataclass(frozen=True, slots=True)
class Reading:
    """A run that could read all of its scope: when it began, and how far its scope went back.

    Of closed incidents it read those created since `closed_since`.
    """

    started_at: datetime
    closed_since: datetime


@dataclass(frozen=True, slots=True)
class Readings:
    """The latest whole reading of each field; `watched` are the incidents last seen open by then.

    One note for all links, in place of a new time for each of them in every quiet run.
    """

    latest: Mapping[Field, Reading] = field(default_factory=dict)
    watched: frozenset[int] = frozenset()

    def covering(self, incident: Incident, name: Field) -> datetime | None:
        """When the latest of them began, if it read this incident's link."""
        reading = self.latest.get(name)
        if reading is None:
            return None
        covered = incident.id in self.watched or incident.created_at >= reading.closed_since
        return reading.started_at if covered else None

    def seen_at(self, baseline: Baseline, incident: Incident, name: Field) -> datetime | None:
        """When a field's pair was last seen in agreement, None where nothing tells."""
        if baseline.seen_at is not None:
            return baseline.seen_at
        times = (baseline.at, self.covering(incident, name))
        return max((at for at in times if at is not None), default=None)


NEVER_READ = Readings()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A write that its target took and did not carry out: both sides' values, and the one sent.

    The same is not sent again until a side changes or a person says so. `edited_at` is when the
    field was last changed in JIRA then, as far as its history told. `writer` is what was to write
    Impact: another one may still. None is JIRA, or FireFighter's webhook.
    """

    impact: Readable
    jira: Readable
    new: Readable
    edited_at: datetime | None = None
    writer: str | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """All that is remembered of one link.

    `guards`: writes an active loop guard covers, and when it ends. `flapping`: fields in
    quarantine. `refusals`: writes that their target kept the old value in spite of.
    """

    baselines: Mapping[Field, Baseline] = field(default_factory=dict)
    guards: Mapping[tuple[SyncDirection, Field], datetime] = field(default_factory=dict)
    flapping: frozenset[Field] = frozenset()
    refusals: Mapping[Field, Refusal] = field(default_factory=dict)

    @property
    def cooling(self) -> frozenset[tuple[SyncDirection, Field]]:
        """The writes that rest for now."""
        return frozenset(self.guards)


def guard_key(incident: int, direction: SyncDirection) -> str:
    """The name of the loop guard of an incident, for one direction."""
    return f"sync:incident:{incident}:{direction}"
