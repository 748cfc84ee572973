"""The words: every reason has some, and values are told as people call them."""

import pytest

from raidctl.core.model import UNREADABLE, Field, SyncDirection
from raidctl.core.plan.item import Verdict, link_hold
from raidctl.core.reasons import Reason
from raidctl.present.text.words import (
    ARROWS,
    REASON_WORDS,
    reason_words,
    shown,
    shown_sides,
    verdict_words,
)
from tests.present.believable import ITEMS, TO_IMPACT, TO_JIRA, item, subject


def test_every_reason_has_its_own_words() -> None:
    assert set(REASON_WORDS) == set(Reason)
    assert len(set(REASON_WORDS.values())) == len(Reason)
    assert set(ARROWS) == set(SyncDirection)


def test_the_believable_report_has_every_reason_and_verdict() -> None:
    assert {i.reason for i in ITEMS} == set(Reason)
    assert {i.verdict for i in ITEMS} == set(Verdict)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "(empty)"),
        ("", "(empty)"),
        (UNREADABLE, "(not visible)"),
        (3, "P3"),
        (20, "20"),
        ("3", "3"),
        ("a\nb", "a⏎b"),
    ],
)
def test_values_that_are_none_have_words(value: str | int | None, words: str) -> None:
    assert shown(value) == words


def test_the_side_beside_a_hidden_one_is_not_called_empty() -> None:
    hidden = item(subject(1), Field.TITLE, (UNREADABLE, None), Reason.UNREADABLE)
    assert shown_sides(hidden) == ("(not visible)", "–")


@pytest.mark.parametrize(
    ("field", "reason", "direction", "to", "words"),
    [
        (Field.STATUS, Reason.IMPACT_CHANGED, TO_JIRA, "Resolved", "Impact → JIRA: Resolved"),
        (Field.PRIORITY, Reason.JIRA_CHANGED, TO_IMPACT, 2, "JIRA → Impact: P2"),
        (Field.TITLE, Reason.IMPACT_CHANGED, TO_JIRA, "Long title", "Impact → JIRA"),
        (Field.STATUS, Reason.CLOSING, TO_IMPACT, "CLOSED", "hold (JIRA → Impact: CLOSED)"),
        (Field.STATUS, Reason.CONFLICT, None, None, "hold"),
        (Field.STATUS, Reason.POLICY, TO_JIRA, "\x1b[2J", r"Impact → JIRA: \x1b[2J"),
        (Field.STATUS, Reason.UNDO, TO_JIRA, "In Progress", "JIRA back to: In Progress"),
        (Field.TITLE, Reason.UNDO, TO_JIRA, "Old title", "JIRA back to: Old title"),
        (Field.TITLE, Reason.UNDO, TO_IMPACT, "Old title", "Impact back to: Old title"),
        (Field.COMMANDER, Reason.UNDO, TO_IMPACT, None, "Impact back to: (empty)"),
        (Field.TITLE, Reason.UNDO, TO_JIRA, "\x1b[2J", r"JIRA back to: \x1b[2J"),
    ],
)
def test_the_verdict_tells_the_way(
    field: Field,
    reason: Reason,
    direction: SyncDirection | None,
    to: str | int | None,
    words: str,
) -> None:
    about = item(subject(1), field, ("a", "b"), reason, direction, to=to)
    assert verdict_words(about) == words


def test_what_a_long_text_goes_back_to_is_shown_from_where_it_differs() -> None:
    old, new = "x" * 300 + "old" + "x" * 300, "x" * 300 + "new" + "x" * 300
    taken = item(subject(1), Field.DESCRIPTION, (new, new), Reason.UNDO, TO_JIRA, to=old)
    words = verdict_words(taken)

    assert words.startswith("JIRA back to: ")
    assert "old" in words
    assert len(words) < 80


def test_the_detail_follows_the_reason() -> None:
    about = link_hold(subject(1), Reason.RELINKED, "now issue\n7")
    assert reason_words(about) == "the key now leads to another issue: now issue⏎7"
