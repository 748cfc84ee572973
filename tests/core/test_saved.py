"""A saved plan comes back as it was, or not at all."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raidctl.core.model import Field, Pair, Side, SyncDirection
from raidctl.core.plan.file import NoPlanError, SavedPlan, from_text, to_text
from raidctl.core.plan.item import Hold, Subject, Verdict
from raidctl.core.plan.plan import Plan
from raidctl.core.reasons import Reason
from tests.items import change

SUBJECT = Subject(12, "https://i/12", "Title", False, "INC-12", 10_012, "https://j/12", "OLD-1")
CHANGE = change(
    SUBJECT,
    Field.STATUS,
    "MITIGATED",
    "Open",
    Verdict.WRITE_JIRA,
    SyncDirection.IMPACT_TO_JIRA,
    Reason.DIRECTION,
    "Resolved",
    "overrides the change made in JIRA",
    overrides=True,
)
HELD = Hold(SUBJECT, Field.TITLE, CHANGE.pair, Reason.CONFLICT)
PLAN = Plan(
    items=(replace(CHANGE, tables="abc"),),
    tables=(".status.abc", ".title.def", "OTHER.status.123"),
    sites=("https://i", "https://j"),
    links=190,
    direction=SyncDirection.IMPACT_TO_JIRA,
    prefer=Side.JIRA,
)
SAVED = SavedPlan(PLAN, "0.1", datetime(2026, 11, 24, 12, 0, tzinfo=UTC))


@given(title=st.text(), impact=st.text() | st.integers() | st.none(), to=st.text())
def test_a_plan_comes_back_as_it_was(title: str, impact: str | int | None, to: str) -> None:
    subject = replace(SUBJECT, title=title)
    change = replace(PLAN.items[0], subject=subject, pair=Pair(impact, "Open"), to=to)
    saved = replace(SAVED, plan=replace(PLAN, items=(change,)))
    assert from_text(to_text(saved)) == saved


def test_the_tables_of_its_project_are_a_changes_own() -> None:
    elsewhere = replace(CHANGE, subject=replace(SUBJECT, issue="OTHER-7"), tables="123")
    saved = replace(SAVED, plan=replace(PLAN, items=(elsewhere,)))
    assert from_text(to_text(saved)) == saved


def test_what_is_held_is_not_saved() -> None:
    plan = replace(PLAN, items=(*PLAN.items, HELD))
    saved = from_text(to_text(replace(SAVED, plan=plan)))
    assert saved.plan == PLAN
    assert saved.plan.hash == plan.hash


def _edits() -> list[Callable[[dict[str, Any]], object]]:
    return [
        lambda plan: plan["changes"][0].update(to="Closed"),
        lambda plan: plan["changes"][0].update(title="Another"),
        lambda plan: plan["changes"].pop(),
        lambda plan: plan.update(links=1_000_000),
        lambda plan: plan.update(plan="sha256:" + 64 * "0"),
        lambda plan: plan.update(seal="sha256:" + 64 * "0"),
        lambda plan: plan.pop("seal"),
    ]


@pytest.mark.parametrize("edit", _edits(), ids=range(7))
def test_an_edited_plan_is_refused(edit: Callable[[dict[str, Any]], object]) -> None:
    document = json.loads(to_text(SAVED))
    edit(document)
    with pytest.raises(NoPlanError, match="edited"):
        from_text(json.dumps(document))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no JSON"),
        ("not json", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "no plan of raidctl"),
        ('{"schema": "raidctl.report/1"}', "no plan of raidctl"),
        ('{"schema": "raidctl.plan/2"}', "reads raidctl.plan/1"),
    ],
)
def test_what_is_no_plan_is_told(text: str, said: str) -> None:
    with pytest.raises(NoPlanError, match=said):
        from_text(text)
