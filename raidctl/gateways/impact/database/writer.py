"""Incidents written into FireFighter's own database, each in one transaction.

It leaves the rows that FireFighter's own methods leave (facts/firefighter.md, "One transaction
with the same result"), and gives none of their signals: no Slack, no push to JIRA.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, insert, select, update

from raidctl.core.firefighter import Rule
from raidctl.core.history import Revision
from raidctl.core.mapping.people import email_key
from raidctl.core.model import (
    Field,
    IncidentStatus,
    Link,
    Readable,
    Value,
)
from raidctl.errors import Category, FieldsRefusedError, ServiceError
from raidctl.gateways.impact.database.commander import Command, found_user
from raidctl.gateways.impact.database.engine import LOCK_SECONDS, NOT_TAKEN, failure
from raidctl.gateways.impact.database.grants import check_tables, missing_rights, uses_of
from raidctl.gateways.impact.database.recovery import record_recovery
from raidctl.gateways.impact.database.rows import ROWS, Codes
from raidctl.gateways.impact.database.tables import incident, incident_update
from raidctl.gateways.impact.database.transactions import Clock, Transactions

MOMENT = timedelta(microseconds=1)
"""What lies between two rows of one transaction, so that they keep their order."""
_STATUS = "status"  # the column that more depends on


class DatabaseWriter:
    """An `IncidentWriter` over an engine of `writing_engine`, as `Transactions` are."""

    name = "database"
    sees_changes = True

    def __init__(
        self,
        engine: Engine,
        lock_seconds: float = LOCK_SECONDS,
        clock: Clock = lambda: datetime.now(UTC),
    ) -> None:
        self._transactions = Transactions(engine, lock_seconds, clock)

    @property
    def requests(self) -> int:
        """Transactions sent so far."""
        return self._transactions.sent

    def missing(self, fields: Collection[Field]) -> Sequence[str]:
        """The grants the user lacks, or write access at all."""
        with self._transactions.begun() as connection:
            uses = uses_of(fields)
            check_tables(connection, uses)
            return missing_rights(connection, uses)

    def write(
        self, link: Link, values: Mapping[Field, Value], edits: Mapping[Field, Revision]
    ) -> None:
        """Write them all or none."""
        self._write(link, values, {field: _synced(link, field) for field in values})

    def restore(self, link: Link, values: Mapping[Field, Value]) -> None:
        """Write them all or none."""
        self._write(link, values, {field: _restored(field) for field in values})

    def explain_refusal(self, link: Link, field: Field, value: Value) -> Rule | None:
        """None: a database keeps what it is given."""
        return None

    def _write(self, link: Link, values: Mapping[Field, Value], notes: Mapping[Field, str]) -> None:
        """One transaction; its time is read once the incident is locked.

        `notes` is what the incident's history is to say of each field.
        """
        fields = [field for field in ROWS if field in values]
        columns = {field: name for field in fields if (name := ROWS[field].column) is not None}
        with self._transactions.begun() as connection:
            standing = _Standing.locked(connection, link, fields)
            stored = {
                name: standing.stored(field, values[field]) for field, name in columns.items()
            }
            at = self._transactions.now(connection)
            if stored:
                standing.update(stored, "; ".join(notes[field] for field in columns), at)
            for field in fields:
                if field not in columns:
                    standing.appoint(field, values[field], notes[field], at + 2 * MOMENT)
            self._transactions.commit(connection)


@dataclass(frozen=True, slots=True)
class _Standing:
    """What the database holds of an incident now: locked, and no more than is to be written."""

    connection: Connection
    row: Any
    codes: Mapping[Field, Codes]
    command: Command | None

    @classmethod
    def locked(cls, connection: Connection, link: Link, fields: Sequence[Field]) -> "_Standing":
        """Lock an incident; raises where it is not as the plan saw it.

        It reads only what it is granted for.
        """
        rows = {field: ROWS[field] for field in fields}
        names = [row.column for row in rows.values() if row.column is not None]
        if _STATUS in names:
            names.append("mitigated_at")
        number = link.incident.id
        found = select(*(incident.c[name] for name in ("id", *names))).where(
            incident.c.id == number
        )
        row = connection.execute(found.with_for_update()).one_or_none()
        if row is None:
            seen = f"incident {number} is gone"
            raise failure(connection.engine, seen, "nothing was written", Category.NOT_FOUND)
        codes = {f: row.codes(connection) for f, row in rows.items() if row.codes is not None}
        commands = any(row.column is None for row in rows.values())
        command = Command.locked(connection, number) if commands else None
        standing = cls(connection, row, codes, command)
        changed = [
            field.value
            for field in fields
            if _folded(field, standing.value(field)) != _folded(field, link.incident.value(field))
        ]
        if changed:
            seen = f"somebody else has changed {', '.join(changed)} meanwhile"
            raise failure(connection.engine, seen, "read it, and decide again", Category.CONFLICT)
        return standing

    def value(self, field: Field) -> Value:
        """What a source reads as the field's value."""
        row = ROWS[field]
        if row.column is None:
            return None if self.command is None else self.command.email
        stored = getattr(self.row, row.column)
        meant = {code: value for value, code in self.codes.get(field, {}).items()}
        return meant[stored] if stored in meant else row.read(stored)

    def stored(self, field: Field, value: Value) -> object:
        """A value as its column holds it; raises `ServiceError` for one that it cannot hold."""
        row, codes = ROWS[field], self.codes.get(field)
        seen = f"Impact knows no {field.value} {value}"
        if codes is not None and value in codes:
            return codes[value]
        if codes is None and isinstance(value, str):
            if row.limit is None or len(value) <= row.limit:
                return value
            seen = f"a {field} of {len(value)} characters, where Impact's holds {row.limit}"
        raise _refused(field, failure(self.connection.engine, seen, *NOT_TAKEN))

    def update(self, stored: Mapping[str, object], message: str, at: datetime) -> None:
        """Give its columns these values, with what FireFighter records of that."""
        number, mitigated = self.row.id, stored.get(_STATUS) == IncidentStatus.MITIGATED
        first = {"mitigated_at": at} if mitigated and self.row.mitigated_at is None else {}
        changed = update(incident).where(incident.c.id == number)
        self.connection.execute(changed.values(**stored, **first, updated_at=at))
        self._note(at, message=message, **stored)
        if mitigated:
            record_recovery(self.connection, number, at, at + MOMENT)

    def appoint(self, field: Field, email: Value, message: str, at: datetime) -> None:
        """Make somebody its commander, or nobody."""
        if self.command is None:
            return
        if email is None:
            self.command.remove(self.connection)
            self._note(at, message=message)
            return
        try:
            person = found_user(self.connection, str(email))
        except ServiceError as error:
            raise _refused(field, error) from None
        self.command.give(self.connection, person, at)
        self._note(at, message=message, commander_id=person)

    def _note(self, at: datetime, **values: object) -> None:
        """One row of the incident's history, with what has changed and nothing else."""
        times = dict.fromkeys(("event_ts", "created_at", "updated_at"), at)
        row = {"id": uuid4(), "incident_id": self.row.id, **times, **values}
        self.connection.execute(insert(incident_update), row)


def _folded(field: Field, value: Readable) -> Readable:
    """A value as it is compared; an e-mail is the same in any case."""
    return email_key(value) if ROWS[field].column is None and isinstance(value, str) else value


def _refused(field: Field, error: ServiceError) -> FieldsRefusedError:
    """The error of one field: the others may be written without it."""
    return FieldsRefusedError(error, {field.value: f"{error.seen}; {error.advice}"})


# FireFighter takes an update for a sync by its words "from Jira", and by having no author.


def _restored(field: Field) -> str:
    return f"{field.value.capitalize()} restored to what it was before a sync from Jira"


def _synced(link: Link, field: Field) -> str:
    said, value = f"{field.value.capitalize()} updated from Jira", link.issue.value(field)
    shown = isinstance(value, str | int) and not ROWS[field].is_text
    return f"{said}: {value}" if shown else said
