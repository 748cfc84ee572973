"""Whose an event is: as it says, as the journal knows, as Impact shows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from raidctl.core.events.event import Event
from raidctl.core.model import Side
from raidctl.core.report import Unread
from raidctl.core.scope import Scope
from raidctl.core.writes.log import OwnLink
from raidctl.ports.jira import IssueRef
from raidctl.runs.events.places import Directory
from tests.runs.fakes import FakeJournal, FakeSource, FakeTracker, incident, systems

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def about(number: int, **more: object) -> Event:
    made = Event(
        f"event-{number}", "jira:issue_updated", NOW, None, f"INC-{number}", 10_000 + number
    )
    return replace(made, **more)  # type: ignore[arg-type]


def found(
    directory: Directory, source: FakeSource, journal: FakeJournal, *events: Event, hours: int = 0
) -> dict[str, set[int]]:
    given = systems(source, FakeTracker(()), journal)
    places = directory.places(given, events, NOW + timedelta(hours=hours))
    return {name: set(numbers) for name, numbers in places.items()}


def test_an_incident_is_itself_and_an_issue_is_whose_the_journal_knows() -> None:
    source = FakeSource([incident(1)])
    known = {1: IssueRef("INC-1", 10_001), 2: IssueRef("INC-2", 10_002)}
    journal = FakeJournal(known=known, links=[OwnLink(7, "PAY-7", 10_007)])
    own = about(7, issue="PAY-8")  # it moved since
    by_key = about(8, issue="PAY-7", issue_id=None)
    events = about(1), about(5, incident=5, issue=None, issue_id=None), own, by_key
    places = found(Directory(by_issue=False), source, journal, *events)
    assert places == {"event-1": {1}, "event-5": {5}, "event-7": {7}, "event-8": {7}}
    assert source.scopes == [], "nobody was asked"


def test_what_the_journal_does_not_know_is_read_once_and_then_what_is_new() -> None:
    source, journal = FakeSource([incident(1), incident(2)]), FakeJournal()
    directory = Directory(by_issue=False)
    assert found(directory, source, journal, about(1), about(9)) == {
        "event-1": {1},
        "event-9": set(),
    }
    assert source.scopes == [Scope(everything=True)]
    source.stored = [*source.stored, replace(incident(9), created_at=NOW + timedelta(hours=1))]
    places = found(directory, source, journal, about(9), about(2), about(8), hours=2)
    assert places == {"event-9": {9}, "event-2": {2}, "event-8": set()}
    assert source.scopes[1:] == [Scope(created_since=NOW - timedelta(minutes=10))]


def test_a_database_is_asked_by_either_name() -> None:
    source = FakeSource([replace(incident(1), issue_id=10_001), incident(2)])
    moved = about(1, issue="PAY-1")
    places = found(Directory(by_issue=True), source, FakeJournal(), moved, about(2), about(3))
    assert places == {"event-1": {1}, "event-2": {2}, "event-3": set()}
    (scope,) = source.scopes
    assert sorted(scope.keys) == ["INC-2", "INC-3", "PAY-1"]
    assert sorted(scope.issues) == [10_001, 10_002, 10_003]


def test_where_not_all_could_be_read_nobodys_is_not_known() -> None:
    class Partly(FakeSource):
        def incidents(self, scope):  # type: ignore[no-untyped-def]
            yield from super().incidents(scope)
            self.unread = [Unread(Side.IMPACT, "incidents 1 to 500", "HTTP 500", "network")]

    source, directory = Partly([incident(1)]), Directory(by_issue=False)
    assert found(directory, source, FakeJournal(), about(1), about(9)) == {"event-1": {1}}
    whole = FakeSource([incident(9)])
    assert found(directory, whole, FakeJournal(), about(9)) == {"event-9": {9}}
    assert whole.scopes == [Scope(everything=True)], "it has not been read whole yet"
