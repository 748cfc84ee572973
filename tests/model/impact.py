"""The simulated Impact of a process: put back for each example, and edited by people."""

import shutil
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from uuid import uuid4

from sqlalchemy import create_engine, delete, insert, select, update

from raidctl.core.model import Field, IncidentStatus, Value
from raidctl.gateways.impact.database import tables
from raidctl.gateways.impact.database.engine import read_only_engine, writing_engine
from raidctl.sandbox.impact.seed import add_incident, add_user, seed_reference
from tests.model.site import ADA, BOT, FORMER, GRACE, NUMBERS, SERVICE

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

_VALUES = """
SELECT i.title, i.description, p.value, i.status, (
  SELECT u.email FROM incidents_incidentrole r JOIN incidents_user u ON u.id = r.user_id
  WHERE r.incident_id = i.id AND r.role_type_id = 1 ORDER BY r.id DESC LIMIT 1)
FROM incidents_incident i JOIN incidents_priority p ON p.id = i.priority_id WHERE i.id = ?
"""


class ImpactFile:
    """FireFighter's database in a file of `folder`; `reader` and `writer` are its engines."""

    def __init__(self, folder: Path) -> None:
        self._template, self._file = folder / "template.db", folder / "impact.db"
        _fill(self._template)
        shutil.copyfile(self._template, self._file)
        self.reader = read_only_engine(f"sqlite:///{self._file}", "")
        self.writer = writing_engine(f"sqlite:///{self._file}", "")
        with self.writer.connect() as connection:
            priority, user = tables.priority.c, tables.user.c
            self._priorities = dict(connection.execute(select(priority.value, priority.id)).all())
            self._users = dict(connection.execute(select(user.email, user.id)).all())

    def reset(self) -> None:
        """Put it back as it was."""
        self.reader.dispose()
        self.writer.dispose()
        shutil.copyfile(self._template, self._file)
        self._look = sqlite3.connect(self._file, isolation_level=None, check_same_thread=False)

    def values(self, number: int) -> dict[Field, Value]:
        """What an incident holds, as raidctl reads it."""
        values = dict(zip(Field, self._look.execute(_VALUES, [number]).fetchone(), strict=True))
        return values | {Field.STATUS: IncidentStatus(values[Field.STATUS]).name}

    def edit(self, number: int, name: Field, value: Value, at: datetime) -> None:
        """Ada changes a field, and FireFighter notes that."""
        changed = {name.value: value}
        if name is Field.PRIORITY:
            changed = {"priority_id": self._priorities[value]}
        elif name is Field.STATUS:
            changed = {"status": IncidentStatus[str(value)].value}
        elif name is Field.COMMANDER:
            changed = {"commander_id": self._users.get(value)}
        times = dict.fromkeys(("event_ts", "created_at", "updated_at"), at)
        who = {"id": uuid4(), "incident_id": number, "created_by_id": self._users[ADA.email]}
        with self.writer.begin() as connection:
            if name is Field.COMMANDER:
                role = {"incident_id": number, "role_type_id": 1}
                connection.execute(delete(tables.incident_role).filter_by(**role))
                if value is not None:
                    row = {**role, "user_id": self._users[value], "created_at": at}
                    connection.execute(insert(tables.incident_role), {**row, "updated_at": at})
            else:
                own = update(tables.incident).where(tables.incident.c.id == number)
                connection.execute(own.values(**changed, updated_at=at))
            connection.execute(insert(tables.incident_update), {**who, **times, **changed})


@cache
def agreed() -> Mapping[int, Mapping[Field, Value]]:
    """What the incidents hold at the beginning, and JIRA in its own words."""
    return {
        1: dict(zip(Field, ("Checkout fails", "One.", 3, "MITIGATING", ADA.email), strict=True)),
        2: dict(zip(Field, ("Orders are late", "Two.", 4, "OPEN", GRACE.email), strict=True)),
    }


def _fill(file: Path) -> None:
    engine = create_engine(f"sqlite:///{file}")
    tables.metadata.create_all(engine)
    with engine.begin() as connection:
        seed_reference(connection)
        add_user(connection, ADA.email, ADA.name, ADA.account)
        add_user(connection, GRACE.email, GRACE.name)
        add_user(connection, FORMER, "Linus Gone")
        for robot in (BOT, SERVICE):
            add_user(connection, robot.email, robot.name, robot.account)
        for number in NUMBERS:
            title, description, priority, status, commander = agreed()[number].values()
            add_incident(
                connection,
                id=number,
                title=title,
                description=description,
                priority=priority,
                status=IncidentStatus[str(status)].value,
                commander=commander,
                jira_key=f"INC-{number}",
                jira_id=10_000 + number,
                created_at=datetime(2026, 11, 20, tzinfo=UTC),
                updated_at=datetime(2026, 11, 21, tzinfo=UTC),
            )
    engine.dispose()
