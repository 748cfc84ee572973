"""Which preset was found, by what it was asked about."""

from raidctl.ports.journal import Journal
from tests.contract.journal.values import NOW, at


def test_a_preset_is_known_for_what_it_was_asked_about_alone(journal: Journal) -> None:
    assert journal.preset("a") is None
    journal.record_preset("a", "raid", NOW)
    assert (journal.preset("a"), journal.preset("b")) == ("raid", None)


def test_the_latest_answer_counts(journal: Journal) -> None:
    journal.record_preset("a", "raid", NOW)
    journal.record_preset("a", "firefighter", at(1))
    assert journal.preset("a") == "firefighter"
