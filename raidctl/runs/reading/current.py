"""Read single issues as they are this moment, as many a request as there can be."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeVar

from raidctl.core.model import Issue
from raidctl.ports.jira import IssueTracker

T = TypeVar("T")


def issues_now(tracker: IssueTracker, numbers: Iterable[int]) -> Mapping[int, Issue | None]:
    """These issues by id; None for one that is missing or forbidden.

    Raises `ServiceError` where one of them cannot be read.
    """
    found: dict[int, Issue | None] = {}
    for batch in batches(dict.fromkeys(numbers), tracker.current_size):
        found.update(zip(batch, tracker.current(batch), strict=True))
    return found


def batches(things: Iterable[T], size: int) -> Iterator[Sequence[T]]:
    """All of them, so many at a time."""
    source = iter(things)
    while batch := list(islice(source, size)):
        yield batch
