"""Which requests together read a scope over REST: slices of ids, and ids by name.

The list has no pages and no order, and a request that takes 30 seconds is killed (facts).
"""

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from raidctl.core.model import IncidentStatus
from raidctl.core.scope import Scope

SLICE = 500  # ids a request: half a second of FireFighter's time
WIDEST_SLICE = SLICE * 4**10
FRUITLESS = 2
MOST_SLICES = 2_000
"""Requests of one walk: a million ids. A server that has an incident in every slice has no end."""
NAMED_CHARACTERS = 3_000  # of ids in one URL: FireFighter refuses request lines over 4,094 bytes

Filters = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Slice:
    """Ids from `first` to `last`, or without an end, of one walk."""

    walk: "Walk"
    first: int
    last: int | None

    def __str__(self) -> str:
        if self.first == self.last:
            return f"incident {self.first}"
        end = "on" if self.last is None else f"to {self.last}"
        return f"{self.walk.name} {self.first} {end}"

    def query(self) -> Filters:
        """What asks for it."""
        end = {} if self.last is None else {"id__lte": str(self.last)}
        return {**self.walk.filters, "id__gte": str(self.first), **end}

    def holds(self, number: int) -> bool:
        """Whether an id is in it."""
        return self.first <= number and (self.last is None or number <= self.last)

    @property
    def numbers(self) -> Sequence[int]:
        """Its ids; none where they have no end."""
        return () if self.last is None else range(self.first, self.last + 1)

    def only(self, numbers: Sequence[int]) -> "Slice":
        """The part of it from the first to the last of these."""
        return replace(self, first=numbers[0], last=numbers[-1])

    def halves(self) -> tuple["Slice", ...]:
        """Two slices in its place, while it is wider than a slice need be."""
        if self.last is None or self.last - self.first < SLICE:
            return ()
        middle = (self.first + self.last) // 2
        return replace(self, last=middle), replace(self, first=middle + 1)


@dataclass(frozen=True, slots=True)
class Named:
    """Single ids."""

    numbers: Sequence[int]

    def __str__(self) -> str:
        if len(self.numbers) == 1:
            return f"incident {self.numbers[0]}"
        return f"{len(self.numbers)} incidents, {self.numbers[0]} … {self.numbers[-1]}"

    def only(self, numbers: Sequence[int]) -> "Named":
        """These of them."""
        return Named(numbers)

    def query(self) -> Filters:
        """What asks for it."""
        return {"id__in": ",".join(map(str, self.numbers))}


Part = Slice | Named


@dataclass(slots=True, eq=False)
class Walk:
    """All ids of one family of filters, slice by slice.

    Ids have gaps, so empty slices are not the end: after `FRUITLESS` of them in a row the
    open-ended rest is asked for, and that is the end. Should the rest be too much for one
    request, slicing goes on, wider. An answer with ids beyond its slice ends it too: the upper
    bound was not understood, so the answer held all from there on. After `MOST_SLICES` it is cut
    off.
    """

    name: str
    filters: Filters
    next: int = 1
    width: int = SLICE
    empty: int = 0
    asked: int = 0
    done: bool = False

    def slices(self) -> Iterator[Slice]:
        """The slices to ask for next, until it is done or the open-ended rest was asked for."""
        self.empty = 0
        while self.empty < FRUITLESS and not self.done:
            if self.endless:
                return
            self.asked += 1
            yield Slice(self, self.next, self.next + self.width - 1)
            self.next += self.width
        if not self.done:
            yield Slice(self, self.next, None)

    @property
    def endless(self) -> bool:
        """Whether so much was asked for that no more is."""
        return self.asked >= MOST_SLICES and not self.done

    def took(self, part: Slice, numbers: Collection[int]) -> None:
        """A slice was read; these ids were answered."""
        fruitful = any(part.holds(number) for number in numbers)
        self.empty = 0 if fruitful else self.empty + 1
        if part.last is None or max(numbers, default=0) > part.last:
            self.done = True

    def failed(self, part: Slice, *, too_much: bool) -> bool:
        """Whether a rest that failed, perhaps for its size, is to be sliced on."""
        self.empty = 0
        if part.last is not None:
            return False
        self.width *= 4
        self.done = not too_much or self.width > WIDEST_SLICE
        return not self.done


def walks_of(scope: Scope) -> Iterator[Walk]:
    """The families that together are a scope: conditions of one query are joined by AND."""
    if scope.created_since is not None:
        yield Walk("incidents", {"created_at__gte": _instant(scope.created_since)})
    elif scope.everything or scope.keys:
        yield Walk("incidents", {})
    else:
        closed = str(IncidentStatus.CLOSED.value)
        yield Walk("open incidents", {"_status__lt": closed})
        if scope.closed_since is not None:
            since = _instant(scope.closed_since)
            yield Walk("closed incidents", {"status": closed, "created_at__gte": since})


def _instant(time: datetime) -> str:
    """With an offset: FireFighter takes a bare time for its own time zone's."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def in_turn(streams: Sequence[Iterator[Slice]]) -> Iterator[Slice]:
    """One of each stream in turn, until all have ended."""
    waiting = deque(streams)
    while waiting:
        stream = waiting.popleft()
        if (part := next(stream, None)) is not None:
            yield part
            waiting.append(stream)


def id_lists(numbers: Collection[int]) -> Iterator[list[int]]:
    """The ids in runs that each fit a URL; none for none (`id__in=` would mean all)."""
    run: list[int] = []
    length = 0
    for number in sorted(numbers):
        length += len(str(number)) + 3  # a comma is sent as %2C
        if length > NAMED_CHARACTERS:
            yield run
            run, length = [], len(str(number)) + 3
        run.append(number)
    if run:
        yield run
