"""What waits for a person, for people and for programs."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from importlib import resources
from typing import cast

from raidctl.core.model import Readable, Side
from raidctl.core.waiting import Waiting
from raidctl.present.format import Format
from raidctl.present.held.rows import NOTHING, HeldList, edit_of, why
from raidctl.present.report.csv import cell
from raidctl.present.report.json import in_utc, plain_value, unsafe_escaped
from raidctl.present.report.markdown import escaped
from raidctl.present.text.difference import excerpt
from raidctl.present.text.words import age, settling_command, shown_sides

SCHEMA = "raidctl.held/1"
COLUMNS = (
    "incident",
    "issue",
    "issue_id",
    "field",
    "impact",
    "jira",
    "reason",
    "direction",
    "to",
    "since",
    "impact_changed_at",
    "impact_changed_by",
    "jira_changed_at",
    "jira_changed_by",
    "skipped",
    "detail",
    "command",
)

_HEADS = ("Incident", "Issue", "Field", "Impact", "JIRA", "Waits for", "Since", "Settled by")
_VALUE_WIDTH = 60


def render_held(
    held: HeldList,
    form: Format,
    *,
    width: int = 80,
    colour: bool = False,
    hyperlinks: bool = False,
    zone: tzinfo | None = None,
) -> str:
    """The list in a format; width (in columns), colour and zone (None: ours) are the table's."""
    match form:
        case Format.TABLE:
            from raidctl.present.held.page import render_page

            return render_page(held, width=width, colour=colour, hyperlinks=hyperlinks, zone=zone)
        case Format.JSON:
            return _json(held)
        case Format.JSONL:
            lines = (json.dumps(_record(one), ensure_ascii=False) for one in held.waiting)
            return "".join(f"{unsafe_escaped(line)}\n" for line in lines)
        case Format.CSV:
            return _csv(held)
        case Format.MARKDOWN:
            return "".join(f"{line}\n" for line in _markdown(held))


def schema_text() -> str:
    """The JSON Schema of the list as JSON, as it is shipped."""
    return resources.files("raidctl.present").joinpath("held.schema.json").read_text("utf-8")


def _json(held: HeldList) -> str:
    document = {
        "schema": SCHEMA,
        "at": in_utc(held.now),
        "held": [_record(one) for one in held.waiting],
        "unread": [
            {"system": u.system.value, "what": u.what, "why": u.why, "category": u.category}
            for u in held.unread
        ],
    }
    return unsafe_escaped(json.dumps(document, ensure_ascii=False, indent=2)) + "\n"


def _record(one: Waiting) -> dict[str, object]:
    item, subject = one.item, one.item.subject
    impact, jira = edit_of(one, Side.IMPACT), edit_of(one, Side.JIRA)
    values = (
        subject.incident,
        subject.issue,
        None if subject.issue_id is None else str(subject.issue_id),
        item.field and item.field.value,
        plain_value(item.pair.impact),
        plain_value(item.pair.jira),
        item.reason.value,
        item.direction and item.direction.value,
        item.to,
        one.since and in_utc(one.since),
        impact and in_utc(impact.at),
        impact and impact.author,
        jira and in_utc(jira.at),
        jira and jira.author,
        one.skipped,
        item.detail,
        settling_command(item),
    )
    return dict(zip(COLUMNS, values, strict=True))


def _csv(held: HeldList) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in held.waiting:
        writer.writerow(_cells(_record(one) | {"skipped": "yes" if one.skipped else "no"}))
    return out.getvalue()


def _cells(record: Mapping[str, object]) -> list[str]:
    return [cell(cast("Readable", value)) for value in record.values()]


def _markdown(held: HeldList) -> Iterator[str]:
    if not held.waiting:
        yield NOTHING
        return
    rows = [_row(one, held.now) for one in held.waiting]
    for row in (_HEADS, ["---"] * len(_HEADS), *(map(escaped, row) for row in rows)):
        yield f"| {' | '.join(row)} |"


def _row(one: Waiting, now: datetime) -> list[str]:
    item = one.item
    since = "" if one.since is None else age((now - one.since).total_seconds())
    return [
        str(item.subject.incident),
        item.subject.issue or "",
        "link" if item.field is None else item.field.value,
        *excerpt(*shown_sides(item), _VALUE_WIDTH),
        why(one),
        since,
        settling_command(item),
    ]
