"""The report in any of its formats."""

from dataclasses import asdict

from raidctl.core.counts import counted
from raidctl.core.model import Side
from raidctl.core.plan.item import Change, Hold, Item, Verdict
from raidctl.core.report import Report
from raidctl.present.format import Format
from raidctl.present.report.markdown import markdown_lines
from raidctl.present.report.summary import quiet
from raidctl.present.text.records import Columns, plain, record, to_csv, to_json, to_json_lines
from raidctl.present.text.subject import subject_columns


def _detail(item: Item) -> str | None:
    """What became of it, and what was told before."""
    told = None if item.result is None else item.result.detail
    details = [text for text in (told, item.detail) if text is not None]
    return "; ".join(details) if details else None


COLUMNS: Columns[Item] = {
    "incident": lambda item: item.subject.incident,
    "issue": lambda item: item.subject.issue,
    "issue_id": lambda item: None if (id_ := item.subject.issue_id) is None else str(id_),
    "field": lambda item: item.field,
    "impact": lambda item: item.pair.impact,
    "jira": lambda item: item.pair.jira,
    "verdict": lambda item: item.verdict,
    "direction": lambda item: item.direction,
    "reason": lambda item: item.reason,
    "to": lambda item: item.to,
    "outcome": lambda item: item.result and item.result.outcome,
    "detail": _detail,
    "linked_by": lambda item: item.subject.linked_by,
    **subject_columns(lambda item: item.subject),
}
CSV_COLUMNS = {name: of for name, of in COLUMNS.items() if name != "issue_id"}


def render(
    report: Report,
    form: str,
    *,
    width: int = 80,
    colour: bool = False,
    hyperlinks: bool = False,
    urls: bool = False,
) -> str:
    """The report in one of the formats; width (in columns), colour and links are the table's.

    Raises `ValueError` for another format. A program that asks for JSON, and most runs of cron,
    do not wait for rich.
    """
    match Format(form):
        case Format.TABLE | Format.DETAIL as how:
            able = {"colour": colour, "hyperlinks": hyperlinks, "urls": urls}
            return _table(report, width, detailed=how is Format.DETAIL, **able)
        case Format.JSON:
            return to_json(_document(report), _spelled)
        case Format.JSONL:
            return to_json_lines(COLUMNS, report.listed)
        case Format.CSV:
            return to_csv(CSV_COLUMNS, report.listed)
        case Format.MARKDOWN:
            return "".join(f"{line}\n" for line in markdown_lines(report))
        case Format.HTML:
            from raidctl.present.report.html import render_html

            return render_html(report)


def _table(report: Report, width: int, *, colour: bool, **able: bool) -> str:
    if not colour and (text := quiet(report, width)) is not None:
        return text
    from raidctl.present.report.table import render_table

    return render_table(report, width=width, colour=colour, **able)


def _document(report: Report) -> dict[str, object]:
    """The whole report by `report.schema.json`."""
    summary = report.summary
    return {
        "schema": "raidctl.report/1",
        "command": report.command,
        "run": report.run,
        "direction": report.direction or "auto",
        "prefer": report.prefer,
        "started_at": report.started_at,
        "finished_at": report.finished_at,
        "plan": report.plan,
        "summary": {
            **asdict(summary),
            "verdicts": {**dict.fromkeys(Verdict, 0), **summary.verdicts},
            "requests": {side: summary.requests.get(side, 0) for side in Side},
            "by": asdict(counted(report.items, report.finished_at)),
        },
        "items": report.listed,  # each a record as it is spelled: there may be many
        "unread": [asdict(part) for part in report.unread],
        "notes": report.notes,
    }


def _spelled(value: object) -> object:
    return record(COLUMNS, value) if isinstance(value, Change | Hold) else plain(value)
