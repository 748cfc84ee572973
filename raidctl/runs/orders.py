"""What carrying out a plan needs: the systems to write to, the rules, and when to stop."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from raidctl.core.mapping import MappingBook
from raidctl.ports import IncidentSource, IssueTracker, IssueWriter, Journal
from raidctl.runs.survey import Systems


@dataclass(frozen=True, slots=True)
class Desk:
    """Both systems and the journal, open for writing."""

    source: IncidentSource
    tracker: IssueTracker
    writer: IssueWriter
    journal: Journal

    @property
    def systems(self) -> Systems:
        """What a survey reads through."""
        return Systems(self.source, self.tracker, self.journal)


@dataclass(frozen=True, slots=True)
class Orders:
    """How a run carries out its plan.

    `transition_fields` are what transitions fill in, by folded JIRA status. `concurrency` is
    the number of links written at once. `stopping` is asked before each why to end early.
    """

    run: str
    book: MappingBook
    transition_fields: Mapping[str, Mapping[str, object]]
    concurrency: int
    clock: Callable[[], datetime]
    stopping: Callable[[], str | None] = lambda: None
