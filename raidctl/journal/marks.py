"""What the journal holds of one field's marks, and how it stores that they change.

What changes is decided in `core/writes/marks.py`. Each function is a part of its caller's
transaction.
"""

from collections.abc import Sequence
from datetime import datetime

from raidctl.core.memory import Refusal
from raidctl.core.model import Field
from raidctl.core.reasons import Reason
from raidctl.core.writes.marks import FLAPPING_WITHIN, FieldMarks, MarkChange
from raidctl.journal import sql
from raidctl.journal.cells import from_key, from_time, to_time
from raidctl.journal.connection import WritableConnection
from raidctl.journal.rows import from_refusal, to_write

Key = tuple[int, int, Field]

_CHANGES = {
    MarkChange.QUARANTINE: sql.QUARANTINE,
    MarkChange.END_QUARANTINE: sql.END_QUARANTINE,
    MarkChange.COUNT_ANEW: sql.PUT_RELEASE,
    MarkChange.FORGET_REFUSAL: sql.FORGET_REFUSAL,
    MarkChange.FORGET_SKIP: sql.FORGET_SKIP,
    MarkChange.RESUME: sql.RESUME,
}


def known(connection: WritableConnection, key: Key, now: datetime) -> FieldMarks:
    """What stands there, and what raidctl wrote to the field lately."""
    row = from_key(key) | {"since": from_time(now - FLAPPING_WITHIN)}
    times = dict(connection.execute(sql.MARKS_OF_FIELD, row))
    released = times.pop("released", None)
    return FieldMarks(
        frozenset(map(Reason, times)),
        None if released is None else to_time(released),
        [to_write(one) for one in connection.execute(sql.WRITTEN_LATELY, row)],
    )


def change(
    connection: WritableConnection, key: Key, changes: Sequence[MarkChange | Refusal], at: datetime
) -> None:
    """Store changes, in their order."""
    row = from_key(key) | {"at": from_time(at), "since": from_time(at)}
    for one in changes:
        if isinstance(one, Refusal):
            connection.execute(sql.PUT_REFUSAL, row | from_refusal(one))
        else:
            connection.execute(_CHANGES[one], row)
