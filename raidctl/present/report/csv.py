"""The report for a spreadsheet: a row an item, a line a row, and no cell that is a formula."""

import csv
import io
import unicodedata

from raidctl.core.model import Readable
from raidctl.core.plan.item import Item
from raidctl.core.report import Report
from raidctl.present.text.words import shown

COLUMNS = (
    "incident",
    "issue",
    "field",
    "impact",
    "jira",
    "verdict",
    "direction",
    "reason",
    "to",
    "outcome",
    "detail",
)


def render_csv(report: Report) -> str:
    """A header and every item; empty cells for what is empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(map(_row, report.items))
    return out.getvalue()


def _row(item: Item) -> list[str]:
    result = item.result
    told = None if result is None else result.detail
    details = [text for text in (told, item.detail) if text is not None]
    values = (
        item.subject.incident,
        item.subject.issue,
        item.field,
        item.pair.impact,
        item.pair.jira,
        item.verdict,
        item.direction,
        item.reason,
        item.to,
        result.outcome if result else None,
        "; ".join(details) if details else None,
    )
    return [cell(value) for value in values]


def cell(value: Readable) -> str:
    """A value as one line of plain text that no spreadsheet computes.

    A text that begins as a formula does, blanks and wide forms of the sign included, gets a
    leading apostrophe (OWASP, "CSV Injection"); a number is left alone.
    """
    if value is None or isinstance(value, int):
        return "" if value is None else str(value)
    text = shown(value) if value != "" else ""
    return f"'{text}" if _is_formula(text) else text


def _is_formula(text: str) -> bool:
    start = unicodedata.normalize("NFKC", text.lstrip()[:1])
    return start.startswith(("=", "+", "-", "@", "\N{MINUS SIGN}"))
