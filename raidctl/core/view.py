"""Which items somebody asked to see: what is found, counted and answered stays all of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from raidctl.core.order import Sort, ordered
from raidctl.core.plan.item import Item
from raidctl.core.reasons import LISTED, Reason
from raidctl.core.report import Report

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class View:
    """Of these reasons and verdicts (none: of any), sorted (None: as they come), the first ones.

    `limit` is how many, 0 for all; what is counted rather than shown comes last in it.
    """

    reasons: frozenset[Reason] = frozenset()
    verdicts: frozenset[str] = frozenset()
    sort: Sort | None = None
    limit: int = 0

    def of(self, things: Sequence[T], item_of: Callable[[T], Item]) -> list[T]:
        """Those of the things that are shown, by the item each has."""
        found = [thing for thing in things if self._takes(item_of(thing))]
        if self.sort is not None:
            found = ordered(found, self.sort, item_of)
        if not self.limit:
            return found
        last = [item_of(thing).reason in LISTED for thing in found]
        rows = [thing for thing, late in zip(found, last, strict=True) if not late]
        return [*rows, *(t for t, late in zip(found, last, strict=True) if late)][: self.limit]

    def told(self, report: Report) -> Report:
        """The report with what is shown of its items, and how much is not."""
        shown = tuple(self.of(report.items, lambda item: item))
        note = self.hiding(len(report.items), len(shown))
        return replace(report, shown=shown, notes=(*report.notes, *note))

    def hiding(self, found: int, shown: int) -> list[str]:
        """What is said of those that are not shown, if any."""
        if found == shown:
            return []
        options = {"--reason": self.reasons, "--verdict": self.verdicts, "--limit": self.limit}
        names = " and ".join(name for name, given in options.items() if given)
        return [f"Not shown, by {names}: {found - shown} of {found}."]

    def _takes(self, item: Item) -> bool:
        return (not self.reasons or item.reason in self.reasons) and (
            not self.verdicts or item.verdict in self.verdicts
        )
