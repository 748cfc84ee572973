"""The relation of one field: what a value of one side is on the other, both ways."""

from enum import StrEnum
from typing import NamedTuple, Protocol

from raidctl.core.model import Side, Value
from raidctl.core.reasons import Reason

Said = tuple[object, ...]
"""What tables say of one pair, as plain JSON that can be hashed."""


class Image(NamedTuple):
    """A value as the other side would hold it, or the hold that stands in its way."""

    value: Value = None
    problem: Reason | None = None
    detail: str = ""


class Origin(StrEnum):
    """What tells a value's counterpart: a table, or for users one of the ways they are found."""

    STATUS_TO_JIRA = "status_to_jira"
    STATUS_TO_IMPACT = "status_to_impact"
    PRIORITY = "priority"
    USERS = "users"
    FIREFIGHTER = "firefighter"
    SHOWN = "shown"  # JIRA shows the assignee's e-mail on the issue itself
    FOUND = "found"  # by an exact e-mail match in JIRA


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

    def says_of(self, impact: Value, jira: Value) -> Said:
        """What of `tables` is about this very pair: the source of the pair's fingerprint."""
        ...


class Listed:
    """What relations through lists have in common: `None` and "" are empty, and all is compared."""

    def empty(self, value: Value) -> bool:
        """No value at all."""
        return value is None or value == ""

    def covers(self, impact: Value) -> bool:
        """Every value, whether it is listed or not."""
        return True

    def image(self, value: Value, listed: Value, lacking: str) -> Image:
        """What is `listed` for a value; `lacking` tells of the value why there may be nothing."""
        if self.empty(value):
            return Image(None)
        if listed is None:
            return Image(problem=Reason.UNMAPPED, detail=lacking.format(value))
        return Image(listed)
