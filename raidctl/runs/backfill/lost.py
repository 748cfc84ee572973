"""What got no answer and is not to be seen: as long as it may still appear, nobody knows."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from raidctl.core.writes.outcome import Outcome, Result
from raidctl.core.writes.settlement import Sent, Settlement
from raidctl.errors import Category


@dataclass(frozen=True, slots=True)
class Lost:
    """In words, what JIRA may yet do with it, and what it has not done once that is over."""

    may: str
    never: str

    def ends(self, sent: Sent, lasts: timedelta, now: datetime) -> Settlement:
        """How it ends, of which for so long after it was sent nothing can be told."""
        ready = (sent.at or now) + lasts
        if now < ready:
            why = (
                f"no answer came, and {self.may}: run this again after {ready:%H:%M:%S} UTC, "
                "which looks first"
            )
            unknown = Result(Outcome.FAILED, None, Category.NETWORK, why)
            return Settlement(sent.change, unknown, sent.write, unknown=True)
        none = Result(Outcome.REFUSED, None, Category.REFUSED, self.never)
        return Settlement(sent.change, none, sent.write)
