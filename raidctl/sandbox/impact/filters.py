"""FireFighter's query parameters as SQL: what works, what is refused, what is silently ignored."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from functools import partial
from math import isfinite
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Connection, String, Table, cast, func, select, true

from raidctl.gateways.impact.database.tables import (
    environment,
    group,
    incident,
    incident_category,
    priority,
    user,
)

_STATUSES = {"10", "20", "30", "40", "50", "60"}
_LARGEST_ID = 2**63
_COMPARISONS = {"gte": operator.ge, "lte": operator.le, "lt": operator.lt, "gt": operator.gt}
_ORDERS: dict[str, ColumnElement[Any]] = {
    "priority": priority.c.order,
    "title": incident.c.title,
    "id": incident.c.id,
    "created_at": incident.c.created_at,
    "created_by": user.c.username,
}
# PostgreSQL answers in the order of its heap, which moves with every update. This order is as
# little to be relied on, and yet the same each time.
HEAP_ORDER = (incident.c.id * 31 % 97, incident.c.id)


class InvalidQueryError(Exception):
    """Values that FireFighter refuses: each as code, detail and the parameter's name."""

    def __init__(self, problems: list[tuple[str | None, str, str]]) -> None:
        super().__init__(problems)
        self.problems = problems


class CrashError(Exception):
    """A query that FireFighter itself stumbles over (500)."""


class _WrongError(Exception):
    def __init__(self, code: str | None, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class _Asked:
    """One parameter: its values in the order sent, and what is needed to judge them."""

    values: list[str]
    connection: Connection
    zone: tzinfo

    @property
    def last(self) -> str:
        return self.values[-1].strip()


_Condition = ColumnElement[bool] | None
_Filter = Callable[[_Asked], _Condition]


def conditions(
    query: Mapping[str, list[str]], connection: Connection, zone: tzinfo
) -> list[ColumnElement[bool]]:
    """What the incidents have to fulfil, all of it; raises `InvalidQueryError`, `CrashError`."""
    found: list[ColumnElement[bool]] = []
    problems: list[tuple[str | None, str, str]] = []
    for name, read in _FILTERS.items():
        if name not in query:
            continue
        try:
            condition = read(_Asked(query[name], connection, zone))
        except _WrongError as wrong:
            problems.append((wrong.code, wrong.detail, name))
        else:
            found += [] if condition is None else [condition]
    if problems:
        raise InvalidQueryError(problems)
    return found


def order(query: Mapping[str, list[str]]) -> list[ColumnElement[Any]]:
    """What `order_by` asks for, then the heap's order; the names were checked by `conditions`."""
    asked: list[ColumnElement[Any]] = []
    for name in filter(None, query.get("order_by", [""])[-1].split(",")):
        column = _ORDERS[name.removeprefix("-")]
        asked.append(column.desc() if name.startswith("-") else column.asc())
    return [*asked, *HEAP_ORDER]


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not isfinite(number):
        raise _WrongError("invalid", "Enter a number.")
    return number


def _compared(column: Column[Any], compare: Any, asked: _Asked) -> _Condition:
    if not asked.last:
        return None
    condition: ColumnElement[bool] = compare(column, _number(asked.last))
    return condition


def _one_of_ids(asked: _Asked) -> _Condition:
    """A list with holes is read without them, an empty parameter is no filter at all."""
    if not asked.last:
        return None
    numbers = [int(_number(part)) for part in asked.last.split(",") if part.strip()]
    return incident.c.id.in_([number for number in numbers if abs(number) < _LARGEST_ID])


def _id_as_text(asked: _Asked) -> _Condition:
    return cast(incident.c.id, String) == asked.last if asked.last else None


def _id_crash(asked: _Asked) -> _Condition:
    if not asked.last:
        return None
    _number(asked.last)
    raise CrashError


def _created(compare: Any, asked: _Asked) -> _Condition:
    if not asked.last:
        return None
    moment = _moment(asked.last, asked.zone)
    if moment is None:
        raise _WrongError("invalid", "Enter a valid date/time.")
    condition: ColumnElement[bool] = compare(incident.c.created_at, moment)
    return condition


def _moment(text: str, zone: tzinfo) -> datetime | None:
    """An instant in UTC, as the tables hold it; one with no offset is in the server's zone."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)).astimezone(UTC)


def _created_within(asked: _Asked) -> _Condition:
    """Free text, of which years, days and instants are understood here."""
    text = asked.values[-1]
    if not text.strip():
        return None
    parts = [text, text]
    if "-" in text:
        separator = "-" if text.count("-") == 1 else " - "
        parts = text.split(separator)
        if len(parts) != 2:
            raise _WrongError(None, f"Invalid range: {text}. Only one separator is allowed")
    first, last = (_period(part.strip(), asked.zone) for part in parts)
    if first is None and last is None:
        raise _WrongError(None, f"Invalid date range: {text}")
    if first and last and first[0] > last[1]:
        detail = f"Start date must be before end date ({first[0]:%F %T} > {last[1]:%F %T})."
        raise _WrongError(None, detail)
    after = incident.c.created_at >= first[0].astimezone(UTC) if first else None
    before = incident.c.created_at <= last[1].astimezone(UTC) if last else None
    return before if after is None else after if before is None else after & before


def _period(text: str, zone: tzinfo) -> tuple[datetime, datetime] | None:
    if re.fullmatch(r"\d{4}", text):
        end = datetime(int(text), 12, 31, tzinfo=zone)
        return datetime(int(text), 1, 1, tzinfo=zone), _end_of_day(end)
    moment = _moment(text.replace("/", "-"), zone)
    if moment is None:
        return None
    local = moment.astimezone(zone)
    return local, local if ":" in text else _end_of_day(local)


def _end_of_day(day: datetime) -> datetime:
    midnight = datetime.combine(day.date(), time(), tzinfo=day.tzinfo)
    return midnight + timedelta(days=1, microseconds=-1)


def _status(asked: _Asked) -> _Condition:
    for value in asked.values:
        _among(_STATUSES, value)
    return incident.c.status.in_([int(value) for value in asked.values])


def _among(choices: set[str], value: str) -> None:
    if value not in choices:
        detail = f"Select a valid choice. {value} is not one of the available choices."
        raise _WrongError("invalid_choice", detail)


def _rows(column: ColumnElement[Any], table: Table, asked: _Asked) -> ColumnElement[bool]:
    """Ids of existing rows, in the spelling that FireFighter itself uses."""
    ids = []
    for value in asked.values:
        try:
            ids.append(UUID(value))
        except ValueError:
            raise _WrongError("invalid", f"“{value}” is not a valid UUID.") from None
    known = asked.connection.scalars(select(table.c.id).where(table.c.id.in_(ids)))
    choices = {str(number) for number in known}
    for value in asked.values:
        _among(choices, value)
    return column.in_(ids)


def _group(asked: _Asked) -> _Condition:
    within = _rows(incident_category.c.group_id, group, asked)
    return incident.c.incident_category_id.in_(select(incident_category.c.id).where(within))


def _environment(asked: _Asked, *, several: bool) -> _Condition:
    if not asked.last:
        return None
    names = asked.last.split(",") if several else [asked.last]
    wanted = select(environment.c.id).where(environment.c.value.in_(names))
    return incident.c.environment_id.in_(wanted)


def _ignore(asked: _Asked) -> _Condition:
    match asked.values[-1]:
        case "true" | "True":
            return incident.c.ignore.is_(True)
        case "false" | "False":
            return incident.c.ignore.is_(False)
    return None


def _ordering(asked: _Asked) -> _Condition:
    for name in filter(None, asked.last.split(",")):
        _among(_ORDERS.keys() | {f"-{column}" for column in _ORDERS}, name)
    return None


def _search(asked: _Asked) -> _Condition:
    """Every word in title or description, or the id; FireFighter also knows word stems."""
    if not asked.last:
        return None
    text = func.lower(incident.c.title + " " + incident.c.description)
    found: ColumnElement[bool] = true()
    for word in asked.last.lower().split():
        found &= text.regexp_match(rf"(^|\W){re.escape(word)}(\W|$)")
    return found | (incident.c.id == int(asked.last)) if asked.last.isdecimal() else found


# In the order in which FireFighter lists several errors.
_FILTERS: dict[str, _Filter] = {
    **{f"created_at__{name}": partial(_created, how) for name, how in _COMPARISONS.items()},
    "created_at": _created_within,
    **{f"id__{name}": partial(_compared, incident.c.id, how) for name, how in _COMPARISONS.items()},
    "id__iexact": _id_crash,
    "id__in": _one_of_ids,
    **{
        f"_status__{name}": partial(_compared, incident.c.status, how)
        for name, how in _COMPARISONS.items()
    },
    "environment__value": partial(_environment, several=False),
    "environment__value__in": partial(_environment, several=True),
    "ignore": _ignore,
    "id": _id_as_text,
    "status": _status,
    "environment": partial(_rows, incident.c.environment_id, environment),
    "priority": partial(_rows, incident.c.priority_id, priority),
    "group": _group,
    "incident_category": partial(_rows, incident.c.incident_category_id, incident_category),
    "order_by": _ordering,
    "created_by": partial(_rows, incident.c.created_by_id, user),
    "search": _search,
}
