"""Who changed what last, by the systems' histories."""

from collections.abc import Callable, Collection, Mapping, Sequence

from raidctl.core.history import Edit
from raidctl.core.model import Field
from raidctl.errors import Category, ServiceError
from raidctl.ports.jira import IssueTracker

History = Mapping[int, Mapping[Field, Edit]]


def last_changes(
    read: Callable[[Collection[int]], History], numbers: Sequence[int]
) -> tuple[History, ServiceError | None]:
    """Who changed these last; nothing, and why, where that cannot be read.

    Raises `ServiceError` for credentials that are refused.
    """
    if not numbers:
        return {}, None
    try:
        return read(numbers), None
    except ServiceError as error:
        if error.category is Category.AUTH:
            raise
        return {}, error


class Historian:
    """Tells whether raidctl itself was the last to write a field of an issue."""

    def __init__(self, tracker: IssueTracker) -> None:
        self._tracker = tracker

    def wrote_last(self, issue: int, name: Field) -> bool:
        """By JIRA's changelog; False where it does not tell."""
        try:
            edit = self._tracker.edits([issue]).get(issue, {}).get(name)
            return edit is not None and edit.account == self._tracker.myself()
        except ServiceError:
            return False
