"""FireFighter's JSON of an incident, read into the model."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from raidctl.core.model import UNREADABLE, Incident, IncidentStatus, Readable

_STATUSES = {status.name for status in IncidentStatus}


def incident_of(row: Mapping[str, Any], base_url: str) -> Incident:
    """One element of the list; raises KeyError, TypeError or ValueError for one that is none.

    A key that is not there was not shown to us, which is not the same as empty.
    """
    number = int(row["id"])
    return Incident(
        id=number,
        title=_text(row, "title"),
        description=_text(row, "description"),
        priority=_priority(row),
        status=status_name(str(row["status"])) if "status" in row else UNREADABLE,
        commander=_commander(row),
        issue_key=_key(row),
        created_at=_time(row["created_at"]),
        url=row.get("status_page_url") or incident_url(base_url, number),
        needs_postmortem=_needs_postmortem(row),
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


def _text(row: Mapping[str, Any], key: str) -> Readable:
    return str(row[key] or "") if key in row else UNREADABLE


def _priority(row: Mapping[str, Any]) -> Readable:
    if "priority" not in row:
        return UNREADABLE
    priority = row["priority"]
    return None if priority is None else int(priority["value"])


def _needs_postmortem(row: Mapping[str, Any]) -> bool | None:
    """By priority and environment; whether FireFighter keeps post-mortems it does not tell."""
    wanted = (row.get("priority") or {}).get("needs_postmortem")
    place = (row.get("environment") or {}).get("value")
    return None if wanted is None or place is None else bool(wanted) and place == "PRD"


def _commander(row: Mapping[str, Any]) -> Readable:
    if "roles" not in row:
        return UNREADABLE
    commander = (row["roles"] or {}).get("commander")
    return None if commander is None else str(commander["email"])
