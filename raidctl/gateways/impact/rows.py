"""FireFighter's JSON of an incident, read into the model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from raidctl.core.model import Field, Incident, IncidentStatus, Readable
from raidctl.gateways.malformed import (
    field_of,
    id_of,
    moment,
    object_of,
    text_of,
    text_or_none,
    whole,
)

_STATUSES = {status.name for status in IncidentStatus}


def _text(value: Any) -> Readable:
    return "" if value is None else text_of(value)


def _priority(value: Any) -> Readable:
    return None if value is None else whole(value["value"])


def _status(value: Any) -> Readable:
    return status_name(text_of(value))


def _commander(roles: Any) -> Readable:
    commander = (roles or {}).get("commander")
    return None if commander is None else text_of(commander["email"])


@dataclass(frozen=True, slots=True)
class Row:
    """The key that shows a field, and how what it holds is read."""

    key: str
    read: Callable[[Any], Readable]


ROWS: dict[Field, Row] = {
    Field.TITLE: Row("title", _text),
    Field.DESCRIPTION: Row("description", _text),
    Field.PRIORITY: Row("priority", _priority),
    Field.STATUS: Row("status", _status),
    Field.COMMANDER: Row("roles", _commander),
}


def incident_of(row: Any, base_url: str) -> Incident:
    """One element of the list; raises one of `MALFORMED` for one that is none.

    A key that is not there was not shown to us, which is not the same as empty.
    """
    row = object_of(row)
    number = id_of(row["id"])
    return Incident(
        id=number,
        values={field: field_of(row, one.key, one.read) for field, one in ROWS.items()},
        issue_key=_key(row),
        created_at=_time(row["created_at"]),
        url=text_or_none(row.get("status_page_url")) or incident_url(base_url, number),
        needs_postmortem=_needs_postmortem(row),
        ignored=row.get("ignore") is True,
    )


def incident_url(base_url: str, number: int) -> str:
    """The page of an incident (facts: FireFighter's `status_page_url`)."""
    return f"{base_url}/incident/{number}/"


def status_name(label: str) -> str:
    """The name behind a label such as "Post-mortem"; an unknown label stays as it is."""
    name = label.strip().upper().replace("-", "_").replace(" ", "_")
    return name if name in _STATUSES else label


def _key(row: Mapping[str, Any]) -> str | None:
    """None for an incident that has no issue; which issue it has is no matter of guessing."""
    key = row.get("jira_ticket_key")
    return None if key is None else text_of(key) or None


def _time(value: Any) -> datetime:
    """FireFighter gives every time with its offset (facts, section 1)."""
    time = datetime.fromisoformat(text_of(value))
    if time.tzinfo is None:
        raise ValueError("a time without an offset")
    return moment(time)


def _needs_postmortem(row: Mapping[str, Any]) -> bool | None:
    """By priority and environment; whether FireFighter keeps post-mortems it does not tell."""
    priority, environment = row.get("priority"), row.get("environment")
    if not isinstance(priority, dict) or not isinstance(environment, dict):
        return None
    wanted, place = priority.get("needs_postmortem"), environment.get("value")
    return None if wanted is None or place is None else bool(wanted) and place == "PRD"
