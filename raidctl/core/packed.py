"""Many values of which few are looked at together: packed by the hundred, unpacked on the way."""

import pickle
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import heappop, heappush
from itertools import chain
from operator import eq, itemgetter
from typing import Generic, SupportsIndex, TypeVar, overload

T = TypeVar("T")

TOGETHER = 100
"""Values in a bundle: what they share, such as an address, is in it once."""


class Packed(Sequence[T], Generic[T]):
    """A sequence that grows at its end and takes a tenth of the memory that a list would.

    Whoever goes through it has one bundle at a time in memory, and equal values each time, not the
    same. For values of our own alone: pickled.
    """

    def __init__(self, values: Iterable[T] = ()) -> None:
        self._bundles: list[bytes] = []
        self._last: list[T] = []
        self._seen: tuple[int, list[T]] = (-1, [])
        self.extend(values)

    def append(self, value: T) -> None:
        """With one more."""
        self._last.append(value)
        if len(self._last) == TOGETHER:
            self._bundles.append(zlib.compress(pickle.dumps(self._last), 1))
            self._last = []

    def extend(self, values: Iterable[T]) -> None:
        """With all of these."""
        for value in values:
            self.append(value)

    def __len__(self) -> int:
        return TOGETHER * len(self._bundles) + len(self._last)

    def __iter__(self) -> Iterator[T]:
        for number in range(len(self._bundles) + 1):
            yield from self._bundle(number)

    @overload
    def __getitem__(self, place: SupportsIndex) -> T: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[T]: ...

    def __getitem__(self, place: SupportsIndex | slice) -> T | Sequence[T]:
        places = range(len(self))[place]
        if isinstance(places, int):
            return self._bundle(places // TOGETHER)[places % TOGETHER]
        return [self[one] for one in places]

    def __eq__(self, other: object) -> bool:
        """Whether that is a sequence of the same values."""
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(map(eq, self, other))

    __hash__ = None  # type: ignore[assignment] # it grows

    def in_order(self, key: Callable[[T], int]) -> Iterator[T]:
        """The same, sorted; equal ones stay as they are.

        In memory are those bundles alone that overlap: one, where they were nearly sorted before.
        """
        numbers = range(len(self._bundles) + bool(self._last))
        begins = sorted((min(map(key, self._bundle(one))), one) for one in numbers)
        heap: list[tuple[int, int, int, T]] = []
        for begin, number in begins:
            while heap and heap[0][0] < begin:
                yield heappop(heap)[-1]
            for place, value in enumerate(self._bundle(number)):
                heappush(heap, (key(value), number, place, value))
        yield from map(itemgetter(-1), sorted(heap, key=itemgetter(0, 1, 2)))

    def _bundle(self, number: int) -> list[T]:
        if number == len(self._bundles):
            return self._last
        if self._seen[0] != number:
            packed = zlib.decompress(self._bundles[number])
            self._seen = number, pickle.loads(packed)  # noqa: S301 - nobody else has packed it
        return self._seen[1]


def in_order(values: Iterable[T], key: Callable[[T], int]) -> Iterable[T]:
    """Values sorted, never all of them in memory where they are packed."""
    return values.in_order(key) if isinstance(values, Packed) else sorted(values, key=key)


def joined(first: Sequence[T], rest: Sequence[T]) -> Sequence[T]:
    """One after the other, packed where the second is."""
    return Packed(chain(first, rest)) if isinstance(rest, Packed) else (*first, *rest)
