"""What `raidctl listen` cannot do at the moment, and that it can again."""

from collections.abc import Callable
from enum import StrEnum


class Work(StrEnum):
    """What has to go on."""

    STORING = "stored"
    SETTLING = "settled"


class Health:
    """Why one kind of work stands still, as long as it does. For several threads.

    `tell` is given a line when it begins to, when it does for another reason, and when it goes on.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.tell = tell
        self._why: dict[Work, str] = {}

    def stands_still(self, work: Work, why: str) -> None:
        """It could not be done just now."""
        if self._why.get(work) != why:
            self.tell(f"events cannot be {work}: {why}")
        self._why[work] = why

    def goes_on(self, work: Work) -> None:
        """It was done."""
        if self._why.pop(work, None) is not None:
            self.tell(f"events are {work} again")

    def stopped(self, work: Work) -> bool:
        """Whether it stands still."""
        return work in self._why

    @property
    def unwell(self) -> list[str]:
        """What stands still, in a line each."""
        return [f"events cannot be {work}: {why}" for work, why in sorted(self._why.items())]
