"""FireFighter's tables, as far as raidctl reads or will write them.

Source: the database of firefighter-incident 0.0.79 on PostgreSQL. There are no schema names
here: the connection's search path says where the tables are.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Interval,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import SchemaItem

metadata = MetaData()

# SQLite numbers rows by itself for a plain INTEGER key alone.
_Number = BigInteger().with_variant(Integer, "sqlite")
_Json = JSON().with_variant(JSONB, "postgresql")
_Time = DateTime(timezone=True)
_STATUS = "status in (10, 20, 30, 40, 50, 60)"


def _table(name: str, *parts: SchemaItem) -> Table:
    return Table(name, metadata, *parts)


def _number() -> Column[Any]:
    return Column("id", _Number, Identity(), primary_key=True)


def _link(name: str, kind: Any, target: str, *, optional: bool = False, **more: Any) -> Column[Any]:
    key = ForeignKey(target, deferrable=True, initially="DEFERRED")
    return Column(name, kind, key, nullable=optional, **more)


def _text(name: str, length: int, *, optional: bool = False, **more: Any) -> Column[Any]:
    return Column(name, String(length), nullable=optional, **more)


def _filled(kind: Any, *names: str) -> Iterator[Column[Any]]:
    """Columns of one kind that hold a value in every row."""
    return (Column(name, kind, nullable=False) for name in names)


def _times() -> Iterator[Column[Any]]:
    return _filled(_Time, "created_at", "updated_at")


user = _table(
    "incidents_user",
    Column("id", Uuid, primary_key=True),
    _text("name", 128),
    _text("email", 128, unique=True),
    _text("username", 150, unique=True),
    _text("first_name", 150),
    _text("last_name", 150),
    _text("password", 128),
    *_filled(Boolean, "is_active", "is_staff", "is_superuser", "bot"),
    _text("avatar", 1024, optional=True),
    Column("date_joined", _Time, nullable=False),
    Column("last_login", _Time),
    *_times(),
)

priority = _table(
    "incidents_priority",
    Column("id", Uuid, primary_key=True),
    _text("name", 128, unique=True),
    Column("value", Integer, nullable=False, unique=True),
    _text("emoji", 5),
    _text("description", 128),
    Column("order", Integer, nullable=False, unique=True),
    *_filled(Boolean, "default", "needs_postmortem", "enabled_create", "enabled_update"),
    *_filled(
        Interval,
        "reminder_time",
        "postmortem_reminder_time",
        "postmortem_reminder_repeat_time",
        "sla",
    ),
    _text("recommended_response_type", 128, optional=True),
    *_times(),
)

environment = _table(
    "incidents_environment",
    Column("id", Uuid, primary_key=True),
    _text("value", 16, unique=True),
    _text("name", 128, unique=True),
    _text("description", 128, unique=True),
    Column("order", Integer, nullable=False),
    Column("default", Boolean, nullable=False),
    *_times(),
)

group = _table(
    "incidents_group",
    Column("id", Uuid, primary_key=True),
    _text("name", 128, unique=True),
    Column("description", Text, nullable=False),
    Column("order", Integer, nullable=False, unique=True),
    *_times(),
)

incident_category = _table(
    "incidents_incidentcategory",
    Column("id", Uuid, primary_key=True),
    _link("group_id", Uuid, "incidents_group.id"),
    _text("name", 128),
    Column("description", Text, nullable=False),
    Column("order", Integer, nullable=False),
    *_filled(Boolean, "private", "deploy_warning", "enabled_create"),
    *_times(),
)

incident = _table(
    "incidents_incident",
    _number(),
    _text("title", 128),
    Column("description", Text, nullable=False),
    Column("status", Integer, nullable=False),
    _link("priority_id", Uuid, "incidents_priority.id"),
    Column("severity_id", Uuid),
    _link("incident_category_id", Uuid, "incidents_incidentcategory.id"),
    _link("environment_id", Uuid, "incidents_environment.id"),
    _link("created_by_id", Uuid, "incidents_user.id"),
    Column("mitigated_at", _Time),
    Column("closed_at", _Time),
    _text("closure_reason", 50, optional=True),
    _text("closure_reference", 100),
    Column("custom_fields", _Json, nullable=False),
    *_filled(Boolean, "ignore", "private"),
    _text("dedup_key", 160, optional=True),
    *_times(),
    CheckConstraint(_STATUS, name="incidents_incident__status_valid"),
)
_OPEN_KEY = (incident.c.dedup_key.is_not(None)) & (incident.c.status <= 40)
Index(
    "incidents_incident__unique_open_dedup_key",
    incident.c.dedup_key,
    unique=True,
    postgresql_where=_OPEN_KEY,
    sqlite_where=_OPEN_KEY,
)

incident_update = _table(
    "incidents_incidentupdate",
    Column("id", Uuid, primary_key=True),
    _link("incident_id", _Number, "incidents_incident.id"),
    Column("message", Text),
    Column("status", Integer),
    _link("priority_id", Uuid, "incidents_priority.id", optional=True),
    Column("severity_id", Uuid),
    _link("environment_id", Uuid, "incidents_environment.id", optional=True),
    _link("incident_category_id", Uuid, "incidents_incidentcategory.id", optional=True),
    _link("commander_id", Uuid, "incidents_user.id", optional=True),
    _link("communication_lead_id", Uuid, "incidents_user.id", optional=True),
    _link("created_by_id", Uuid, "incidents_user.id", optional=True),
    _text("title", 128, optional=True),
    Column("description", Text),
    _text("event_type", 64, optional=True),
    Column("event_ts", _Time, nullable=False),
    *_times(),
    CheckConstraint(_STATUS, name="incidents_incidentupdate__status_valid"),
)
Index("incidents_incidentupdate_incident_id_3962c97b", incident_update.c.incident_id)

incident_role_type = _table(
    "incidents_incidentroletype",
    _number(),
    _text("name", 255),
    _text("slug", 255, unique=True),
    _text("emoji", 5),
    Column("summary", Text, nullable=False),
    Column("summary_first_person", Text),
    *_filled(Text, "description", "aka"),
    Column("required", Boolean, nullable=False),
    Column("order", SmallInteger, nullable=False),
)

incident_role = _table(
    "incidents_incidentrole",
    _number(),
    _link("incident_id", _Number, "incidents_incident.id"),
    _link("user_id", Uuid, "incidents_user.id"),
    _link("role_type_id", _Number, "incidents_incidentroletype.id"),
    *_times(),
    UniqueConstraint("incident_id", "user_id", "role_type_id", name="unique_incident_role"),
)

incident_membership = _table(
    "incidents_incidentmembership",
    _number(),
    _link("incident_id", _Number, "incidents_incident.id"),
    _link("user_id", Uuid, "incidents_user.id"),
    UniqueConstraint("incident_id", "user_id"),
)

milestone_type = _table(
    "incidents_milestonetype",
    _number(),
    _text("name", 50),
    _text("event_type", 50, unique=True),
    _text("summary", 250),
    Column("description", Text),
    *_filled(Boolean, "user_editable", "required", "asked_for"),
)

metric_type = _table(
    "incidents_metrictype",
    _number(),
    _text("name", 50),
    _text("code", 10, unique=True),
    Column("description", Text, nullable=False),
    _text("type", 50, unique=True),
    _link("milestone_lhs_id", _Number, "incidents_milestonetype.id"),
    _link("milestone_rhs_id", _Number, "incidents_milestonetype.id"),
)

incident_metric = _table(
    "incidents_incidentmetric",
    _number(),
    _link("incident_id", _Number, "incidents_incident.id"),
    _link("metric_type_id", _Number, "incidents_metrictype.id"),
    Column("duration", Interval, nullable=False),
    UniqueConstraint("incident_id", "metric_type_id"),
    CheckConstraint(  # SQLite has no intervals to compare
        "duration >= interval '0'", name="incidents_incidentmetric__duration_positive"
    ).ddl_if(dialect="postgresql"),
)

jira_user = _table(
    "jira_app_jirauser",
    Column("id", String(128), primary_key=True),
    _link("user_id", Uuid, "incidents_user.id", unique=True),
)

jira_issue = _table(
    "jira_app_jiraissue",
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    _text("key", 128),
    _text("summary", 128),
    Column("description", Text, nullable=False),
    _text("project_key", 128),
    _text("issue_type", 128),
    _link("assignee_id", String(128), "jira_app_jirauser.id", optional=True),
    _link("reporter_id", String(128), "jira_app_jirauser.id"),
)

raid_ticket = _table(
    "raid_jiraticket",
    _link("jiraissue_ptr_id", BigInteger, "jira_app_jiraissue.id", primary_key=True),
    _link("incident_id", _Number, "incidents_incident.id", optional=True, unique=True),
    _text("business_impact", 128, optional=True),
)

conversation = _table(
    "slack_conversation",
    Column("id", Uuid, primary_key=True),
    _text("name", 80),
    _text("channel_id", 128),
    *_filled(Integer, "status", "type"),
    Column("is_shared", Boolean, nullable=False),
    _text("tag", 80),
    *_times(),
)

incident_channel = _table(
    "slack_incidentchannel",
    _link("conversation_ptr_id", Uuid, "slack_conversation.id", primary_key=True),
    _link("incident_id", _Number, "incidents_incident.id", unique=True),
)

impact_type = _table(
    "incidents_impacttype",
    _number(),
    _text("emoji", 5),
    _text("name", 64),
    _text("help_text", 128),
    _text("value", 50, unique=True),
    Column("order", SmallInteger, nullable=False),
)

impact_level = _table(
    "incidents_impactlevel",
    Column("id", Uuid, primary_key=True),
    _link("impact_type_id", _Number, "incidents_impacttype.id"),
    _text("emoji", 5),
    _text("name", 75, optional=True),
    _text("value", 2),
    Column("order", SmallInteger, nullable=False),
    Column("description", Text),
    UniqueConstraint("impact_type_id", "value", name="unique_impact_level"),
    CheckConstraint(
        "value in ('HT', 'HI', 'MD', 'LO', 'LT', 'NO')", name="incidents_impactlevel_value_valid"
    ),
)

impact = _table(
    "incidents_impact",
    _number(),
    _link("impact_type_id", _Number, "incidents_impacttype.id"),
    _link("impact_level_id", Uuid, "incidents_impactlevel.id"),
    Column("details", Text),
    *_times(),
)

incident_impact = _table(
    "incidents_incidentimpact",
    _number(),
    _link("incident_id", _Number, "incidents_incident.id"),
    _link("impact_id", _Number, "incidents_impact.id"),
)

ticket_impact = _table(
    "raid_jiraticketimpact",
    _number(),
    _link("jira_ticket_id", BigInteger, "raid_jiraticket.jiraissue_ptr_id"),
    _link("impact_id", _Number, "incidents_impact.id"),
)

feature_team = _table(
    "raid_featureteam",
    Column("id", Integer, Identity(), primary_key=True),
    _text("name", 80),
    _text("jira_project_key", 10, unique=True),
    UniqueConstraint("name", "jira_project_key"),
)
