"""FireFighter's JSON of an incident, read into the model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from raidctl.core.model import UNREADABLE, Field, Incident, IncidentStatus, Readable

_STATUSES = {status.name for status in IncidentStatus}


def _text(value: Any) -> Readable:
    return str(value or "")


def _priority(value: Any) -> Readable:
    return None if value is None else int(value["value"])


def _commander(roles: Any) -> Readable:
    commander = (roles or {}).get("commander")
    return None if commander is None else str(commander["email"])


@dataclass(frozen=True, slots=True)
class Row:
    """The key that shows a field, and how what it holds is read."""

    key: str
    read: Callable[[Any], Readable]


ROWS: dict[Field, Row] = {
    Field.TITLE: Row("title", _text),
    Field.DESCRIPTION: Row("description", _text),
    Field.PRIORITY: Row("priority", _priority),
    Field.STATUS: Row("status", lambda label: status_name(str(label))),
    Field.COMMANDER: Row("roles", _commander),
}


def incident_of(row: Mapping[str, Any], base_url: str) -> Incident:
    """One element of the list; raises KeyError, TypeError or ValueError for one that is none.

    A key that is not there was not shown to us, which is not the same as empty.
    """
    number = int(row["id"])
    return Incident(
        id=number,
        values={
            field: one.read(row[one.key]) if one.key in row else UNREADABLE
            for field, one in ROWS.items()
        },
        issue_key=_key(row),
        created_at=_time(row["created_at"]),
        url=row.get("status_page_url") or incident_url(base_url, number),
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
    key = row.get("jira_ticket_key") or None
    if key is None or isinstance(key, str):
        return key
    raise TypeError("an issue key is text")


def _time(text: str) -> datetime:
    """FireFighter gives every time with its offset (facts, section 1)."""
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError("a time without an offset")
    return time


def _needs_postmortem(row: Mapping[str, Any]) -> bool | None:
    """By priority and environment; whether FireFighter keeps post-mortems it does not tell."""
    wanted = (row.get("priority") or {}).get("needs_postmortem")
    place = (row.get("environment") or {}).get("value")
    return None if wanted is None or place is None else bool(wanted) and place == "PRD"
