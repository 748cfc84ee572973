"""A group of held fields as `resolve` shows it."""

from datetime import timedelta

import pytest

from raidctl.core.history import Revision
from raidctl.core.model import Field, Side
from raidctl.core.waiting import Waiting
from raidctl.present.held.group import Moved, render_group
from raidctl.present.text.page import Screen
from tests.present.believable import ITEMS, STARTED


@pytest.mark.parametrize(
    ("count", "words"), [(2, "name 1 (1)"), (3, "1 more person"), (4, "2 more people")]
)
def test_those_who_are_not_named_are_counted(count: int, words: str) -> None:
    at = STARTED - timedelta(hours=1)
    members = [
        Waiting(ITEMS[2], edits={Side.JIRA: Revision(Field.PRIORITY, at, f"name {number}")})
        for number in range(count)
    ]
    told = render_group(Screen(width=120, colour=False), members, Moved({}, None), {}, STARTED, 24)
    assert words in told
    assert ("more" in told) is (count > 2)
