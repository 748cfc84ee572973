"""Tell a part that failed from a system that is down."""

from collections.abc import Sequence

from raidctl.core.model import Side
from raidctl.core.report import Unread
from raidctl.errors import Category, ServiceError

_WHOLE = frozenset({Category.AUTH, Category.PERMISSION})


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

    def read(self) -> None:
        """A part was read."""
        self._read += 1
        self._in_a_row = 0

    def failed(self, what: str, error: ServiceError) -> None:
        """A part was not read; raises where that means that the system is out of reach."""
        if error.category in _WHOLE:
            raise error
        self._first = self._first or error
        self._in_a_row += 1
        if not self._read and self._in_a_row >= self._patience:
            raise self._first
        self._unread.append(Unread(self._side, what, str(error), error.category))

    def skipped(self, what: str) -> None:
        """A part was not even asked for, because too many before it failed."""
        why = "not asked for: too many requests in a row had failed"
        self._unread.append(Unread(self._side, what, why, Category.NETWORK))

    def close(self) -> None:
        """All parts were asked for; raises where none was read."""
        if self._first is not None and not self._read:
            raise self._first
