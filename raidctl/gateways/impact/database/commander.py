"""An incident's commander in FireFighter's database: a row of its role, or several of them.

The newest row is the one that FireFighter shows (facts/firefighter.md, section 1).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, func, insert, select, update

from raidctl.core.mapping.people import email_key
from raidctl.errors import Category
from raidctl.gateways.impact.database.engine import OTHER_VERSION, failure
from raidctl.gateways.impact.database.tables import incident_role, incident_role_type, user


@dataclass(frozen=True, slots=True)
class Command:
    """The rows that make somebody the commander of an incident, oldest first, locked for us."""

    incident: int
    role: int
    rows: Sequence[Any]
    email: str | None
    """The commander's; None where nobody is."""

    @classmethod
    def locked(cls, connection: Connection, incident: int) -> "Command":
        """Lock the rows of an incident. Raises `ServiceError` where there is no such role."""
        kind, row = incident_role_type.c, incident_role.c
        role = connection.scalar(select(kind.id).where(kind.slug == "commander"))
        if role is None:
            raise failure(connection.engine, "there is no role named commander", *OTHER_VERSION)
        held = select(row.id, row.user_id).where(
            row.incident_id == incident, row.role_type_id == role
        )
        rows = connection.execute(held.order_by(row.id).with_for_update()).all()
        shown = select(user.c.email).where(user.c.id == rows[-1].user_id) if rows else None
        return cls(incident, role, rows, None if shown is None else connection.scalar(shown))

    def give(self, connection: Connection, person: UUID, at: datetime) -> None:
        """Make somebody the commander, in the newest row.

        A row has to be unique: an older one of the same person makes way.
        """
        row, held = incident_role.c, {"user_id": person, "updated_at": at}
        if not self.rows:
            new = {"incident_id": self.incident, "role_type_id": self.role, "created_at": at}
            connection.execute(insert(incident_role), {**new, **held})
            return
        *older, newest = self.rows
        for double in (found for found in older if found.user_id == person):
            connection.execute(delete(incident_role).where(row.id == double.id))
        connection.execute(update(incident_role).where(row.id == newest.id).values(**held))

    def remove(self, connection: Connection) -> None:
        """Leave nobody in command."""
        ids = [held.id for held in self.rows]
        connection.execute(delete(incident_role).where(incident_role.c.id.in_(ids)))


def found_user(connection: Connection, email: str) -> UUID:
    """The user of an e-mail. Raises `ServiceError` where that is nobody, or several."""
    found = users_of(connection, email)
    if len(found) == 1:
        return found[0]
    seen = f"{len(found) or 'no'} users have the e-mail {email}"
    advice = "nobody can be made commander by it: see to Impact's users, or to [users]"
    raise failure(connection.engine, seen, advice, Category.VALIDATION)


def users_of(connection: Connection, email: str) -> Sequence[UUID]:
    """The user with exactly this e-mail, else all whose e-mail differs in case alone."""
    alike = select(user.c.email, user.c.id).where(func.lower(user.c.email) == func.lower(email))
    key = email_key(email)  # the database may take letters for one that only look alike
    people = [one for one in connection.execute(alike).all() if email_key(one.email) == key]
    return [person for spelling, person in people if spelling == email] or [
        person for _, person in people
    ]
