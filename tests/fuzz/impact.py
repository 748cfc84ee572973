"""Mutants of FireFighter's answers and rows."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any, ClassVar

from sqlalchemy import create_engine

from raidctl.core.backfill.declaration import Declaration
from raidctl.core.backfill.first_issue import first_issue
from raidctl.core.history import History, Revisions
from raidctl.core.model import Incident, Side
from raidctl.core.scope import Scope
from raidctl.errors import ServiceError
from raidctl.gateways.impact.database.engine import read_only_engine
from raidctl.gateways.impact.database.reader import DatabaseIncidents
from raidctl.gateways.impact.database.tickets import DatabaseTickets
from raidctl.gateways.impact.rest import IMPACT, RestIncidents
from raidctl.sandbox.impact.server import impact_answer
from raidctl.sandbox.server import Request
from tests.contract.impact_rows import update_row
from tests.contract.sources import DAY, SITE
from tests.fuzz.base import (
    IDS,
    FakeHttp,
    Input,
    incidents_file,
    linked,
    planned,
    same_beside,
)
from tests.fuzz.mutate import ODD, mutant, mutant_bytes


class ImpactRest(Input):
    """FireFighter's list of incidents over REST."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        engine = create_engine(incidents_file(folder / "impact.db"))
        request = Request("GET", "/api/v2/firefighter/incidents/", {}, {}, b"", "")
        headers = {"authorization": "Bearer t", "host": "impact.example.test"}
        reply = impact_answer(engine, {"t": ["GET"]})(replace(request, headers=headers))
        engine.dispose()
        self.rows = json.loads(reply.encoded())
        self.before = self._read(self.rows)
        self.declared = self._source(self.rows).declarations(IDS)
        assert self.before.keys() == self.declared.keys() == set(IDS)

    def play(self, random: Random) -> None:
        at = random.randrange(len(self.rows))
        if random.random() < 0.05:
            with suppress(ServiceError):
                spoilt = mutant_bytes(random, json.dumps(self.rows).encode())
                planned(linked(self._read(spoilt)))
                drafted(self._source(spoilt).declarations(IDS))
            return
        rows = [mutant(random, row) if n == at else row for n, row in enumerate(self.rows)]
        found = self._read(rows)
        same_beside(found, self.before, self.rows[at]["id"])
        declared = self._source(rows).declarations(IDS)
        same_beside(declared, self.declared, self.rows[at]["id"])
        drafted(declared)
        planned(linked({n: one for n, one in found.items() if one != self.before.get(n)}))

    def _read(self, rows: Any) -> Mapping[int, Incident]:
        scope = Scope(incidents=frozenset(IDS))
        return {one.id: one for one in self._source(rows).incidents(scope)}

    def _source(self, rows: Any) -> RestIncidents:
        return RestIncidents(FakeHttp(IMPACT, lambda *_: rows), 1)  # type: ignore[arg-type]


def drafted(declared: Mapping[int, Declaration]) -> None:
    """An issue of each."""
    for one in declared.values():
        assert first_issue("T", "D", one, toolbox_url="x", category_field="x").extra


class ImpactDatabase(Input):
    """Rows of FireFighter's database."""

    TABLES: ClassVar = {
        "incidents_incident": (
            *("title", "description", "status", "priority_id", "created_at"),
            *("custom_fields", "environment_id", "created_by_id"),
        ),
        "incidents_incidentupdate": ("title", "status", "created_at", "message", "created_by_id"),
        "jira_app_jiraissue": ("key",),
        "raid_jiraticket": ("jiraissue_ptr_id",),
        "incidents_user": ("email", "name"),
        "incidents_priority": ("value", "name", "emoji"),
        "incidents_incidentcategory": ("name",),
        "jira_app_jirauser": ("id",),
    }
    COLUMNS = (*((t, c) for t, columns in TABLES.items() for c in columns),)
    COLUMNS += (("incidents_incident", "updated_at"), ("incidents_incident", "private"))
    OWN: ClassVar = {  # whose a row is
        "incidents_incident": "SELECT ?",
        "jira_app_jiraissue": "SELECT id - 10000 FROM jira_app_jiraissue WHERE rowid = ?",
        "raid_jiraticket": "SELECT incident_id FROM raid_jiraticket WHERE rowid = ?",
    }

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        url = incidents_file(folder / "impact.db")
        self.raw = sqlite3.connect(folder / "impact.db", isolation_level=None)
        for pragma in (
            "synchronous = OFF",
            "journal_mode = MEMORY",
            "ignore_check_constraints = 1",
        ):
            self.raw.execute(f"PRAGMA {pragma}")
        for number in IDS:
            row = {
                name: value.isoformat(" ") if isinstance(value, datetime) else value
                for name, value in update_row(number, DAY, title="New", id=f"{number:032x}").items()
            }
            names = ", ".join(row)
            marks = ", ".join(f":{name}" for name in row)
            self.raw.execute(
                f"INSERT INTO incidents_incidentupdate ({names}) VALUES ({marks})", row
            )
        self.engine = read_only_engine(url, "")
        self.told: Revisions = {}
        self.before = self._read()
        self.declared = DatabaseIncidents(self.engine, SITE).declarations(IDS)
        assert self.before.keys() == self.declared.keys() == set(IDS)

    def play(self, random: Random) -> None:
        table, column = random.choice(self.COLUMNS)
        numbers = [n for (n,) in self.raw.execute(f"SELECT rowid FROM {table}")]
        row, value = random.choice(numbers), random.choice([*ODD, b"\xff\xfe", b"x"])
        if isinstance(value, list | dict) or (isinstance(value, str) and "\ud800" in value):
            value = json.dumps(value)
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            value = str(value)
        (old,) = self.raw.execute(f"SELECT {column} FROM {table} WHERE rowid = ?", [row]).fetchone()
        change = f"UPDATE {table} SET {column} = ? WHERE rowid = ?"
        if isinstance(value, bytes) and random.random() < 0.5:
            change = f"UPDATE {table} SET {column} = CAST(? AS TEXT) WHERE rowid = ?"
        try:
            self.raw.execute(change, [value, row])
        except sqlite3.IntegrityError:
            return
        try:
            found = self._read()
            declared = DatabaseIncidents(self.engine, SITE).declarations(IDS)
            drafted(declared)
            with suppress(ServiceError):
                list(DatabaseTickets(self.engine).tickets())
            if table in self.OWN:
                spoilt = self.raw.execute(self.OWN[table], [row]).fetchone()[0]
                same_beside(found, self.before, spoilt)
                same_beside(declared, self.declared, spoilt)
            elif table == "incidents_incidentupdate":
                same_beside(found, self.before, 0)
            planned(linked({n: one for n, one in found.items() if one != self.before.get(n)}))
        finally:
            self.raw.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", [old, row])

    def _read(self) -> Mapping[int, Incident]:
        source = DatabaseIncidents(self.engine, SITE)
        source.accounts()
        revisions = source.revisions(IDS)
        found = {one.id: one for one in source.incidents(Scope(everything=True))}
        if self.told and self.told != revisions:
            told = {
                number: History({Side.IMPACT: told})
                for number, told in revisions.items()
                if told != self.told.get(number)
            }
            planned(linked({n: one for n, one in found.items() if n in told}), told)
        self.told = self.told or revisions
        return found
