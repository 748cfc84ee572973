"""How a table is laid out: what stands together in it, and how wide its columns are."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")


def grouped(things: Iterable[T], key: Callable[[T], Hashable]) -> Iterable[list[T]]:
    """Those with the same key together, in the order of the first of each."""
    groups: dict[Hashable, list[T]] = {}
    for thing in things:
        groups.setdefault(key(thing), []).append(thing)
    return groups.values()


def fitted(wishes: Sequence[int], weights: Sequence[int], total: int) -> list[int]:
    """Widths that add up to `total` at most: what each wishes, or else its share by weight.

    What one column does not need goes to the others. No width is below 1.
    """
    widths = [0] * len(wishes)
    open_columns = set(range(len(wishes)))
    while open_columns:
        share = max(total, 0) / sum(weights[column] for column in open_columns)
        content = {c for c in open_columns if wishes[c] <= share * weights[c]}
        for column in content or open_columns:
            widths[column] = max(1, min(wishes[column], int(share * weights[column])))
        if not content:
            break
        total -= sum(widths[column] for column in content)
        open_columns -= content
    return widths
