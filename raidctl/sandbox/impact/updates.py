"""What FireFighter writes when an incident changes, as its `create_incident_update` does."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, insert, select, update

from raidctl.gateways.impact.database.tables import (
    incident,
    incident_metric,
    incident_update,
    metric_type,
    milestone_type,
)

MITIGATED = 40
_RECOVERED = "recovered"
_NOTHING = timedelta(0)


def update_incident(
    connection: Connection, number: int, now: datetime, message: str, event: str, **changed: Any
) -> None:
    """Set columns of an incident, and note that nobody in FireFighter did so, but JIRA."""
    at = now.astimezone(UTC)  # SQLite keeps no offset: what lies in it is UTC
    this = update(incident).where(incident.c.id == number)
    connection.execute(this.values(**changed, updated_at=at))
    note = {"message": message, "event_type": event, **changed}
    connection.execute(insert(incident_update), _update(number, at, **note))
    if changed.get("status") == MITIGATED:
        _note_recovery(connection, number, at)
        _measure(connection, number)
        unset = this.where(incident.c.mitigated_at.is_(None))
        connection.execute(unset.values(mitigated_at=at))


def _update(number: int, at: datetime, **values: Any) -> dict[str, Any]:
    times = dict.fromkeys(("event_ts", "created_at", "updated_at"), at)
    return {"id": uuid4(), "incident_id": number, **times, **values}


def _note_recovery(connection: Connection, number: int, at: datetime) -> None:
    """The milestone as of now, in place of an earlier one and of who noted that."""
    past = incident_update.c
    found = update(incident_update).where(past.incident_id == number, past.event_type == _RECOVERED)
    times = dict.fromkeys(("event_ts", "updated_at"), at)
    if not connection.execute(found.values(**times, created_by_id=None)).rowcount:
        connection.execute(insert(incident_update), _update(number, at, event_type=_RECOVERED))


def _measure(connection: Connection, number: int) -> None:
    """Every metric between two milestones that have both been reached, in that order."""
    past = incident_update.c
    events = select(past.event_type, past.event_ts).where(
        past.incident_id == number, past.event_type.is_not(None)
    )
    reached = {row[0]: row[1] for row in connection.execute(events.order_by(past.event_ts))}
    milestones = select(milestone_type.c.id, milestone_type.c.event_type)
    names = {row[0]: row[1] for row in connection.execute(milestones)}
    for kind in connection.execute(select(metric_type)).all():
        end, start = (
            reached.get(names[side]) for side in (kind.milestone_lhs_id, kind.milestone_rhs_id)
        )
        if end is not None and start is not None and end - start >= _NOTHING:
            _put_metric(connection, number, kind.id, end - start)


def _put_metric(connection: Connection, number: int, kind: int, duration: timedelta) -> None:
    key = {"incident_id": number, "metric_type_id": kind}
    measured = update(incident_metric).filter_by(**key).values(duration=duration)
    if not connection.execute(measured).rowcount:
        connection.execute(insert(incident_metric), {**key, "duration": duration})
