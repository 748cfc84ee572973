"""What `/metrics` tells: what the journal does, and how requests were answered since the start."""

from collections import Counter
from collections.abc import Iterator

from prometheus_client import CONTENT_TYPE_LATEST
from prometheus_client.core import CounterMetricFamily, Metric

from raidctl.core.watch.status import Status
from raidctl.metrics import exposition, families

MEDIA_TYPE = CONTENT_TYPE_LATEST


class Numbers:
    """Requests by the system that sent them and what they were answered; of one event loop."""

    def __init__(self) -> None:
        self.answered = Counter[tuple[str, str]]()

    def text(self, status: Status | None) -> bytes:
        """All of it as Prometheus reads it; without a status, what can be told all the same."""
        return exposition([*self._webhooks(), *(families(status) if status else ())])

    def _webhooks(self) -> Iterator[Metric]:
        answered = CounterMetricFamily(
            "raidctl_webhooks",
            "Requests with an event, by what they were answered, since this process began.",
            labels=("system", "answer"),
        )
        for labels, count in sorted(self.answered.items()):
            answered.add_metric(labels, count)
        yield answered
