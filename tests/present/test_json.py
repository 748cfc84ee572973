"""The JSON contract: the schema, the exact values, and nothing unsafe spelled out."""

import json
from collections import deque
from functools import partial

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from raidctl.core.model import UNREADABLE, Field, Side
from raidctl.core.plan.item import Verdict
from raidctl.core.reasons import Reason
from raidctl.core.report import Report
from raidctl.errors import Category
from raidctl.present.report.render import pieces, render
from tests.memory import peak
from tests.present.believable import CHECKOUT, ITEMS, NOTE, PLAN, UNREAD, item, report, subject
from tests.present.strategies import reports, steady
from tests.schemas import schema, validator

SCHEMA, VALIDATOR = schema("report"), validator("report")


def as_json(value: object) -> object:
    """A value as JSON carries it: two halves of a surrogate pair become one character."""
    return json.loads(json.dumps(None if value is UNREADABLE else value))


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_closed_sets_are_those_of_the_code() -> None:
    items, unread = (SCHEMA["$defs"][name]["properties"] for name in ("item", "unread"))
    summary = SCHEMA["$defs"]["summary"]["properties"]
    assert items["reason"]["enum"] == [reason.value for reason in Reason]
    assert items["verdict"]["enum"] == [verdict.value for verdict in Verdict]
    assert items["field"]["enum"] == [*(field.value for field in Field), None]
    assert unread["category"]["enum"] == [category.value for category in Category]
    assert unread["system"]["enum"] == [side.value for side in Side]
    assert list(summary["verdicts"]["properties"]) == [verdict.value for verdict in Verdict]


@steady
@given(report=reports())
def test_any_report_is_valid_and_carries_the_exact_values(report: Report) -> None:
    document = json.loads(render(report, "json"))
    VALIDATOR.validate(document)
    assert document["notes"] == as_json(list(report.notes))
    for written, found in zip(document["items"], report.items, strict=True):
        values = {**found.pair._asdict(), "to": found.to, "detail": found.detail}
        for name, value in values.items():
            assert written[name] == as_json(value)
        assert written["issue"] == as_json(found.subject.issue)
    lines = render(report, "jsonl").splitlines()
    assert [json.loads(line) for line in lines] == document["items"]


def test_the_document_is_as_the_design_shows_it() -> None:
    document = json.loads(render(report(ITEMS[3:4], (UNREAD,), (NOTE,)), "json"))
    assert json.dumps(document) == json.dumps(
        {
            "schema": "raidctl.report/1",
            "command": "diff",
            "run": None,
            "direction": "auto",
            "prefer": None,
            "started_at": "2026-11-22T21:00:00Z",
            "finished_at": "2026-11-22T21:00:02Z",
            "plan": PLAN,
            "summary": {
                "links": 190,
                "in_sync": 89,
                "drifted": 1,
                "unlinked": 0,
                "not_visible": 0,
                "unread": 100,
                "verdicts": {**dict.fromkeys(Verdict, 0), "write_jira": 1},
                "requests": {"impact": 1, "jira": 4},
                "downgraded": 0,
                "by": {
                    "reason": {"direction": 1},
                    "field": {"status": 1},
                    "priority": {"1": 1},
                    "age": {"30d": 1},
                },
            },
            "items": [
                {
                    "incident": 12,
                    "issue": "INC-12",
                    "issue_id": "10012",
                    "field": "status",
                    "impact": "MITIGATED",
                    "jira": "In Progress",
                    "verdict": "write_jira",
                    "direction": "impact_to_jira",
                    "reason": "direction",
                    "to": "Resolved",
                    "outcome": None,
                    "detail": ITEMS[3].detail,
                    "linked_by": "impact",
                    "title": CHECKOUT.title,
                    "incident_url": "https://impact.example.com/incident/12/",
                    "issue_url": "https://jira.example.com/browse/INC-12",
                    "incident_priority": 1,
                    "incident_status": "MITIGATING",
                    "incident_created_at": "2026-11-10T21:00:00Z",
                }
            ],
            "unread": [
                {
                    "system": "jira",
                    "what": UNREAD.what,
                    "why": UNREAD.why,
                    "category": "network",
                }
            ],
            "notes": [NOTE],
        }
    )


def test_what_is_unsafe_is_escaped_and_what_is_not_is_readable() -> None:
    title = "é 🚒 日本 \x7f\x85\u202e\u2028\ud83d\U000e0041"
    text = render(report((item(subject(1), Field.TITLE, (title, 1), Reason.CONFLICT),)), "json")
    escapes = r'"é 🚒 日本 \u007f\u0085\u202e\u2028\ud83d\udb40\udc41"'
    assert f'      "impact": {escapes},\n' in text


def test_nothing_found_is_no_line() -> None:
    assert render(report(()), "jsonl") == ""


@pytest.mark.parametrize("missing", ["unread", "notes", "items", "summary"])
def test_the_schema_misses_what_is_missing(missing: str) -> None:
    document = json.loads(render(report(), "json"))
    del document[missing]
    assert not VALIDATOR.is_valid(document)
    assert not VALIDATOR.is_valid({**document, missing: None})


@pytest.mark.slow
@pytest.mark.parametrize("form", ["json", "jsonl", "csv"])
def test_of_many_items_the_text_is_never_whole_in_memory(form: str) -> None:
    few, many = (report(ITEMS[2:3] * count) for count in (500, 4_000))
    text = "".join(pieces(many, form))
    assert text == render(many, form)
    least, most = (peak(partial(deque, pieces(one, form), 0)) for one in (few, many))
    assert most - least < len(text) / 20
