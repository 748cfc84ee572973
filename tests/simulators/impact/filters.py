"""All of FireFighter's query parameters as SQL: also those that raidctl never sends."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta, tzinfo
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, String, Table, cast, func, select, true

from raidctl.gateways.impact.database.tables import (
    environment,
    group,
    incident,
    incident_category,
    priority,
    user,
)
from raidctl.sandbox.impact import filters
from raidctl.sandbox.impact.errors import CrashError
from raidctl.sandbox.impact.filters import (
    Asked,
    Condition,
    Filter,
    WrongError,
    among,
    moment_of,
    number_of,
)


def _id_as_text(asked: Asked) -> Condition:
    return cast(incident.c.id, String) == asked.last if asked.last else None


def _id_crash(asked: Asked) -> Condition:
    if not asked.last:
        return None
    number_of(asked.last)
    raise CrashError


def _created_within(asked: Asked) -> Condition:
    """Free text, of which years, days and instants are understood here."""
    text = asked.values[-1]
    if not text.strip():
        return None
    parts = [text, text]
    if "-" in text:
        separator = "-" if text.count("-") == 1 else " - "
        parts = text.split(separator)
        if len(parts) != 2:
            raise WrongError(None, f"Invalid range: {text}. Only one separator is allowed")
    first, last = (_period(part.strip(), asked.zone) for part in parts)
    if first is None and last is None:
        raise WrongError(None, f"Invalid date range: {text}")
    if first and last and first[0] > last[1]:
        detail = f"Start date must be before end date ({first[0]:%F %T} > {last[1]:%F %T})."
        raise WrongError(None, detail)
    after = incident.c.created_at >= first[0].astimezone(UTC) if first else None
    before = incident.c.created_at <= last[1].astimezone(UTC) if last else None
    return before if after is None else after if before is None else after & before


def _period(text: str, zone: tzinfo) -> tuple[datetime, datetime] | None:
    if re.fullmatch(r"\d{4}", text):
        end = datetime(int(text), 12, 31, tzinfo=zone)
        return datetime(int(text), 1, 1, tzinfo=zone), _end_of_day(end)
    moment = moment_of(text.replace("/", "-"), zone)
    if moment is None:
        return None
    local = moment.astimezone(zone)
    return local, local if ":" in text else _end_of_day(local)


def _end_of_day(day: datetime) -> datetime:
    midnight = datetime.combine(day.date(), time(), tzinfo=day.tzinfo)
    return midnight + timedelta(days=1, microseconds=-1)


def _rows(column: ColumnElement[Any], table: Table, asked: Asked) -> ColumnElement[bool]:
    """Ids of existing rows, in the spelling that FireFighter itself uses."""
    ids = []
    for value in asked.values:
        try:
            ids.append(UUID(value))
        except ValueError:
            raise WrongError("invalid", f"“{value}” is not a valid UUID.") from None
    known = asked.connection.scalars(select(table.c.id).where(table.c.id.in_(ids)))
    choices = {str(number) for number in known}
    for value in asked.values:
        among(choices, value)
    return column.in_(ids)


def _group(asked: Asked) -> Condition:
    within = _rows(incident_category.c.group_id, group, asked)
    return incident.c.incident_category_id.in_(select(incident_category.c.id).where(within))


def _environment(asked: Asked, *, several: bool) -> Condition:
    if not asked.last:
        return None
    names = asked.last.split(",") if several else [asked.last]
    wanted = select(environment.c.id).where(environment.c.value.in_(names))
    return incident.c.environment_id.in_(wanted)


def _ignore(asked: Asked) -> Condition:
    match asked.values[-1]:
        case "true" | "True":
            return incident.c.ignore.is_(True)
        case "false" | "False":
            return incident.c.ignore.is_(False)
    return None


def _search(asked: Asked) -> Condition:
    """Every word in title or description, or the id; FireFighter also knows word stems."""
    if not asked.last:
        return None
    text = func.lower(incident.c.title + " " + incident.c.description)
    found: ColumnElement[bool] = true()
    for word in asked.last.lower().split():
        found &= text.regexp_match(rf"(^|\W){re.escape(word)}(\W|$)")
    return found | (incident.c.id == int(asked.last)) if asked.last.isdecimal() else found


def _served(*names: str) -> Iterator[tuple[str, Filter]]:
    """The filters of the sandbox whose names begin so."""
    return ((name, read) for name, read in filters.FILTERS.items() if name.startswith(names))


# In the order in which FireFighter lists several errors.
FILTERS: dict[str, Filter] = {
    **dict(_served("created_at__")),
    "created_at": _created_within,
    **dict(_served("id__g", "id__l")),
    "id__iexact": _id_crash,
    **dict(_served("id__in", "_status__")),
    "environment__value": partial(_environment, several=False),
    "environment__value__in": partial(_environment, several=True),
    "ignore": _ignore,
    "id": _id_as_text,
    "status": filters.FILTERS["status"],
    "environment": partial(_rows, incident.c.environment_id, environment),
    "priority": partial(_rows, incident.c.priority_id, priority),
    "group": _group,
    "incident_category": partial(_rows, incident.c.incident_category_id, incident_category),
    "order_by": filters.FILTERS["order_by"],
    "created_by": partial(_rows, incident.c.created_by_id, user),
    "search": _search,
}
