"""What could not be told of runs: a quiet one says it once, and again when it stood for a day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from raidctl.core.notices import AGAIN, Kind, Matter
from raidctl.ports.journal import Journal, JournalReader

Tried = Mapping[str, str | None]
"""What was to be told, by the setting that says where, and why it was not; None if it was."""

_UNTOLD = "untold"
"""What was said of it is kept by this name."""


@dataclass(frozen=True, slots=True)
class Unsaid:
    """The lines that a quiet run has to say, and what the journal is to know of it then."""

    lines: tuple[str, ...]
    fresh: frozenset[Matter]
    over: frozenset[Matter]

    @property
    def news(self) -> bool:
        """Whether the journal knows anything else so far."""
        return bool(self.fresh or self.over)

    def keep(self, journal: Journal, now: datetime) -> None:
        """Let the next runs know. Raises `JournalError`."""
        journal.record_told(_UNTOLD, self.fresh, self.over, now)


def failing(tried: Tried) -> list[str]:
    """All that could not be told, a line each."""
    return [why for why in tried.values() if why is not None]


def unsaid(journal: JournalReader, tried: Tried, now: datetime) -> Unsaid:
    """What of it no run has said within a day. Raises `JournalError`.

    It is known by its setting: words differ from run to run.
    """
    told = journal.told(_UNTOLD)
    lines: list[str] = []
    fresh, over = set[Matter](), set[Matter]()
    for where, why in tried.items():
        matter = Matter(Kind.SAID, "", where)
        at = told.get(matter)
        if why is None:
            over |= {matter} & told.keys()
        elif at is None or now - at >= AGAIN:
            lines.append(why)
            fresh.add(matter)
    return Unsaid(tuple(lines), frozenset(fresh), frozenset(over))
