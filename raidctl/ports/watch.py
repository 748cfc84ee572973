"""What the journal tells those who watch raidctl: counts by period, holds, runs by their ends.

`tests/contract/journal` holds every kind of journal to it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from raidctl.core.watch.site import Held
from raidctl.core.watch.tally import Period, Tallied
from raidctl.core.writes.log import Run


class WatchReader(Protocol):
    """Read alone; nothing, of a journal older than what is counted."""

    def tallies(self, by: Period, since: datetime) -> Sequence[Tallied]:
        """What each of these periods has come to, in order, from the one of that moment on.

        Hours are kept for four days, days for 400.
        """
        ...

    def held(self) -> Sequence[Held]:
        """What the last run that looked at all of its scope left held, the longest first.

        What was written since is held no more.
        """
        ...

    def ended(self, command: str, limit: int) -> Sequence[Run]:
        """The latest runs of a command that count and have ended, newest first."""
        ...

    def last_success(self, command: str) -> Run | None:
        """The latest run of a command that was a success."""
        ...

    def died(self, command: str, since: datetime) -> int:
        """How many that count began after that and never ended, though others ran later."""
        ...
