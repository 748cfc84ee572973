"""What becomes of each event, by what was found of its links and what was written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from raidctl.core.events.event import Queued, State, Turn
from raidctl.core.events.turns import Stop, Timing, in_vain, judged, put_off
from raidctl.core.plan.item import Item
from raidctl.runs.events.look import Looked
from raidctl.runs.events.places import Places
from raidctl.runs.events.witness import LAG

_PRESSING = (State.WAITING, State.DEAD, State.SETTLED, State.IGNORED)
"""Of an event about several incidents, which have one issue in common, the first that applies."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of each event, by what was found and written."""

    places: Places
    looked: Looked
    items: Mapping[int, Sequence[Item]]
    timing: Timing
    stopped: Stop | None = None

    def of(self, event: Queued) -> Turn:
        """By the incidents that it is about."""
        incidents = self.places.get(event.event.name)
        if incidents is None:
            why = "not all of Impact could be read, to find whose issue it is"
            return in_vain(event, why, self.timing)
        if not incidents:
            return event.turn(State.IGNORED, f"no incident has {_issue(event)}")
        turns = [self._of_incident(event, number) for number in sorted(incidents)]
        return min(turns, key=lambda turn: _PRESSING.index(turn.state))

    def _of_incident(self, event: Queued, number: int) -> Turn:
        if (why := self._elsewhere(event, number)) is not None:
            return event.turn(State.IGNORED, why)
        items, unread = self.items.get(number, ()), self.looked.report.unread
        if event.event.creation:
            return self._of_creation(event, number, items)
        if number not in self.looked.seen and not items:
            why = unread[0].why if unread else "its link could not be read"
            return in_vain(event, why, self.timing)
        turn = judged(event, items, self.timing, self.stopped)
        if turn.state is State.SETTLED and not items and self._lags(event, number):
            why = "JIRA's search does not show the change yet"
            return put_off(event, why, self.timing.now + LAG)
        return turn

    def _lags(self, event: Queued, number: int) -> bool:
        """Whether a search showed the issue as it was before; nothing lags for longer than that."""
        sight, young = self.looked.seen.get(number), self.timing.now - event.received_at
        if self.looked.ahead is None or sight is None or young >= self.timing.passing:
            return False
        return sight.before(event.event, self.looked.ahead)

    def _elsewhere(self, event: Queued, number: int) -> str | None:
        """Why it is nobody's after all: the incident is gone, or has another issue by now."""
        if number in self.looked.missing:
            return f"Impact has no incident {number}, or hides it from this user"
        sight, issue = self.looked.seen.get(number), event.event.issue_id
        if sight is None or None in {sight.id, issue} or sight.id == issue:
            return None
        return f"incident {number} has {sight.key}, and none has {_issue(event)}"

    def _of_creation(self, event: Queued, number: int, items: Sequence[Item]) -> Turn:
        making, unread = self.looked.making, self.looked.report.unread
        if number in making.young:
            why = "FireFighter may be creating its issue itself"
            return put_off(event, why, making.young[number])
        if number in making.unread:
            return in_vain(event, making.unread[number], self.timing)
        if making.problem is not None:
            return event.turn(State.DEAD, making.problem)
        if items:
            return judged(event, items, self.timing, self.stopped)
        if unread:
            return in_vain(event, unread[0].why, self.timing)
        return event.turn(State.SETTLED, "the incident has an issue")


def _issue(event: Queued) -> str:
    return event.event.issue or f"the issue with id {event.event.issue_id}"
