"""Events as JIRA and Impact send them."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

HUMAN = {"accountId": "712020:human", "displayName": "A Human"}


def webhook(number: int, *fields: str, **more: Any) -> dict[str, Any]:
    """JIRA's `jira:issue_updated` of INC-`number`: somebody changed these fields, by their ids."""
    items = [{"field": one, "fieldId": one, "fromString": "a", "toString": "b"} for one in fields]
    return {
        "webhookEvent": "jira:issue_updated",
        "issue": {"id": str(10_000 + number), "key": f"INC-{number}", "fields": {}},
        "user": HUMAN,
        "changelog": {"id": "1", "items": items},
        **more,
    }


def updated(incident: int, *fields: str, **more: Any) -> dict[str, Any]:
    """Impact's update of an incident."""
    return {"incident": incident, "update_fields": [*fields], **more}


def created(incident: int) -> dict[str, Any]:
    """Impact's declaration of an incident."""
    return {"incident": incident, "created": True}


def written(path: Path, *payloads: object) -> str:
    """A file of JSON lines."""
    path.write_text("".join(f"{json.dumps(one)}\n" for one in payloads), encoding="utf-8")
    return str(path)


def states(events: Iterable[Any]) -> list[str]:
    """The state of each event of a report."""
    return [one["state"] for one in events]
