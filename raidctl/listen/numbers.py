"""What `/metrics` tells: the queue as it is, and how requests were answered since the start."""

from collections import Counter
from collections.abc import Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from raidctl.core.events.event import QueueState

MEDIA_TYPE = CONTENT_TYPE_LATEST


class Numbers(Collector):
    """Requests by the system that sent them and what they were answered; of one event loop."""

    def __init__(self) -> None:
        self.answered = Counter[tuple[str, str]]()
        self._queue: tuple[QueueState, float] | None = None

    def text(self, queue: tuple[QueueState, float] | None) -> bytes:
        """All of it as Prometheus reads it.

        `queue` with the age of its oldest event in seconds; None where it cannot be told.
        """
        self._queue = queue
        registry = CollectorRegistry()
        registry.register(self)
        return generate_latest(registry)

    def describe(self) -> list[Metric]:
        """Nothing beforehand."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Each metric with its samples."""
        answered = CounterMetricFamily(
            "raidctl_webhooks",
            "Requests with an event, by what they were answered, since this process began.",
            labels=("system", "answer"),
        )
        for labels, count in sorted(self.answered.items()):
            answered.add_metric(labels, count)
        yield answered
        if self._queue is None:
            return
        state, oldest = self._queue
        events = GaugeMetricFamily(
            "raidctl_events", "Events in the queue that wait, or are dead.", labels=("state",)
        )
        events.add_metric(("waiting",), state.waiting)
        events.add_metric(("dead",), state.dead)
        yield events
        yield GaugeMetricFamily(
            "raidctl_oldest_event_seconds", "How long the oldest event has waited.", oldest
        )
