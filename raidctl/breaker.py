"""Tell a part that failed from a system that is down."""

from collections.abc import Sequence
from threading import Lock

from raidctl.core.model import Side
from raidctl.core.report import Unread
from raidctl.errors import Category, RaidctlError, RedirectedError, ServiceError

_WHOLE = frozenset({Category.AUTH, Category.PERMISSION})
_OUTAGES = frozenset({Category.NETWORK, Category.RATE_LIMIT})


class Breaker:
    """Counts what was read and what was not, part by part.

    A part that fails for good is remembered as unread and the rest goes on. Refused
    credentials concern the whole; so does a system of which nothing could be read yet.
    `patience` is how many parts in a row may fail before that is believed.
    """

    def __init__(self, side: Side, patience: int) -> None:
        self._side = side
        self._patience = patience
        self._read = 0
        self._in_a_row = 0
        self._first: ServiceError | None = None
        self._unread: list[Unread] = []

    @property
    def unread(self) -> Sequence[Unread]:
        """The parts that failed, in the order in which they did."""
        return tuple(self._unread)

    @property
    def broken(self) -> bool:
        """Whether so many parts failed in a row that asking on is of no use."""
        return self._in_a_row >= 2 * self._patience

    @property
    def works(self) -> bool:
        """Whether anything was read, and there is use in asking on."""
        return self._read > 0 and not self.broken

    def read(self) -> None:
        """A part was read."""
        self._read += 1
        self._in_a_row = 0

    def failed(self, what: str, error: ServiceError) -> None:
        """A part was not read; raises where that means that the system is out of reach."""
        if error.category in _WHOLE and not isinstance(error, RedirectedError):
            raise error
        self._first = self._first or error
        self._in_a_row += 1
        if not self._read and self._in_a_row >= self._patience:
            raise self._first
        self._unread.append(Unread(self._side, what, str(error), error.category))

    def spoilt(self, what: str, why: str, category: Category = Category.VALIDATION) -> None:
        """Of a part that was read, one thing is not what was asked for; it is told once."""
        if not any(one.what == what for one in self._unread):
            self._unread.append(Unread(self._side, what, why, category))

    def mended(self, what: str) -> None:
        """A part that failed was read after all, or what of it was not is told by itself."""
        self._unread = [one for one in self._unread if one.what != what]

    def skipped(self, what: str) -> None:
        """A part was not even asked for, because too many before it failed."""
        why = "not asked for: too many requests in a row had failed"
        self._unread.append(Unread(self._side, what, why, Category.NETWORK))

    def close(self) -> None:
        """All parts were asked for; raises where none was read."""
        if self._first is not None and not self._read:
            raise self._first


FORBIDDEN_IN_A_ROW = 3  # issues of one place, before it is taken for forbidden as a whole


class WriteBreaker:
    """What links written side by side must know of each other's failures.

    `patience` is how many requests in a row may fail before the system is taken for gone. A place
    is where one permission counts, such as a project's fields.
    """

    def __init__(self, patience: int) -> None:
        self.fatal: RaidctlError | None = None
        self._patience = patience
        self._in_a_row = 0
        self._forbidden: dict[str, str] = {}
        self._refused: dict[str, set[int]] = {}  # issues in a row, by place
        self._lock = Lock()

    @property
    def stopped(self) -> tuple[Category, str] | None:
        """Why nothing more is to be written at all; None while it may be."""
        if self.fatal is None:
            return None
        return self.fatal.category, f"not tried: {self.fatal}"

    def reason(self, place: str) -> tuple[Category, str] | None:
        """Why nothing more is to be written there; None where it may be."""
        if self.fatal is not None:
            return self.stopped
        if (why := self._forbidden.get(place)) is not None:
            return Category.PERMISSION, f"not tried: {why}"
        return None

    def trip(self, error: RaidctlError) -> None:
        """Nothing more is to be written, because of this."""
        with self._lock:
            self.fatal = self.fatal or error

    def forbid(self, place: str, why: str) -> None:
        """The user may not write there at all."""
        with self._lock:
            self._forbidden.setdefault(place, why)

    def forbidden(self, place: str, issue: int, error: ServiceError) -> None:
        """A write to an issue was answered with 403: its own fault, until others follow."""
        with self._lock:
            self._in_a_row = 0
            refused = self._refused.setdefault(place, set())
            refused.add(issue)
            if len(refused) >= FORBIDDEN_IN_A_ROW:
                why = f"{len(refused)} issues in a row were forbidden, the last with: {error}"
                self._forbidden.setdefault(place, why)

    def failed(self, error: ServiceError) -> None:
        """A request failed for good; what was answered, be it with a refusal, is no outage."""
        with self._lock:
            if isinstance(error, RedirectedError) or error.category in _OUTAGES:
                self._in_a_row += 1
                if self._in_a_row < self._patience:
                    return
            elif error.category is not Category.AUTH:
                self._in_a_row = 0
                return
            self.fatal = self.fatal or error

    def worked(self, place: str = "") -> None:
        """A write was carried out there."""
        with self._lock:
            self._in_a_row = 0
            self._refused.pop(place, None)
