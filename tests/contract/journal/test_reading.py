"""What is remembered of links comes back as it was left, in the order asked for."""

from collections.abc import Sequence

import pytest

from raidctl.core.memory import Baseline, BaselineState, Memory
from raidctl.core.model import Field, SyncDirection, Value
from raidctl.core.writes.log import SeenLink
from raidctl.ports.jira import IssueRef
from raidctl.ports.journal import Journal
from tests.contract.journal.backends import Backend
from tests.contract.journal.values import (
    LINK,
    NOW,
    OTHER,
    TO_IMPACT,
    TO_JIRA,
    at,
    intent,
    run,
    wrote,
)


def record(journal: Journal, *stored: tuple[int, int, Field, Baseline]) -> None:
    journal.record_baselines(stored, "run-1", NOW)


def memories(backend: Backend, *links: tuple[int, int]) -> Sequence[Memory]:
    """As whoever opens the journal anew reads them."""
    with backend.reading() as reader:
        return reader.memories(links)


def test_where_there_is_no_journal_nothing_is_remembered(backend: Backend) -> None:
    for _ in range(2):  # and reading makes none
        with backend.reading() as reader:
            assert not reader.has_baselines
            assert list(reader.memories([LINK, OTHER])) == [Memory(), Memory()]
            assert reader.last_seen_open() == frozenset()
            assert reader.paused() is None
            assert not any(
                [
                    reader.known_issues([12]),
                    reader.claimants([10012]),
                    reader.accounts(),
                    reader.learnt("INC", "Incident"),
                ]
            )
            found = [*reader.runs(9), *reader.named_runs(["r"]), *reader.writes(run="r")]
            assert [*found, *reader.undoing([1]), *reader.marks(), *reader.skips()] == []


def test_what_was_recorded_is_there_when_it_is_opened_again(backend: Backend) -> None:
    with backend.writing() as first:
        record(first, (*LINK, Field.TITLE, Baseline("a", "b", "t")))
        first.begin(run())
    with backend.writing() as second:
        assert second.has_baselines
        assert second.running() == run()
        assert second.memories([LINK]) == memories(backend, LINK)


@pytest.mark.parametrize(
    "value",
    [None, "", "x", "a\r\nb\x00 🧯", "\ud83d", 'say "1"', 0, 1, 20, -5, 10**12, "1", "null"],
)
def test_a_value_comes_back_as_it_was_on_either_side(
    backend: Backend, journal: Journal, value: Value
) -> None:
    left, right = Baseline(value, "j", "t"), Baseline("i", value, "t")
    record(journal, (*LINK, Field.TITLE, left), (*LINK, Field.STATUS, right))
    (memory,) = memories(backend, LINK)
    assert memory.baselines == {Field.TITLE: left, Field.STATUS: right}
    assert type(memory.baselines[Field.TITLE].impact) is type(value)


@pytest.mark.parametrize("state", BaselineState)
@pytest.mark.parametrize("direction", [None, TO_JIRA, TO_IMPACT])
def test_a_baseline_comes_back_as_it_was(
    backend: Backend, journal: Journal, state: BaselineState, direction: SyncDirection | None
) -> None:
    stored = {name: Baseline("a", 3, "0123456789abcdef", state, direction) for name in Field}
    record(journal, *((*LINK, name, one) for name, one in stored.items()))
    assert memories(backend, LINK) == [Memory(stored)]


def test_a_newer_baseline_replaces_an_older_one(backend: Backend, journal: Journal) -> None:
    new = Baseline("c", "d", "u")
    record(journal, (*LINK, Field.TITLE, Baseline("a", "b", "t", BaselineState.UNDONE, TO_JIRA)))
    record(journal, (*LINK, Field.TITLE, new))
    assert memories(backend, LINK) == [Memory({Field.TITLE: new})]


def test_a_baseline_belongs_to_incident_and_issue(backend: Backend, journal: Journal) -> None:
    stored = Baseline("a", "b", "t")
    record(journal, (*LINK, Field.TITLE, stored))
    links = [(12, 99), LINK, (99, 10012), LINK]
    found = Memory({Field.TITLE: stored})
    assert memories(backend, *links) == [Memory(), found, Memory(), found]
    assert list(memories(backend)) == []


def test_memories_of_many_links_come_in_the_order_asked_for(
    backend: Backend, journal: Journal
) -> None:
    links = [(number, number + 10_000) for number in range(3000)]
    record(journal, *((*link, Field.TITLE, Baseline(str(link[0]), "", "t")) for link in links))
    found = memories(backend, *reversed(links))
    assert [memory.baselines[Field.TITLE].impact for memory in found] == [
        str(number) for number in reversed(range(3000))
    ]


def test_every_part_of_a_memory_is_of_its_own_link(backend: Backend, journal: Journal) -> None:
    for minute in range(-3, 0):
        wrote(journal, at(minute), intent("x", Field.TITLE))
    journal.intend([intent("x", Field.PRIORITY, TO_IMPACT, OTHER)], "run-1", NOW)
    first, second, third = memories(backend, LINK, OTHER, (12, 99))
    assert first == Memory(flapping=frozenset({Field.TITLE}))
    assert second == Memory(guards={(TO_JIRA, Field.PRIORITY): at(0.5)})
    assert third == Memory()


def test_links_and_accounts_are_found_by_whoever_looks(backend: Backend, journal: Journal) -> None:
    seen = [SeenLink(12, "INC-12", 10012, open=True), SeenLink(13, "INC-13", 10013, open=False)]
    journal.record_links(seen, NOW)
    journal.record_accounts({"ada@example.com": "acc-ada"}, NOW)
    with backend.reading() as reader:
        assert reader.known_issues([12, 13, 14]) == {
            12: IssueRef("INC-12", 10012),
            13: IssueRef("INC-13", 10013),
        }
        assert reader.known_issues([14]) == {}
        assert reader.last_seen_open() == {12}
        assert reader.accounts() == {"ada@example.com": "acc-ada"}


def test_the_latest_links_are_those_of_the_newest_incidents(backend: Backend) -> None:
    seen = [
        SeenLink(number, f"INC-{number}", 10_000 + number, True, status)
        for number, status in ((2, "Open"), (7, None), (5, "In Progress"))
    ]
    with backend.reading() as reader:
        assert list(reader.latest_links(2)) == []
    with backend.writing() as journal:
        journal.record_links(seen, NOW)
        assert list(journal.latest_links(2)) == [seen[1], seen[2]]
    with backend.reading() as reader:
        assert list(reader.latest_links(9)) == [seen[1], seen[2], seen[0]]
