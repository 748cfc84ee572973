"""The relation of one field: what a value of one side is on the other, both ways."""

from typing import NamedTuple, Protocol

from raidctl.core.model import Side, Value
from raidctl.core.reasons import Reason


class Image(NamedTuple):
    """A value as the other side would hold it, or the hold that stands in its way."""

    value: Value = None
    problem: Reason | None = None
    detail: str = ""


class Relation(Protocol):
    """One field's relation; `current` is what the written side holds now (tails stay there)."""

    def to_jira(self, impact: Value, current: Value) -> Image:
        """The value to write to JIRA so that it agrees with `impact`."""
        ...

    def to_impact(self, jira: Value, current: Value) -> Image:
        """The value to write to Impact so that it agrees with `jira`."""
        ...

    def same(self, side: Side, left: Value, right: Value) -> bool:
        """Whether two values of one side are the same for this field."""
        ...

    def empty(self, value: Value) -> bool:
        """Whether a value of either side holds nothing."""
        ...

    def covers(self, impact: Value) -> bool:
        """Whether the field is compared at all for this Impact value."""
        ...

    def tables(self) -> object:
        """What the relation rests on, as plain JSON: the source of its fingerprint."""
        ...


def unmapped(value: Value, table: str) -> Image:
    """The image of a value that a table has no row for."""
    return Image(problem=Reason.UNMAPPED, detail=f"{value!s} has no row in {table}")
