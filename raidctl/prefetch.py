"""Inputs in batches, and a function run over inputs some ahead of the consumer."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def batches(inputs: Iterable[T], size: int) -> Iterator[Sequence[T]]:
    """All inputs, so many at a time."""
    source = iter(inputs)
    while batch := list(islice(source, size)):
        yield batch


def prefetch(
    pool: ThreadPoolExecutor, function: Callable[[T], R], inputs: Iterable[T], width: int
) -> Iterator[R]:
    """Yield `function(x)` for each input in order, at most `width` of them under way.

    Inputs are drawn only as answers are taken, so an input generator may decide by the
    answers seen so far whether to go on. An exception of `function` is raised at its turn.
    """
    source = iter(inputs)
    under_way: deque[Future[R]] = deque()
    try:
        for item in islice(source, width):
            under_way.append(pool.submit(function, item))
        while under_way:
            yield under_way.popleft().result()
            under_way.extend(pool.submit(function, item) for item in islice(source, 1))
    finally:
        for future in under_way:
            future.cancel()
