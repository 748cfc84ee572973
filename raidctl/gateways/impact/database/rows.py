"""How FireFighter's database holds each of our fields: where it is read, written and granted.

Source of what writing takes: facts/firefighter.md, section 5, of which this is the least.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, select

from raidctl.core.mapping.texts import IMPACT_TITLE_LIMIT
from raidctl.core.model import Field, IncidentStatus, Value
from raidctl.gateways.impact.database import tables
from raidctl.gateways.impact.database.tables import (
    incident,
    incident_role,
    incident_role_type,
    incident_update,
    priority,
    user,
)
from raidctl.gateways.malformed import text_of, whole

SELECT, INSERT, UPDATE, LOCK = "SELECT", "INSERT", "UPDATE", "LOCK"
Use = tuple[str, Table, tuple[str, ...]]
"""A right, a table, and the columns it is needed on; to lock takes an update of any column."""
Codes = Mapping[Value, object]
"""What a column holds, by the value that it stands for."""

_STATUS_NAMES = {status.value: status.name for status in IncidentStatus}


def status_of(number: object) -> str:
    """The name behind a number; one that is unknown stays a number. Raises TypeError."""
    return _STATUS_NAMES.get(whole(number), str(number))


@dataclass(frozen=True, slots=True)
class Row:
    """One field.

    `shown` is its value of an incident and `changed` that of an update, NULL where it is not
    changed; `read` makes our value of either, and raises TypeError for what is none. `column` of
    both tables is where it is written: a text of at most `limit` characters, or one of `codes`.
    Without a column it is the commander, who is a row of a role. `uses` is what writing it takes.
    """

    shown: ColumnElement[Any]
    changed: ColumnElement[Any]
    uses: tuple[Use, ...]
    column: str | None = None
    codes: Callable[[Connection], Codes] | None = None
    limit: int | None = None
    read: Callable[[Any], Value] = text_of

    @property
    def is_text(self) -> bool:
        """Whether any text can be written."""
        return self.column is not None and self.codes is None


def column(name: str, *uses: Use, **more: Any) -> Row:
    """A field that is a column of the incident, and of its updates."""
    more = {"shown": incident.c[name], "changed": incident_update.c[name], **more}
    plain = (
        (SELECT, incident, (name,)),
        (UPDATE, incident, (name, "updated_at")),
        (INSERT, incident_update, (name,)),
    )
    return Row(column=name, uses=(*plain, *uses), **more)


def known(key: Column[Any], value: Column[Any]) -> dict[str, Any]:
    """Of a column that holds the key of another table's row: how it is read and written."""

    def codes(connection: Connection) -> Codes:
        rows = connection.execute(select(value, key)).all()
        return {found: number for found, number in rows}  # noqa: C416 - rows are no pairs to mypy

    def of(holder: Table) -> ColumnElement[Any]:
        name = next(c for c in holder.c if c.references(key))
        return select(value).where(key == name).correlate(holder).scalar_subquery()

    return {"shown": of(incident), "changed": of(incident_update), "codes": codes}


_COMMANDER = (  # the e-mail REST shows: of several rows of the role the newest (facts, section 1)
    select(user.c.email)
    .join(incident_role, incident_role.c.user_id == user.c.id)
    .join(incident_role_type, incident_role_type.c.id == incident_role.c.role_type_id)
    .where(incident_role.c.incident_id == incident.c.id)
    .where(incident_role_type.c.slug == "commander")
    .order_by(incident_role.c.id.desc())
    .limit(1)
    .correlate(incident)
    .scalar_subquery()
)
_PERSON = user.alias()
_NEW_COMMANDER = (
    select(_PERSON.c.email)
    .where(_PERSON.c.id == incident_update.c.commander_id)
    .correlate(incident_update)
    .scalar_subquery()
)


_ROLE = ("incident_id", "role_type_id", "user_id")
ROWS: dict[Field, Row] = {
    Field.TITLE: column("title", limit=IMPACT_TITLE_LIMIT),
    Field.DESCRIPTION: column("description"),
    Field.PRIORITY: column(
        "priority_id",
        (SELECT, priority, ("id", "value")),
        **known(priority.c.id, priority.c.value),
        read=whole,
    ),
    Field.STATUS: column(
        "status",
        (SELECT, incident, ("mitigated_at",)),
        (UPDATE, incident, ("mitigated_at",)),
        (SELECT, incident_update, ("incident_id", "event_type", "event_ts")),
        (INSERT, incident_update, ("event_type",)),
        (UPDATE, incident_update, ("event_ts", "updated_at", "created_by_id")),
        (SELECT, tables.metric_type, ("id", "milestone_lhs_id", "milestone_rhs_id")),
        (SELECT, tables.milestone_type, ("id", "event_type")),
        (SELECT, tables.incident_metric, ("id", "incident_id", "metric_type_id")),
        (INSERT, tables.incident_metric, ("incident_id", "metric_type_id", "duration")),
        (UPDATE, tables.incident_metric, ("duration",)),
        codes=lambda _: {status.name: status.value for status in IncidentStatus},
        read=status_of,
    ),
    Field.COMMANDER: Row(
        _COMMANDER,
        _NEW_COMMANDER,
        (
            (SELECT, user, ("id", "email")),
            (SELECT, incident_role_type, ("id", "slug")),
            (SELECT, incident_role, ("id", *_ROLE)),
            (INSERT, incident_role, (*_ROLE, "created_at", "updated_at")),
            (UPDATE, incident_role, ("user_id", "updated_at")),
            (INSERT, incident_update, ("commander_id",)),
        ),
    ),
}
