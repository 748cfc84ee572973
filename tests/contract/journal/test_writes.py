"""Writes: from the intent to the outcome, and what becomes of one that stops half way."""

from collections.abc import Collection
from datetime import timedelta

import pytest

from raidctl.core.memory import Baseline, BaselineState
from raidctl.core.model import UNREADABLE, Field, Readable, SyncDirection, Value
from raidctl.core.paths import Transition
from raidctl.core.plan.item import Change
from raidctl.core.reasons import Reason
from raidctl.core.writes.log import Mark, SeenLink, Write
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.core.writes.settlement import Intended, Settlement
from raidctl.ports.journal import Journal
from tests.contract.journal.backends import Backend
from tests.contract.journal.values import (
    LINK,
    NOW,
    OTHER,
    TO_IMPACT,
    TO_JIRA,
    at,
    attempt,
    intent,
    settled,
    wrote,
)
from tests.items import meant


def cooling(
    backend: Backend, link: tuple[int, int] = LINK, seconds: float = 0
) -> frozenset[tuple[SyncDirection, Field]]:
    """What whoever looks so much later sees guarded."""
    with backend.reading(lambda: NOW + timedelta(seconds=seconds)) as reader:
        return reader.memories([link])[0].cooling


def way(to: str) -> Transition:
    return Transition("31", f"go to {to}", to, "indeterminate")


def test_intents_are_open_until_they_are_settled(journal: Journal) -> None:
    meant = [intent(), intent("a title", Field.TITLE, TO_IMPACT), intent(link=OTHER)]
    first, second, third = journal.intend(meant, "run-1", NOW)
    assert journal.open_writes() == [
        Intended(first, "run-1", NOW, meant[0]),
        Intended(second, "run-1", NOW, meant[1]),
        Intended(third, "run-1", NOW, meant[2]),
    ]
    journal.settle([settled(second)], "run-1", at(1))
    assert [write.write for write in journal.open_writes()] == [first, third]


def test_hops_come_in_the_order_they_were_sent(journal: Journal) -> None:
    first, second = journal.intend([intent(), intent(link=OTHER)], "run-1", NOW)
    for write, status in ((first, "In Progress"), (second, "Closed"), (first, "Resolved")):
        journal.hop(write, way(status), NOW)
    assert {write.write: write.hops for write in journal.open_writes()} == {
        first: ("In Progress", "Resolved"),
        second: ("Closed",),
    }


@pytest.mark.parametrize("value", [None, "", "x\r\n🧯", "\ud83d", 0, 3, "3", "null"])
def test_values_come_back_as_they_were(journal: Journal, value: Value) -> None:
    what = meant(12, "INC-12", 10012, Field.TITLE, TO_JIRA, value, value, value, "t")
    (number,) = journal.intend([what], "run-1", NOW)
    assert journal.open_writes()[0].change == what
    journal.settle([Settlement(what, Result(Outcome.APPLIED, value), number)], "run-1", NOW)
    (write,) = journal.writes(run="run-1")
    for found in (write.old, write.new, write.read_back):
        assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("read_back", [None, "Resolved", UNREADABLE])
def test_a_value_that_could_not_be_read_back_is_not_empty(
    journal: Journal, read_back: Readable
) -> None:
    (number,) = journal.intend([intent()], "run-1", NOW)
    journal.settle([settled(number, Outcome.FAILED, read_back)], "run-1", NOW)
    assert journal.writes(run="run-1")[0].read_back == read_back


# Guards


def test_an_intent_guards_its_field_against_the_echo_for_thirty_seconds(
    backend: Backend, journal: Journal
) -> None:
    journal.intend([intent(), intent("t", Field.TITLE, TO_IMPACT)], "run-1", NOW)
    guarded = {(TO_IMPACT, Field.STATUS), (TO_JIRA, Field.TITLE)}
    assert cooling(backend) == cooling(backend, seconds=29.9) == guarded
    assert cooling(backend, seconds=30) == cooling(backend, OTHER) == frozenset()


@pytest.mark.parametrize("seconds", [0, 0.5])
def test_the_guard_lasts_as_long_as_it_is_told(backend: Backend, seconds: float) -> None:
    with backend.writing(guard_seconds=seconds) as journal:
        journal.intend([intent()], "run-1", NOW)
    assert bool(cooling(backend)) is bool(seconds)
    assert cooling(backend, seconds=seconds) == frozenset()


def test_a_second_intent_guards_anew(backend: Backend, journal: Journal) -> None:
    journal.intend([intent(), intent(link=OTHER)], "run-1", at(-0.4))
    journal.intend([intent()], "run-1", NOW)
    guards = [len(cooling(backend, link, 20)) for link in (LINK, OTHER)]
    assert guards == [1, 0]


def test_expired_guards_go(backend: Backend, journal: Journal) -> None:
    journal.intend([intent()], "run-1", NOW)
    journal.intend([intent("x", Field.TITLE)], "run-1", at(0.5))
    assert cooling(backend) == {(TO_IMPACT, Field.TITLE)}


# Outcomes


def test_history_tells_what_became_of_a_write(journal: Journal) -> None:
    first, second = journal.intend([intent(), intent("x", Field.TITLE)], "run-1", NOW)
    result = Result(Outcome.REFUSED, "Open", "validation", "JIRA said no")
    journal.settle([Settlement(intent(), result, first)], "run-2", at(1))
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


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_settles(journal: Journal, outcome: Outcome) -> None:
    (number,) = journal.intend([intent()], "run-1", NOW)
    journal.settle([settled(number, outcome)], "run-1", NOW)
    assert journal.open_writes() == []
    assert [write.outcome for write in journal.writes(run="run-1")] == [outcome]


def test_a_baseline_is_left_where_one_is_given(journal: Journal) -> None:
    left = Baseline("MITIGATED", "Resolved", "t", BaselineState.UNFINISHED, TO_JIRA)
    kept = Baseline("a", "b", "t")
    journal.record_baselines([(*LINK, Field.TITLE, kept)], "run-0", NOW)
    numbers = journal.intend([intent(), intent("x", Field.TITLE)], "run-1", NOW)
    journal.settle([settled(numbers[0], baseline=left), settled(numbers[1])], "run-1", NOW)
    assert journal.memories([LINK])[0].baselines == {Field.STATUS: left, Field.TITLE: kept}


def test_an_attempt_is_history_and_never_open(backend: Backend, journal: Journal) -> None:
    journal.settle([attempt(detail="somebody was faster")], "run-1", at(1))
    (write,) = journal.writes(incidents=[12])
    assert (write.run, write.at, write.outcome) == ("run-1", at(1), Outcome.STALE)
    assert (write.read_back, write.detail) == ("Closed", "somebody was faster")
    assert journal.open_writes() == []
    assert write.sent is False
    assert cooling(backend) == frozenset()


def test_what_no_database_can_hold_is_kept_as_near_as_can_be(journal: Journal) -> None:
    """Half a surrogate pair, which JSON can carry: JIRA cuts texts where it likes."""
    journal.settle([attempt(detail="JIRA said: é\ud83d")], "run-1", at(1))
    journal.record_accounts({"ada\udcff@example.com": "acc\ud800"}, NOW)
    journal.record_links([SeenLink(12, "INC\ud800-12", 10012, open=True)], NOW)
    (number,) = journal.intend([intent("half\ud83d", Field.TITLE)], "run-1", NOW)

    (write,) = journal.writes(run="run-1", incidents=[12], keys=["INC\ud800"])[:1]
    assert write.detail == r"JIRA said: é\ud83d"
    assert [one.change.to for one in journal.open_writes()] == ["half\ud83d"], "values stay whole"
    assert journal.accounts() == {r"ada\udcff@example.com": r"acc\ud800"}
    assert number


@pytest.mark.parametrize("number", [7, 1])
def test_what_is_not_open_cannot_be_settled_and_nothing_of_that_call_is_kept(
    journal: Journal, number: int
) -> None:
    first, second = journal.intend([intent(), intent("x", Field.TITLE)], "run-1", NOW)
    journal.settle([settled(first)], "run-1", NOW)
    with pytest.raises(LookupError, match=f"no open write {number}"):
        journal.settle([settled(second), settled(number), attempt()], "run-1", at(1))
    assert [write.write for write in journal.open_writes()] == [second]
    assert len(journal.writes(run="run-1")) == 2


def test_nothing_to_intend_or_settle_is_nothing_to_write(
    backend: Backend, journal: Journal
) -> None:
    with backend.held_up():
        assert list(journal.intend([], "run-1", NOW)) == []
        journal.settle([], "run-1", NOW)


# Finding writes


def test_writes_are_found_by_run_incident_or_key_oldest_first(journal: Journal) -> None:
    third = (14, 10014)
    journal.intend([intent("a", link=OTHER), intent("b")], "run-2", NOW)
    journal.intend([intent("c"), intent("d", link=third)], "run-1", at(-5))

    def found(
        run: str | None = None, *, incidents: Collection[int] = (), keys: Collection[str] = ()
    ) -> str:
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


# Flapping


def flapping(journal: Journal) -> frozenset[Field]:
    return journal.memories([LINK])[0].flapping


def status(direction: SyncDirection, new: Value = "x") -> Change:
    return intent(new, direction=direction)


@pytest.mark.parametrize(
    "meant",
    [
        [status(TO_JIRA, "a"), status(TO_IMPACT, "b"), status(TO_JIRA, "c")],
        [status(TO_JIRA, "a"), status(TO_JIRA, "a"), status(TO_JIRA, "a")],
    ],
)
def test_the_third_write_that_goes_in_circles_is_the_last(
    backend: Backend, journal: Journal, meant: list[Change]
) -> None:
    for number, one in enumerate(meant):
        assert flapping(journal) == frozenset()
        wrote(journal, at(number * 25), one)
    assert flapping(journal) == {Field.STATUS}
    with backend.reading() as reader:
        assert reader.memories([LINK])[0].flapping == {Field.STATUS}
        assert reader.marks() == [Mark(*LINK, Field.STATUS, Reason.FLAPPING, at(50))]


def test_the_quarantine_tells_since_when(journal: Journal) -> None:
    for minute in range(4):
        wrote(journal, at(minute), status(TO_JIRA))
    assert [mark.since for mark in journal.marks()] == [at(2)]


@pytest.mark.parametrize(
    "last",
    [
        status(TO_JIRA, "a"),
        intent("x", Field.TITLE),
        intent("x", link=OTHER),
        intent("x", link=(12, 99)),
    ],
)
def test_writes_that_go_somewhere_or_elsewhere_do_not_flap(journal: Journal, last: Change) -> None:
    for number, one in enumerate([status(TO_JIRA), status(TO_JIRA), last]):
        wrote(journal, at(number), one)
    assert flapping(journal) == frozenset()


def test_writes_more_than_an_hour_apart_do_not_flap(journal: Journal) -> None:
    for minute in (0, 30, 60.01):
        wrote(journal, at(minute), status(TO_JIRA))
    assert flapping(journal) == frozenset()
    wrote(journal, at(90), status(TO_JIRA))  # and this one an hour after the second, to the dot
    assert flapping(journal) == {Field.STATUS}


@pytest.mark.parametrize(
    ("outcome", "read_back", "counts"),
    [
        (Outcome.RECOVERED, "x", True),
        (Outcome.RECOVERED, UNREADABLE, False),
        (Outcome.REFUSED, "y", False),
    ],
)
def test_only_writes_that_reached_their_target_count(
    journal: Journal, outcome: Outcome, read_back: Readable, counts: bool
) -> None:
    for minute in range(3):
        (number,) = journal.intend([status(TO_JIRA)], "run-1", at(minute))
        journal.settle([settled(number, outcome, read_back)], "run-1", at(minute))
    assert flapping(journal) == (frozenset({Field.STATUS}) if counts else frozenset())


def test_what_was_never_sent_does_not_count(journal: Journal) -> None:
    meant = intent()
    for minute in range(2):
        journal.settle([attempt()], "run-1", at(minute))
        wrote(journal, at(minute), meant)
    assert flapping(journal) == frozenset()
    wrote(journal, at(2), meant)
    assert flapping(journal) == {Field.STATUS}


def test_a_field_released_stays_so_while_nothing_more_reaches_it(journal: Journal) -> None:
    for minute in range(3):
        wrote(journal, at(minute), status(TO_JIRA))
    journal.release(*LINK, Field.STATUS, at(2.5))
    wrote(journal, at(3), status(TO_JIRA), Outcome.REFUSED)
    assert flapping(journal) == frozenset()
