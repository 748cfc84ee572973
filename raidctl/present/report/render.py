"""The report in any of its formats."""

from collections.abc import Collection, Iterator
from dataclasses import asdict
from typing import TypedDict, Unpack

from raidctl.core.counts import counted
from raidctl.core.events.event import Told
from raidctl.core.model import Side
from raidctl.core.plan.item import Change, Hold, Item, Verdict
from raidctl.core.report import Report
from raidctl.present.format import Format
from raidctl.present.report import events
from raidctl.present.report.markdown import markdown_lines
from raidctl.present.report.summary import quiet
from raidctl.present.text.records import (
    Columns,
    Streamed,
    csv_lines,
    json_lines,
    json_pieces,
    plain,
    record,
)
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


class Able(TypedDict, total=False):
    """What can be shown in a table: its width in columns, colour, links, addresses."""

    width: int
    colour: bool
    hyperlinks: bool
    urls: bool


def render(report: Report, form: str, **able: Unpack[Able]) -> str:
    """The whole report, as `pieces` has it."""
    return "".join(pieces(report, form, **able))


def pieces(
    report: Report, form: str, picked: Collection[str] = (), **able: Unpack[Able]
) -> Iterator[str]:
    """The report in one of the formats, as it comes: for programs there is never its whole text.

    `picked` are the columns of a CSV, none for all. Of a run about events these come first; its CSV
    and JSON lines hold them alone. Raises `ValueError` for another format. A program that asks for
    JSON, and most runs of cron, do not wait for rich.
    """
    how, told = Format(form), report.events
    if told is not None and how not in {Format.JSON, Format.HTML}:
        yield from events.pieces(told, how, picked, able.get("width", 80))
        if how in {Format.CSV, Format.JSONL} or events.alone(report):
            return
        yield "\n"
    match how:
        case Format.TABLE | Format.DETAIL:
            yield _table(report, detailed=how is Format.DETAIL, **able)
        case Format.JSON:
            yield from json_pieces(_document(report), _spelled)
        case Format.JSONL:
            yield from json_lines(COLUMNS, report.listed)
        case Format.CSV:
            columns = {name: CSV_COLUMNS[name] for name in picked or CSV_COLUMNS}
            yield from csv_lines(columns, report.listed)
        case Format.MARKDOWN:
            yield from (f"{line}\n" for line in markdown_lines(report))
        case Format.HTML:
            from raidctl.present.report.html import html_lines

            yield from (f"{line}\n" for line in html_lines(report))


def _table(
    report: Report,
    *,
    detailed: bool,
    width: int = 80,
    colour: bool = False,
    hyperlinks: bool = False,
    urls: bool = False,
) -> str:
    if not colour and (text := quiet(report, width)) is not None:
        return text
    from raidctl.present.report.table import render_table

    able = Able(width=width, colour=colour, hyperlinks=hyperlinks, urls=urls)
    return render_table(report, detailed=detailed, **able)


def _document(report: Report) -> dict[str, object]:
    """The whole report by `report.schema.json`."""
    summary = report.summary
    document: dict[str, object] = {
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
        "items": Streamed(report.listed),  # each a record as it is spelled: there may be many
        "unread": [asdict(part) for part in report.unread],
        "notes": report.notes,
    }
    if report.events is not None:
        document["events"] = report.events
    return document


def _spelled(value: object) -> object:
    if isinstance(value, Told):
        return record(events.COLUMNS, value)
    return record(COLUMNS, value) if isinstance(value, Change | Hold) else plain(value)
