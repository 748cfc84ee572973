"""What FireFighter records of an incident that is mitigated: when it recovered, and its metrics.

Source: firefighter-incident 0.0.79, `create_incident_update` and `compute_metrics`.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import Connection, func, insert, select, update

from raidctl.gateways.impact.database.tables import (
    incident_metric,
    incident_update,
    metric_type,
    milestone_type,
)

RECOVERED = "recovered"


def record_recovery(
    connection: Connection, incident: int, event: datetime, written: datetime
) -> None:
    """Set the incident's recovery to the time of `event`, `written` being now; then its metrics."""
    row, moved = incident_update.c, {"event_ts": event, "updated_at": written}
    there = update(incident_update).where(row.incident_id == incident, row.event_type == RECOVERED)
    if not connection.execute(there.values(**moved, created_by_id=None)).rowcount:
        new = {"id": uuid4(), "incident_id": incident, "event_type": RECOVERED}
        connection.execute(insert(incident_update), {**new, **moved, "created_at": written})
    _record_metrics(connection, incident)


def _record_metrics(connection: Connection, incident: int) -> None:
    """Each metric is the time between the newest of two kinds of event.

    One that cannot be told, or would be negative, stays as it is.
    """
    newest = _newest_events(connection, incident)
    end, start = milestone_type.alias(), milestone_type.alias()
    kinds = (
        select(metric_type.c.id, end.c.event_type, start.c.event_type)
        .join(end, end.c.id == metric_type.c.milestone_lhs_id)
        .join(start, start.c.id == metric_type.c.milestone_rhs_id)
    )
    for kind, ended, started in connection.execute(kinds).all():
        if ended in newest and started in newest and newest[ended] >= newest[started]:
            _record_metric(connection, incident, kind, newest[ended] - newest[started])


def _newest_events(connection: Connection, incident: int) -> Mapping[str, datetime]:
    row = incident_update.c
    newest = select(row.event_type, func.max(row.event_ts)).group_by(row.event_type)
    rows = connection.execute(
        newest.where(row.incident_id == incident, row.event_type.is_not(None))
    )
    return {kind: at for kind, at in rows.all()}  # noqa: C416 - rows are no pairs to a type checker


def _record_metric(connection: Connection, incident: int, kind: int, duration: timedelta) -> None:
    row = incident_metric.c
    there = update(incident_metric).where(row.incident_id == incident, row.metric_type_id == kind)
    if not connection.execute(there.values(duration=duration)).rowcount:
        new = {"incident_id": incident, "metric_type_id": kind, "duration": duration}
        connection.execute(insert(incident_metric), new)
