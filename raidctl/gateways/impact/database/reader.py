"""Incidents out of FireFighter's own database, in one streamed query.

SQLAlchemy Core over PostgreSQL; the same code reads the SQLite file of the demo and the tests.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, timedelta
from functools import partial
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Engine, FromClause, Select, func, or_, select, true

from raidctl.core.backfill.declaration import Declaration
from raidctl.core.history import UNKNOWN_TIME, Revision, Revisions, Told
from raidctl.core.mapping.people import email_key
from raidctl.core.model import UNREADABLE, Field, Incident, IncidentStatus, Readable, Side
from raidctl.core.report import Unread
from raidctl.core.scope import Scope
from raidctl.errors import Category
from raidctl.gateways.impact.database.declarations import declarations
from raidctl.gateways.impact.database.query import Queries
from raidctl.gateways.impact.database.rows import ROWS, Row
from raidctl.gateways.impact.database.tables import (
    incident,
    incident_update,
    jira_issue,
    jira_user,
    raid_ticket,
    user,
)
from raidctl.gateways.impact.rows import incident_url
from raidctl.gateways.malformed import MALFORMED, id_of, moment, text_of

IDS_AT_ONCE = 1_000
SYNCED = "from Jira"  # what FireFighter knows a sync by, beside its having no author (facts, 3)


def _incidents() -> Select[Any]:
    """Incidents with their fields and their links."""
    return select(
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


_ACCOUNTS = select(user.c.email, jira_user.c.id.label("account")).join(
    jira_user, jira_user.c.user_id == user.c.id
)


def _updates(number: ColumnElement[Any], of: FromClause) -> Select[Any]:
    """Updates with what each changed, who made it, and the incident's number."""
    return select(
        *(row.changed.label(f"new_{name}") for name, row in ROWS.items()),
        number.label("incident_id"),
        incident_update.c.created_at,
        incident_update.c.message,
        user.c.name.label("author"),
        user.c.email.label("account"),
    ).select_from(of.outerjoin(user, user.c.id == incident_update.c.created_by_id))


def reads() -> Sequence[Select[Any]]:
    """All that is asked of the database by whoever reads incidents."""
    return _incidents(), _ACCOUNTS, _updates(incident_update.c.incident_id, incident_update)


class DatabaseIncidents:
    """An `IncidentSource` over FireFighter's tables; `site` is the base of incident pages."""

    clock_ahead = timedelta(0)  # its times are FireFighter's, of which a database knows nothing

    def __init__(self, engine: Engine, site: str) -> None:
        self._queries = Queries(engine)
        self._site = site
        self._unread: dict[int, Unread] = {}

    @property
    def requests(self) -> int:
        """Queries sent so far."""
        return self._queries.sent

    @property
    def unread(self) -> Sequence[Unread]:
        """The incidents of which a value cannot be read."""
        return tuple(self._unread.values())

    def incidents(self, scope: Scope) -> Iterator[Incident]:
        """Every incident of the scope, streamed."""
        for found in self._read(scope):
            if isinstance(found, int):
                what, why = f"incident {found}", str(self._queries.malformed())
                self._unread[found] = Unread(Side.IMPACT, what, why, Category.VALIDATION)
            elif scope.covers(found):
                yield found

    def current(self, incidents: Collection[int]) -> Mapping[int, Incident]:
        """These incidents by id."""
        found: dict[int, Incident] = {}
        for one in self._read(Scope(incidents=frozenset(incidents))) if incidents else ():
            if isinstance(one, int):
                raise self._queries.malformed()
            found[one.id] = one
        return found

    def _read(self, scope: Scope) -> Iterator[Incident | int]:
        """Those that are in question, and the ids of those that cannot be read."""
        for condition in _conditions(scope):
            wanted = _incidents().where(condition).order_by(incident.c.id)
            for row, key in self._queries.streamed(wanted, incident.c.id):
                yield key if row is None else self._incident(row)

    def accounts(self) -> Mapping[str, str]:
        """FireFighter's own table of JIRA users: e-mail (folded) to account."""
        rows = [one.row for one in self._queries.streamed(_ACCOUNTS, user.c.id) if one.row]
        told = [(row.email, row.account) for row in rows]
        return {
            email_key(email): account
            for email, account in told
            if isinstance(email, str) and isinstance(account, str)
        }

    def revisions(self, incidents: Collection[int]) -> Revisions:
        """The changes of our fields by FireFighter's incident updates, which tell new values.

        Where one of them cannot be read, any field may have changed, at any time.
        """
        number = incident_update.c.incident_id
        statement = _updates(number, incident_update).order_by(incident_update.c.created_at)
        found: dict[int, list[Revision]] = {}
        for row, key in self._queries.of_keys(statement, number, sorted(incidents)):
            changes = _UNKNOWN if row is None else _changes(row)
            found.setdefault(key if row is None else row.incident_id, []).extend(changes)
        return found

    def all_revisions(self, scope: Scope) -> Iterator[tuple[int, Told]]:
        """In one streamed query; those last seen open, and closed by now, are left out."""
        if scope.named:
            return
        number, changed_at = incident.c.id, incident_update.c.created_at
        mine = incident.outerjoin(incident_update, incident_update.c.incident_id == number)
        statement = _updates(number, mine).where(next(_conditions(scope)))
        rows = self._queries.in_order(statement.order_by(number, changed_at))
        for one, updates in groupby(rows, lambda row: row.incident_id):
            yield int(one), partial(_told, [row for row in updates if row.created_at is not None])

    def declarations(self, incidents: Collection[int]) -> Mapping[int, Declaration]:
        """By FireFighter's tables, with what its form kept for JIRA."""
        return declarations(self._queries, incidents)

    def _incident(self, row: Any) -> Incident | int:
        """The incident of a row, or its id."""
        try:
            return Incident(
                id=row.id,
                values=_values(row),
                issue_key=text_of(row.key or "") or None,
                created_at=moment(row.created_at),
                url=incident_url(self._site, row.id),
                issue_id=None if row.issue_id is None else id_of(row.issue_id),
                updated_at=moment(row.updated_at),
                private=row.private,
                ignored=bool(row.ignore),
            )
        except MALFORMED:
            return int(row.id)


_UNKNOWN = tuple(Revision(field, UNKNOWN_TIME) for field in ROWS)


def _told(rows: Sequence[Any], fields: Collection[Field]) -> Sequence[Revision]:
    return [change for row in rows for change in _changes(row, fields)]


def _changes(row: Any, fields: Collection[Field] = ROWS.keys()) -> Sequence[Revision]:
    """What one update changed; any field, at any time, where that cannot be understood."""
    try:
        by = moment(row.created_at), text_of(row.author or "") or None, row.account
        synced = row.account is None and SYNCED in (row.message or "")
    except MALFORMED:
        return [one for one in _UNKNOWN if one.field in fields]
    return [
        Revision(name, *by, new=value, synced=synced)
        for name, value in _values(row, fields).items()
        if value is not None
    ]


def _values(row: Any, fields: Collection[Field] = ROWS.keys()) -> dict[Field, Readable]:
    """The values of our fields, which come first in a row; NULL is None."""
    pairs = zip(ROWS.items(), row, strict=False)
    return {name: _value(one, stored) for (name, one), stored in pairs if name in fields}


def _value(row: Row, stored: object) -> Readable:
    try:
        return None if stored is None else row.read(stored)
    except MALFORMED:
        return UNREADABLE


def _conditions(scope: Scope) -> Iterator[ColumnElement[bool]]:
    """The scope in SQL; long lists of ids come in several queries.

    SQLite compares times as text, and keeps them in UTC.
    """
    if scope.named:
        for some in _runs(sorted(scope.incidents)):
            yield incident.c.id.in_(some)
        others = incident.c.id.not_in(sorted(scope.incidents))
        if scope.keys:
            yield func.upper(jira_issue.c.key).in_(sorted(scope.keys)) & others
        for some in _runs(sorted(scope.issues)):
            unnamed = func.upper(jira_issue.c.key).not_in(sorted(scope.keys))
            yield jira_issue.c.id.in_(some) & others & unnamed
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
