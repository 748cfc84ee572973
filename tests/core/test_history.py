"""What can be asked of a link's history."""

from datetime import timedelta

from raidctl.core.history import NOTHING_TOLD, History, Revision, latest
from raidctl.core.model import UNREADABLE, Field, Side
from tests.core.strategies import NOW

HOUR = timedelta(hours=1)
OLD = Revision(Field.TITLE, NOW - 3 * HOUR, "Ada", "acc-ada", "a", "b")
OTHER = Revision(Field.STATUS, NOW - 2 * HOUR, "Bob")
NEW = Revision(Field.TITLE, NOW - HOUR, "Eve")
TOLD = History({Side.JIRA: [OLD, OTHER, NEW], Side.IMPACT: [OLD]})


def test_the_last_change_is_that_of_the_field_and_of_the_side() -> None:
    assert TOLD.last(Side.JIRA, Field.TITLE) == NEW
    assert TOLD.lasts(Field.TITLE) == {Side.JIRA: NEW, Side.IMPACT: OLD}
    assert TOLD.lasts(Field.STATUS) == {Side.JIRA: OTHER}
    assert latest(TOLD.told[Side.JIRA]) == {Field.TITLE: NEW, Field.STATUS: OTHER}


def test_who_was_not_asked_tells_nothing() -> None:
    assert NOTHING_TOLD.lasts(Field.TITLE) == {}
    assert NEW.old is NEW.new is UNREADABLE
