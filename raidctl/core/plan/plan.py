"""The plan: the frozen list of what a run decided, its name, and whether it goes too far."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from raidctl.core.model import Side, SyncDirection, plain
from raidctl.core.packed import in_order
from raidctl.core.plan.item import Change, Item, number_of, pending
from raidctl.core.plan.safety import Limits, excess


@dataclass(frozen=True, slots=True)
class Plan:
    """What every command makes, shows and carries out.

    `tables` are the fingerprints of all that its changes rest on, `sites` the two systems' base
    URLs, `links` how many were in scope. `direction` is None for `auto`, `prefer` where nobody was
    preferred.
    """

    items: Sequence[Item]
    tables: tuple[str, ...]
    sites: tuple[str, str]
    links: int
    direction: SyncDirection | None = None
    prefer: Side | None = None

    @property
    def changes(self) -> tuple[Change, ...]:
        """What is still to be written."""
        return tuple(pending(self.items))

    @property
    def hash(self) -> str:
        """What approves it: of its changes, tables and sites, no times.

        The same changes in another order have the same hash.
        """
        told = hashlib.sha256(b"[[")  # one JSON list, which is never there as a whole
        for number, row in enumerate(_in_order(self.items)):
            told.update((", " * bool(number) + json.dumps(row)).encode())
        told.update(f"], {json.dumps(sorted(self.tables))}, {json.dumps(self.sites)}]".encode())
        return f"sha256:{told.hexdigest()}"

    def excess(self, limits: Limits) -> str | None:
        """The limit it goes beyond, in words; None when it stays within."""
        return excess(pending(self.items), self.links, limits)


def _in_order(items: Sequence[Item]) -> Iterator[list[object]]:
    """The rows of the changes, sorted; those of one incident at a time."""
    for _, some in groupby(pending(in_order(items, number_of)), number_of):
        yield from sorted(map(_row, some))


def _row(change: Change) -> list[object]:
    subject, values = change.subject, (*map(plain, change.pair), change.to)
    what = [str(subject.issue_id), str(change.field), change.verdict]
    part = [change.part] if change.part else []
    part += [change.tables] if change.field is None and change.tables else []
    return [subject.incident, *what, *map(json.dumps, values), *part]
