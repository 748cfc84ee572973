"""Status and priority: related through tables of names."""

from collections.abc import Mapping
from dataclasses import dataclass

from raidctl.core.mapping.relation import Image, Listed, Said
from raidctl.core.mapping.tables import folded
from raidctl.core.model import IncidentStatus, Side, Value


class _Named(Listed):
    """Through tables: JIRA names are compared folded, Impact values as they are."""

    def same(self, side: Side, left: Value, right: Value) -> bool:
        """Equal, JIRA's names without regard to case and surrounding space."""
        if side is Side.JIRA and isinstance(left, str) and isinstance(right, str):
            return left == right or folded(left) == folded(right)
        return left == right or (self.empty(left) and self.empty(right))


@dataclass(frozen=True, slots=True)
class StatusRelation(_Named):
    """Two tables, neither the other's inverse.

    `jira_names` maps the name of each `IncidentStatus` to a JIRA status, `impact_names` each
    folded JIRA status to the name of an `IncidentStatus`.
    """

    jira_names: Mapping[str, str]
    impact_names: Mapping[str, str]

    def to_jira(self, impact: Value, current: Value = None) -> Image:
        """The JIRA status of an incident status."""
        name = self.jira_names.get(str(impact))
        return self.image(impact, name, "{} has no row in status_to_jira")

    def to_impact(self, jira: Value, current: Value = None) -> Image:
        """The incident status of a JIRA status."""
        name = self.impact_names.get(folded(str(jira)))
        return self.image(jira, name, "{} has no row in status_to_impact")

    def tables(self) -> object:
        """Both tables."""
        return [dict(self.jira_names), dict(self.impact_names)]

    def says_of(self, impact: Value, jira: Value) -> Said:
        """The row of each value."""
        name = self.jira_names.get(str(impact))
        return name and folded(name), self.impact_names.get(folded(str(jira)))

    def closes(self, direction_source: Side, value: Value) -> bool:
        """Whether writing `value`, copied from `direction_source`, closes the other side."""
        if direction_source is Side.JIRA:
            return value == IncidentStatus.CLOSED.name
        closed = self.jira_names.get(IncidentStatus.CLOSED.name)
        return closed is not None and self.same(Side.JIRA, closed, value)

    def echo(self, impact: Value) -> str | None:
        """The other status FireFighter would answer with, were `impact` written to JIRA."""
        image = self.to_jira(impact)
        back = self.to_impact(image.value) if image.problem is None else image
        return str(back.value) if back.problem is None and back.value != impact else None


@dataclass(frozen=True, slots=True)
class PriorityRelation(_Named):
    """One table of JIRA priorities; of several names with one value, `written` is written."""

    impact_values: Mapping[str, int]
    written: Mapping[int, str]

    def to_jira(self, impact: Value, current: Value = None) -> Image:
        """The JIRA priority of an Impact priority value."""
        name = self.written.get(impact) if isinstance(impact, int) else None
        return self.image(impact, name, "{} has no row in priority")

    def to_impact(self, jira: Value, current: Value = None) -> Image:
        """The Impact priority value of a JIRA priority."""
        value = self.impact_values.get(folded(str(jira)))
        return self.image(jira, value, "{} has no row in priority")

    def covers(self, impact: Value) -> bool:
        """A priority no row leads to, such as GAMEDAY (20), is out of scope, not an error."""
        return impact is None or impact in self.written

    def tables(self) -> object:
        """The table, and which name is written."""
        return [dict(self.impact_values), {str(k): v for k, v in self.written.items()}]

    def says_of(self, impact: Value, jira: Value) -> Said:
        """The row of each value."""
        name = self.written.get(impact) if isinstance(impact, int) else None
        return name and folded(name), self.impact_values.get(folded(str(jira)))
