"""What the journal holds of one field's marks, and how it stores that they change.

What changes is decided in `core/writes/marks.py`. Each function is a part of its caller's
transaction.
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from raidctl.core.memory import Refusal
from raidctl.core.model import Field
from raidctl.core.reasons import Reason
from raidctl.core.writes.marks import FLAPPING_WITHIN, FieldMarks, MarkChange
from raidctl.journal.rows import WRITES, from_refusal, from_time, to_time, to_write

Key = tuple[int, int, Field]

_OF_FIELD = "WHERE incident = :incident AND issue_id = :issue_id AND field = :field"
_MARKED = f"""
SELECT 'flapping', since FROM quarantines {_OF_FIELD}
UNION ALL SELECT 'refused', since FROM refusals {_OF_FIELD}
UNION ALL SELECT 'undone', at FROM baselines {_OF_FIELD} AND state = 'undone'
UNION ALL SELECT 'released', at FROM releases {_OF_FIELD}
"""
_LATELY = f"{WRITES} {_OF_FIELD} AND at >= :since ORDER BY id"
_REFUSE = """
INSERT INTO refusals (incident, issue_id, field, impact, jira, new, since, edited_at)
VALUES (:incident, :issue_id, :field, :impact, :jira, :new, :at, :edited_at)
ON CONFLICT (incident, issue_id, field) DO UPDATE SET impact = excluded.impact,
  jira = excluded.jira, new = excluded.new, since = excluded.since, edited_at = excluded.edited_at
"""
_CHANGES = {
    MarkChange.QUARANTINE: """
INSERT INTO quarantines (incident, issue_id, field, since)
VALUES (:incident, :issue_id, :field, :at) ON CONFLICT (incident, issue_id, field) DO NOTHING
""",
    MarkChange.END_QUARANTINE: f"DELETE FROM quarantines {_OF_FIELD}",
    MarkChange.COUNT_ANEW: """
INSERT INTO releases (incident, issue_id, field, at) VALUES (:incident, :issue_id, :field, :at)
ON CONFLICT (incident, issue_id, field) DO UPDATE SET at = excluded.at
""",
    MarkChange.FORGET_REFUSAL: f"DELETE FROM refusals {_OF_FIELD}",
    MarkChange.FORGET_SKIP: f"DELETE FROM skips {_OF_FIELD}",
    MarkChange.RESUME: f"UPDATE baselines SET state = 'unfinished' {_OF_FIELD}",
}


def known(connection: sqlite3.Connection, key: Key, now: datetime) -> FieldMarks:
    """What stands there, and what raidctl wrote to the field lately."""
    row = _row(key) | {"since": from_time(now - FLAPPING_WITHIN)}
    times = dict(connection.execute(_MARKED, row).fetchall())
    released = times.pop("released", None)
    return FieldMarks(
        frozenset(map(Reason, times)),
        None if released is None else to_time(released),
        [to_write(one) for one in connection.execute(_LATELY, row).fetchall()],
    )


def change(
    connection: sqlite3.Connection, key: Key, changes: Sequence[MarkChange | Refusal], at: datetime
) -> None:
    """Store changes, in their order."""
    row = _row(key) | {"at": from_time(at)}
    for one in changes:
        if isinstance(one, Refusal):
            connection.execute(_REFUSE, row | from_refusal(one))
        else:
            connection.execute(_CHANGES[one], row)


def _row(key: Key) -> dict[str, object]:
    return dict(zip(("incident", "issue_id", "field"), key, strict=True))
