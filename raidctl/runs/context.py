"""What carrying out a plan needs: the systems to write to, the rules, and when to stop."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from raidctl.core.mapping.book import MappingBook
from raidctl.core.model import Field, Side
from raidctl.ports import IncidentSource, IncidentWriter, IssueTracker, IssueWriter, Journal
from raidctl.runs.reading.survey import Systems


@dataclass(frozen=True, slots=True)
class Desk:
    """Both systems and the journal, open for writing.

    `incident_writers` are those that write a field of an incident; a field without one is never
    written there.
    """

    source: IncidentSource
    tracker: IssueTracker
    writer: IssueWriter
    journal: Journal
    incident_writers: Mapping[Field, IncidentWriter] = field(default_factory=dict)

    @property
    def systems(self) -> Systems:
        """What a survey reads through."""
        return Systems(self.source, self.tracker, self.journal)

    @property
    def requests(self) -> dict[Side, int]:
        """What each system was really sent."""
        writers = {writer.name: writer for writer in self.incident_writers.values()}
        sent = self.source.requests + sum(writer.requests for writer in writers.values())
        return {Side.IMPACT: sent, Side.JIRA: self.tracker.requests}


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
