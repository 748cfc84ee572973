"""The journal read: what a reader finds, in the order and the spelling it was left in."""

from contextlib import closing
from pathlib import Path

import pytest

from raidctl.core.memory import Baseline, BaselineState, Memory
from raidctl.core.model import Field, SyncDirection, Value
from raidctl.journal import ReadOnlyJournal
from raidctl.ports.jira import IssueRef
from tests.journal.files import (
    LINK,
    TO_IMPACT,
    TO_JIRA,
    clock,
    insert,
    memories,
    record,
    stamp,
)


def test_no_file_is_an_empty_journal_and_stays_no_file(path: Path) -> None:
    with closing(ReadOnlyJournal(path, clock)) as journal:
        assert not journal.has_baselines
        assert list(journal.memories([LINK, (13, 10013)])) == [Memory(), Memory()]
        assert journal.known_issues([12]) == {}
        assert journal.last_seen_open() == frozenset()
        assert journal.accounts() == {}
    assert not path.parent.exists()


@pytest.mark.parametrize(
    "value",
    [None, "", "x", "a\r\nb\x00 🧯", "\ud83d", 'say "1"', 0, 1, 20, -5, 10**12, "1", "null"],
)
def test_a_value_comes_back_as_it_was_on_either_side(path: Path, value: Value) -> None:
    left, right = Baseline(value, "j", "t"), Baseline("i", value, "t")
    record(path, (*LINK, Field.TITLE, left), (*LINK, Field.STATUS, right))
    (memory,) = memories(path, LINK)
    assert memory.baselines == {Field.TITLE: left, Field.STATUS: right}
    assert type(memory.baselines[Field.TITLE].impact) is type(value)


@pytest.mark.parametrize("state", BaselineState)
@pytest.mark.parametrize("direction", [None, TO_JIRA, TO_IMPACT])
@pytest.mark.parametrize("field", Field)
def test_a_baseline_comes_back_as_it_was(
    path: Path, field: Field, state: BaselineState, direction: SyncDirection | None
) -> None:
    stored = Baseline("a", 3, "0123456789abcdef", state, direction)
    record(path, (*LINK, field, stored))
    assert memories(path, LINK) == [Memory({field: stored})]


def test_a_newer_baseline_replaces_an_older_one(path: Path) -> None:
    old = Baseline("a", "b", "t", BaselineState.UNFINISHED, TO_JIRA)
    new = Baseline("c", "d", "u")
    record(path, (*LINK, Field.TITLE, old))
    record(path, (*LINK, Field.TITLE, new))
    assert memories(path, LINK) == [Memory({Field.TITLE: new})]


def test_a_baseline_belongs_to_incident_and_issue(path: Path) -> None:
    stored = Baseline("a", "b", "t")
    record(path, (*LINK, Field.TITLE, stored))
    links = [(12, 99), LINK, (99, 10012), LINK]
    found = Memory({Field.TITLE: stored})
    assert memories(path, *links) == [Memory(), found, Memory(), found]


def test_memories_of_many_links_come_in_the_order_asked_for(path: Path) -> None:
    links = [(number, number + 10_000) for number in range(3000)]
    record(path, *((*link, Field.TITLE, Baseline(str(link[0]), "", "t")) for link in links))
    found = memories(path, *reversed(links))
    assert [memory.baselines[Field.TITLE].impact for memory in found] == [
        str(number) for number in reversed(range(3000))
    ]


def test_a_guard_covers_its_fields_in_its_direction_until_it_expires(path: Path) -> None:
    record(path)
    insert(path, "guards", ("incident", 12, "jira_to_impact", "status", stamp(1)))
    insert(path, "guards", ("incident", 12, "impact_to_jira", "title", stamp(0.5)))
    insert(path, "guards", ("incident", 12, "impact_to_jira", "status", stamp(0)))
    insert(path, "guards", ("incident", 12, "impact_to_jira", "priority", stamp(-1)))
    insert(path, "guards", ("incident", 13, "impact_to_jira", "commander", stamp(9)))
    insert(path, "guards", ("other", 12, "impact_to_jira", "commander", stamp(9)))
    found = memories(path, LINK, (13, 10013), (14, 10014))
    assert [memory.cooling for memory in found] == [
        {(TO_IMPACT, Field.STATUS), (TO_JIRA, Field.TITLE)},
        {(TO_JIRA, Field.COMMANDER)},
        frozenset(),
    ]


def test_quarantines_links_and_users(reader: ReadOnlyJournal) -> None:
    assert [memory.flapping for memory in reader.memories([LINK, (12, 99)])] == [
        {Field.TITLE},
        frozenset(),
    ]
    assert reader.has_baselines
    assert reader.known_issues([12, 13, 14]) == {
        12: IssueRef("INC-12", 10012),
        13: IssueRef("INC-13", 10013),
    }
    assert reader.known_issues([14]) == {}
    assert reader.last_seen_open() == {12}
    assert reader.accounts() == {"ada@example.com": "acc-ada"}


def test_no_links_need_no_look_up(reader: ReadOnlyJournal) -> None:
    assert list(reader.memories([])) == []


def test_a_journal_beside_others_under_an_odd_name_is_found(tmp_path: Path) -> None:
    odd = tmp_path / "50% #1? é&mode=rw" / "a b.db"
    record(odd, (*LINK, Field.TITLE, Baseline("a", "b", "t")))
    assert memories(odd, LINK)[0].baselines
