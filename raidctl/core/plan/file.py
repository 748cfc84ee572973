"""A plan as a file: its hash, which approves it, and the seal that tells when it was edited."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from raidctl.core.model import Field, Readable, SyncDirection, Value
from raidctl.core.plan.item import Item, Subject, Verdict
from raidctl.core.reasons import Reason

SCHEMA = "raidctl.plan/1"


def plan_hash(items: Iterable[Item], tables: Sequence[str], sites: Sequence[str]) -> str:
    """The plan's name: of its changes, tables and sites, no times.

    The same changes in another order have the same hash.
    """
    changes = sorted(
        [item.subject.incident, str(item.subject.issue_id), str(item.field), item.verdict.value]
        + [json.dumps(v) for v in (_plain(item.impact), _plain(item.jira), item.to)]
        for item in items
        if item.writes
    )
    plain = json.dumps([changes, sorted(tables), list(sites)], ensure_ascii=True)
    return f"sha256:{hashlib.sha256(plain.encode()).hexdigest()}"


class NoPlanError(ValueError):
    """A text is no plan that can be applied; its message says why."""


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """The changes of a plan with all they rest on; `links` counts those that were in scope.

    `version` is raidctl's, `tables` are fingerprints, `sites` the two base URLs.
    """

    version: str
    made_at: datetime
    direction: SyncDirection | None
    sites: tuple[str, ...]
    tables: tuple[str, ...]
    links: int
    items: tuple[Item, ...]

    @property
    def hash(self) -> str:
        """What approves it."""
        return plan_hash(self.items, self.tables, self.sites)


def to_text(plan: SavedPlan) -> str:
    """The plan as JSON, sealed."""
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "raidctl": plan.version,
        "made_at": plan.made_at.isoformat(timespec="seconds"),
        "direction": plan.direction,
        "plan": plan.hash,
        "sites": list(plan.sites),
        "tables": list(plan.tables),
        "links": plan.links,
        "changes": [_change(item) for item in plan.items if item.writes],
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
        plan = _plan(document)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise NoPlanError("it is damaged: plan again") from None
    if plan.hash != document["plan"]:
        raise NoPlanError("its changes are not those of its hash: plan again")
    return plan


def _seal(document: Mapping[str, Any]) -> str:
    plain = json.dumps(document, ensure_ascii=True, sort_keys=True)
    return f"sha256:{hashlib.sha256(plain.encode()).hexdigest()}"


def _change(item: Item) -> dict[str, Any]:
    subject = item.subject
    return {
        "incident": subject.incident,
        "incident_url": subject.incident_url,
        "title": subject.title,
        "private": subject.private,
        "issue": subject.issue,
        "issue_id": None if subject.issue_id is None else str(subject.issue_id),
        "issue_url": subject.issue_url,
        "linked_as": subject.linked_as,
        "field": item.field,
        "impact": _plain(item.impact),
        "jira": _plain(item.jira),
        "verdict": item.verdict,
        "direction": item.direction,
        "reason": item.reason,
        "to": item.to,
        "detail": item.detail,
        "overrides": item.overrides,
        "closes": item.closes,
    }


def _plan(document: Mapping[str, Any]) -> SavedPlan:
    direction = document["direction"]
    return SavedPlan(
        version=str(document["raidctl"]),
        made_at=datetime.fromisoformat(document["made_at"]),
        direction=None if direction is None else SyncDirection(direction),
        sites=tuple(map(str, document["sites"])),
        tables=tuple(map(str, document["tables"])),
        links=int(document["links"]),
        items=tuple(map(_item, document["changes"])),
    )


def _item(row: Mapping[str, Any]) -> Item:
    subject = Subject(
        incident=int(row["incident"]),
        incident_url=str(row["incident_url"]),
        title=str(row["title"]),
        private=row["private"],
        issue=str(row["issue"]),
        issue_id=int(row["issue_id"]),
        issue_url=row["issue_url"],
        linked_as=row["linked_as"],
    )
    return Item(
        subject=subject,
        field=Field(row["field"]),
        impact=_value(row["impact"]),
        jira=_value(row["jira"]),
        verdict=Verdict(row["verdict"]),
        direction=SyncDirection(row["direction"]),
        reason=Reason(row["reason"]),
        to=_value(row["to"]),
        detail=row["detail"],
        overrides=bool(row["overrides"]),
        closes=bool(row["closes"]),
    )


def _value(value: object) -> Value:
    if value is None or isinstance(value, str | int):
        return value
    raise TypeError(f"{value!r} is no value of a field")


def _plain(value: Readable) -> Value:
    return value if isinstance(value, str | int) else None
