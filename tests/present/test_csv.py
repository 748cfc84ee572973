"""The CSV: rows and columns come back as they went in, and no cell is a formula."""

import csv
import io
import unicodedata

import pytest
from hypothesis import given

from raidctl.core.model import UNREADABLE, Field, Readable
from raidctl.core.reasons import Reason
from raidctl.core.report import Report
from raidctl.present.report.render import CSV_COLUMNS, render
from raidctl.present.text.records import cell
from tests.present.believable import ITEMS, TO_JIRA, item, report, subject
from tests.present.strategies import reports, steady

HEADER = (
    "incident,issue,field,impact,jira,verdict,direction,reason,to,outcome,detail,linked_by,"
    "title,incident_url,issue_url,incident_priority,incident_status,incident_created_at"
)


@steady
@given(report=reports())
def test_every_item_is_one_line_of_twelve_cells_and_no_text_is_a_formula(report: Report) -> None:
    text = render(report, "csv")
    rows = list(csv.reader(io.StringIO(text), strict=True))
    assert len(text.splitlines()) == len(rows) == len(report.items) + 1
    assert {len(row) for row in rows} == {len(CSV_COLUMNS)}
    assert [row[0] for row in rows[1:]] == [str(i.subject.incident) for i in report.items]
    for row, found in zip(rows[1:], report.items, strict=True):
        values = (found.subject.issue, *found.pair, found.to, found.detail)
        for column, value in zip((1, 3, 4, 8, 10), values, strict=True):
            first = unicodedata.normalize("NFKC", row[column].strip()[:1])
            assert isinstance(value, int) or first not in {"=", "+", "-", "@", "\t", "\r", "−"}


@steady
@given(report=reports())
def test_nor_is_any_where_semicolons_separate(report: Report) -> None:
    """What a spreadsheet of another country makes of the same file."""
    for row in csv.reader(io.StringIO(render(report, "csv")), delimiter=";"):
        for text in row[1:]:
            first = unicodedata.normalize("NFKC", text.strip(' "')[:1])
            assert first not in {"=", "+", "-", "@", "−"}, text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=1+1", "'=1+1"),
        ("+33 1", "'+33 1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("＝1", "'＝1"),
        (" \xa0=1", "' \xa0=1"),
        ("\t=1", r"\t=1"),
        ("a=1", "a=1"),
        ('"=1', "'\"=1"),
        ("a;=1", "a;'=1"),
        ("a; \xa0＝1;b;@c", "a;' \xa0＝1;b;'@c"),
        ('a;"-1', "a;'\"-1"),
        (";;+1", ";;'+1"),
        ("a;b=1", "a;b=1"),
        (-1, "-1"),
        (None, ""),
        ("", ""),
        (UNREADABLE, "(not visible)"),
        ("two\nlines", "two⏎lines"),
    ],
)
def test_a_cell(value: Readable, text: str) -> None:
    assert cell(value) == text


def test_a_file() -> None:
    found = (
        ITEMS[3],
        item(subject(9), Field.TITLE, ('a "b", c', "=x"), Reason.UNDONE, TO_JIRA, to="=x"),
        ITEMS[-1],
    )
    assert render(report(found), "csv") == (
        f"{HEADER}\n"
        "12,INC-12,status,MITIGATED,In Progress,write_jira,impact_to_jira,direction,Resolved,,"
        "overrides the change made in JIRA by Grace Hopper at 2026-11-22 20:58 UTC,impact,"
        "Checkout answers 502 for card payments in France and Spain,"
        "https://impact.example.com/incident/12/,https://jira.example.com/browse/INC-12,"
        "1,MITIGATING,2026-11-10T21:00:00Z\n"
        '9,INC-9,title,"a ""b"", c",\'=x,hold,impact_to_jira,undone,\'=x,,,impact,'
        "Orders are not exported to warehouse 9,https://impact.example.com/incident/9/,"
        "https://jira.example.com/browse/INC-9,3,MITIGATING,2026-11-13T21:00:00Z\n"
        "129,,,,,hold,,unlinked,,,,,Incident 129,https://impact.example.com/incident/129/,,,,\n"
    )
