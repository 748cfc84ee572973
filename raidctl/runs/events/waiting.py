"""Events that wait while `reconcile` runs: it settles those about the links that it reads."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from raidctl.core.events.event import Event, Queued, State, Turn
from raidctl.core.events.turns import Timing, judged
from raidctl.core.model import Field
from raidctl.core.report import Report
from raidctl.ports.systems import WritableSystems
from raidctl.runs.context import RunContext
from raidctl.runs.events.witness import Sight, Witness, by_incident, searches

MOST = 100_000


@dataclass(slots=True)
class Waiting:
    """What waited before anything was read: what comes in later may tell of later.

    `witness` is an observer of the survey.
    """

    systems: WritableSystems
    events: Collection[Queued] = field(init=False)
    witness: Witness = field(init=False)

    def __post_init__(self) -> None:
        self.events = self.systems.journal.queue.events([State.WAITING], MOST)
        self.witness = Witness([one.event for one in self.events])

    def settle(self, report: Report, fields: Collection[Field], context: RunContext) -> None:
        """Settle those of which all was read that they name, and all done that was decided.

        The rest waits on: it has tries of its own. Raises `JournalError`.
        """
        links = self.witness.links
        if not links:
            return
        timing = Timing(context.clock(), timedelta(0), lambda: 0.5)
        turns, items, incidents = list[Turn](), by_incident(report.items), _by_name(links)
        for event in self.events:
            named = event.event
            names = (named.incident,) if named.incident else (f"id {named.issue_id}", named.issue)
            incident = next((incidents[one] for one in names if one in incidents), None)
            if incident is None or not named.fields <= {*fields} or self._lags(named, incident):
                continue
            turn = judged(event, items.get(incident, ()), timing)
            if named.creation:
                turn = event.turn(State.SETTLED, "the incident has an issue")
            if turn.state is State.SETTLED:
                turns.append(turn)
        self.systems.journal.queue.turn(turns)

    def _lags(self, event: Event, incident: int) -> bool:
        tracker, sight = self.systems.tracker, self.witness.links[incident]
        return searches(tracker) and sight.before(event, tracker.clock_ahead)


def _by_name(links: Mapping[int, Sight]) -> Mapping[int | str | None, int]:
    """The incident of each link, by all names that an event may have for it."""
    found: dict[int | str | None, int] = {}
    for incident, sight in links.items():
        found |= dict.fromkeys((incident, sight.key, f"id {sight.id}"), incident)
    return found
