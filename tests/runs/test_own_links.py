"""Links that the journal alone has: every reading finds them, and says whose they are."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from raidctl.core.model import Field, Incident
from raidctl.core.plan.item import Change
from raidctl.core.scope import Scope
from raidctl.core.writes.log import OwnLink
from raidctl.runs.reading.own_links import LinkedIncidents
from raidctl.runs.reading.survey import survey
from tests.runs.desk import Office, office
from tests.runs.fakes import EVERYTHING, FakeJournal, FakeSource, incident


def unlinked(number: int) -> Incident:
    return replace(incident(number), issue_key=None)


def source(*links: OwnLink) -> LinkedIncidents:
    stored = [unlinked(1), unlinked(2), incident(3)]
    return LinkedIncidents(FakeSource(stored), FakeJournal(links=links))


def test_an_incident_has_the_issue_that_only_the_journal_knows() -> None:
    found = {one.id: one for one in source(OwnLink(1, "INC-900", 10900)).incidents(EVERYTHING)}
    assert (found[1].issue_key, found[1].issue_id, found[1].own_link) == ("INC-900", 10900, True)
    assert (found[2].issue_key, found[2].own_link) == (None, False)
    now = source(OwnLink(1, "INC-900", 10900)).current([1, 2])
    assert now == {1: found[1], 2: found[2]}


def test_what_impact_says_of_a_link_goes_before() -> None:
    (found,) = source(OwnLink(3, "INC-900", 10900)).incidents(Scope(incidents=frozenset({3})))
    assert (found.issue_key, found.own_link) == ("INC-3", False)


def test_its_key_names_it() -> None:
    scope = Scope(keys=frozenset({"INC-900"}))
    (found,) = source(OwnLink(1, "INC-900", 10900)).incidents(scope)
    assert found.id == 1
    assert list(source().incidents(scope)) == []


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path) as made:
        yield made


def test_a_run_writes_it_and_knows_it_once_it_moved(at: Office) -> None:
    """Nobody but the journal tells where the issue is: Impact is not said to know an old key."""
    at.impact(1, issue_key=None)
    at.journal.record_own_links([OwnLink(1, "INC-1", 10_001)], at.clock())
    at.desk = replace(at.desk, source=LinkedIncidents(at.source, at.journal))
    at.reconcile()
    at.impact(1, title="Another title")
    at.state.move(10_001, "PAY-7")
    report = at.reconcile()
    assert at.issue(1)["summary"] == "Another title"
    assert [(item.field, item.subject.linked_by) for item in report.items] == [
        (Field.TITLE, "journal")
    ]
    assert at.journal.own_links() == [OwnLink(1, "PAY-7", 10_001)]
    assert not any(isinstance(item, Change) for item in at.plan().items)
    found = survey(at.desk.readable, at.question(Scope(keys=frozenset({"PAY-7"}))), lambda _: None)
    assert (found.links, found.unread) == (1, ())
