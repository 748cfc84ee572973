"""The words: every reason has some, and what to type next exists in this release."""

import tomllib

import pytest

from raidctl.core.model import UNREADABLE, Field, SyncDirection
from raidctl.core.plan.item import Item, Verdict, link_hold
from raidctl.core.reasons import Reason
from raidctl.present.text.words import (
    ARROWS,
    REASON_WORDS,
    next_command,
    next_commands,
    reason_words,
    shown,
    shown_sides,
    verdict_words,
)
from tests.present.believable import ITEMS, TO_IMPACT, TO_JIRA, item, subject

LATER = ("backfill",)


def test_every_reason_has_its_own_words() -> None:
    assert set(REASON_WORDS) == set(Reason)
    assert len(set(REASON_WORDS.values())) == len(Reason)
    assert set(ARROWS) == set(SyncDirection)


def test_the_believable_report_has_every_reason_and_verdict() -> None:
    assert {i.reason for i in ITEMS} == set(Reason)
    assert {i.verdict for i in ITEMS} == set(Verdict)


@pytest.mark.parametrize(
    ("value", "words"),
    [(None, "(empty)"), ("", "(empty)"), (UNREADABLE, "(not visible)"), (3, "3"), ("a\nb", "a⏎b")],
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
        (Field.PRIORITY, Reason.JIRA_CHANGED, TO_IMPACT, 2, "JIRA → Impact: 2"),
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


def _held(reason: Reason, field: Field, to: str | int | None = None) -> Item:
    direction = None if reason in {Reason.CONFLICT, Reason.UNDECIDED} else TO_IMPACT
    return item(subject(12), field, ("ada@example.com", "acc\n"), reason, direction, to=to)


@pytest.mark.parametrize(
    ("held", "command"),
    [
        (_held(Reason.CONFLICT, Field.TITLE), "raidctl resolve 12"),
        (_held(Reason.FLAPPING, Field.STATUS), "raidctl resolve 12"),
        (_held(Reason.UNDONE, Field.STATUS), "raidctl resolve 12"),
        (_held(Reason.REFUSED, Field.STATUS), "raidctl resolve 12"),
        (
            _held(Reason.UNDECIDED, Field.STATUS),
            "raidctl diff 12 --prefer impact  # or jira",
        ),
        (_held(Reason.UNMAPPED, Field.STATUS), "raidctl mapping"),
        (_held(Reason.UNMAPPED, Field.COMMANDER), '[users] "their e-mail" = "acc⏎"'),
        (_held(Reason.READ_ONLY, Field.TITLE, "x"), '[impact.writes] title = "database"'),
        (_held(Reason.READ_ONLY, Field.STATUS, "OPEN"), '[impact.writes] status = "webhook"'),
        (
            _held(Reason.READ_ONLY, Field.STATUS, "INVESTIGATING"),
            '[impact.writes] status = "database"',
        ),
        (_held(Reason.READ_ONLY, Field.PRIORITY, 2), '[impact.writes] priority = "webhook"'),
        (_held(Reason.CLOSING, Field.STATUS), "[safety] allow_close = true"),
        (_held(Reason.COOLING, Field.STATUS), None),
        (link_hold(subject(12), Reason.UNLINKED), None),
    ],
)
def test_what_to_type_next(held: Item, command: str | None) -> None:
    assert next_command(held) == command


def test_an_unknown_commander_is_named_by_what_is_known() -> None:
    unknown = item(
        subject(1),
        Field.COMMANDER,
        ('a"da@x', "acc"),
        Reason.UNMAPPED,
        SyncDirection.IMPACT_TO_JIRA,
    )
    command = next_command(unknown)
    assert command is not None
    table, row = command.split(" ", 1)
    assert table == "[users]"
    assert tomllib.loads(row) == {'a"da@x': "their JIRA account"}


def test_commands_are_told_once_and_decide_many_incidents_together() -> None:
    undecided = [item(subject(n), Field.TITLE, ("a", "b"), Reason.UNDECIDED) for n in (3, 5, 3)]
    conflicts = [item(subject(n), Field.TITLE, ("a", "b"), Reason.CONFLICT) for n in (4, 6, 4)]
    closing = [_held(Reason.CLOSING, Field.STATUS)] * 2
    assert next_commands([*undecided, *conflicts, *closing]) == [
        "raidctl resolve 4 6",
        "raidctl diff 3 5 --prefer impact  # or jira",
        "[safety] allow_close = true",
    ]


def test_no_command_lists_more_incidents_than_anybody_would_type() -> None:
    many = {
        reason: [item(subject(n), Field.TITLE, ("a", "b"), reason) for n in range(99)]
        for reason in (Reason.CONFLICT, Reason.UNDECIDED)
    }
    assert next_commands(many[Reason.CONFLICT]) == ["raidctl resolve"]
    assert next_commands(many[Reason.UNDECIDED]) == ["raidctl diff --prefer impact  # or jira"]


def test_no_words_name_a_command_of_a_later_release() -> None:
    said = " ".join([*REASON_WORDS.values(), *next_commands(ITEMS)])
    assert not [name for name in LATER if f"raidctl {name}" in said]
