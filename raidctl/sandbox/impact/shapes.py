"""Rows of FireFighter's tables in the shapes its REST API gives them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, select

from raidctl.gateways.impact.database.tables import (
    conversation,
    environment,
    group,
    incident,
    incident_category,
    incident_channel,
    incident_metric,
    incident_role,
    incident_role_type,
    jira_issue,
    metric_type,
    priority,
    raid_ticket,
    user,
)

Json = dict[str, Any]
_LABELS = {
    10: "Open",
    20: "Investigating",
    30: "Mitigating",
    40: "Mitigated",
    50: "Post-mortem",
    60: "Closed",
}


@dataclass(frozen=True, slots=True)
class Shapes:
    """One connection's rows as JSON; `site` and `jira` are what the URLs begin with."""

    connection: Connection
    zone: tzinfo
    site: str
    jira: str

    def priorities(self) -> list[Json]:
        """What FireFighter lists under `severities/`."""
        return self._listed(priority)

    def environments(self) -> list[Json]:
        """All environments, without their times."""
        return [_without(shape, "created_at", "updated_at") for shape in self._listed(environment)]

    def groups(self) -> list[Json]:
        """All groups of categories."""
        return self._listed(group)

    def categories(self) -> list[Json]:
        """All categories, each with its group."""
        groups = {shape["id"]: shape for shape in self.groups()}
        return [
            {**_without(shape, "group_id"), "group": groups[shape["group_id"]]}
            for shape in self._listed(incident_category)
        ]

    def incidents(
        self,
        conditions: Sequence[ColumnElement[bool]],
        order: Sequence[ColumnElement[Any]],
        *,
        tags: bool,
    ) -> list[Json]:
        """The incidents that fulfil all conditions; what is nested is shared between them."""
        nested = {
            shape["id"]: shape
            for shapes in (self.priorities(), self.environments(), self.categories())
            for shape in shapes
        }
        roles = self._by_incident(_ROLES, conditions, self._role)
        metrics = self._by_incident(_METRICS, conditions, self._metric)
        rows = self.connection.execute(_INCIDENTS.where(*conditions).order_by(*order))
        return [
            self._incident(row, nested, roles.get(row.id, {}), metrics.get(row.id, {}), tags=tags)
            for row in rows
        ]

    def _incident(
        self,
        row: Row[Any],
        nested: Mapping[str, Json],
        roles: Json,
        metrics: Json,
        *,
        tags: bool,
    ) -> Json:
        return {
            "id": row.id,
            "title": row.title,
            "status": _LABELS[row.status],
            "description": row.description,
            "created_at": self._time(row.created_at),
            "environment": nested[str(row.environment_id)],
            "incident_category": nested[str(row.incident_category_id)],
            "priority": nested[str(row.priority_id)],
            "slack_channel_name": f"#{row.channel}" if row.channel else "",
            "status_page_url": f"{self.site}/incident/{row.id}/",
            "postmortem_url": None,
            "jira_ticket_key": row.key,
            "jira_ticket_url": row.key and f"{self.jira}/browse/{row.key}",
            **({"tags": []} if tags else {}),
            "created_by": {"id": str(row.created_by_id), "name": row.name, "email": row.email},
            "costs": {},
            "metrics": metrics,
            "roles": roles,
            "ignore": row.ignore,
        }

    def _by_incident(
        self, statement: Select[Any], conditions: Sequence[ColumnElement[bool]], shape: Any
    ) -> dict[int, Json]:
        """What hangs on the incidents, by incident and kind; the newest row of a kind is shown."""
        found: dict[int, Json] = {}
        for row in self.connection.execute(statement.where(*conditions)):
            found.setdefault(row.incident_id, {})[row.kind] = shape(row)
        return found

    def _role(self, row: Row[Any]) -> Json:
        return {"id": str(row.user_id), "name": row.name, "email": row.email}

    def _metric(self, row: Row[Any]) -> Json:
        return {
            "duration": _duration(row.duration),
            "duration_seconds": row.duration.total_seconds(),
            "metric_type": row.name,
        }

    def _listed(self, table: Table) -> list[Json]:
        rows = self.connection.execute(select(table).order_by(table.c.order)).mappings()
        return [{key: self._plain(value) for key, value in row.items()} for row in rows]

    def _plain(self, value: object) -> object:
        match value:
            case datetime():
                return self._time(value)
            case timedelta():
                return _duration(value)
            case UUID():
                return str(value)
        return value

    def _time(self, time: datetime) -> str:
        """In the server's zone; SQLite keeps no offset: its times are UTC."""
        aware = time if time.tzinfo else time.replace(tzinfo=UTC)
        return aware.astimezone(self.zone).isoformat().replace("+00:00", "Z")


def _without(shape: Json, *keys: str) -> Json:
    return {key: value for key, value in shape.items() if key not in keys}


def _duration(span: timedelta) -> str:
    """As Django writes it: `2 01:00:00`, and microseconds only when there are some."""
    seconds = span.seconds
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    fraction = f".{span.microseconds:06}" if span.microseconds else ""
    return f"{span.days} {clock}{fraction}" if span.days else f"{clock}{fraction}"


_INCIDENTS = (
    select(
        incident,
        user.c.name,
        user.c.email,
        jira_issue.c.key,
        conversation.c.name.label("channel"),
    )
    .join(user, user.c.id == incident.c.created_by_id)
    .join(priority, priority.c.id == incident.c.priority_id)
    .outerjoin(raid_ticket, raid_ticket.c.incident_id == incident.c.id)
    .outerjoin(jira_issue, jira_issue.c.id == raid_ticket.c.jiraissue_ptr_id)
    .outerjoin(incident_channel, incident_channel.c.incident_id == incident.c.id)
    .outerjoin(conversation, conversation.c.id == incident_channel.c.conversation_ptr_id)
)
_ROLES = (
    select(
        incident_role.c.incident_id,
        incident_role_type.c.slug.label("kind"),
        incident_role.c.user_id,
        user.c.name,
        user.c.email,
    )
    .join(incident, incident.c.id == incident_role.c.incident_id)
    .join(incident_role_type, incident_role_type.c.id == incident_role.c.role_type_id)
    .join(user, user.c.id == incident_role.c.user_id)
    .order_by(incident_role.c.id)
)
_METRICS = (
    select(
        incident_metric.c.incident_id,
        metric_type.c.type.label("kind"),
        metric_type.c.name,
        incident_metric.c.duration,
    )
    .join(incident, incident.c.id == incident_metric.c.incident_id)
    .join(metric_type, metric_type.c.id == incident_metric.c.metric_type_id)
    .order_by(incident_metric.c.id)
)
