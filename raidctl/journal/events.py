"""The queue of events in a journal, in whatever database it is."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from raidctl.core.events.event import Event, Names, Queued, QueueState, Seen, State, Turn
from raidctl.core.model import Field
from raidctl.journal import sql
from raidctl.journal.cells import Row, from_time, number, text, to_time
from raidctl.journal.connection import EVENTS, NONE, Connection, Parameters, WritableConnection

KEPT = 10_000
"""How many of the latest events are remembered that neither wait nor are dead."""
LONGEST = timedelta(days=2)
"""Nothing is put off for so long: what seems to be has its time from a clock that was wrong."""


class Events:
    """A `ports.EventReader` over a connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def state(self) -> QueueState:
        """How much waits, and since when."""
        with self._connection.explained():
            if not self._connection.knows(EVENTS):
                return QueueState(0, 0, None)
            ((waiting, dead, oldest),) = self._connection.execute(sql.QUEUE_STATE)
            return QueueState(number(waiting), number(dead), to_time(oldest) if oldest else None)

    def events(self, states: Collection[State], limit: int) -> Sequence[Queued]:
        """The latest events of these states, oldest first."""
        return self._queued(sql.LATEST_EVENTS, {"states": list(states), "limit": limit})

    def named(self, names: Collection[str]) -> Sequence[Queued]:
        """Those of these names that there are, oldest first."""
        return self._queued(sql.NAMED_EVENTS, {"names": list(names)})

    def due(self, at: datetime, limit: int) -> Sequence[Queued]:
        """Events that wait and may be tried by then, oldest first, of so many subjects."""
        given = {"at": from_time(at), "beyond": from_time(at + LONGEST), "limit": limit}
        return self._queued(sql.DUE_EVENTS, given)

    def of_links(self, names: Names, but: Collection[int] = ()) -> Sequence[Queued]:
        """All that wait about links of these names, but for those of these numbers."""
        lists = {"incidents": names.incidents, "issues": names.issues, "keys": names.keys}
        given = {name: list(some) for name, some in {**lists, "but": but}.items()}
        return self._queued(sql.EVENTS_OF_LINKS, given)

    def _queued(self, statement: str, parameters: Parameters = NONE) -> list[Queued]:
        with self._connection.explained():
            if not self._connection.knows(EVENTS):
                return []
            return [_to_queued(row) for row in self._connection.execute(statement, parameters)]


class Queue(Events):
    """A `ports.EventQueue` over a connection; `kept` as `KEPT`."""

    _connection: WritableConnection

    def __init__(self, connection: WritableConnection, kept: int = KEPT) -> None:
        super().__init__(connection)
        self._kept = kept

    def keep(self, seen: Sequence[Seen], at: datetime) -> Sequence[Queued | None]:
        """Keep events that were received; each as it is kept, None for one known by its name."""
        if not seen:
            return []
        with self._connection.transaction():
            known = self._times(seen)
            first = {one.event.name: one for one in reversed(seen) if one.event.name not in known}
            rows = [_from_seen(one, at) for one in reversed(first.values())]
            self._connection.execute_each(sql.KEEP_EVENT, rows)
            new = self._times(first.values())
            kept = list[Queued | None]()
            for one in seen:
                name = one.event.name
                if first.pop(name, None) is not None:
                    kept.append(_queued(one, at, *new[name]))
                else:
                    kept.append(self._again(one, at))
            self._connection.execute(sql.THIN_EVENTS, {"kept": self._kept})
        return kept

    def _times(self, seen: Iterable[Seen]) -> dict[str, tuple[int, int]]:
        """The numbers of those of these events that there are, and how often they came."""
        given = {"names": [one.event.name for one in seen]}
        rows = self._connection.execute(sql.KNOWN_EVENTS, given)
        return {text(name): (number(key), number(times)) for name, key, times in rows}

    def _again(self, seen: Seen, at: datetime) -> Queued | None:
        """One that is known: kept anew, or noted as having come once more."""
        row = _from_seen(seen, at)
        for key, times in self._connection.execute(sql.KEEP_ANEW, row):
            return _queued(seen, at, number(key), number(times))
        self._connection.execute(sql.COME_AGAIN, row)
        return None

    def probe(self) -> None:
        """Write what is taken away at once: it raises where an event could not be kept either."""
        with self._connection.transaction():
            self._connection.execute(sql.PROBE_EVENT)
            self._connection.execute(sql.END_PROBE)

    def turn(self, turns: Sequence[Turn]) -> None:
        """Note how attempts ended, of those that wait and have not come once more."""
        if turns:
            with self._connection.transaction():
                self._connection.execute_each(sql.TURN_EVENT, map(_from_turn, turns))

    def retry(self, events: Collection[int], at: datetime) -> Sequence[Queued]:
        """Let dead events wait again, from their first try on; none named: all of them."""
        given = {"events": list(events), "at": from_time(at)}
        statement = sql.RETRY_EVENTS if events else sql.RETRY_ALL_EVENTS
        with self._connection.transaction():
            return sorted(self._queued(statement, given), key=lambda one: one.id)


def _queued(seen: Seen, at: datetime, key: int, times: int) -> Queued:
    """As it stands in the queue that has just been given it."""
    due = at if seen.state is State.WAITING else None
    return Queued(key, seen.event, seen.state, seen.why, at, due_at=due, times=times)


def _from_seen(seen: Seen, at: datetime) -> Row:
    event, waits = seen.event, seen.state is State.WAITING
    return {
        "name": event.name,
        "kind": event.kind,
        "at": None if event.at is None else from_time(event.at),
        "incident": event.incident,
        "issue": event.issue,
        "issue_id": event.issue_id,
        "fields": ",".join(sorted(event.fields)),
        "creation": int(event.creation),
        "subject": event.subject,
        "state": seen.state,
        "why": seen.why,
        "received_at": from_time(at),
        "tries": 0,
        "due_at": from_time(at) if waits else None,
        "times": 1,
    }


def _from_turn(turn: Turn) -> Row:
    return {
        "id": turn.id,
        "state": turn.state,
        "why": turn.why,
        "tries": turn.tries,
        "due_at": None if turn.due_at is None else from_time(turn.due_at),
        "times": turn.times,
    }


def _to_queued(row: Sequence[Any]) -> Queued:
    """Raises ValueError or TypeError for what raidctl did not write."""
    key, name, kind, at, incident, issue, issue_id, fields, creation, *rest = row
    state, why, received_at, tries, due_at, times = rest
    event = Event(
        text(name),
        text(kind),
        None if at is None else to_time(at),
        None if incident is None else number(incident),
        None if issue is None else text(issue),
        None if issue_id is None else number(issue_id),
        frozenset(map(Field, filter(None, text(fields).split(",")))),
        bool(creation),
    )
    return Queued(
        number(key),
        event,
        State(state),
        None if why is None else text(why),
        to_time(received_at),
        number(tries),
        None if due_at is None else to_time(due_at),
        number(times),
    )
