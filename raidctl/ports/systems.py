"""Both systems and the journal, as runs are given them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from raidctl.core.mapping.presets import SiteTables
from raidctl.core.model import Field, Side
from raidctl.ports.impact import IncidentSource, IncidentWriter, Obstacles
from raidctl.ports.jira import IssueTracker, IssueWriter
from raidctl.ports.journal import Journal, JournalReader

if TYPE_CHECKING:  # what backfill alone needs is not loaded by all others
    from raidctl.ports.jira_admin import IssueAdmin
    from raidctl.ports.tickets import TicketSource, TicketWriter


@dataclass(frozen=True, slots=True)
class Systems:
    """The ports a survey reads through.

    `tables` are those by which the two are related: which preset, the live workflow may have told.
    `obstacles` is asked where a plan that is only shown would write incidents. `tickets` are
    FireFighter's own, for backfill, where its database is read.
    """

    source: IncidentSource
    tracker: IssueTracker
    journal: JournalReader
    tables: SiteTables
    obstacles: Obstacles = lambda _: ()
    tickets: "TicketSource | None" = None

    @property
    def requests(self) -> dict[Side, int]:
        """What each system was really sent."""
        impact = self.source.requests + (0 if self.tickets is None else self.tickets.requests)
        return {Side.IMPACT: impact, Side.JIRA: self.tracker.requests}

    @property
    def clocks_ahead(self) -> Mapping[Side, timedelta]:
        """How far each system's clock is ahead of ours, as far as its answers have told."""
        return {Side.IMPACT: self.source.clock_ahead, Side.JIRA: self.tracker.clock_ahead}


@dataclass(frozen=True, slots=True)
class Makers:
    """What makes what is missing: issues in JIRA, FireFighter's tickets where they are written.

    `known` are its tickets as they are, where they are read.
    """

    admin: "IssueAdmin"
    tickets: "TicketWriter | None" = None
    known: "TicketSource | None" = None


@dataclass(frozen=True, slots=True)
class WritableSystems:
    """Both systems and the journal, open for writing; `tables` as in `Systems`.

    `incident_writers` are those that write a field of an incident; a field without one is never
    written there. `makers` are there for backfill alone.
    """

    source: IncidentSource
    tracker: IssueTracker
    writer: IssueWriter
    journal: Journal
    tables: SiteTables
    incident_writers: Mapping[Field, IncidentWriter] = field(default_factory=dict)
    makers: Makers | None = None

    @property
    def readable(self) -> Systems:
        """What a survey reads through."""
        known = self.makers.known if self.makers is not None else None
        return Systems(self.source, self.tracker, self.journal, self.tables, tickets=known)

    @property
    def requests(self) -> dict[Side, int]:
        """What each system was really sent."""
        writers = {writer.name: writer for writer in self.incident_writers.values()}
        read = self.readable.requests
        sent = sum(writer.requests for writer in writers.values())
        if self.makers is not None and self.makers.tickets is not None:
            sent += self.makers.tickets.requests
        return {**read, Side.IMPACT: read[Side.IMPACT] + sent}
