"""Writes: from the intent to the outcome, and what becomes of one that stops half way."""

from contextlib import closing
from pathlib import Path

import pytest

from raidctl.core.memory import Baseline, BaselineState
from raidctl.core.model import UNREADABLE, Field, Readable, SyncDirection, Value
from raidctl.core.paths import Transition
from raidctl.core.writes.log import Intent, OpenWrite, Settled, Write
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.journal import Journal, ReadOnlyJournal
from tests.journal.files import (
    LINK,
    NOW,
    TO_IMPACT,
    TO_JIRA,
    at,
    clock,
    memories,
    quiet,
    rows,
    stamp,
)
from tests.journal.writes import attempt, intent, settled, wrote

OTHER = (13, 10013)


def cooling(path: Path, link: tuple[int, int] = LINK) -> frozenset[tuple[SyncDirection, Field]]:
    return memories(path, link)[0].cooling


def way(to: str) -> Transition:
    return Transition("31", f"go to {to}", to, "indeterminate")


def test_intents_are_open_until_they_are_settled(journal: Journal) -> None:
    meant = [intent(), intent("a title", Field.TITLE, TO_IMPACT), intent(link=OTHER)]
    first, second, third = journal.intend(meant, "run-1", NOW)
    assert journal.open_writes() == [
        OpenWrite(first, "run-1", NOW, meant[0]),
        OpenWrite(second, "run-1", NOW, meant[1]),
        OpenWrite(third, "run-1", NOW, meant[2]),
    ]
    journal.settle([settled(second)], [], "run-1", at(1))
    assert [write.id for write in journal.open_writes()] == [first, third]


def test_hops_come_in_the_order_they_were_sent(journal: Journal) -> None:
    first, second = journal.intend([intent(), intent(link=OTHER)], "run-1", NOW)
    for write, status in ((first, "In Progress"), (second, "Closed"), (first, "Resolved")):
        journal.hop(write, way(status), NOW)
    assert {write.id: write.hops for write in journal.open_writes()} == {
        first: ("In Progress", "Resolved"),
        second: ("Closed",),
    }


def test_a_hop_is_kept_with_its_transition_and_time(journal: Journal, path: Path) -> None:
    (write,) = journal.intend([intent()], "run-1", NOW)
    journal.hop(write, way("Resolved"), at(1))
    assert rows(path, "SELECT * FROM hops") == [(write, 1, "Resolved", "31", at(1).isoformat())]


@pytest.mark.parametrize("value", [None, "", "x\r\n🧯", "\ud83d", 0, 3, "3", "null"])
def test_values_come_back_as_they_were(journal: Journal, value: Value) -> None:
    meant = Intent(12, "INC-12", 10012, Field.TITLE, TO_JIRA, value, value, value, "t")
    (number,) = journal.intend([meant], "run-1", NOW)
    assert journal.open_writes()[0].intent == meant
    journal.settle([Settled(number, Result(Outcome.APPLIED, value))], [], "run-1", NOW)
    (write,) = journal.writes(run="run-1")
    for found in (write.old, write.new, write.read_back):
        assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("read_back", [None, "Resolved", UNREADABLE])
def test_a_value_that_could_not_be_read_back_is_not_empty(
    journal: Journal, read_back: Readable
) -> None:
    (number,) = journal.intend([intent()], "run-1", NOW)
    journal.settle([settled(number, Outcome.FAILED, read_back)], [], "run-1", NOW)
    assert journal.writes(run="run-1")[0].read_back == read_back


# Guards


def test_an_intent_guards_its_field_against_the_echo_for_thirty_seconds(
    journal: Journal, path: Path
) -> None:
    journal.intend([intent(), intent("t", Field.TITLE, TO_IMPACT)], "run-1", NOW)
    assert cooling(path) == {(TO_IMPACT, Field.STATUS), (TO_JIRA, Field.TITLE)}
    assert cooling(path, OTHER) == frozenset()
    assert set(rows(path, "SELECT entity_type, entity_id, expires_at FROM guards")) == {
        ("incident", 12, stamp(30))
    }


@pytest.mark.parametrize(("seconds", "expires"), [(0, []), (0.5, [(stamp(0.5),)])])
def test_the_guard_lasts_as_long_as_it_is_told(
    path: Path, seconds: float, expires: list[tuple[float]]
) -> None:
    with closing(Journal(path, clock, guard_seconds=seconds)) as journal:
        journal.intend([intent()], "run-1", NOW)
    assert rows(path, "SELECT expires_at FROM guards") == expires


def test_a_second_intent_guards_anew_and_expired_guards_go(journal: Journal, path: Path) -> None:
    journal.intend([intent(), intent(link=OTHER)], "run-1", at(-0.4))
    journal.intend([intent()], "run-1", NOW)
    guards = rows(path, "SELECT entity_id, expires_at FROM guards ORDER BY entity_id")
    assert guards == [(12, stamp(30)), (13, stamp(6))]
    journal.intend([intent("x", Field.TITLE)], "run-1", at(0.5))
    assert rows(path, "SELECT entity_id, field FROM guards") == [(12, "title")]


# Outcomes


def test_history_tells_what_became_of_a_write(journal: Journal, path: Path) -> None:
    first, second = journal.intend([intent(), intent("x", Field.TITLE)], "run-1", NOW)
    result = Result(Outcome.REFUSED, "Open", "validation", "JIRA said no")
    journal.settle([Settled(first, result)], [], "run-2", at(1))
    told = Write(
        first, "run-1", NOW, 12, "INC-12", 10012, Field.STATUS, TO_JIRA, "MITIGATED", "Open",
        "Resolved", "Open",
        Outcome.REFUSED, "validation", "JIRA said no",
    )  # fmt: skip
    untold = Write(
        second, "run-1", NOW, 12, "INC-12", 10012, Field.TITLE, TO_JIRA, "MITIGATED", "Open", "x",
        UNREADABLE,
        None, None, None,
    )  # fmt: skip
    assert journal.writes(run="run-1") == [told, untold]
    settlement = "SELECT id, settled_by, settled_at FROM writes"
    assert rows(path, settlement) == [(first, "run-2", at(1).isoformat()), (second, None, None)]


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_settles(journal: Journal, outcome: Outcome) -> None:
    (number,) = journal.intend([intent()], "run-1", NOW)
    journal.settle([settled(number, outcome)], [], "run-1", NOW)
    assert journal.open_writes() == []
    assert [write.outcome for write in journal.writes(run="run-1")] == [outcome]


def test_a_baseline_is_left_where_one_is_given(journal: Journal, path: Path) -> None:
    left = Baseline("MITIGATED", "Resolved", "t", BaselineState.UNFINISHED, TO_JIRA)
    kept = Baseline("a", "b", "t")
    journal.record_baselines([(*LINK, Field.TITLE, kept)], "run-0", NOW)
    numbers = journal.intend([intent(), intent("x", Field.TITLE)], "run-1", NOW)
    journal.settle([settled(numbers[0], baseline=left), settled(numbers[1])], [], "run-1", NOW)
    assert memories(path, LINK)[0].baselines == {Field.STATUS: left, Field.TITLE: kept}


def test_an_attempt_is_history_and_never_open(journal: Journal, path: Path) -> None:
    journal.settle([], [attempt(detail="somebody was faster")], "run-1", at(1))
    (write,) = journal.writes(incidents=[12])
    assert (write.run, write.at, write.outcome) == ("run-1", at(1), Outcome.STALE)
    assert (write.read_back, write.detail) == ("Closed", "somebody was faster")
    assert journal.open_writes() == []
    assert rows(path, "SELECT sent, settled_by FROM writes") == [(0, "run-1")]
    assert cooling(path) == frozenset()


@pytest.mark.parametrize("number", [7, 1])
def test_what_is_not_open_cannot_be_settled_and_nothing_of_that_call_is_kept(
    journal: Journal, number: int
) -> None:
    first, second = journal.intend([intent(), intent("x", Field.TITLE)], "run-1", NOW)
    journal.settle([settled(first)], [], "run-1", NOW)
    with pytest.raises(LookupError, match=f"no open write {number}"):
        journal.settle([settled(second), settled(number)], [attempt()], "run-1", at(1))
    assert [write.id for write in journal.open_writes()] == [second]
    assert len(journal.writes(run="run-1")) == 2


def test_nothing_to_intend_or_settle_is_nothing_to_write(journal: Journal, path: Path) -> None:
    with quiet(journal, path):
        assert list(journal.intend([], "run-1", NOW)) == []
        journal.settle([], [], "run-1", NOW)


# Finding writes


def test_writes_are_found_by_run_incident_or_key_oldest_first(journal: Journal) -> None:
    third = (14, 10014)
    journal.intend([intent("a", link=OTHER), intent("b")], "run-2", NOW)
    journal.intend([intent("c"), intent("d", link=third)], "run-1", at(-5))

    def found(run: str | None = None, *, incidents: object = (), keys: object = ()) -> str:
        assert isinstance(incidents, tuple | set)
        assert isinstance(keys, tuple | list)
        told = journal.writes(run=run, incidents=incidents, keys=keys)
        return "".join(str(write.new) for write in told)

    assert found("run-2") == "ab"
    assert found("run-9") == ""
    assert found(incidents=(12,)) == "bc"
    assert found(incidents={12, 13}) == "abc"
    assert found(keys=("inc-13", "Inc-14")) == "ad"
    assert found(keys=["INC-1"]) == ""
    assert found(incidents=(12,), keys=("INC-12", "INC-13")) == "abc"
    assert found("run-1", incidents=(12,)) == "c"
    assert found() == ""


def test_no_question_walks_all_of_history(journal: Journal, path: Path) -> None:
    asked: list[str] = []
    journal._connection.set_trace_callback(asked.append)
    (number,) = journal.intend([intent()], "run-1", NOW)
    journal.hop(number, way("Resolved"), NOW)
    journal.open_writes()
    journal.settle([settled(number)], [], "run-1", NOW)
    journal.writes(run="run-1")
    journal.writes(incidents=[12], keys=["INC-12"])
    journal._connection.set_trace_callback(None)
    plans = [
        step
        for statement in asked
        if statement.lstrip().startswith(("SELECT", "UPDATE"))
        for *_, step in rows(path, f"EXPLAIN QUERY PLAN {statement}")
    ]
    assert any("writes_of_field" in str(step) for step in plans)
    assert [step for step in plans if str(step) in {"SCAN writes", "SCAN hops"}] == []


# Flapping


def flapping(journal: Journal) -> frozenset[Field]:
    return journal.memories([LINK])[0].flapping


def status(direction: SyncDirection, new: Value = "x") -> Intent:
    return intent(new, direction=direction)


@pytest.mark.parametrize(
    "meant",
    [
        [status(TO_JIRA, "a"), status(TO_IMPACT, "b"), status(TO_JIRA, "c")],
        [status(TO_IMPACT, "a"), status(TO_JIRA, "b"), status(TO_IMPACT, "c")],
        [status(TO_JIRA, "a"), status(TO_JIRA, "a"), status(TO_JIRA, "a")],
    ],
)
def test_the_third_write_that_goes_in_circles_is_the_last(
    journal: Journal, path: Path, meant: list[Intent]
) -> None:
    for number, one in enumerate(meant):
        assert flapping(journal) == frozenset()
        wrote(journal, at(number * 25), one)
    assert flapping(journal) == {Field.STATUS}
    assert rows(path, "SELECT * FROM quarantines") == [(*LINK, "status", at(50).isoformat())]


def test_the_quarantine_tells_since_when(journal: Journal, path: Path) -> None:
    for minute in range(4):
        wrote(journal, at(minute), status(TO_JIRA))
    assert rows(path, "SELECT since FROM quarantines") == [(at(2).isoformat(),)]


@pytest.mark.parametrize(
    "meant",
    [
        [status(TO_JIRA, "a"), status(TO_JIRA, "b"), status(TO_JIRA, "a")],
        [status(TO_JIRA, "a"), status(TO_JIRA, "b"), status(TO_IMPACT, "a")],
        [status(TO_JIRA), status(TO_JIRA), intent("x", Field.TITLE)],
        [status(TO_JIRA), status(TO_JIRA), intent("x", link=OTHER)],
        [status(TO_JIRA), status(TO_JIRA), intent("x", link=(12, 99))],
    ],
)
def test_writes_that_go_somewhere_do_not_flap(journal: Journal, meant: list[Intent]) -> None:
    for number, one in enumerate(meant):
        wrote(journal, at(number), one)
    assert flapping(journal) == frozenset()


def test_writes_more_than_an_hour_apart_do_not_flap(journal: Journal) -> None:
    for minute in (0, 30, 61):
        wrote(journal, at(minute), status(TO_JIRA))
    assert flapping(journal) == frozenset()
    wrote(journal, at(62), status(TO_JIRA))
    assert flapping(journal) == {Field.STATUS}


@pytest.mark.parametrize(
    ("outcome", "read_back", "counts"),
    [
        (Outcome.APPLIED, "x", True),
        (Outcome.NORMALISED, "X", True),
        (Outcome.STALE, "y", True),
        (Outcome.RECOVERED, "x", True),
        (Outcome.RECOVERED, "y", False),
        (Outcome.RECOVERED, UNREADABLE, False),
        (Outcome.REFUSED, "y", False),
        (Outcome.FAILED, UNREADABLE, False),
        (Outcome.NO_EFFECT, "y", False),
    ],
)
def test_only_writes_that_reached_their_target_count(
    journal: Journal, outcome: Outcome, read_back: Readable, counts: bool
) -> None:
    for minute in range(3):
        (number,) = journal.intend([status(TO_JIRA)], "run-1", at(minute))
        journal.settle([settled(number, outcome, read_back)], [], "run-1", at(minute))
    assert flapping(journal) == (frozenset({Field.STATUS}) if counts else frozenset())


def test_what_was_never_sent_does_not_count(journal: Journal) -> None:
    meant = intent()
    for minute in range(2):
        journal.settle([], [attempt()], "run-1", at(minute))
        wrote(journal, at(minute), meant)
    assert flapping(journal) == frozenset()
    wrote(journal, at(2), meant)
    assert flapping(journal) == {Field.STATUS}


def test_an_undo_does_not_count(journal: Journal, path: Path) -> None:
    for minute, direction in enumerate((TO_JIRA, TO_IMPACT, TO_JIRA)):
        (number,) = journal.intend([status(direction)], "run-1", at(minute))
        if direction is TO_IMPACT:
            journal._connection.execute("UPDATE writes SET kind = 'undo' WHERE id = ?", [number])
        journal.settle([settled(number, read_back="x")], [], "run-1", at(minute))
    assert flapping(journal) == frozenset()


def test_a_field_released_stays_so_while_nothing_more_reaches_it(journal: Journal) -> None:
    for minute in range(3):
        wrote(journal, at(minute), status(TO_JIRA))
    journal._connection.execute("DELETE FROM quarantines")
    wrote(journal, at(3), status(TO_JIRA), Outcome.REFUSED)
    assert flapping(journal) == frozenset()


def test_a_reader_sees_it_too(journal: Journal, path: Path) -> None:
    for minute in range(3):
        wrote(journal, at(minute), status(TO_JIRA))
    with closing(ReadOnlyJournal(path, clock)) as reader:
        assert reader.memories([LINK])[0].flapping == {Field.STATUS}
        assert len(reader.writes(run="run-1")) == 3
        assert reader.open_writes() == []
