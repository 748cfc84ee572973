"""Incidents out of FireFighter's own database, in one streamed query.

SQLAlchemy Core over PostgreSQL; the same code reads the SQLite file of the demo and the tests.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, func, or_, select, true
from sqlalchemy.exc import SQLAlchemyError

from raidctl.core.history import Revision, Revisions
from raidctl.core.model import Field, Incident, IncidentStatus, Value
from raidctl.core.report import Unread
from raidctl.core.scope import Scope
from raidctl.gateways.impact.database.engine import READING, explained
from raidctl.gateways.impact.database.rows import ROWS
from raidctl.gateways.impact.database.tables import (
    incident,
    incident_update,
    jira_issue,
    jira_user,
    raid_ticket,
    user,
)
from raidctl.gateways.impact.rows import incident_url

ROWS_AT_ONCE = 1_000
IDS_AT_ONCE = 1_000
SYNCED = "from Jira"  # what FireFighter knows a sync by, beside its having no author (facts, 3)


class DatabaseIncidents:
    """An `IncidentSource` over FireFighter's tables; `site` is the base of incident pages."""

    unread: Sequence[Unread] = ()  # a query comes whole or fails

    def __init__(self, engine: Engine, site: str) -> None:
        self._engine = engine
        self._site = site
        self.requests = 0

    def incidents(self, scope: Scope) -> Iterator[Incident]:
        """Every incident of the scope, streamed."""
        statement = select(
            *(row.shown.label(f"the_{name}") for name, row in ROWS.items()),
            incident.c.id,
            jira_issue.c.key,
            jira_issue.c.id.label("issue_id"),
            incident.c.created_at,
            incident.c.updated_at,
            incident.c.private,
            incident.c.ignore,
        ).select_from(
            incident.outerjoin(raid_ticket, raid_ticket.c.incident_id == incident.c.id).outerjoin(
                jira_issue, jira_issue.c.id == raid_ticket.c.jiraissue_ptr_id
            )
        )
        for condition in _conditions(scope):
            with self._reading() as connection:
                streamed = connection.execution_options(yield_per=ROWS_AT_ONCE)
                with streamed.execute(statement.where(condition)) as rows:
                    for row in rows:
                        found = self._incident(row)
                        if scope.covers(found):
                            yield found

    def current(self, incidents: Collection[int]) -> Mapping[int, Incident]:
        """These incidents by id."""
        scope = Scope(incidents=frozenset(incidents))
        return {one.id: one for one in self.incidents(scope)} if incidents else {}

    def accounts(self) -> Mapping[str, str]:
        """FireFighter's own table of JIRA users: e-mail (folded) to account."""
        statement = select(user.c.email, jira_user.c.id).join(
            jira_user, jira_user.c.user_id == user.c.id
        )
        with self._reading() as connection:
            rows = connection.execute(statement).all()
        return {email.strip().casefold(): account for email, account in rows}

    def revisions(self, incidents: Collection[int]) -> Revisions:
        """The changes of our fields by FireFighter's incident updates, which tell new values."""
        statement = (
            select(
                *(row.changed.label(f"new_{name}") for name, row in ROWS.items()),
                incident_update.c.incident_id,
                incident_update.c.created_at,
                incident_update.c.message,
                user.c.name.label("author"),
                user.c.email.label("account"),
            )
            .outerjoin(user, user.c.id == incident_update.c.created_by_id)
            .order_by(incident_update.c.created_at)
        )
        found: dict[int, list[Revision]] = {}
        for some in _runs(sorted(incidents)):
            with self._reading() as connection:
                rows = connection.execute(statement.where(incident_update.c.incident_id.in_(some)))
                for row in rows:
                    by = _aware(row.created_at), row.author or None, row.account
                    synced = row.account is None and SYNCED in (row.message or "")
                    found.setdefault(row.incident_id, []).extend(
                        Revision(name, *by, new=value, synced=synced)
                        for name, value in _values(row).items()
                        if value is not None
                    )
        return found

    def _incident(self, row: Any) -> Incident:
        return Incident(
            id=row.id,
            values=_values(row),
            issue_key=row.key or None,
            created_at=_aware(row.created_at),
            url=incident_url(self._site, row.id),
            issue_id=row.issue_id,
            updated_at=_aware(row.updated_at),
            private=row.private,
            ignored=bool(row.ignore),
        )

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """One connection for one query; the database's errors in words, without its URL."""
        self.requests += 1
        try:
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise explained(self._engine, error, READING) from None


def _values(row: Any) -> dict[Field, Value]:
    """The values of our fields, which come first in a row; NULL is None."""
    return {
        name: None if stored is None else one.read(stored)
        for (name, one), stored in zip(ROWS.items(), row, strict=False)
    }


def _conditions(scope: Scope) -> Iterator[ColumnElement[bool]]:
    """The scope in SQL; long lists of ids come in several queries.

    SQLite compares times as text, and keeps them in UTC.
    """
    if scope.named:
        for some in _runs(sorted(scope.incidents)):
            yield incident.c.id.in_(some)
        if scope.keys:
            yield func.upper(jira_issue.c.key).in_(sorted(scope.keys)) & incident.c.id.not_in(
                sorted(scope.incidents)
            )
        return
    if scope.created_since is not None:
        yield incident.c.created_at >= scope.created_since.astimezone(UTC)
    elif scope.everything:
        yield true()
    else:
        wanted = [incident.c.status != IncidentStatus.CLOSED.value]
        if scope.closed_since is not None:
            wanted.append(incident.c.created_at >= scope.closed_since.astimezone(UTC))
        yield or_(*wanted)
        for some in _runs(sorted(scope.watched)):
            yield incident.c.id.in_(some) & ~or_(*wanted)


def _runs(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), IDS_AT_ONCE):
        yield numbers[start : start + IDS_AT_ONCE]


def _aware(time: datetime) -> datetime:
    """SQLite keeps no offset: its times are UTC."""
    return time if time.tzinfo else time.replace(tzinfo=UTC)
