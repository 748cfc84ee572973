"""Many things asked for at once: where one spoils the answer, the rest is asked for by halves."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from raidctl.errors import Category, RedirectedError, ServiceError

T = TypeVar("T")
R = TypeVar("R")
SPARE = 3  # failures beyond those that lead to a single thing


def by_halves(
    read: Callable[[Sequence[T]], R], wanted: Sequence[T]
) -> Iterator[tuple[Sequence[T], R | ServiceError]]:
    """What is read, part by part in order, or why a part of it is not.

    Each thing that spoils an answer costs about twice as many requests as it takes to halve down
    to it. Once more parts have failed than that takes, beyond those that were read, the rest has
    the last failure and is not asked for. Raises `ServiceError` for credentials that are refused.
    """
    left = len(wanted).bit_length() + SPARE
    parts = [wanted] if wanted else []
    last: ServiceError | None = None
    while parts:
        part = parts.pop()
        if last is not None and left <= 0:
            yield part, last
            continue
        try:
            found = read(part)
        except ServiceError as error:
            if error.category is Category.AUTH and not isinstance(error, RedirectedError):
                raise
            left, last = left - 1, error
            if len(part) > 1 and error.answered:
                middle = (len(part) + 1) // 2
                parts += part[middle:], part[:middle]
            else:
                yield part, error
        else:
            left += 1
            yield part, found
