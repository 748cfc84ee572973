"""The report for programs: one JSON document, or one JSON object a line."""

import json
import re
from datetime import UTC, datetime
from importlib import resources

from raidctl.core.model import Readable, Side, Unreadable, Value
from raidctl.core.plan.item import Item, Verdict
from raidctl.core.report import Report, Summary, Unread
from raidctl.present.text.safe import unseen

SCHEMA = "raidctl.report/1"

_NON_ASCII = re.compile(r"[^\x00-\x7e]")


def render_json(report: Report) -> str:
    """The whole report by `report.schema.json`; values exact, whatever is unsafe escaped."""
    document = {
        "schema": SCHEMA,
        "command": report.command,
        "run": report.run,
        "direction": "auto" if report.direction is None else report.direction.value,
        "started_at": in_utc(report.started_at),
        "finished_at": in_utc(report.finished_at),
        "plan": report.plan,
        "summary": _summary(report.summary),
        "items": [_item(item) for item in report.items],
        "unread": [_unread(unread) for unread in report.unread],
        "notes": list(report.notes),
    }
    return unsafe_escaped(json.dumps(document, ensure_ascii=False, indent=2)) + "\n"


def render_jsonl(report: Report) -> str:
    """The items alone, each as in `render_json`, one a line; nothing where there is none."""
    return "".join(
        unsafe_escaped(json.dumps(_item(item), ensure_ascii=False)) + "\n" for item in report.items
    )


def schema_text() -> str:
    """The JSON Schema of `render_json`, as it is shipped."""
    schema = resources.files("raidctl.present").joinpath("report.schema.json")
    return schema.read_text(encoding="utf-8")


def _summary(summary: Summary) -> dict[str, object]:
    return {
        "links": summary.links,
        "in_sync": summary.in_sync,
        "drifted": summary.drifted,
        "unlinked": summary.unlinked,
        "not_visible": summary.not_visible,
        "unread": summary.unread,
        "verdicts": {**dict.fromkeys(map(str, Verdict), 0), **summary.verdicts},
        "requests": {side.value: summary.requests.get(side, 0) for side in Side},
    }


def _item(item: Item) -> dict[str, object]:
    subject, result = item.subject, item.result
    told = None if result is None else result.detail
    details = [text for text in (told, item.detail) if text is not None]
    return {
        "incident": subject.incident,
        "issue": subject.issue,
        "issue_id": None if subject.issue_id is None else str(subject.issue_id),
        "field": None if item.field is None else item.field.value,
        "impact": plain_value(item.pair.impact),
        "jira": plain_value(item.pair.jira),
        "verdict": str(item.verdict),
        "direction": None if item.direction is None else item.direction.value,
        "reason": item.reason.value,
        "to": item.to,
        "outcome": None if result is None else result.outcome.value,
        "detail": "; ".join(details) if details else None,
    }


def _unread(unread: Unread) -> dict[str, str]:
    return {
        "system": unread.system.value,
        "what": unread.what,
        "why": unread.why,
        "category": unread.category,
    }


def plain_value(value: Readable) -> Value:
    """A value as JSON has it; null for one that may not be seen."""
    return None if isinstance(value, Unreadable) else value


def in_utc(instant: datetime) -> str:
    """An instant as the contracts write it: to the second, with a Z."""
    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def unsafe_escaped(document: str) -> str:
    """Escapes for what must not be shown: all of it is inside strings, where JSON allows it."""
    return _NON_ASCII.sub(_shown, document)


def _shown(match: re.Match[str]) -> str:
    character = match[0]
    return json.dumps(character)[1:-1] if unseen(character) else character
