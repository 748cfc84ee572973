"""FireFighter's tables, as far as raidctl reads or will write them.

Source: the database of firefighter-incident 0.0.79 on PostgreSQL. There are no schema names
here: the connection's search path says where the tables are.
"""

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

metadata = MetaData()

# SQLite numbers rows by itself for a plain INTEGER key alone.
_Number = BigInteger().with_variant(Integer, "sqlite")
_Json = JSON().with_variant(JSONB, "postgresql")
_Time = DateTime(timezone=True)
_STATUS = "status in (10, 20, 30, 40, 50, 60)"


def _number() -> Column[Any]:
    return Column("id", _Number, Identity(), primary_key=True)


def _times() -> tuple[Column[Any], Column[Any]]:
    return (
        Column("created_at", _Time, nullable=False),
        Column("updated_at", _Time, nullable=False),
    )


def _link(name: str, kind: Any, target: str, *, optional: bool = False) -> Column[Any]:
    key = ForeignKey(target, deferrable=True, initially="DEFERRED")
    return Column(name, kind, key, nullable=optional)


def _text(
    name: str, length: int, *, optional: bool = False, unique: bool | None = None
) -> Column[Any]:
    return Column(name, String(length), nullable=optional, unique=unique)


def _flag(name: str) -> Column[Any]:
    return Column(name, Boolean, nullable=False)


user = Table(
    "incidents_user",
    metadata,
    Column("id", Uuid, primary_key=True),
    _text("name", 128),
    _text("email", 128, unique=True),
    _text("username", 150, unique=True),
    _text("first_name", 150),
    _text("last_name", 150),
    _text("password", 128),
    _flag("is_active"),
    _flag("is_staff"),
    _flag("is_superuser"),
    _flag("bot"),
    _text("avatar", 1024, optional=True),
    Column("date_joined", _Time, nullable=False),
    Column("last_login", _Time),
    *_times(),
)

priority = Table(
    "incidents_priority",
    metadata,
    Column("id", Uuid, primary_key=True),
    _text("name", 128, unique=True),
    Column("value", Integer, nullable=False, unique=True),
    _text("emoji", 5),
    _text("description", 128),
    Column("order", Integer, nullable=False, unique=True),
    _flag("default"),
    _flag("needs_postmortem"),
    _flag("enabled_create"),
    _flag("enabled_update"),
    Column("reminder_time", Interval, nullable=False),
    Column("postmortem_reminder_time", Interval, nullable=False),
    Column("postmortem_reminder_repeat_time", Interval, nullable=False),
    Column("sla", Interval, nullable=False),
    _text("recommended_response_type", 128, optional=True),
    *_times(),
)

severity = Table(
    "incidents_severity",
    metadata,
    Column("id", Uuid, primary_key=True),
    _text("name", 128, unique=True),
    Column("value", Integer, nullable=False, unique=True),
    _text("emoji", 5),
    _text("description", 128),
    Column("order", Integer, nullable=False, unique=True),
    _flag("default"),
    _flag("needs_postmortem"),
    _flag("enabled_create"),
    _flag("enabled_update"),
    Column("reminder_time", Interval, nullable=False),
    *_times(),
)

environment = Table(
    "incidents_environment",
    metadata,
    Column("id", Uuid, primary_key=True),
    _text("value", 16, unique=True),
    _text("name", 128, unique=True),
    _text("description", 128, unique=True),
    Column("order", Integer, nullable=False),
    _flag("default"),
    *_times(),
)

group = Table(
    "incidents_group",
    metadata,
    Column("id", Uuid, primary_key=True),
    _text("name", 128, unique=True),
    Column("description", Text, nullable=False),
    Column("order", Integer, nullable=False, unique=True),
    *_times(),
)

incident_category = Table(
    "incidents_incidentcategory",
    metadata,
    Column("id", Uuid, primary_key=True),
    _link("group_id", Uuid, "incidents_group.id"),
    _text("name", 128),
    Column("description", Text, nullable=False),
    Column("order", Integer, nullable=False),
    _flag("private"),
    _flag("deploy_warning"),
    _flag("enabled_create"),
    *_times(),
)

incident = Table(
    "incidents_incident",
    metadata,
    _number(),
    _text("title", 128),
    Column("description", Text, nullable=False),
    Column("status", Integer, nullable=False),
    _link("priority_id", Uuid, "incidents_priority.id"),
    _link("severity_id", Uuid, "incidents_severity.id", optional=True),
    _link("incident_category_id", Uuid, "incidents_incidentcategory.id"),
    _link("environment_id", Uuid, "incidents_environment.id"),
    _link("created_by_id", Uuid, "incidents_user.id"),
    Column("mitigated_at", _Time),
    Column("closed_at", _Time),
    _text("closure_reason", 50, optional=True),
    _text("closure_reference", 100),
    Column("custom_fields", _Json, nullable=False),
    _flag("ignore"),
    _flag("private"),
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

incident_update = Table(
    "incidents_incidentupdate",
    metadata,
    Column("id", Uuid, primary_key=True),
    _link("incident_id", _Number, "incidents_incident.id"),
    Column("message", Text),
    Column("status", Integer),
    _link("priority_id", Uuid, "incidents_priority.id", optional=True),
    _link("severity_id", Uuid, "incidents_severity.id", optional=True),
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

incident_role_type = Table(
    "incidents_incidentroletype",
    metadata,
    _number(),
    _text("name", 255),
    _text("slug", 255, unique=True),
    _text("emoji", 5),
    Column("summary", Text, nullable=False),
    Column("summary_first_person", Text),
    Column("description", Text, nullable=False),
    Column("aka", Text, nullable=False),
    _flag("required"),
    Column("order", SmallInteger, nullable=False),
)

incident_role = Table(
    "incidents_incidentrole",
    metadata,
    _number(),
    _link("incident_id", _Number, "incidents_incident.id"),
    _link("user_id", Uuid, "incidents_user.id"),
    _link("role_type_id", _Number, "incidents_incidentroletype.id"),
    *_times(),
    UniqueConstraint("incident_id", "user_id", "role_type_id", name="unique_incident_role"),
)

incident_membership = Table(
    "incidents_incidentmembership",
    metadata,
    _number(),
    _link("incident_id", _Number, "incidents_incident.id"),
    _link("user_id", Uuid, "incidents_user.id"),
    UniqueConstraint("incident_id", "user_id"),
)

milestone_type = Table(
    "incidents_milestonetype",
    metadata,
    _number(),
    _text("name", 50),
    _text("event_type", 50, unique=True),
    _text("summary", 250),
    Column("description", Text),
    _flag("user_editable"),
    _flag("required"),
    _flag("asked_for"),
)

metric_type = Table(
    "incidents_metrictype",
    metadata,
    _number(),
    _text("name", 50),
    _text("code", 10, unique=True),
    Column("description", Text, nullable=False),
    _text("type", 50, unique=True),
    _link("milestone_lhs_id", _Number, "incidents_milestonetype.id"),
    _link("milestone_rhs_id", _Number, "incidents_milestonetype.id"),
)

incident_metric = Table(
    "incidents_incidentmetric",
    metadata,
    _number(),
    _link("incident_id", _Number, "incidents_incident.id"),
    _link("metric_type_id", _Number, "incidents_metrictype.id"),
    Column("duration", Interval, nullable=False),
    UniqueConstraint("incident_id", "metric_type_id"),
    CheckConstraint(  # SQLite has no intervals to compare
        "duration >= interval '0'", name="incidents_incidentmetric__duration_positive"
    ).ddl_if(dialect="postgresql"),
)

jira_user = Table(
    "jira_app_jirauser",
    metadata,
    Column("id", String(128), primary_key=True),
    Column(
        "user_id",
        Uuid,
        ForeignKey("incidents_user.id", deferrable=True, initially="DEFERRED"),
        nullable=False,
        unique=True,
    ),
)

jira_issue = Table(
    "jira_app_jiraissue",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    _text("key", 128),
    _text("summary", 128),
    Column("description", Text, nullable=False),
    _text("project_key", 128),
    _text("issue_type", 128),
    _link("assignee_id", String(128), "jira_app_jirauser.id", optional=True),
    _link("reporter_id", String(128), "jira_app_jirauser.id"),
)

raid_ticket = Table(
    "raid_jiraticket",
    metadata,
    Column(
        "jiraissue_ptr_id",
        BigInteger,
        ForeignKey("jira_app_jiraissue.id", deferrable=True, initially="DEFERRED"),
        primary_key=True,
        autoincrement=False,
    ),
    Column(
        "incident_id",
        _Number,
        ForeignKey("incidents_incident.id", deferrable=True, initially="DEFERRED"),
        unique=True,
    ),
    _text("business_impact", 128, optional=True),
)

conversation = Table(
    "slack_conversation",
    metadata,
    Column("id", Uuid, primary_key=True),
    _text("name", 80),
    _text("channel_id", 128),
    Column("status", Integer, nullable=False),
    Column("type", Integer, nullable=False),
    _flag("is_shared"),
    _text("tag", 80),
    *_times(),
)

incident_channel = Table(
    "slack_incidentchannel",
    metadata,
    Column(
        "conversation_ptr_id",
        Uuid,
        ForeignKey("slack_conversation.id", deferrable=True, initially="DEFERRED"),
        primary_key=True,
    ),
    Column(
        "incident_id",
        _Number,
        ForeignKey("incidents_incident.id", deferrable=True, initially="DEFERRED"),
        nullable=False,
        unique=True,
    ),
)
