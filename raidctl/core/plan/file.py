"""A plan as a file: its hash, which approves it, and the seal that tells when it was edited."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from raidctl.core.model import Field, Pair, SyncDirection, Value, plain
from raidctl.core.plan.item import Change, Subject, Target, target_of
from raidctl.core.plan.plan import Plan
from raidctl.core.reasons import Reason

SCHEMA = "raidctl.plan/1"


class NoPlanError(ValueError):
    """A text is no plan that can be applied; its message says why."""


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """A plan as a file has it; `version` is that of the raidctl which made it.

    `made_at` is the start of the run that did.
    """

    plan: Plan
    version: str
    made_at: datetime


def to_text(saved: SavedPlan) -> str:
    """The plan as JSON, sealed."""
    plan = saved.plan
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "raidctl": saved.version,
        "made_at": saved.made_at.isoformat(),
        "direction": plan.direction,
        "plan": plan.hash,
        "sites": list(plan.sites),
        "tables": list(plan.tables),
        "links": plan.links,
        "changes": [_row(change) for change in plan.changes],
    }
    return json.dumps({**document, "seal": _seal(document)}, ensure_ascii=True, indent=2) + "\n"


def from_text(text: str) -> SavedPlan:
    """The plan out of its text; raises `NoPlanError` for what is none, or was edited."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise NoPlanError("it is no JSON") from None
    schema = document.get("schema") if isinstance(document, dict) else None
    if not str(schema).startswith("raidctl.plan/"):
        raise NoPlanError("it is no plan of raidctl: reconcile --save-plan writes one")
    if schema != SCHEMA:
        raise NoPlanError(f"it is a {schema}, this raidctl reads {SCHEMA}: plan again")
    seal = document.pop("seal", None)
    if seal != _seal(document):
        raise NoPlanError("it was edited since it was saved: plan again")
    try:
        saved = _saved(document)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise NoPlanError("it is damaged: plan again") from None
    if saved.plan.hash != document["plan"]:
        raise NoPlanError("its changes are not those of its hash: plan again")
    return saved


def _seal(document: Mapping[str, Any]) -> str:
    plain = json.dumps(document, ensure_ascii=True, sort_keys=True)
    return f"sha256:{hashlib.sha256(plain.encode()).hexdigest()}"


def _row(change: Change) -> dict[str, Any]:
    number = change.subject.issue_id
    row = asdict(change.subject) | {
        "issue_id": None if number is None else str(number),
        "field": change.field,
        "impact": plain(change.pair.impact),
        "jira": plain(change.pair.jira),
        "verdict": change.verdict,
        "direction": change.direction,
        "reason": change.reason,
        "to": change.to,
        "detail": change.detail,
        "overrides": change.overrides,
        "closes": change.closes,
        "edited_at": None if change.edited_at is None else change.edited_at.isoformat(),
    }
    return row | {"part": change.part} if change.part else row


def _saved(document: Mapping[str, Any]) -> SavedPlan:
    direction, tables = document["direction"], tuple(map(str, document["tables"]))
    impact, jira = map(str, document["sites"])
    plan = Plan(
        items=tuple(_change(row, frozenset(tables)) for row in document["changes"]),
        tables=tables,
        sites=(impact, jira),
        links=int(document["links"]),
        direction=None if direction is None else SyncDirection(direction),
    )
    made_at = datetime.fromisoformat(document["made_at"])
    return SavedPlan(plan, str(document["raidctl"]), made_at)


def _change(row: Mapping[str, Any], tables: Collection[str]) -> Change:
    subject = Subject(
        incident=int(row["incident"]),
        incident_url=str(row["incident_url"]),
        title=str(row["title"]),
        private=row["private"],
        issue=None if row["issue"] is None else str(row["issue"]),
        issue_id=None if row["issue_id"] is None else int(row["issue_id"]),
        issue_url=row["issue_url"],
        linked_as=row["linked_as"],
    )
    field = None if row["field"] is None else Field(row["field"])
    direction = SyncDirection(row["direction"])
    change = Change(
        subject=subject,
        target=Target(row["verdict"]) if field is None else target_of(field, direction.target),
        field=field,
        direction=direction,
        pair=Pair(_value(row["impact"]), _value(row["jira"])),
        to=_value(row["to"]),
        reason=Reason(row["reason"]),
        tables=_fingerprint(tables, subject.project, field),
        detail=row["detail"],
        overrides=bool(row["overrides"]),
        closes=bool(row["closes"]),
        edited_at=None if (at := row.get("edited_at")) is None else datetime.fromisoformat(at),
        part=str(row.get("part", "")),
    )
    if change.verdict != row["verdict"]:
        raise ValueError(f"{row['verdict']} is not what its direction says")
    return change


def _fingerprint(tables: Collection[str], project: str, field: Field | None) -> str:
    """That of a field: of its project's own tables, else of the common ones."""
    for name in (project, ""):
        for one in tables:
            if one.startswith(f"{name}.{field}."):
                return one.rpartition(".")[2]
    return ""


def _value(value: object) -> Value:
    if value is None or isinstance(value, str | int):
        return value
    raise TypeError(f"{value!r} is no value of a field")
