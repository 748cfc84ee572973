"""What each receiver of notices was told."""

from raidctl.core.notices import Kind, Matter
from raidctl.ports.journal import Journal
from tests.contract.journal.backends import Backend
from tests.contract.journal.values import NOW, at

ONE, OTHER = Matter(Kind.HELD, "", "12 status conflict"), Matter(Kind.FAILING, "reconcile", "7 é")


def test_what_one_was_told_another_was_not(backend: Backend, journal: Journal) -> None:
    journal.record_told("slack", [ONE, OTHER], (), NOW)
    with backend.reading() as reader:
        assert reader.told("slack") == {ONE: NOW, OTHER: NOW}
        assert reader.told("url") == {}


def test_what_is_over_is_forgotten_and_what_is_told_again_has_its_new_time(
    journal: Journal,
) -> None:
    journal.record_told("slack", [ONE, OTHER], (), NOW)
    journal.record_told("slack", [ONE], [OTHER, Matter(Kind.DEAD, "", "3")], at(5))
    assert journal.told("slack") == {ONE: at(5)}


def test_a_matter_may_hold_any_text(journal: Journal) -> None:
    odd = Matter(Kind.SAID, "reconcile", "7 \x00'; DROP TABLE told; -- \N{FIRE ENGINE}")
    journal.record_told("output", [odd], (), NOW)
    assert journal.told("output") == {odd: NOW}
    journal.record_told("output", (), [odd], NOW)
    assert journal.told("output") == {}
