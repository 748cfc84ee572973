"""FireFighter's query parameters as SQL: those that raidctl sends; others are silently ignored."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import partial
from math import isfinite
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection

from raidctl.gateways.impact.database.tables import incident, priority, user

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


class WrongError(Exception):
    """A value that FireFighter refuses: its code and detail."""

    def __init__(self, code: str | None, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Asked:
    """One parameter: its values in the order sent, and what is needed to judge them."""

    values: list[str]
    connection: Connection
    zone: tzinfo

    @property
    def last(self) -> str:
        """The value that counts where only one can."""
        return self.values[-1].strip()


Condition = ColumnElement[bool] | None
Filter = Callable[[Asked], Condition]


def conditions(
    filters: Mapping[str, Filter],
    query: Mapping[str, list[str]],
    connection: Connection,
    zone: tzinfo,
) -> list[ColumnElement[bool]]:
    """What the incidents have to fulfil, all of it; raises `InvalidQueryError`."""
    found: list[ColumnElement[bool]] = []
    problems: list[tuple[str | None, str, str]] = []
    for name, read in filters.items():
        if name not in query:
            continue
        try:
            condition = read(Asked(query[name], connection, zone))
        except WrongError as wrong:
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


def number_of(text: str) -> float:
    """A finite number; raises `WrongError`."""
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not isfinite(number):
        raise WrongError("invalid", "Enter a number.")
    return number


def _compared(column: Column[Any], compare: Any, asked: Asked) -> Condition:
    if not asked.last:
        return None
    condition: ColumnElement[bool] = compare(column, number_of(asked.last))
    return condition


def _one_of_ids(asked: Asked) -> Condition:
    """A list with holes is read without them, an empty parameter is no filter at all."""
    if not asked.last:
        return None
    numbers = [int(number_of(part)) for part in asked.last.split(",") if part.strip()]
    return incident.c.id.in_([number for number in numbers if abs(number) < _LARGEST_ID])


def _created(compare: Any, asked: Asked) -> Condition:
    if not asked.last:
        return None
    moment = moment_of(asked.last, asked.zone)
    if moment is None:
        raise WrongError("invalid", "Enter a valid date/time.")
    condition: ColumnElement[bool] = compare(incident.c.created_at, moment)
    return condition


def moment_of(text: str, zone: tzinfo) -> datetime | None:
    """An instant in UTC, as the tables hold it; one with no offset is in the server's `zone`."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)).astimezone(UTC)


def _status(asked: Asked) -> Condition:
    for value in asked.values:
        among(_STATUSES, value)
    return incident.c.status.in_([int(value) for value in asked.values])


def among(choices: set[str], value: str) -> None:
    """Raise `WrongError` for a value that is none of the choices."""
    if value not in choices:
        detail = f"Select a valid choice. {value} is not one of the available choices."
        raise WrongError("invalid_choice", detail)


def _ordering(asked: Asked) -> Condition:
    for name in filter(None, asked.last.split(",")):
        among(_ORDERS.keys() | {f"-{column}" for column in _ORDERS}, name)
    return None


# In the order in which FireFighter lists several errors.
FILTERS: dict[str, Filter] = {
    **{f"created_at__{name}": partial(_created, how) for name, how in _COMPARISONS.items()},
    **{f"id__{name}": partial(_compared, incident.c.id, how) for name, how in _COMPARISONS.items()},
    "id__in": _one_of_ids,
    **{
        f"_status__{name}": partial(_compared, incident.c.status, how)
        for name, how in _COMPARISONS.items()
    },
    "status": _status,
    "order_by": _ordering,
}
