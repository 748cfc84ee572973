"""How far a server's clock is ahead of ours, by the `Date` of its answers."""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_NONE = timedelta(0)
_RESOLUTION = timedelta(seconds=1)  # of a Date (RFC 9110, 5.6.7)


class ServerClock:
    """What is known for sure, and grows with every answer: the least that both clocks differ by."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._least = self._most = _NONE
        self._known = False
        self.ahead = _NONE
        """Negative where the server's is behind; nothing where they may agree."""

    @property
    def known(self) -> bool:
        """Whether any answer has told the time."""
        with self._lock:
            return self._known

    def told(self, headers: Mapping[str, str], sent: datetime, received: datetime) -> None:
        """An answer came, written between these two times of ours; one out of a cache was not."""
        date = _date(headers.get("Date"))
        if date is None or "Age" in headers or received < sent:
            return
        least, most = date - received, date + _RESOLUTION - sent
        with self._lock:
            if self._known and max(least, self._least) <= min(most, self._most):
                least, most = max(least, self._least), min(most, self._most)
            self._least, self._most, self._known = least, most, True  # else a clock was set
            self.ahead = max(least, _NONE) or min(most, _NONE)


def _date(header: str | None) -> datetime | None:
    try:
        date = parsedate_to_datetime(header) if header else None
        return date if date is None or date.tzinfo else date.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
