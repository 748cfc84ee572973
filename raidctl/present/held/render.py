"""What is held, for people and for programs."""

from dataclasses import asdict
from datetime import UTC

from raidctl.core.model import Side, plain
from raidctl.core.waiting import Waiting
from raidctl.present.format import Format
from raidctl.present.held.rows import NOTHING, HeldList, why
from raidctl.present.text.advice import settling_command
from raidctl.present.text.difference import excerpt
from raidctl.present.text.markdown import escaped, table
from raidctl.present.text.records import Columns, record, to_csv, to_json, to_json_lines
from raidctl.present.text.subject import subject_columns
from raidctl.present.text.words import field_name, local, shown_sides

COLUMNS: Columns[Waiting] = {
    "incident": lambda one: one.item.subject.incident,
    "issue": lambda one: one.item.subject.issue,
    "issue_id": lambda one: None if (id_ := one.item.subject.issue_id) is None else str(id_),
    "field": lambda one: one.item.field,
    "impact": lambda one: plain(one.item.pair.impact),
    "jira": lambda one: plain(one.item.pair.jira),
    "reason": lambda one: one.item.reason,
    "direction": lambda one: one.item.direction,
    "to": lambda one: one.item.to,
    "since": lambda one: one.since,
    "impact_changed_at": lambda one: (last := one.edits.get(Side.IMPACT)) and last.known_at,
    "impact_changed_by": lambda one: (last := one.edits.get(Side.IMPACT)) and last.author,
    "jira_changed_at": lambda one: (last := one.edits.get(Side.JIRA)) and last.known_at,
    "jira_changed_by": lambda one: (last := one.edits.get(Side.JIRA)) and last.author,
    "skipped": lambda one: one.skipped,
    "skipped_until": lambda one: one.skip and one.skip.until,
    "skipped_because": lambda one: one.skip and one.skip.why,
    "detail": lambda one: one.item.detail,
    "command": lambda one: settling_command(one.item),
    "linked_by": lambda one: one.item.subject.linked_by,
    **subject_columns(lambda one: one.item.subject),
}

_HEADS = ("Incident", "Issue", "Field", "Impact", "JIRA", "Waits for", "Since", "Settled by")
_VALUE_WIDTH = 60


def render_held(
    held: HeldList,
    form: Format,
    *,
    width: int = 80,
    colour: bool = False,
    hyperlinks: bool = False,
    urls: bool = False,
) -> str:
    """The list in a format; width (in columns), colour, links and addresses are the table's."""
    match form:
        case Format.TABLE | Format.DETAIL:
            from raidctl.present.held.page import render_page
            from raidctl.present.text.page import Screen

            screen = Screen(width, colour=colour, hyperlinks=hyperlinks)
            return render_page(held, screen, urls=urls)
        case Format.JSON:
            return to_json(
                {
                    "schema": "raidctl.held/1",
                    "at": held.now,
                    "held": [record(COLUMNS, one) for one in held.waiting],
                    "unread": [asdict(part) for part in held.unread],
                    "notes": list(held.notes),
                }
            )
        case Format.JSONL:
            return to_json_lines(COLUMNS, held.waiting)
        case Format.CSV:
            return to_csv(COLUMNS, held.waiting)
        case Format.MARKDOWN:
            rows = (map(escaped, _row(one)) for one in held.waiting)
            lines = table(_HEADS, rows) if held.waiting else [NOTHING]
            return "".join(f"{line}\n" for line in lines)
        case Format.HTML:
            from raidctl.present.held.html import html_lines

            return "".join(f"{line}\n" for line in html_lines(held))


def _row(one: Waiting) -> list[str]:
    item = one.item
    return [
        str(item.subject.incident),
        item.subject.issue or "",
        field_name(item),
        *excerpt(*shown_sides(item), _VALUE_WIDTH),
        why(one),
        "" if one.since is None else local(one.since, UTC),
        settling_command(item),
    ]
