"""Links that raidctl made or found itself, and that Impact need not know."""

from raidctl.core.model import NO_VALUES
from raidctl.core.plan.item import Change, Subject, Target
from raidctl.core.reasons import Reason
from raidctl.core.writes.log import OwnLink
from raidctl.ports.journal import Journal
from tests.contract.journal.backends import Backend
from tests.contract.journal.values import NOW, TO_JIRA, at

CREATE = Change(
    Subject(12, "", ""), Target("create_issue"), None, TO_JIRA, NO_VALUES, "INC", Reason.UNLINKED
)
MADE = OwnLink(12, "INC-900", 10900)


def test_an_issue_that_was_made_is_known_before_its_write_has_an_end(journal: Journal) -> None:
    (write,) = journal.intend([CREATE], "run-1", NOW)
    (before,) = journal.open_writes()
    assert before.change.subject.issue_id is None
    journal.made(write, MADE, at(1))
    (found,) = journal.open_writes()
    assert (found.change.subject.issue, found.change.subject.issue_id) == ("INC-900", 10900)
    assert journal.own_links() == [MADE]
    (told,) = journal.writes(keys=["inc-900"])
    assert told.id == write


def test_one_incident_has_one_own_link(journal: Journal) -> None:
    other = OwnLink(13, "INC-901", 10901)
    journal.record_own_links([MADE, other], NOW)
    moved = OwnLink(12, "PAY-1", 10900)
    journal.record_own_links([moved], at(1))
    assert sorted(journal.own_links(), key=lambda one: one.incident) == [moved, other]
    assert journal.own_links_of([12, 99]) == [moved]
    journal.forget_own_links([12, 99])
    assert journal.own_links() == [other]


def test_nothing_to_write_writes_nothing(backend: Backend, journal: Journal) -> None:
    journal.record_own_links([], NOW)
    journal.forget_own_links([])
    with backend.reading() as reader:
        assert reader.own_links() == []


def test_what_leads_back_once_does(journal: Journal) -> None:
    back = OwnLink(12, "INC-900", 10900, led_back=True)
    journal.record_own_links([back], NOW)
    journal.record_own_links([MADE], NOW)
    assert journal.own_links() == [back]
    other = OwnLink(12, "INC-901", 10901)
    journal.record_own_links([other], NOW)
    assert journal.own_links() == [other]


def test_a_link_is_renamed_as_long_as_it_leads_to_the_same_issue(journal: Journal) -> None:
    journal.record_own_links([MADE], NOW)
    journal.rename_own_links([OwnLink(12, "PAY-2", 10999), OwnLink(13, "PAY-3", 10900)])
    assert journal.own_links() == [MADE]
    journal.rename_own_links([OwnLink(12, "PAY-1", 10900)])
    assert journal.own_links() == [OwnLink(12, "PAY-1", 10900)]
