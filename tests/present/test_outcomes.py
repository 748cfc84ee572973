"""What became of each change, in every format."""

import csv
import io
import json
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raidctl.core.model import Field
from raidctl.core.plan.item import Change, Item, Subject
from raidctl.core.reasons import Reason
from raidctl.core.report import Report
from raidctl.core.writes.outcome import DONE, Outcome, Result
from raidctl.errors import Category
from raidctl.present.report.render import render
from raidctl.present.report.summary import headline
from raidctl.present.text.safe import visible
from raidctl.present.text.words import OUTCOME_WORDS
from raidctl.runs.writing.session import with_recovered
from tests.present.believable import TO_JIRA, item, report, subject
from tests.present.strategies import readables, reports, texts
from tests.schemas import schema, validator

SCHEMA, VALIDATOR = schema("report"), validator("report")
GREEN, RED = "\x1b[32m", "\x1b[31m"
WHY = "JIRA says: it is full"
few = settings(max_examples=20)

results = st.none() | st.builds(
    Result,
    outcome=st.sampled_from(Outcome),
    read_back=readables,
    category=st.none() | st.sampled_from([category.value for category in Category]),
    detail=st.none() | texts,
)


def change(
    number: int, outcome: Outcome | None, detail: str | None = None, about: str | None = None
) -> Change:
    """A title that was to be written, and what came of it."""
    values = (f"New {number}", f"Old {number}")
    found = item(
        subject(number),
        Field.TITLE,
        values,
        Reason.IMPACT_CHANGED,
        TO_JIRA,
        to=values[0],
        detail=about,
    )
    assert isinstance(found, Change)
    return found if outcome is None else replace(found, result=Result(outcome, None, None, detail))


def ran(*items: Item) -> Report:
    """The report of a run."""
    return replace(report(items), command="reconcile", run="20261122T210000Z-7f3a")


def table(about: Report, *, colour: bool = False, width: int = 200) -> str:
    return render(about, "table", width=width, colour=colour)


@pytest.mark.parametrize("outcome", Outcome)
def test_each_outcome_is_told_in_words_with_its_reason(outcome: Outcome) -> None:
    one = ran(change(1, outcome, WHY))

    for form in ("table", "markdown"):
        text = render(one, form, width=200)
        assert f"{OUTCOME_WORDS[outcome]}: {WHY}" in text
    document = json.loads(render(one, "json"))
    row = next(csv.DictReader(io.StringIO(render(one, "csv"))))
    for found in (document["items"][0], json.loads(render(one, "jsonl")), row):
        assert (found["outcome"], found["detail"]) == (outcome.value, WHY)
    VALIDATOR.validate(document)


def test_the_schema_has_the_outcomes_of_the_code() -> None:
    known = SCHEMA["$defs"]["item"]["properties"]["outcome"]["enum"]

    assert known == [*(outcome.value for outcome in Outcome), None]
    assert set(OUTCOME_WORDS) == set(Outcome)


@pytest.mark.parametrize("outcome", Outcome)
def test_what_is_done_is_green_and_what_is_not_is_red(outcome: Outcome) -> None:
    text = table(ran(change(1, outcome, WHY)), colour=True)

    colour = GREEN if outcome in DONE else RED
    assert f"{colour}{OUTCOME_WORDS[outcome]}: {WHY}" in text


def test_a_change_that_was_not_begun_is_told_as_the_plan_tells_it() -> None:
    text = table(ran(change(1, Outcome.APPLIED), change(2, None)))

    assert re.findall(r"Old \d +(.*)$", text, re.MULTILINE) == ["applied → JIRA", "→ JIRA"]


def test_both_what_came_of_it_and_what_the_plan_said_of_it_reach_programs() -> None:
    one = ran(change(1, Outcome.REFUSED, WHY, about="overrides the change made in JIRA"))

    said = f"{WHY}; overrides the change made in JIRA"
    assert json.loads(render(one, "json"))["items"][0]["detail"] == said
    assert next(csv.DictReader(io.StringIO(render(one, "csv"))))["detail"] == said


@pytest.mark.parametrize(
    ("outcomes", "words"),
    [
        ([Outcome.APPLIED], "1 of 1 change applied."),
        ([Outcome.APPLIED, Outcome.NORMALISED], "2 of 2 changes applied."),
        ([Outcome.APPLIED, None], "1 of 2 changes applied, 1 not begun."),
        (
            [Outcome.APPLIED, Outcome.REFUSED, Outcome.REFUSED, Outcome.STALE, Outcome.FAILED],
            "1 of 5 changes applied, 2 refused, 1 stale, 1 failed.",
        ),
        ([Outcome.NO_EFFECT], "0 of 1 change applied, 1 no effect."),
        ([Outcome.RECOVERED], "1 earlier write settled."),
        (
            [Outcome.RECOVERED, Outcome.RECOVERED, Outcome.APPLIED],
            "1 of 1 change applied, 2 earlier writes settled.",
        ),
    ],
)
def test_the_headline_counts_what_was_done(outcomes: list[Outcome | None], words: str) -> None:
    one = ran(*(change(number, outcome) for number, outcome in enumerate(outcomes, 1)))

    assert headline(one) == words
    assert words in table(one)
    assert words in render(one, "markdown")


def test_a_plan_that_was_not_carried_out_says_what_drifted() -> None:
    assert headline(ran(change(1, None))) == "1 of 190 links drifted."


def test_an_earlier_write_does_not_take_the_title_from_its_incident() -> None:
    """It knows no title; where the incident has other rows, they do."""
    bare = Subject(1, "", "", issue="INC-1", issue_id=10_001)
    settled = replace(change(1, Outcome.RECOVERED, "run x ended before it knew"), subject=bare)
    titled = replace(change(1, Outcome.APPLIED), subject=subject(1, "Checkout is down"))

    for form in ("table", "markdown"):
        text = render(with_recovered(ran(titled), [settled]), form, width=200)
        assert text.count("Checkout is down") == 1, text


def test_an_earlier_write_alone_has_no_title_and_no_priority() -> None:
    bare = Subject(1, "", "", issue="INC-1", issue_id=10_001)
    settled = replace(change(1, Outcome.RECOVERED), subject=bare)

    assert (
        "\n– 1 INC-1          title  New 1    Old 1    settled from an earlier run → JIRA\n"
        in table(ran(settled))
    )


@few
@given(
    about=reports(),
    found=st.lists(results, min_size=4, max_size=4),
)
def test_whatever_a_system_answered_is_shown_harmlessly(
    about: Report, found: list[Result | None]
) -> None:
    items = tuple(
        replace(one, result=result) if isinstance(one, Change) else one
        for one, result in zip(about.items, found, strict=False)
    )
    one = replace(about, items=items)

    for form in ("table", "markdown", "csv"):
        lines = render(one, form).splitlines()
        assert [visible(line) for line in lines] == lines
    assert len(lines) == len(items) + 1
    VALIDATOR.validate(json.loads(render(one, "json")))
