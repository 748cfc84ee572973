"""Tallies: what is counted of runs and their writes, over the journal's life and by period.

The journal adds each to three rows: ever, its day, its hour. Their labels are of closed sets, so
that the rows grow with the time they are kept for and not with the runs.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, StrEnum

from raidctl.core.model import SyncDirection
from raidctl.core.watch.ends import failed, label
from raidctl.core.writes.log import Run
from raidctl.core.writes.outcome import Result

DAYS_KEPT, HOURS_KEPT = timedelta(days=400), timedelta(days=4)
"""How long tallies of single days and hours stay; those of all the time stay."""


class Period(Enum):
    """How long something is counted together, by how its beginnings are called, in UTC."""

    EVER = ""
    DAY = "%Y-%m-%d"
    HOUR = "%Y-%m-%dT%H"

    def of(self, at: datetime) -> str:
        """What the period of a moment is called."""
        return at.astimezone(UTC).strftime(self.value)

    def began(self, name: str) -> datetime:
        """When the one of that name began; raises ValueError for what is no name."""
        return datetime.strptime(name, self.value).replace(tzinfo=UTC)


class Counted(StrEnum):
    """What is counted, with the labels it has."""

    WRITES = "writes"  # direction, field or target, outcome
    ERRORS = "errors"  # system, error category
    REQUESTS = "requests"  # system
    RUNS = "runs"  # command, exit code (`ends.label`); its amounts are seconds
    LINKS = "links"  # state; its amounts are links
    DRIFT = "drift"  # field; its amounts are fields
    LOOKED = "looked"  # none; its amount is when a run last looked at all, in seconds since 1970
    STREAK = "streak"  # command; how many runs have failed since one ended well


LABELS: Mapping[Counted, int] = {
    Counted.WRITES: 3,
    Counted.ERRORS: 2,
    Counted.REQUESTS: 1,
    Counted.RUNS: 2,
    Counted.LINKS: 1,
    Counted.DRIFT: 1,
    Counted.LOOKED: 0,
    Counted.STREAK: 1,
}
"""How many labels each has."""


OTHER = "other"
"""What was written where no name of it was kept."""

STANDING = frozenset({Counted.LOOKED, Counted.STREAK})
"""What says nothing of a single day or hour."""


@dataclass(frozen=True, slots=True)
class Tally:
    """So many more of something, or an amount that was measured once."""

    what: Counted
    labels: tuple[str, ...]
    count: int = 1
    amount: float = 0.0


@dataclass(frozen=True, slots=True)
class Tallied:
    """What a period has come to: how often, and of amounts the sum, the largest and the last.

    `since` is the name of its period: empty, a day (2026-11-22) or an hour (2026-11-22T21).
    """

    what: Counted
    labels: tuple[str, ...]
    since: str
    count: int
    total: float
    most: float
    last: float


def of_write(direction: SyncDirection, what: str, result: Result) -> Iterator[Tally]:
    """What became of a change of a field, or of another target, and what went wrong with it."""
    yield Tally(Counted.WRITES, (direction, what or OTHER, result.outcome))
    if result.category is not None:
        yield Tally(Counted.ERRORS, (direction.target, result.category))


def of_run(run: Run) -> Iterator[Tally]:
    """That a run has ended, and how long it took."""
    if run.finished_at is None or run.exit_code is None:
        return
    took = max((run.finished_at - run.started_at).total_seconds(), 0.0)
    yield Tally(Counted.RUNS, (run.command, label(run)), 1, took)
    if failed(run):
        yield Tally(Counted.STREAK, (run.command,))


def summed(tallies: Iterable[Tallied]) -> Mapping[tuple[str, ...], Tallied]:
    """Several periods as one, by their labels; `last` is the latest period's."""
    found: dict[tuple[str, ...], Tallied] = {}
    for one in sorted(tallies, key=lambda tallied: tallied.since):
        before = found.get(one.labels)
        found[one.labels] = one if before is None else _together(before, one)
    return found


def _together(one: Tallied, later: Tallied) -> Tallied:
    return Tallied(
        one.what,
        one.labels,
        one.since,
        one.count + later.count,
        one.total + later.total,
        max(one.most, later.most),
        later.last,
    )
