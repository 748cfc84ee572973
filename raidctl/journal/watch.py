"""What the journal counts of runs and writes, and what it keeps of holds, in whatever database.

The functions are parts of their caller's transaction.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

from raidctl.core.model import Field, SyncDirection
from raidctl.core.reasons import Reason
from raidctl.core.watch.ends import WELL, succeeded
from raidctl.core.watch.site import Held, HoldKey, Leaving
from raidctl.core.watch.tally import (
    DAYS_KEPT,
    HOURS_KEPT,
    LABELS,
    STANDING,
    Counted,
    Period,
    Tallied,
    Tally,
    of_run,
    of_write,
)
from raidctl.core.watch.thinned import Gone
from raidctl.core.writes.log import Run
from raidctl.core.writes.outcome import Result
from raidctl.journal import sql
from raidctl.journal.cells import Row, from_time, number, text, to_moment, to_time
from raidctl.journal.connection import (
    ASKING,
    COUNTING,
    ENDS,
    WATCH,
    WRITE_PATH,
    Connection,
    WritableConnection,
)
from raidctl.journal.rows import to_run

ATTEMPTS_KEPT = timedelta(days=30)
"""How long what was decided on and never sent stays, once the same field was decided on again."""

_HOUR, _DAY, _MONTH = (len(name) for name in ("2026-11-22T21", "2026-11-22", "2026-11"))
RUNS_KEPT = ((timedelta(days=2), _HOUR), (timedelta(days=30), _DAY), (DAYS_KEPT, _MONTH))
"""Of runs older than that which wrote nothing, one each so long a part of the time they began."""


OF_RUNS = {ENDS: ("why",), COUNTING: ("counts",), ASKING: ("host", "asking_since")}
"""The columns that runs were given by a later step than the one that made them."""


class Watch:
    """A `ports.WatchReader` over a connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def tallies(self, by: Period, since: datetime) -> Sequence[Tallied]:
        """What each of these periods has come to, from the one of that moment on."""
        name = by.of(since)
        with self._connection.explained():
            if not self._connection.knows(WATCH):
                return []
            given = {"since": name, "length": len(name)}
            return [_to_tallied(row) for row in self._connection.execute(sql.TALLIES, given)]

    def held(self) -> Sequence[Held]:
        """What is held, the longest first."""
        with self._connection.explained():
            return _held(self._connection) if self._connection.knows(WATCH) else []

    def ended(self, command: str, limit: int) -> Sequence[Run]:
        """The latest runs of a command that count and have ended, newest first."""
        return self._runs(sql.LATEST_OF, command, limit=limit)

    def last_success(self, command: str) -> Run | None:
        """The latest run of a command that was a success."""
        return next(iter(self._runs(sql.LAST_SUCCESS, command, codes=sorted(WELL))), None)

    def died(self, command: str, since: datetime) -> int:
        """How many that count began after that and never ended, though others ran later."""
        with self._connection.explained():
            if not self._connection.knows(WRITE_PATH):
                return 0
            given = {"command": command, "since": from_time(since)}
            ((count,),) = self._connection.execute(self._of_runs(sql.DIED), given)
            return number(count)

    def _runs(self, statement: str, command: str, **given: object) -> list[Run]:
        with self._connection.explained():
            if not self._connection.knows(WRITE_PATH):
                return []
            given |= {"command": command}
            rows = self._connection.execute(self._of_runs(statement), given)
            return [to_run(row) for row in rows]

    def _of_runs(self, statement: str) -> str:
        """A statement about runs as a journal of this age can be asked."""
        steps = (step for step in OF_RUNS if not self._connection.knows(step))
        return sql.without((column for step in steps for column in OF_RUNS[step]), statement)


def rise(connection: WritableConnection, tallies: Iterable[Tally], at: datetime) -> None:
    """Add to what was counted ever, on that day and in that hour."""
    rows = [
        _from_tally(one) | {"since": period.of(at)}
        for one in tallies
        for period in ([Period.EVER] if one.what in STANDING else Period)
    ]
    connection.execute_each(sql.RISE, rows)


def note_end(connection: WritableConnection, run: Run, leaving: Leaving, at: datetime) -> None:
    """Count that a run has ended, and keep what it leaves; thin what is old, once an hour."""
    hour = {"since": Period.HOUR.of(at)}
    first = not connection.execute(sql.ANY_TALLY, hour)
    if succeeded(run):
        connection.execute(sql.END_STREAK, {"labels": run.command})
    rise(connection, [*of_run(run), *leaving.tallies()], at)
    if leaving.site is not None:
        rise(connection, [Tally(Counted.LOOKED, (), 1, at.timestamp())], at)
        _hold(connection, leaving.site.holds, complete=leaving.site.complete, at=at)
    if first:
        thin(connection, at)


def note_write(
    connection: WritableConnection, way: SyncDirection, what: str, result: Result, at: datetime
) -> None:
    """Count what became of a change of a field, or of another target."""
    rise(connection, of_write(way, what, result), at)


def end_hold(connection: WritableConnection, incident: int, field: Field) -> None:
    """A field that was written is held no more."""
    connection.execute(sql.END_HOLDS_OF_FIELD, {"incident": incident, "field": field})


def thin(connection: WritableConnection, at: datetime) -> Gone:
    """Let go of what nothing needs any more, by its age; what that was."""
    attempts = connection.execute(sql.THIN_ATTEMPTS, {"before": from_time(at - ATTEMPTS_KEPT)})
    runs = [
        connection.execute(sql.THIN_RUNS, {"before": from_time(at - age), "length": length})
        for age, length in RUNS_KEPT
    ]
    days, hours = Period.DAY.of(at - DAYS_KEPT), Period.HOUR.of(at - HOURS_KEPT)
    connection.execute(sql.THIN_TALLIES, {"days": days, "hours": hours})
    return Gone(sum(map(len, runs)), len(attempts))


def _hold(
    connection: WritableConnection, found: frozenset[HoldKey], *, complete: bool, at: datetime
) -> None:
    """Keep since when each is held; one that is known writes nothing."""
    known = {one.key for one in _held(connection)}
    news = [_from_key(key) | {"since": from_time(at)} for key in sorted(found - known, key=str)]
    connection.execute_each(sql.PUT_HOLD, news)
    if complete:
        connection.execute_each(sql.END_HOLD, [_from_key(key) for key in known - found])


def _held(connection: Connection) -> list[Held]:
    return [
        Held(
            HoldKey(number(incident), Field(name) if name else None, Reason(reason)),
            to_time(since),
        )
        for incident, name, reason, since in connection.execute(sql.HOLDS)
    ]


def _from_key(key: HoldKey) -> Row:
    return {"incident": key.incident, "field": key.field or "", "reason": key.reason}


def _from_tally(one: Tally) -> Row:
    row: Row = dict.fromkeys(("total", "most", "last"), one.amount)
    return row | {"what": one.what, "labels": "/".join(one.labels), "count": one.count}


def _to_tallied(row: Sequence[Any]) -> Tallied:
    """Raises ValueError or TypeError for what raidctl did not write."""
    name, labels, since, count, *amounts = row
    what, found = Counted(name), tuple(filter(None, text(labels).split("/")))
    total, most, last = map(float, amounts)
    if what is Counted.LOOKED:
        to_moment(last)  # what is none fails
    if not all(map(isfinite, (total, most, last))):
        raise ValueError(f"{amounts!r} are no amounts")
    if len(found) != LABELS[what]:
        raise ValueError(f"{labels!r} are no labels of {what}")
    return Tallied(what, found, text(since), number(count), total, most, last)
