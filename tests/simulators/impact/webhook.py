"""The webhook of a FireFighter that pushes to JIRA itself, and so gets echoes of that."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from raidctl.sandbox.impact import webhook
from raidctl.sandbox.impact.webhook import Json, field_of, priority_of

SWALLOWED_FOR = timedelta(seconds=60)


class RecentPushes:
    """What FireFighter itself has just pushed to JIRA: of each the echo is swallowed, once."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._until: dict[tuple[int, str, str], datetime] = {}
        self._lock = Lock()

    def note(self, number: int, field: str, value: str | int) -> None:
        """FireFighter pushed a `status` by its JIRA name, or a `priority` by its number."""
        with self._lock:
            self._until[number, field, _folded(value)] = self._now() + SWALLOWED_FOR

    def swallow(self, number: int, field: str, value: object) -> bool:
        """Whether this is the echo of one of them; it is then forgotten."""
        with self._lock:
            until = self._until.pop((number, field, _folded(value)), None)
        return until is not None and self._now() < until


def _folded(value: object) -> str:
    return "" if value is None else str(value).strip().lower()


@dataclass
class Webhook(webhook.Webhook):
    """`pushes` are noted by who plays FireFighter."""

    def __post_init__(self) -> None:
        self.pushes = RecentPushes(self.now)

    def sync(self, event: Json, number: int, item: Json) -> None:
        """Take one changed field over, unless FireFighter itself changed it in JIRA."""
        field, value = field_of(item), item.get("toString")
        pushed = value if field == "status" else priority_of(value) or value
        service = self.service_account and event["user"].get("accountId") == self.service_account
        if service or not self.pushes.swallow(number, field, pushed):
            super().sync(event, number, item)
