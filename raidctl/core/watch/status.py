"""How raidctl does, out of its journal: whether it runs, what came of it, what waits."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from itertools import takewhile

from raidctl.core.events.event import QueueState
from raidctl.core.watch.ends import failed, is_failure, succeeded
from raidctl.core.watch.site import DRIFTED, Held
from raidctl.core.watch.tally import Counted, Period, Tallied, summed
from raidctl.core.writes.log import Pause, Run
from raidctl.core.writes.outcome import DONE, Outcome

WATCHED = "reconcile"
"""The command that is to run by itself; its successes and failures are those that count."""
FAILURES = 3
"""So many in a row are no accident."""


class Trouble(Enum):
    """Why somebody should look."""

    NEVER = auto()  # it has not ended well yet
    FAILING = auto()  # it has failed three times in a row
    OLD = auto()  # it ended well too long ago


@dataclass(frozen=True, slots=True)
class Rate:
    """What came of the writes of one field in one direction; `field` may be another target."""

    direction: str
    field: str
    outcomes: Mapping[str, int]

    @property
    def done(self) -> int:
        """How many did what was decided."""
        return sum(self.outcomes.get(outcome, 0) for outcome in DONE)

    @property
    def tried(self) -> int:
        """How many there were."""
        return sum(self.outcomes.values())


@dataclass(frozen=True, slots=True)
class Duration:
    """How long the runs of one command took, in seconds."""

    command: str
    runs: int
    failed: int
    mean: float
    longest: float


@dataclass(frozen=True, slots=True)
class Point:
    """One day or hour: how many runs there were, how many failed, what was done.

    `drifted` is how many links the last run that looked at all of them left so, `most_drifted` any
    of them at most; None for none.
    """

    began: datetime
    runs: int = 0
    failed: int = 0
    corrected: int = 0
    drifted: int | None = None
    most_drifted: int | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """All of it at one moment; what is counted by periods begins at `since`.

    `runs` are the latest of any command and `watched` those of `WATCHED` that count and have
    ended, both newest first; `died` counts runs of it that never ended since the last success.
    """

    at: datetime
    since: datetime
    by: Period
    runs: Sequence[Run]
    watched: Sequence[Run]
    success: Run | None
    died: int
    held: Sequence[Held]
    queue: QueueState
    ever: Sequence[Tallied]
    periods: Sequence[Tallied]
    paused: Pause | None

    @property
    def succeeded_at(self) -> datetime | None:
        """When the last run that ended well did."""
        return None if self.success is None else self.success.finished_at

    @property
    def failures(self) -> int:
        """How many runs have failed since one ended well."""
        counted = self.standing(Counted.STREAK, count=True).get(WATCHED)
        if counted is None:  # by a journal that does not count yet
            since = takewhile(lambda run: not succeeded(run), self.watched)
            counted = sum(map(failed, since))
        return self.died + counted

    def trouble(self, most: timedelta) -> Trouble | None:
        """Why somebody should look, where a success may be so old at most; not while paused."""
        if self.paused is not None:
            return None
        if self.failures >= FAILURES:
            return Trouble.FAILING
        if self.succeeded_at is None:
            return Trouble.NEVER
        return Trouble.OLD if self.at - self.succeeded_at > most else None

    @property
    def oldest(self) -> Held | None:
        """What has been held the longest."""
        return min(self.held, key=lambda one: one.since, default=None)

    @property
    def reasons(self) -> Mapping[str, int]:
        """What is held, by reason, the most first."""
        return dict(Counter(str(one.key.reason) for one in self.held).most_common())

    @property
    def looked_at(self) -> datetime | None:
        """When a run has last looked at all links."""
        seconds = self.standing(Counted.LOOKED).get("")
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)

    def standing(self, what: Counted, *, count: bool = False) -> Mapping[str, int]:
        """What was measured last, by its one label; with `count` how often it was counted."""
        return {
            "/".join(one.labels): one.count if count else round(one.last)
            for one in self.ever
            if one.what is what
        }

    @property
    def rates(self) -> Sequence[Rate]:
        """By direction and field."""
        found: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
        for labels, one in summed(self._of(Counted.WRITES)).items():
            direction, field, outcome = labels
            found[direction, field][outcome] = one.count
        return [Rate(*names, outcomes) for names, outcomes in sorted(found.items())]

    @property
    def durations(self) -> Sequence[Duration]:
        """By command, the most frequent first."""
        found: dict[str, list[Tallied]] = defaultdict(list)
        for (command, _), one in summed(self._of(Counted.RUNS)).items():
            found[command].append(one)
        made = [_duration(command, ends) for command, ends in found.items()]
        return sorted(made, key=lambda one: (-one.runs, one.command))

    def counts(self, what: Counted) -> Mapping[tuple[str, ...], int]:
        """How often each, by its labels."""
        return {labels: one.count for labels, one in sorted(summed(self._of(what)).items())}

    @property
    def points(self) -> Sequence[Point]:
        """Every day or hour, in order, those too in which nothing ran."""
        found: dict[str, list[Tallied]] = defaultdict(list)
        for one in self.periods:
            found[one.since].append(one)
        return [_point(began, found[self.by.of(began)]) for began in self._begins()]

    def _begins(self) -> Iterator[datetime]:
        step = timedelta(hours=1) if self.by is Period.HOUR else timedelta(days=1)
        began = self.since
        while began <= self.at:
            yield began
            began += step

    def _of(self, what: Counted) -> list[Tallied]:
        return [one for one in self.periods if one.what is what]


def _duration(command: str, ends: Sequence[Tallied]) -> Duration:
    runs = sum(one.count for one in ends)
    return Duration(
        command,
        runs,
        sum(one.count for one in ends if is_failure(one.labels[1])),
        sum(one.total for one in ends) / max(runs, 1),
        max(one.most for one in ends),
    )


def _point(began: datetime, tallies: Sequence[Tallied]) -> Point:
    runs = [one for one in tallies if one.what is Counted.RUNS]
    done = {str(outcome) for outcome in Outcome if outcome in DONE}
    drifted = [one for one in tallies if (one.what, *one.labels) == (Counted.LINKS, DRIFTED)]
    return Point(
        began,
        sum(one.count for one in runs),
        sum(one.count for one in runs if is_failure(one.labels[1])),
        sum(one.count for one in tallies if one.what is Counted.WRITES and one.labels[2] in done),
        round(drifted[0].last) if drifted else None,
        round(drifted[0].most) if drifted else None,
    )
