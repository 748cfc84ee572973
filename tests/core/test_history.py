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


def test_changes_since_a_time_are_those_of_then_and_later() -> None:
    assert TOLD.since(Side.JIRA, Field.TITLE, OLD.at) == [OLD, NEW]
    assert TOLD.since(Side.JIRA, Field.TITLE, OTHER.at) == [NEW]
    assert TOLD.since(Side.IMPACT, Field.TITLE, NOW) == []


def test_who_was_not_asked_tells_nothing() -> None:
    assert NOTHING_TOLD.lasts(Field.TITLE) == {}
    assert NOTHING_TOLD.since(Side.JIRA, Field.TITLE, OLD.at) == []
    assert NEW.old is NEW.new is UNREADABLE
