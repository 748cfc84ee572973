"""A plan as a file: its hash, which approves it, and the seal that tells when it was edited."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeVar

from raidctl.core.model import Field, Pair, Side, SyncDirection, Value, plain
from raidctl.core.plan.item import Change, Subject, Target, target_of
from raidctl.core.plan.plan import Plan
from raidctl.core.reasons import Reason

SCHEMA = "raidctl.plan/1"

T = TypeVar("T")


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
        "prefer": plan.prefer,
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
    try:
        sealed, saved = seal == _seal(document), _saved(document)
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        raise NoPlanError("it is damaged: plan again") from None
    if not sealed:
        raise NoPlanError("it was edited since it was saved: plan again")
    if saved.plan.hash != document["plan"]:
        raise NoPlanError("its changes are not those of its hash: plan again")
    return saved


def _seal(document: Mapping[str, Any]) -> str:
    plain = json.dumps(document, ensure_ascii=True, sort_keys=True)
    return f"sha256:{hashlib.sha256(plain.encode()).hexdigest()}"


def _row(change: Change) -> dict[str, Any]:
    number = change.subject.issue_id
    subject = asdict(change.subject)
    del subject["urgency"]  # whoever applies it reads that again
    row = subject | {
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
    tables = tuple(_of(str, one) for one in _of(list, document["tables"]))
    impact, jira = (_of(str, one) for one in _of(list, document["sites"]))
    direction, prefer = document["direction"], document.get("prefer")
    plan = Plan(
        items=tuple(_change(row, frozenset(tables)) for row in _of(list, document["changes"])),
        tables=tables,
        sites=(impact, jira),
        links=_of(int, document["links"]),
        direction=None if direction is None else SyncDirection(direction),
        prefer=None if prefer is None else Side(prefer),
    )
    return SavedPlan(plan, _of(str, document["raidctl"]), _time(document["made_at"]))


def _change(row: Mapping[str, Any], tables: Collection[str]) -> Change:
    issue_id = _maybe(str, row["issue_id"])
    subject = Subject(
        incident=_id(_of(int, row["incident"])),
        incident_url=_of(str, row["incident_url"]),
        title=_of(str, row["title"]),
        private=_maybe(bool, row["private"]),
        issue=_maybe(str, row["issue"]),
        issue_id=None if issue_id is None else _id(int(issue_id)),
        issue_url=_maybe(str, row["issue_url"]),
        linked_as=_maybe(str, row["linked_as"]),
        own_link=_of(bool, row.get("own_link", False)),
    )
    field, verdict = _maybe(str, row["field"]), _of(str, row["verdict"])
    name = None if field is None else Field(field)
    direction = SyncDirection(row["direction"])
    edited_at = row.get("edited_at")
    change = Change(
        subject=subject,
        target=Target(verdict) if name is None else target_of(name, direction.target),
        field=name,
        direction=direction,
        pair=Pair(_value(row["impact"]), _value(row["jira"])),
        to=_value(row["to"]),
        reason=Reason(row["reason"]),
        tables=_fingerprint(tables, subject.project, name),
        detail=_maybe(str, row["detail"]),
        overrides=_of(bool, row["overrides"]),
        closes=_of(bool, row["closes"]),
        edited_at=None if edited_at is None else _time(edited_at),
        part=_of(str, row.get("part", "")),
    )
    if change.verdict != verdict:
        raise ValueError(f"{verdict} is not what its direction says")
    return change


def _fingerprint(tables: Collection[str], project: str, field: Field | None) -> str:
    """That of a field: of its project's own tables, else of the common ones."""
    for name in (project, ""):
        for one in tables:
            if one.startswith(f"{name}.{field}."):
                return one.rpartition(".")[2]
    return ""


def _value(value: object) -> Value:
    return value if type(value) is int else _maybe(str, value)


def _of(kind: type[T], value: object) -> T:
    """A value of this very type: JSON's true is no number. Raises TypeError."""
    if type(value) is not kind:
        raise TypeError(f"not of type {kind.__name__}")
    return value


def _maybe(kind: type[T], value: object) -> T | None:
    return None if value is None else _of(kind, value)


def _id(number: int) -> int:
    """Raises ValueError for what is no id that a journal can hold."""
    if not 0 < number < 2**63:
        raise ValueError("no id is like that")
    return number


def _time(value: object) -> datetime:
    """Raises ValueError for a time of no zone, or one that cannot be told in every zone."""
    time = datetime.fromisoformat(_of(str, value))
    if time.tzinfo is None or not 1 < time.year < 9999:
        raise ValueError("a time of no zone")
    return time
