"""What keeps a field from being written again: quarantines and refusals, and how they end.

Each function is a part of its caller's transaction.
"""

import sqlite3
from datetime import datetime

from raidctl.core.memory import BaselineState
from raidctl.core.model import Field, SyncDirection
from raidctl.core.plan.item import Change
from raidctl.core.reasons import Kind
from raidctl.core.writes.log import FLAPPING_WITHIN, flaps
from raidctl.core.writes.outcome import Outcome
from raidctl.core.writes.settlement import PermanentRefusal, Settlement
from raidctl.journal.rows import from_time, from_value, to_time, to_value

Key = tuple[int, int, Field]

# What raidctl's own syncs left in a field since it was last released: undos,
# what people decided and what the target never took are no part of it.
_LEFT = """
SELECT id, at, direction, new FROM writes
WHERE incident = ? AND issue_id = ? AND field = ? AND at >= ? AND sent AND kind = 'sync'
  AND (outcome IN ('applied', 'normalised', 'stale') OR outcome = 'recovered' AND read_back = new)
  AND at > coalesce((SELECT r.at FROM releases AS r WHERE r.incident = writes.incident
    AND r.issue_id = writes.issue_id AND r.field = writes.field), '')
ORDER BY id
"""
_QUARANTINE = """
INSERT OR IGNORE INTO quarantines (incident, issue_id, field, since) VALUES (?, ?, ?, ?)
"""
_RELEASED = """
INSERT OR REPLACE INTO releases (incident, issue_id, field, at) VALUES (?, ?, ?, ?)
"""
_AGAIN = """
UPDATE baselines SET state = 'unfinished'
WHERE incident = ? AND issue_id = ? AND field = ? AND state = 'undone'
"""
_NO_QUARANTINE = "DELETE FROM quarantines WHERE incident = ? AND issue_id = ? AND field = ?"
_NO_REFUSAL = "DELETE FROM refusals WHERE incident = ? AND issue_id = ? AND field = ?"
_NO_SKIP = "DELETE FROM skips WHERE incident = ? AND issue_id = ? AND field = ?"


def note_settled(connection: sqlite3.Connection, one: Settlement, at: datetime) -> None:
    """What a settled write means for the next one: quarantined, refused, or free again."""
    change = one.change
    key = _key(change)
    if one.baseline is not None and one.baseline.state is BaselineState.AGREED:
        connection.execute(_NO_REFUSAL, key)
        if change.kind is Kind.RESOLVE:
            lift(connection, key, at)
    if one.refused is not None and one.result.outcome is Outcome.REFUSED:
        _refuse(connection, change, one.refused, at)
    if one.write is not None:
        _quarantine(connection, one.write, key, at)


def lift(connection: sqlite3.Connection, key: Key, at: datetime) -> int:
    """Forget what a person has looked at; how many marks there were."""
    released = connection.execute(_NO_QUARANTINE, key).rowcount
    if released:
        connection.execute(_RELEASED, (*key, from_time(at)))
    return released + connection.execute(_NO_REFUSAL, key).rowcount


def release(connection: sqlite3.Connection, key: Key, at: datetime) -> int:
    """Let the next run decide as if nobody had said anything; how many marks there were.

    A write that was taken back is then one that stopped half way.
    """
    connection.execute(_NO_SKIP, key)
    again = connection.execute(_AGAIN, key).rowcount
    return lift(connection, key, at) + again


def _key(change: Change) -> Key:
    return change.subject.incident, change.subject.issue_id or 0, change.name


def _refuse(
    connection: sqlite3.Connection, change: Change, refused: PermanentRefusal, at: datetime
) -> None:
    values = [from_value(value) for value in (*change.leaving(change.old), change.to)]
    edited = None if refused.edited_at is None else from_time(refused.edited_at)
    connection.execute(
        "INSERT OR REPLACE INTO refusals"
        " (incident, issue_id, field, impact, jira, new, since, edited_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*_key(change), *values, from_time(at), edited),
    )


def _quarantine(connection: sqlite3.Connection, write: int, key: Key, at: datetime) -> None:
    """Keep a field from being written again where this write is one too many."""
    lately = from_time(at - FLAPPING_WITHIN)
    left = connection.execute(_LEFT, (*key, lately)).fetchall()
    history = [
        (to_time(when), SyncDirection(direction), to_value(new)) for _, when, direction, new in left
    ]
    if any(row[0] == write for row in left) and flaps(history, at):
        connection.execute(_QUARANTINE, (*key, from_time(at)))
