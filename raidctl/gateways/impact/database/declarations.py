"""What incidents were declared with, out of FireFighter's tables."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select

from raidctl.core.backfill.declaration import CustomFields, Declaration
from raidctl.gateways.impact.database.query import Queries
from raidctl.gateways.impact.database.tables import (
    conversation,
    environment,
    feature_team,
    group,
    impact,
    impact_level,
    impact_type,
    incident,
    incident_category,
    incident_channel,
    incident_impact,
    priority,
    user,
)
from raidctl.gateways.malformed import MALFORMED, object_of, text_of

BUSINESS_IMPACT = "Business Impact"  # FireFighter knows the kind of impact by this name
_LEVELS = {
    "HT": "Highest",
    "HI": "High",
    "MD": "Medium",
    "LO": "Low",
    "LT": "Lowest",
    "NO": "N/A",
}
_BUSINESS_IMPACT = (
    select(impact_level.c.value)
    .join(impact, impact.c.impact_level_id == impact_level.c.id)
    .join(impact_type, impact_type.c.id == impact.c.impact_type_id)
    .join(incident_impact, incident_impact.c.impact_id == impact.c.id)
    .where(incident_impact.c.incident_id == incident.c.id, impact_type.c.name == BUSINESS_IMPACT)
    .order_by(impact.c.id.desc())
    .limit(1)
    .correlate(incident)
    .scalar_subquery()
)
_DECLARED = (
    select(
        incident.c.id,
        incident.c.custom_fields,
        user.c.email.label("creator"),
        environment.c.value.label("environment"),
        incident_category.c.name.label("category"),
        group.c.name.label("group"),
        priority.c.name.label("priority"),
        priority.c.emoji,
        conversation.c.name.label("channel"),
        _BUSINESS_IMPACT.label("business_impact"),
    )
    .join(user, user.c.id == incident.c.created_by_id)
    .join(environment, environment.c.id == incident.c.environment_id)
    .join(incident_category, incident_category.c.id == incident.c.incident_category_id)
    .join(group, group.c.id == incident_category.c.group_id)
    .join(priority, priority.c.id == incident.c.priority_id)
    .outerjoin(incident_channel, incident_channel.c.incident_id == incident.c.id)
    .outerjoin(conversation, conversation.c.id == incident_channel.c.conversation_ptr_id)
)
_TEAMS = select(feature_team.c.name, feature_team.c.jira_project_key.label("project"))


def declarations(queries: Queries, incidents: Collection[int]) -> Mapping[int, Declaration]:
    """Those of these incidents, by id; one that cannot be read is left out."""
    if not incidents:
        return {}
    projects = _projects(queries)
    found: dict[int, Declaration] = {}
    for row, _ in queries.of_keys(_DECLARED, incident.c.id, sorted(incidents)):
        try:
            found[row.id] = _declaration(row, projects)
        except MALFORMED:
            continue
    return found


def _projects(queries: Queries) -> Mapping[str, str]:
    """The JIRA project of each team whose name is its own: FireFighter finds it by name."""
    rows = [one.row for one in queries.streamed(_TEAMS, feature_team.c.id) if one.row]
    names = Counter(row.name for row in rows)
    return {row.name: row.project for row in rows if names[row.name] == 1}


def _declaration(row: Any, projects: Mapping[str, str]) -> Declaration:
    """Raises one of `MALFORMED`."""
    kept = object_of(row.custom_fields)
    team = _text(kept.get("suggested_team_routing"))
    return Declaration(
        incident=row.id,
        creator=text_of(row.creator),
        environment=text_of(row.environment),
        category=text_of(row.category),
        group=text_of(row.group),
        priority=text_of(row.priority),
        emoji=text_of(row.emoji),
        channel=text_of(row.channel or ""),
        custom=CustomFields(
            team=team,
            project=projects.get(team, ""),
            seller=_text(kept.get("seller_contract_id")),
            zendesk=_text(kept.get("zendesk_ticket_id")),
            zoho=_text(kept.get("zoho_desk_ticket_id")),
            key_account=kept.get("is_key_account") is True,
            golden_list=kept.get("is_seller_in_golden_list") is True,
            environments=_texts(kept.get("environments")),
            platforms=_texts(kept.get("platforms")),
            business_impact=_LEVELS.get(row.business_impact, ""),
        ),
    )


def _text(value: object) -> str:
    """A text or a number out of JSON that anybody with the admin page may have written."""
    return str(value) if isinstance(value, str | int) and value else ""


def _texts(value: object) -> tuple[str, ...]:
    return tuple(filter(None, map(_text, value))) if isinstance(value, list) else ()
