"""FireFighter's reference rows, as its fixtures give them: priorities, environments, role types."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Table

from raidctl.gateways.impact.database import tables

Row = dict[str, Any]
BUSINESS = "business_impact"
MADE = datetime(2023, 3, 28, 13, 50, 3, 889000, tzinfo=UTC)
TIMES = {"created_at": MADE, "updated_at": MADE}
_HOUR = timedelta(hours=1)
_TWO_DAYS = timedelta(days=2)

_PRIORITIES = (
    ("3d8a4e0f-cc79-4063-9431-8aa785a56ca0", "P1", 1, "🌪️", "Critical issue."),
    ("8ab02fa9-f950-49cb-982e-b8d653e38ffc", "P2", 2, "⛈️", "Major issue impacting customers."),
    ("e12c3836-ea9b-44bf-a3cf-5a715d62395b", "P3", 3, "🌩️", "Minor issue affecting customers."),
    ("b814c9d2-48a8-4ac4-9c71-ff844e1b77f1", "P4", 4, "🌦️", "Minor issue not affecting them."),
    ("e57c2084-d7e0-4dea-9f6b-a4e8bc5a55d4", "P5", 5, "🐞", "Cosmetic issue."),
    ("701d498c-067f-43cd-b1ca-0977d983f27e", "GAMEDAY", 20, "🤡", "Gamedays experiments"),
)
_ENVIRONMENTS = (
    ("e5c46eb0-5620-4a30-81c6-4a647c189ff2", "PRD", "Prod", 0, "Production environment"),
    ("41e06f3b-4b42-4617-af9a-fa91e9af13c9", "STG", "Stg", 1, "Staging environment"),
    ("1b960430-995b-47e1-beab-23dbe3dbccbf", "INT", "Int", 3, "Integration environment"),
)
_GROUPS = (
    ("353115cd-2400-4a0f-9898-69752dd4b844", "Catalog"),
    ("ccebacfe-7992-42e9-b6d6-6afcff7f40fc", "Payment Operations"),
    ("a9f75904-41e4-44e5-93c7-4be64507cb68", "Operations"),
    ("13a1b0b2-9ff9-4c2b-b665-f497102459d7", "Other"),
)
_CATEGORIES = (
    ("808e7a69-ad6c-4a20-86b4-2754a9c4ff1a", "353115cd-2400-4a0f-9898-69752dd4b844", "Catalog"),
    ("02a18a9c-67ba-45e8-9b50-8662f1c6eae1", "ccebacfe-7992-42e9-b6d6-6afcff7f40fc", "Payment"),
    ("eef1c9d0-a460-4821-8dc7-6361ba1e016c", "a9f75904-41e4-44e5-93c7-4be64507cb68", "Orders"),
    ("390a993a-d273-4db8-b7d6-190ab294961a", "13a1b0b2-9ff9-4c2b-b665-f497102459d7", "Other"),
)
_IMPACTS = (
    (BUSINESS, "Business Impact", "💰"),
    ("sellers_impact", "Sellers Impact", "📦"),
    ("customers_impact", "Customers Impact", "👥"),
    ("employees_impact", "Employees Impact", "🧑"),
)
_LEVELS = ("HT", "HI", "MD", "LO", "LT", "NO")
_ROLES = (("commander", "Commander", True), ("communication_lead", "Communication Lead", False))
_MILESTONES = ("started", "detected", "declared", "recovered", "resolved", "mitigated")
_METRICS = (  # the time from the second milestone to the first
    ("TTD", "time_to_detect", "Time To Detect", "detected", "started"),
    ("TTA", "time_to_internal_response", "Time To Acknowledge", "declared", "started"),
    ("TTRep", "time_to_repair", "Time To Repair", "mitigated", "declared"),
    ("TTF", "time_to_fix", "Time To Fix", "recovered", "declared"),
    ("TTRec", "time_to_recovery", "Time To Recovery", "recovered", "started"),
    ("TTResp", "time_to_respond", "Time To Respond", "recovered", "detected"),
    ("TTReso", "time_to_resolve", "Time To Resolve", "resolved", "started"),
)


def reference_rows() -> Iterator[tuple[Table, list[Row]]]:
    """The rows of each reference table, in an order that its foreign keys allow."""
    yield tables.priority, [_priority(*row) for row in _PRIORITIES]
    yield tables.environment, [_environment(*row) for row in _ENVIRONMENTS]
    yield tables.group, [_group(n, *row) for n, row in enumerate(_GROUPS, start=1)]
    yield tables.incident_category, [_category(n, *row) for n, row in enumerate(_CATEGORIES)]
    yield tables.incident_role_type, [_role(n, *row) for n, row in enumerate(_ROLES, start=1)]
    yield tables.milestone_type, [_milestone(n, e) for n, e in enumerate(_MILESTONES, start=1)]
    yield tables.metric_type, [_metric(n, *row) for n, row in enumerate(_METRICS, start=1)]
    yield tables.impact_type, [_impact(n, *row) for n, row in enumerate(_IMPACTS, start=1)]
    kinds = range(1, len(_IMPACTS) + 1)
    yield tables.impact_level, [_level(kind, level) for kind in kinds for level in _LEVELS]


def _priority(number: str, name: str, value: int, emoji: str, description: str) -> Row:
    return {
        "id": UUID(number),
        "name": name,
        "value": value,
        "order": value if value > 5 else value - 1,
        "emoji": emoji,
        "description": description,
        "default": name == "P4",
        "needs_postmortem": value < 3,
        "enabled_create": True,
        "enabled_update": True,
        "reminder_time": _HOUR,
        "postmortem_reminder_time": _TWO_DAYS,
        "postmortem_reminder_repeat_time": _TWO_DAYS,
        "sla": _HOUR,
        **TIMES,
    }


def _environment(number: str, value: str, name: str, order: int, description: str) -> Row:
    return {
        "id": UUID(number),
        "value": value,
        "name": name,
        "description": description,
        "order": order,
        "default": value == "PRD",
        **TIMES,
    }


def _group(order: int, number: str, name: str) -> Row:
    return {"id": UUID(number), "name": name, "description": "", "order": order, **TIMES}


def _category(order: int, number: str, group: str, name: str) -> Row:
    flags = {"private": False, "deploy_warning": True, "enabled_create": True}
    return {"group_id": UUID(group), **_group(order, number, name), **flags}


def _role(number: int, slug: str, name: str, required: bool) -> Row:
    texts = {"name": name, "slug": slug, "emoji": "🧑", "summary": "", "description": "", "aka": ""}
    return {"id": number, **texts, "required": required, "order": number}


def _milestone(number: int, event: str) -> Row:
    name = event.capitalize()
    flags = dict.fromkeys(("user_editable", "required", "asked_for"), number <= 4)
    return {"id": number, "name": name, "event_type": event, "summary": f"*{name}*", **flags}


def _metric(number: int, code: str, kind: str, name: str, end: str, start: str) -> Row:
    return {
        "id": number,
        "code": code,
        "type": kind,
        "name": name,
        "description": "",
        "milestone_lhs_id": _MILESTONES.index(end) + 1,
        "milestone_rhs_id": _MILESTONES.index(start) + 1,
    }


def _impact(number: int, value: str, name: str, emoji: str) -> Row:
    return {
        "id": number,
        "value": value,
        "name": name,
        "emoji": emoji,
        "help_text": "",
        "order": 10,
    }


def _level(kind: int, value: str) -> Row:
    number = UUID(int=kind << 32 | _LEVELS.index(value))
    return {
        "id": number,
        "impact_type_id": kind,
        "value": value,
        "name": value,
        "emoji": "▶",
        "order": 10,
    }
