"""Rows for the embedded Impact, on SQLite or PostgreSQL: users, and incidents with a history."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import Connection, Table, insert, select

from raidctl.gateways.impact.database import tables
from raidctl.sandbox.impact.reference import MADE, TIMES, Row, reference_rows

DECLARER = "firefighter-bot@example.test"  # declares the incidents that nobody else does
_DECLARER_ACCOUNT = "firefighter-bot"
_AT_ONCE = 5_000
_MITIGATED = 40
_LEAST_WITH_CHANNEL = 3  # priorities 1 to 3 get a Slack channel


@dataclass(frozen=True, slots=True)
class Edit:
    """What somebody changed in one go, as `NewIncident` has it; `by` None for a sync from JIRA."""

    at: datetime
    by: str | None
    changed: Mapping[str, Any]
    message: str | None = None


@dataclass(frozen=True, slots=True)
class NewIncident:
    """An incident to add: `status` 10 to 60, `priority` by value, people by e-mail, aware times.

    It changed for the last time, so got its status, at `updated_at`. `impacts` are levels ("HI")
    by kind ("business_impact"). Where `edits` are told, they are all of its history since it was
    declared, `declared` being what it had otherwise then.
    """

    id: int
    title: str
    created_at: datetime
    updated_at: datetime
    description: str = ""
    status: int = 10
    priority: int = 3
    commander: str | None = None
    communication_lead: str | None = None
    created_by: str = DECLARER
    jira_key: str | None = None
    jira_id: int | None = None
    environment: str = "PRD"
    category: str = "Other"
    private: bool = False
    ignore: bool = False
    custom_fields: Mapping[str, Any] = field(default_factory=dict)
    impacts: Mapping[str, str] = field(default_factory=dict)
    declared: Mapping[str, Any] = field(default_factory=dict)
    edits: tuple[Edit, ...] | None = None


def seed_reference(connection: Connection) -> None:
    """Fill the reference tables, each only where it is empty, and add a bot that declares."""
    for table, rows in reference_rows():
        if connection.execute(select(table).limit(1)).first() is None:
            connection.execute(insert(table), rows)
    users = select(tables.user.c.id).where(tables.user.c.email == DECLARER)
    if connection.scalar(users) is None:
        add_user(connection, DECLARER, "FireFighter bot", _DECLARER_ACCOUNT)


def add_user(
    connection: Connection, email: str, name: str, jira_account: str | None = None
) -> UUID:
    """Add a user, and FireFighter's own note of the JIRA account where one is given."""
    number = uuid5(NAMESPACE_URL, f"mailto:{email}")
    first, _, last = name.partition(" ")
    row = {
        "id": number,
        "name": name,
        "email": email,
        "username": email,
        "first_name": first,
        "last_name": last,
        "password": "",
        "is_active": True,
        "is_staff": False,
        "is_superuser": False,
        "bot": False,
        "date_joined": MADE,
        **TIMES,
    }
    connection.execute(insert(tables.user), row)
    if jira_account is not None:
        connection.execute(insert(tables.jira_user), {"id": jira_account, "user_id": number})
    return number


def add_incident(connection: Connection, **values: Any) -> None:
    """Add one incident; `values` are those of `NewIncident`."""
    add_incidents(connection, [NewIncident(**values)])


def add_incidents(
    connection: Connection, incidents: Iterable[NewIncident], *, bare: bool = False
) -> None:
    """Add incidents with what FireFighter gives them; `bare`, for many: roles and tickets alone.

    What they name was there before (`seed_reference`, `add_user`), else this raises KeyError.
    """
    known = _Known.of(connection)
    waiting = iter(incidents)
    while some := list(islice(waiting, _AT_ONCE)):
        # One statement a table and set of columns: that is what makes many rows cheap.
        together: dict[tuple[Table, tuple[str, ...]], list[Row]] = {}
        for new in some:
            for table, row in _rows(new, known, bare=bare):
                together.setdefault((table, tuple(row)), []).append(row)
        for (table, _), rows in together.items():
            connection.execute(insert(table), rows)


@dataclass(frozen=True, slots=True)
class _Known:
    """Ids by what people call the thing."""

    priorities: Mapping[int, UUID]
    environments: Mapping[str, UUID]
    categories: Mapping[str, UUID]
    users: Mapping[str, UUID]
    accounts: Mapping[UUID, str]
    roles: Mapping[str, int]
    impacts: Mapping[str, int]
    levels: Mapping[tuple[int, str], UUID]

    @classmethod
    def of(cls, connection: Connection) -> "_Known":
        def ids(name: Any, number: Any) -> dict[Any, Any]:
            return {row[0]: row[1] for row in connection.execute(select(name, number))}

        return cls(
            ids(tables.priority.c.value, tables.priority.c.id),
            ids(tables.environment.c.value, tables.environment.c.id),
            ids(tables.incident_category.c.name, tables.incident_category.c.id),
            ids(tables.user.c.email, tables.user.c.id),
            ids(tables.jira_user.c.user_id, tables.jira_user.c.id),
            ids(tables.incident_role_type.c.slug, tables.incident_role_type.c.id),
            ids(tables.impact_type.c.value, tables.impact_type.c.id),
            {
                (level.impact_type_id, level.value): level.id
                for level in connection.execute(select(tables.impact_level))
            },
        )


def _rows(new: NewIncident, known: _Known, *, bare: bool) -> Iterator[tuple[Table, Row]]:
    yield tables.incident, _incident(new, known)
    times = _at(new.created_at)
    roles = {"commander": new.commander, "communication_lead": new.communication_lead}
    people = {slug: known.users[email] for slug, email in roles.items() if email is not None}
    for slug, person in people.items():
        role = {"user_id": person, "role_type_id": known.roles[slug]}
        yield tables.incident_role, {"incident_id": new.id, **role, **times}
    yield from _ticket(new, known)
    if bare:
        return
    for person in dict.fromkeys([known.users[new.created_by], *people.values()]):
        yield tables.incident_membership, {"incident_id": new.id, "user_id": person}
    if new.priority <= _LEAST_WITH_CHANNEL:
        yield from _channel(new, times)
    yield from _impacts(new, known, times)
    for number, update in enumerate(_updates(new, known)):
        row = {"id": _uuid(16 + number, new.id), "incident_id": new.id, **update}
        yield tables.incident_update, {"event_ts": update["created_at"], **row}


def _incident(new: NewIncident, known: _Known) -> Row:
    return {
        "id": new.id,
        "title": new.title,
        "description": new.description,
        "status": new.status,
        "priority_id": known.priorities[new.priority],
        "incident_category_id": known.categories[new.category],
        "environment_id": known.environments[new.environment],
        "created_by_id": known.users[new.created_by],
        "mitigated_at": _utc(new.updated_at) if new.status >= _MITIGATED else None,
        "closure_reference": "",
        "custom_fields": dict(new.custom_fields),
        "ignore": new.ignore,
        "private": new.private,
        "created_at": _utc(new.created_at),
        "updated_at": _utc(new.updated_at),
    }


def _updates(new: NewIncident, known: _Known) -> Iterator[Row]:
    """The declaration and its milestone, then all that is told, or the status that it has now."""
    author = {"created_by_id": known.users[new.created_by]}
    declared, changed = _at(new.created_at), _at(new.updated_at)
    first = {
        "title": new.title,
        "description": new.description,
        "status": 10,
        "priority": new.priority,
        "commander": new.commander,
        **new.declared,
    }
    category = {"incident_category_id": known.categories[new.category]}
    yield {**_columns(first, known), **category, **author, **declared}
    yield {"event_type": "declared", **author, **declared}
    if new.edits is not None:
        recovered = [edit for edit in new.edits if edit.changed.get("status") == _MITIGATED][-1:]
        for edit in new.edits:
            yield {**_columns(edit.changed, known), "message": edit.message, **_by(edit, known)}
        for edit in recovered:  # FireFighter moves that one row
            yield {"event_type": "recovered", **_by(edit, known)}
    elif new.status > 10:
        yield {"status": new.status, "message": "", **author, **changed}
    if new.edits is None and new.status >= _MITIGATED:
        yield {"event_type": "recovered", **author, **changed}


def _by(edit: Edit, known: _Known) -> Row:
    return {"created_by_id": None if edit.by is None else known.users[edit.by], **_at(edit.at)}


def _columns(values: Mapping[str, Any], known: _Known) -> Row:
    """Values of an incident as an update has them."""
    ids: dict[str, Mapping[Any, UUID]] = {"priority": known.priorities, "commander": known.users}
    return {
        (f"{name}_id" if name in ids else name): ids[name].get(value) if name in ids else value
        for name, value in values.items()
    }


def _ticket(new: NewIncident, known: _Known) -> Iterator[tuple[Table, Row]]:
    if new.jira_key is None or new.jira_id is None:
        return
    commander = None if new.commander is None else known.users[new.commander]
    yield (
        tables.jira_issue,
        {
            "id": new.jira_id,
            "key": new.jira_key,
            "summary": new.title,
            "description": new.description,
            "project_key": new.jira_key.partition("-")[0],
            "issue_type": "Incident",
            "assignee_id": None if commander is None else known.accounts.get(commander),
            "reporter_id": known.accounts[known.users[DECLARER]],
        },
    )
    yield tables.raid_ticket, {"jiraissue_ptr_id": new.jira_id, "incident_id": new.id}


def _impacts(new: NewIncident, known: _Known, times: Row) -> Iterator[tuple[Table, Row]]:
    for value, level in new.impacts.items():
        kind = known.impacts[value]
        number = new.id * len(known.impacts) + kind
        held = {"impact_type_id": kind, "impact_level_id": known.levels[kind, level]}
        yield tables.impact, {"id": number, **held, **times}
        yield tables.incident_impact, {"incident_id": new.id, "impact_id": number}


def _channel(new: NewIncident, times: Row) -> Iterator[tuple[Table, Row]]:
    number = _uuid(1, new.id)
    name = f"{new.created_at:%Y%m%d}-{new.id}-{new.category.lower().replace(' ', '-')}"
    channel = {"channel_id": f"C{new.id:09}", "status": 1, "type": 10, "is_shared": False}
    yield tables.conversation, {"id": number, "name": name, "tag": "", **channel, **times}
    yield tables.incident_channel, {"conversation_ptr_id": number, "incident_id": new.id}


def _utc(time: datetime) -> datetime:
    """SQLite keeps no offset: what lies in it is UTC."""
    return time.astimezone(UTC)


def _at(time: datetime) -> Row:
    return dict.fromkeys(("created_at", "updated_at"), _utc(time))


def _uuid(kind: int, number: int) -> UUID:
    return UUID(int=kind << 64 | number)
