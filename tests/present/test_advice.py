"""What to type next: one command settles an item, wherever that is said, and it exists."""

import tomllib
from dataclasses import replace

import pytest

from raidctl.core.model import Field, SyncDirection
from raidctl.core.plan.holds import IMPACT_HAS_IT
from raidctl.core.plan.item import Item, link_hold
from raidctl.core.reasons import Reason
from raidctl.core.waiting import Waiting
from raidctl.present.format import Format
from raidctl.present.held.render import render_held
from raidctl.present.held.rows import HeldList
from raidctl.present.text.advice import (
    linking_commands,
    next_commands,
    settling_command,
    settling_words,
)
from tests.present.believable import ITEMS, STARTED, TO_IMPACT, TO_JIRA, item, subject, unlinked

BY_TABLE = "raidctl backfill links --from-csv FILE  # incident,key: 12,ITS-KEY"


def _held(reason: Reason, field: Field, to: str | int | None = None) -> Item:
    direction = None if reason in {Reason.CONFLICT, Reason.UNDECIDED} else TO_IMPACT
    return item(subject(12), field, ("ada@example.com", "acc\n"), reason, direction, to=to)


@pytest.mark.parametrize(
    ("about", "command"),
    [
        (
            item(subject(12), Field.TITLE, ("a", "b"), Reason.IMPACT_CHANGED, TO_JIRA, to="a"),
            "raidctl reconcile 12",
        ),
        (_held(Reason.CONFLICT, Field.TITLE), "raidctl resolve 12 --field title"),
        (_held(Reason.UNDECIDED, Field.STATUS), "raidctl resolve 12 --field status"),
        (_held(Reason.FLAPPING, Field.STATUS), "raidctl resolve 12 --field status"),
        (_held(Reason.UNDONE, Field.STATUS), "raidctl resolve 12 --field status"),
        (_held(Reason.REFUSED, Field.STATUS), "raidctl resolve 12 --field status"),
        (_held(Reason.ECHO, Field.STATUS), "raidctl resolve 12 --field status"),
        (_held(Reason.LOSSY, Field.TITLE), "raidctl resolve 12 --field title"),
        (_held(Reason.EMPTY, Field.COMMANDER), "raidctl resolve 12 --field commander"),
        (_held(Reason.UNMAPPED, Field.COMMANDER), '[users] "their e-mail" = "acc⏎"'),
        (
            _held(Reason.UNMAPPED, Field.STATUS),
            '[mapping.status_to_impact] "acc⏎" = "its Impact status"',
        ),
        (_held(Reason.UNMAPPED, Field.PRIORITY), '[mapping.priority] "acc⏎" = 1  # to 5'),
        (_held(Reason.READ_ONLY, Field.TITLE, "x"), '[impact.writes] title = "database"'),
        (_held(Reason.READ_ONLY, Field.STATUS, "OPEN"), '[impact.writes] status = "webhook"'),
        (
            _held(Reason.READ_ONLY, Field.STATUS, "INVESTIGATING"),
            '[impact.writes] status = "database"',
        ),
        (_held(Reason.READ_ONLY, Field.PRIORITY, 2), '[impact.writes] priority = "webhook"'),
        (_held(Reason.CLOSING, Field.STATUS), "raidctl reconcile 12 --allow-close"),
        (_held(Reason.COOLING, Field.STATUS), "raidctl reconcile 12"),
        (
            link_hold(subject(12), Reason.RELINKED),
            "raidctl baseline 12  # if wrong: backfill links --from-csv FILE",
        ),
        (link_hold(subject(12), Reason.RELINKED, "also shared_issue: INC-1 is 3's"), BY_TABLE),
        (link_hold(subject(12), Reason.RELINKED, f"now to id 3; {IMPACT_HAS_IT}"), BY_TABLE),
        (link_hold(subject(12), Reason.NOT_VISIBLE), BY_TABLE),
        (link_hold(subject(12), Reason.MOVED), "raidctl backfill links 12"),
        (_held(Reason.SHARED_ISSUE, Field.TITLE), BY_TABLE),
        (link_hold(subject(12), Reason.READ_ONLY), '[impact.writes] link = "database"'),
    ],
)
def test_what_settles_an_item(about: Item, command: str) -> None:
    assert settling_command(about) == command


def test_what_the_webhook_cannot_do_is_not_settled_by_the_webhook() -> None:
    held = replace(_held(Reason.READ_ONLY, Field.STATUS, "OPEN"), detail="the webhook ignores it")
    assert settling_command(held) == '[impact.writes] status = "database"'


def test_a_key_is_told_from_a_command_wherever_one_is_told() -> None:
    about = _held(Reason.READ_ONLY, Field.TITLE, "x")
    words = 'in the configuration: [impact.writes] title = "database"'
    assert settling_words(about) == words
    assert f"next    {words}\n" in render_held(HeldList([Waiting(about)], STARTED), Format.TABLE)
    conflict = _held(Reason.CONFLICT, Field.TITLE)
    assert settling_words(conflict) == settling_command(conflict)


@pytest.mark.parametrize(
    ("direction", "detail", "row"),
    [
        (TO_JIRA, None, {'a"da@x': "their JIRA account"}),
        (TO_IMPACT, None, {"their e-mail": "acc"}),
        (None, 'no JIRA account is known for a"da@x', {'a"da@x': "their JIRA account"}),
        (None, "no Impact user is known for acc", {"their e-mail": "acc"}),
    ],
)
def test_a_row_that_is_missing_has_the_name_that_is_known(
    direction: SyncDirection | None, detail: str | None, row: dict[str, str]
) -> None:
    values = ('a"da@x', "acc")
    unknown = item(subject(1), Field.COMMANDER, values, Reason.UNMAPPED, direction, detail=detail)
    table, _, told = settling_command(unknown).partition(" ")
    assert table == "[users]"
    assert tomllib.loads(told) == row


def test_commands_are_told_once_and_settle_many_incidents_together() -> None:
    decided = [
        item(subject(n), Field.TITLE, ("a", "b"), Reason.IMPACT_CHANGED, TO_JIRA, to="a")
        for n in (1, 2, 1)
    ]
    by_hand = [
        item(subject(n), Field.TITLE, ("a", "b"), reason)
        for n, reason in ((3, Reason.UNDECIDED), (4, Reason.CONFLICT), (3, Reason.CONFLICT))
    ]
    closing = [_held(Reason.CLOSING, Field.STATUS)] * 2
    unmapped = [_held(Reason.UNMAPPED, Field.COMMANDER)] * 2
    assert next_commands([*by_hand, *closing, *unmapped, *decided]) == [
        "raidctl reconcile 1 2",
        "raidctl resolve 3 4",
        "raidctl diff 3 --prefer impact  # or jira",
        "raidctl reconcile 12 --allow-close",
        '[users] "their e-mail" = "acc⏎"',
    ]


def test_no_command_lists_more_incidents_than_anybody_would_type() -> None:
    many = [item(subject(n), Field.TITLE, ("a", "b"), Reason.CONFLICT) for n in range(99)]
    assert next_commands(many) == ["raidctl resolve"]


def test_what_is_left_of_links_is_a_line_to_write_or_a_key_to_set() -> None:
    reasons = (Reason.NOT_VISIBLE, Reason.SHARED_ISSUE, Reason.UNDONE, Reason.MOVED)
    held = [link_hold(subject(n), reason) for n, reason in enumerate(reasons, 1)]
    assert linking_commands([*held, link_hold(subject(9), Reason.UNLINKED)]) == [
        "raidctl backfill links --from-csv FILE  # incident,key: 1,ITS-KEY …",
        '[impact.writes] link = "database"',
        "raidctl backfill issues 9",
    ]


def test_what_passes_by_itself_needs_no_command_of_its_own() -> None:
    assert next_commands([_held(Reason.COOLING, Field.STATUS)]) == []


def test_what_is_missing_has_the_command_that_makes_it() -> None:
    """An incident alone is no drift; the table says all the same what creates its issue."""
    made = [item for item in ITEMS if item.subject.incident in (100, 101)]
    assert next_commands(made) == ["raidctl backfill issues 100 101"]
    alike = link_hold(unlinked(64), Reason.LOOK_ALIKE, "INC-64")
    assert next_commands([alike]) == [
        "raidctl backfill links --from-csv FILE  # incident,key: 64,ITS-KEY"
    ]
    closing = link_hold(unlinked(64), Reason.CLOSING)
    assert settling_command(closing) == "raidctl backfill issues 64 --allow-close"
