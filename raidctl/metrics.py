"""How raidctl does, as Prometheus reads it: after a run in a file, or at `listen`'s `/metrics`.

Names and labels are a contract (`help/metrics.md`): alert rules and dashboards rest on them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from raidctl.core.model import Field, Side, SyncDirection
from raidctl.core.plan.holds import HOLDS
from raidctl.core.reasons import Reason
from raidctl.core.watch.status import Status
from raidctl.core.watch.tally import Counted
from raidctl.core.writes.log import Run
from raidctl.core.writes.outcome import Outcome

Labels = tuple[str, ...]
Samples = Mapping[Labels, float]
CATEGORIES = (
    *("network", "auth", "permission", "validation", "not_found", "conflict", "rate_limit"),
    *("refused", "internal"),
)
"""Those of errors, which all are told from the beginning."""
_DIRECTIONS = SyncDirection.IMPACT_TO_JIRA, SyncDirection.JIRA_TO_IMPACT


@dataclass(frozen=True, slots=True)
class _Kind:
    """One metric: what it says, its labels, and how a status tells its samples."""

    name: str
    says: str
    labels: Labels
    samples: Callable[[Status], Samples]


def _one(of: Callable[[Status], float | None]) -> Callable[[Status], Samples]:
    """The one sample of a metric without labels; none where nothing is known."""

    def samples(status: Status) -> Samples:
        value = of(status)
        return {} if value is None else {(): value}

    return samples


def _of_last(of: Callable[[Run], float | None]) -> Callable[[Status], Samples]:
    return _one(lambda status: next((of(run) for run in status.watched[:1]), None))


def _seconds(at: datetime | None) -> float | None:
    return None if at is None else at.timestamp()


def _took(run: Run) -> float | None:
    ended = run.finished_at
    return None if ended is None else max((ended - run.started_at).total_seconds(), 0.0)


def _age(status: Status, since: datetime | None) -> float:
    return 0.0 if since is None else max((status.at - since).total_seconds(), 0.0)


def _standing(what: Counted) -> Callable[[Status], Samples]:
    return lambda status: {(name,): count for name, count in status.standing(what).items()}


def _counted(what: Counted, known: Iterable[Labels]) -> Callable[[Status], Samples]:
    """Every known combination begins at 0: what appears with 1 has not risen, for Prometheus."""
    nothing: Mapping[Labels, float] = dict.fromkeys(known, 0.0)
    return lambda status: {
        **nothing,
        **{one.labels: one.count for one in status.ever if one.what is what},
    }


def _held(status: Status) -> Samples:
    held: dict[Labels, float] = {(r.value,): 0.0 for r in HOLDS if r is not Reason.UNLINKED}
    return held | {(reason,): count for reason, count in status.reasons.items()}


_GAUGES = (
    _Kind(
        "raidctl_last_run_timestamp_seconds",
        "When the last run of reconcile that counts ended, well or not.",
        (),
        _of_last(lambda run: _seconds(run.finished_at)),
    ),
    _Kind(
        "raidctl_last_success_timestamp_seconds",
        "When a run of reconcile last ended well, with 0 or 3; 0 where none has.",
        (),
        _one(lambda status: _seconds(status.succeeded_at) or 0.0),
    ),
    _Kind(
        "raidctl_last_exit_code",
        "The exit code of the last run of reconcile.",
        (),
        _of_last(lambda run: run.exit_code),
    ),
    _Kind(
        "raidctl_run_duration_seconds",
        "How long the last run of reconcile took.",
        (),
        _of_last(_took),
    ),
    _Kind(
        "raidctl_failures_in_a_row",
        "Runs of reconcile that failed since one ended well.",
        (),
        _one(lambda status: status.failures),
    ),
    _Kind(
        "raidctl_paused",
        "1 while raidctl is paused and writes nothing.",
        (),
        _one(lambda status: status.paused is not None),
    ),
    _Kind(
        "raidctl_links",
        "Links by how the last run that looked at all of them left them.",
        ("state",),
        _standing(Counted.LINKS),
    ),
    _Kind(
        "raidctl_drift",
        "Links that differ in a field, as that run left them.",
        ("field",),
        _standing(Counted.DRIFT),
    ),
    _Kind("raidctl_held", "What is held, fields and whole links, by reason.", ("reason",), _held),
    _Kind(
        "raidctl_oldest_held_seconds",
        "How long the oldest of it has been held; 0 where nothing is.",
        (),
        _one(lambda status: _age(status, status.oldest.since if status.oldest else None)),
    ),
    _Kind(
        "raidctl_events",
        "Events in the queue that wait, or are dead.",
        ("state",),
        lambda status: {("waiting",): status.queue.waiting, ("dead",): status.queue.dead},
    ),
    _Kind(
        "raidctl_oldest_event_seconds",
        "How long the oldest event has waited; 0 where none does.",
        (),
        _one(lambda status: _age(status, status.queue.oldest_at)),
    ),
)
_COUNTERS = (
    _Kind(
        "raidctl_writes_total",
        "Changes that were decided on, by what became of them.",
        ("direction", "field", "outcome"),
        _counted(Counted.WRITES, ((w, f, o) for w in _DIRECTIONS for f in Field for o in Outcome)),
    ),
    _Kind(
        "raidctl_errors_total",
        "Errors of writes, of what could not be read, and of runs that ended by one.",
        ("system", "category"),
        _counted(Counted.ERRORS, ((s, c) for s in (*Side, "raidctl") for c in CATEGORIES)),
    ),
    _Kind(
        "raidctl_requests_total",
        "Requests that were sent.",
        ("system",),
        _counted(Counted.REQUESTS, ((side,) for side in Side)),
    ),
)

METRICS: Mapping[str, Labels] = {one.name: one.labels for one in (*_GAUGES, *_COUNTERS)}
"""Every metric that a journal tells, with its labels."""


def families(status: Status) -> Iterator[Metric]:
    """Each metric with its samples; one of which nothing is known has none."""
    for kind in _GAUGES:
        gauge = GaugeMetricFamily(kind.name, kind.says, labels=kind.labels)
        _fill(gauge, kind, status)
        yield gauge
    for kind in _COUNTERS:
        counter = CounterMetricFamily(kind.name, kind.says, labels=kind.labels)
        _fill(counter, kind, status)
        yield counter


def _fill(family: GaugeMetricFamily | CounterMetricFamily, kind: _Kind, status: Status) -> None:
    for labels, value in sorted(kind.samples(status).items()):
        family.add_metric(labels, float(value))


class Numbers(Collector):
    """Metrics as the client library asks for them."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = tuple(metrics)

    def collect(self) -> Iterator[Metric]:
        """Each metric with its samples."""
        yield from self._metrics


def exposition(metrics: Iterable[Metric]) -> bytes:
    """Metrics as text."""
    return generate_latest(Numbers(metrics))
