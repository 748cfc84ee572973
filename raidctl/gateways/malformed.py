"""Read single values out of other systems' answers: of the right type, or an error that is known.

An answer may hold anything. A row that is none raises one of `MALFORMED`, and is told as unread; a
field of a shape that nobody knows is `UNREADABLE`, and held. The rows beside go on.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from raidctl.core.model import UNREADABLE, Readable

MALFORMED = (
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,  # a time that this machine cannot tell
    RecursionError,
    TypeError,
    ValueError,
)
LARGEST_ID = 2**63 - 1  # in every database that keeps one, the journal too


def id_of(value: object) -> int:
    """An id, as a number or as the digits of one. Raises TypeError and ValueError."""
    digits = isinstance(value, str) and value.isascii() and value.isdigit()
    number = int(str(value)) if digits else whole(value)
    if not 0 < number <= LARGEST_ID:
        raise ValueError("no id is like that")
    return number


def whole(value: object) -> int:
    """A whole number; JSON's true is none. Raises TypeError."""
    if type(value) is not int:
        raise TypeError("not a whole number")
    return value


def text_of(value: object) -> str:
    """A text. Raises TypeError for what is none."""
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def text_or_none(value: object) -> str | None:
    """A text that holds something; None for one that is empty, and for what is no text."""
    return value if isinstance(value, str) and value else None


def object_of(value: object) -> Mapping[str, Any]:
    """An object of JSON. Raises TypeError for what is none."""
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value


def list_of(value: object) -> list[Any]:
    """A list of JSON. Raises TypeError for what is none."""
    if not isinstance(value, list):
        raise TypeError("not a list")
    return value


def time_of(value: object) -> datetime:
    """A moment in ISO 8601, as `moment` has it. Raises TypeError and ValueError."""
    return moment(datetime.fromisoformat(text_of(value)))


def moment(time: datetime) -> datetime:
    """A time as a moment, of UTC where it names no zone.

    Raises ValueError for the ends of the calendar, which cannot be told in every zone.
    """
    if not 1 < time.year < 9999:
        raise ValueError("no time that anything happened at")
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def field_of(row: Mapping[str, Any], key: str, read: Callable[[Any], Readable]) -> Readable:
    """A field of a row: `UNREADABLE` where it is not shown, or in no form that `read` knows."""
    try:
        return read(row[key])
    except MALFORMED:
        return UNREADABLE
