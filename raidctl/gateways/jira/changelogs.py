"""Changelogs as they come: whose each is, and its entries, where that can be told.

An entry that is none, such as None, stands for what cannot be understood, and for what JIRA left
out of a long one: `Fields.revisions_of` takes it for any change.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from raidctl.gateways.malformed import MALFORMED, id_of

Log = tuple[int | None, Sequence[Any]]
"""The id of an issue, None where it cannot be told, and entries."""


def log_of(row: Any, issue: str, *path: str) -> Log:
    """What a row holds under these keys."""
    try:
        number = id_of(row[issue])
    except MALFORMED:
        return None, (None,)
    return number, entries_of(row, *path)


def entries_of(row: Any, *path: str) -> Sequence[Any]:
    """The entries under these keys, one within the other; None after those of a cut log.

    Beside the entries JIRA tells how many there are in all.
    """
    holder = row
    try:
        for key in path:
            holder, row = row, row[key]
    except MALFORMED:
        return (None,)
    if not isinstance(row, list):
        return (None,)
    total = holder.get("total")
    return [*row, None] if isinstance(total, int) and total > len(row) else row


def gathered(asked: Collection[int], logs: Iterable[Log]) -> dict[int, list[Any]]:
    """The entries by issue. A log of nobody's may be of any of which nothing else is told."""
    found: dict[int, list[Any]] = {}
    nobodys = False
    for issue, entries in logs:
        if issue is None:
            nobodys = True
        else:
            found.setdefault(issue, []).extend(entries)
    if nobodys:
        found |= {issue: [None] for issue in asked if issue not in found}
    return found
