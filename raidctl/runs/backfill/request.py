"""What a backfill is to make, and by which rules."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from raidctl.core.backfill.draft import Blueprint
from raidctl.core.mapping.book import MappingBook
from raidctl.core.mapping.people import Users
from raidctl.core.policy import Policy
from raidctl.core.scope import Scope


@dataclass(frozen=True, slots=True)
class BackfillRequest:
    """Which incidents are meant, and of what their issues are made.

    `book` makes the mapping once it is known who is who, `exceptions` are the configured users.
    `limit` is how many incidents at most, None for all; `tickets` says that FireFighter's tables
    get the links. `concurrency` is the number of links read at once, `now` the time of the run.
    """

    scope: Scope
    blueprint: Blueprint
    policy: Policy
    book: Callable[[Users], MappingBook]
    exceptions: Mapping[str, str]
    concurrency: int
    now: datetime
    limit: int | None = None
    tickets: bool = False

    @property
    def skew(self) -> timedelta:
        """How far the clocks of the systems may be apart."""
        return self.policy.clock_skew
