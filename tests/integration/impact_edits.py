"""Changes to a real FireFighter's incidents, as FireFighter makes them, and the way back.

Its REST interface cannot update. Source: facts/firefighter.md, "One transaction"; metrics, which
raidctl never reads, are left out here, but put back.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, Table, delete, insert, select, update

from raidctl.gateways.impact.database import tables

MITIGATED = 40
LONG_AGO = timedelta(hours=1)  # settled, by whatever grace
EDITED = (
    tables.incident,
    tables.incident_role,
    tables.incident_update,
    tables.incident_metric,
)

Rows = dict[Any, dict[str, Any]]


class Editor:
    """Somebody who works with incidents in FireFighter."""

    def __init__(self, engine: Engine, now: datetime) -> None:
        self._engine = engine
        self._at = now - LONG_AGO

    def edit(
        self,
        incident: int,
        *,
        priority: int | None = None,
        commander: str | None = None,
        **values: Any,
    ) -> None:
        """Change its title, description, status (number), priority (value), commander (e-mail)."""
        with self._engine.begin() as connection:
            if priority is not None:
                query = select(tables.priority.c.id).where(tables.priority.c.value == priority)
                values["priority_id"] = connection.execute(query).scalar_one()
            if values:
                found = update(tables.incident).where(tables.incident.c.id == incident)
                connection.execute(found.values(**values, updated_at=self._at))
                self._note(connection, incident, **values)
            if values.get("status") == MITIGATED:
                self._mitigated(connection, incident)
            if commander is not None:
                self._appoint(connection, incident, commander)

    def _note(self, connection: Connection, incident: int, **values: Any) -> None:
        times = dict.fromkeys(("event_ts", "created_at", "updated_at"), self._at)
        row = {"id": uuid4(), "incident_id": incident, **times, **values}
        connection.execute(insert(tables.incident_update), row)

    def _mitigated(self, connection: Connection, incident: int) -> None:
        row = tables.incident.c
        unset = update(tables.incident).where(row.id == incident, row.mitigated_at.is_(None))
        connection.execute(unset.values(mitigated_at=self._at))
        past = tables.incident_update.c
        recovered = update(tables.incident_update).where(
            past.incident_id == incident, past.event_type == "recovered"
        )
        times = dict.fromkeys(("event_ts", "updated_at"), self._at)
        if not connection.execute(recovered.values(**times)).rowcount:
            self._note(connection, incident, event_type="recovered")

    def _appoint(self, connection: Connection, incident: int, email: str) -> None:
        found = select(tables.user.c.id).where(tables.user.c.email == email)
        person: UUID = connection.execute(found).scalar_one()
        kinds, roles = tables.incident_role_type.c, tables.incident_role.c
        role = connection.execute(select(kinds.id).where(kinds.slug == "commander")).scalar_one()
        held = update(tables.incident_role).where(
            roles.incident_id == incident, roles.role_type_id == role
        )
        row = {"user_id": person, "updated_at": self._at}
        if not connection.execute(held.values(**row)).rowcount:
            row |= {"incident_id": incident, "role_type_id": role, "created_at": self._at}
            connection.execute(insert(tables.incident_role), row)
        self._note(connection, incident, commander_id=person)


@contextmanager
def restored(engine: Engine, incidents: Sequence[int]) -> Iterator[Editor]:
    """Somebody whose changes to these incidents are taken back at the end."""
    with engine.connect() as connection:
        before = [(table, _rows(connection, table, incidents)) for table in EDITED]
    try:
        yield Editor(engine, datetime.now(UTC))
    finally:
        with engine.begin() as connection:
            for table, rows in before:
                _restore(connection, table, rows, _rows(connection, table, incidents))


def _rows(connection: Connection, table: Table, incidents: Sequence[int]) -> Rows:
    owner = table.c.id if table is tables.incident else table.c.incident_id
    found = connection.execute(select(table).where(owner.in_(incidents)))
    return {row["id"]: dict(row) for row in found.mappings()}


def _restore(connection: Connection, table: Table, before: Rows, now: Rows) -> None:
    for number in now.keys() - before.keys():
        connection.execute(delete(table).where(table.c.id == number))
    for number, row in before.items():
        if number not in now:
            connection.execute(insert(table).values(row))
        elif now[number] != row:
            connection.execute(update(table).where(table.c.id == number).values(row))
