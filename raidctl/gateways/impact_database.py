"""Incidents out of FireFighter's own database, in one streamed query.

SQLAlchemy Core over PostgreSQL; the same code reads the SQLite file of the demo and the tests.
"""

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    create_engine,
    event,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from raidctl.core.memory import Edit
from raidctl.core.model import Field, Incident, IncidentStatus
from raidctl.core.report import Unread
from raidctl.core.scope import Scope
from raidctl.errors import Category, ConfigError, ServiceError
from raidctl.gateways.impact_json import incident_url
from raidctl.gateways.impact_tables import (
    incident,
    incident_role,
    incident_role_type,
    incident_update,
    jira_issue,
    jira_user,
    priority,
    raid_ticket,
    user,
)

ROWS_AT_ONCE = 1_000
IDS_AT_ONCE = 1_000
CONNECT_SECONDS = "10"
_STATUS_NAMES = {status.value: status.name for status in IncidentStatus}


def read_only_engine(url: str, schema: str) -> Engine:
    """An engine whose every transaction is read-only; `schema` becomes the search path.

    Raises `ConfigError` for a URL that is none, or one whose driver is not installed.
    """
    try:
        address = _with_driver(make_url(url))
        if "@" in (address.host or ""):
            raise ConfigError(
                ["impact.database_url: write an @ in the password as %40, a / as %2F, a : as %3A"]
            )
        if address.get_backend_name() not in ("postgresql", "sqlite"):
            raise ConfigError(
                [f"impact.database_url: {address.get_backend_name()}; allowed: postgresql"]
            )
        if address.get_backend_name() == "sqlite":
            return _sqlite(address)
        patience = {"connect_timeout": CONNECT_SECONDS, **address.query}
        engine = create_engine(address.set(query=patience))
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise ConfigError(
            ["impact.database_url: not a database URL: postgresql://user:password@host/name"]
        ) from None
    except ModuleNotFoundError:
        raise ConfigError(
            ["impact.database_url: PostgreSQL needs its driver: pip install 'raidctl[postgres]'"]
        ) from None

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = on")
            if schema:
                quoted = schema.replace('"', '""')
                cursor.execute(f'SET search_path TO "{quoted}"')
        connection.commit()

    return engine


def _with_driver(url: URL) -> URL:
    if url.drivername in ("postgres", "postgresql"):
        return url.set(drivername="postgresql+psycopg")
    return url


def _sqlite(url: URL) -> Engine:
    """A file that must exist, opened read-only."""
    engine = create_engine(
        url.set(database=f"file:{quote(url.database or '')}", query={"mode": "ro", "uri": "true"})
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _: object) -> None:
        connection.execute("PRAGMA query_only = ON")

    return engine


class DatabaseIncidents:
    """An `IncidentSource` over FireFighter's tables; `site` is the base of incident pages."""

    def __init__(self, engine: Engine, site: str) -> None:
        self._engine = engine
        self._site = site
        self._sent = 0

    @property
    def requests(self) -> int:
        """Queries sent so far."""
        return self._sent

    @property
    def unread(self) -> Sequence[Unread]:
        """Nothing: a query comes whole or fails."""
        return ()

    def incidents(self, scope: Scope) -> Iterator[Incident]:
        """Every incident of the scope, streamed."""
        statement = select(
            incident.c.id,
            incident.c.title,
            incident.c.description,
            incident.c.status,
            priority.c.value,
            _commander().label("commander"),
            jira_issue.c.key,
            jira_issue.c.id.label("issue_id"),
            incident.c.created_at,
            incident.c.updated_at,
            incident.c.private,
        ).select_from(
            incident.join(priority, priority.c.id == incident.c.priority_id)
            .outerjoin(raid_ticket, raid_ticket.c.incident_id == incident.c.id)
            .outerjoin(jira_issue, jira_issue.c.id == raid_ticket.c.jiraissue_ptr_id)
        )
        for condition in _conditions(scope):
            with self._reading() as connection:
                streamed = connection.execution_options(yield_per=ROWS_AT_ONCE)
                with streamed.execute(statement.where(condition)) as rows:
                    for row in rows:
                        found = self._incident(row)
                        if scope.covers(found):
                            yield found

    def accounts(self) -> Mapping[str, str]:
        """FireFighter's own table of JIRA users: e-mail (folded) to account."""
        statement = select(user.c.email, jira_user.c.id).join(
            jira_user, jira_user.c.user_id == user.c.id
        )
        with self._reading() as connection:
            rows = connection.execute(statement).all()
        return {email.strip().casefold(): account for email, account in rows}

    def edits(self, incidents: Collection[int]) -> Mapping[int, Mapping[Field, Edit]]:
        """The last change of each field by FireFighter's incident updates."""
        columns = {
            Field.TITLE: incident_update.c.title,
            Field.DESCRIPTION: incident_update.c.description,
            Field.PRIORITY: incident_update.c.priority_id,
            Field.STATUS: incident_update.c.status,
            Field.COMMANDER: incident_update.c.commander_id,
        }
        statement = (
            select(
                incident_update.c.incident_id,
                incident_update.c.created_at,
                user.c.name.label("author"),
                *(column.is_not(None).label(name.value) for name, column in columns.items()),
            )
            .outerjoin(user, user.c.id == incident_update.c.created_by_id)
            .order_by(incident_update.c.created_at)
        )
        found: dict[int, dict[Field, Edit]] = {}
        for some in _runs(sorted(incidents)):
            with self._reading() as connection:
                rows = connection.execute(statement.where(incident_update.c.incident_id.in_(some)))
                for row in rows:
                    edit = Edit(_aware(row.created_at), row.author or None)
                    fields = found.setdefault(row.incident_id, {})
                    fields.update({name: edit for name in columns if getattr(row, name.value)})
        return found

    def _incident(self, row: Any) -> Incident:
        return Incident(
            id=row.id,
            title=row.title,
            description=row.description,
            priority=row.value,
            status=_STATUS_NAMES.get(row.status, str(row.status)),
            commander=row.commander,
            issue_key=row.key or None,
            created_at=_aware(row.created_at),
            url=incident_url(self._site, row.id),
            issue_id=row.issue_id,
            updated_at=_aware(row.updated_at),
            private=row.private,
        )

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """One connection for one query; the database's errors in words, without its URL."""
        self._sent += 1
        try:
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise self._explained(error) from None

    def _explained(self, error: SQLAlchemyError) -> ServiceError:
        url = self._engine.url
        where = f"{url.get_backend_name()} {url.host or ''}/{url.database}".replace(" /", " ")
        said = str(error.orig if isinstance(error, DBAPIError) else error)
        seen = (said.strip().splitlines() or [type(error).__name__])[0]
        advice, category = _advice(error.orig if isinstance(error, DBAPIError) else None)
        return ServiceError("Impact's database", where, seen, advice, category)


_LOGIN, _STATEMENT = "login", "statement"
_ADVICE = {  # PostgreSQL's codes: its documentation, appendix A
    _LOGIN: ("check user, password and name in impact.database_url", Category.AUTH),
    "28P01": ("check user and password in impact.database_url", Category.AUTH),
    "28000": ("check user and password in impact.database_url", Category.AUTH),
    "42501": ("grant its user SELECT on FireFighter's tables", Category.PERMISSION),
    _STATEMENT: ("check that this is FireFighter's database", Category.VALIDATION),
    "42P01": ("check impact.schema, and that this is FireFighter's database", Category.VALIDATION),
    "42703": ("check that this FireFighter is of a version raidctl knows", Category.VALIDATION),
    "3F000": ("check impact.schema", Category.VALIDATION),
    "57014": ("the query took too long: try --since, or another time", Category.NETWORK),
}
_OTHERWISE = ("check impact.database_url and that the database is up", Category.NETWORK)


def _advice(cause: object) -> tuple[str, Category]:
    """What to do.

    A refused log-in has no code; libpq tells that it came to passwords. SQLite has one code
    for everything that may be wrong with a statement.
    """
    libpq = getattr(cause, "pgconn", None)
    code = getattr(cause, "sqlstate", None)
    if getattr(libpq, "needs_password", False) or getattr(libpq, "used_password", False):
        code = code or _LOGIN
    elif getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:
        code = _STATEMENT
    return _ADVICE.get(str(code), _OTHERWISE)


def _commander() -> Any:
    """The e-mail REST shows: of several rows of the role the newest (facts, section 1)."""
    return (
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


def _conditions(scope: Scope) -> Iterator[ColumnElement[bool]]:
    """The scope in SQL; long lists of ids come in several queries."""
    if scope.named:
        for some in _runs(sorted(scope.incidents)):
            yield incident.c.id.in_(some)
        if scope.keys:
            yield func.upper(jira_issue.c.key).in_(sorted(scope.keys)) & incident.c.id.not_in(
                sorted(scope.incidents)
            )
        return
    if scope.created_since is not None:
        yield incident.c.created_at >= _utc(scope.created_since)
    elif scope.everything:
        yield true()
    else:
        wanted = [incident.c.status != IncidentStatus.CLOSED.value]
        if scope.closed_since is not None:
            wanted.append(incident.c.created_at >= _utc(scope.closed_since))
        yield or_(*wanted)
        for some in _runs(sorted(scope.watched)):
            yield incident.c.id.in_(some) & ~or_(*wanted)


def _runs(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), IDS_AT_ONCE):
        yield numbers[start : start + IDS_AT_ONCE]


def _utc(time: datetime) -> datetime:
    """SQLite compares times as text, and keeps them in UTC."""
    return time.astimezone(UTC)


def _aware(time: datetime) -> datetime:
    """SQLite keeps no offset: its times are UTC."""
    return time if time.tzinfo else time.replace(tzinfo=UTC)
