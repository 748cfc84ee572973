"""How the journal spells a single value: JSON, a time in UTC, a number; and back again.

What cannot be read back raises ValueError or TypeError: raidctl did not write it.
"""

import json
from datetime import UTC, datetime
from functools import lru_cache

from raidctl.core.model import UNREADABLE, Field, Readable, SyncDirection, Unreadable, Value

Row = dict[str, object]
"""Columns by name, to write."""

_ENCODED = json.JSONEncoder().encode  # as `json.dumps` has it, which looks at its options first

VALUES = {str, int, bool, type(None)}
"""The types of a field's value."""


def number(stored: object) -> int:
    """A number; SQLite keeps whatever it is given. Raises TypeError."""
    if type(stored) is not int:
        raise TypeError(f"{stored!r} is no number")
    return stored


def text(stored: object) -> str:
    """A text. Raises TypeError."""
    if type(stored) is not str:
        raise TypeError(f"{stored!r} is no text")
    return stored


def from_value(value: Readable) -> str | None:
    """NULL, which is not empty, for a value that was not seen."""
    return None if isinstance(value, Unreadable) else _ENCODED(value)


def to_value(stored: str) -> Value:
    """Raises ValueError or TypeError for what is none, NULL included."""
    value: Value = json.loads(stored)
    if type(value) in VALUES:
        return value
    raise ValueError(f"{stored!r} is no value of a field")


def to_readable(stored: str | None) -> Readable:
    """`UNREADABLE` for NULL; raises as `to_value`."""
    return UNREADABLE if stored is None else to_value(stored)


def from_time(at: datetime) -> str:
    """Times sort as their texts do."""
    return at.astimezone(UTC).isoformat()


@lru_cache(1024)  # a run records all that it sees at one time
def to_time(stored: str) -> datetime:
    """Raises ValueError for what is none, of no zone, or cannot be told in every zone."""
    at = datetime.fromisoformat(stored)
    if at.tzinfo is None or not 1 < at.year < 9999:
        raise ValueError(f"{stored!r} is no moment")
    return at


def to_moment(stored: float) -> datetime:
    """Of seconds since 1970; raises ValueError, OverflowError or TypeError for what are none."""
    return datetime.fromtimestamp(stored, UTC)


def to_direction(stored: str | None) -> SyncDirection | None:
    """None where none was recorded."""
    return None if stored is None else SyncDirection(stored)


def from_key(key: tuple[int, int, Field]) -> Row:
    """The incident's id, the issue's and the field that a row is about."""
    incident, issue, field = key
    return {"incident": incident, "issue_id": issue, "field": field}
