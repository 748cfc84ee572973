"""A clock of a test's own, for raidctl and for both systems."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import pytest

from raidctl.bootstrap import clock
from tests.cli.world import World


class Clock:
    """It stands still but for who moves it on."""

    def __init__(self, now: datetime) -> None:
        self.time = now

    def now(self, zone: tzinfo | None = UTC) -> datetime:
        """As `datetime.now`."""
        return self.time.astimezone(zone)

    def on(self, **span: float) -> datetime:
        """So much later."""
        self.time += timedelta(**span)
        return self.time


@contextmanager
def at(world: World, now: datetime) -> Iterator[Clock]:
    """The time of all that raidctl and JIRA do meanwhile."""
    made: Any = Clock(now)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "datetime", made)
        patch.setattr(world.state, "now", made.now)
        yield made
