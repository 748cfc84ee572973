"""One event, from either system: a hint where to look, and what became of it.

An event names an incident or an issue and the fields that changed. What they hold is read on both
sides, so that late, doubled and disordered events do no harm; no value of an event is kept.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from raidctl.core.model import Field


class State(StrEnum):
    """What has become of an event (DESIGN §14)."""

    WAITING = "waiting"  # to be settled, or a system was away: tried again
    SETTLED = "settled"  # both sides were read, and what was decided of its fields was done
    SKIPPED = "skipped"  # an echo of what came from the other side
    IGNORED = "ignored"  # nothing of ours in it
    REFUSED = "refused"  # not an event
    DEAD = "dead"  # tried four times: a person has to look


@dataclass(frozen=True, slots=True)
class Event:
    """What an event says.

    `name` tells it from others: one that comes twice has the same. `kind` is what its sender calls
    it, such as `jira:issue_updated`; `at` is the sender's time of it, None where it tells none:
    then an equal one may be another. An event of JIRA names an issue, by its id where that is told,
    one of Impact an incident. `creation`: the incident is new, and may need an issue.
    """

    name: str
    kind: str
    at: datetime | None = None
    incident: int | None = None
    issue: str | None = None
    issue_id: int | None = None
    fields: frozenset[Field] = frozenset()
    creation: bool = False

    @property
    def subject(self) -> str:
        """What it is about, as far as the event itself tells: those of one are tried together."""
        if self.incident is not None:
            return f"incident {self.incident}"
        return f"issue {self.issue_id or self.issue}"


@dataclass(frozen=True, slots=True)
class Seen:
    """An event, what is to become of it, and why: `WAITING` where it has to be settled."""

    event: Event
    state: State
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Names:
    """What events may call links: incidents, ids of issues, and keys of issues, in capitals."""

    incidents: frozenset[int] = frozenset()
    issues: frozenset[int] = frozenset()
    keys: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Told:
    """An event as a report has it; `id` is None for one that is not in the queue."""

    id: int | None
    event: Event
    state: State
    why: str | None


@dataclass(frozen=True, slots=True)
class Queued:
    """An event as the journal keeps it, by its number there.

    `tries` are the failed attempts so far, `due_at` when it may be tried next; `times` counts how
    often it has come: what is in hand while it comes again is not all that it tells.
    """

    id: int
    event: Event
    state: State
    why: str | None
    received_at: datetime
    tries: int = 0
    due_at: datetime | None = None
    times: int = 1

    @property
    def told(self) -> Told:
        """As a report has it."""
        return Told(self.id or None, self.event, self.state, self.why)

    def turned(self, turn: "Turn") -> "Queued":
        """As it is after an attempt."""
        return replace(self, state=turn.state, why=turn.why, tries=turn.tries, due_at=turn.due_at)

    def turn(self, state: State, why: str | None = None) -> "Turn":
        """How an attempt at it ended, for good."""
        return Turn(self.id, state, why, self.tries, times=self.times)


@dataclass(frozen=True, slots=True)
class Turn:
    """How an attempt at a queued event ended; `due_at` is when one that waits is tried again.

    `times` is how often it had come by then.
    """

    id: int
    state: State
    why: str | None = None
    tries: int = 0
    due_at: datetime | None = None
    times: int = 1


def dead_words(one: Told | Turn) -> str:
    """That an event is dead, why, and what brings it back."""
    return f"event {one.id} is dead: {one.why}; once that is mended: raidctl event --retry {one.id}"


@dataclass(frozen=True, slots=True)
class QueueState:
    """How many events wait and are dead, and since when the oldest that waits has been there."""

    waiting: int
    dead: int
    oldest_at: datetime | None


def not_kept(seen: Seen, at: datetime) -> Queued:
    """An event that is only looked at, as if the queue had it: it has no number."""
    return Queued(0, seen.event, seen.state, seen.why, at)
