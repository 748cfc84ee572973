"""The queue of events: kept once, tried in order, settled once."""

from datetime import datetime

import pytest

from raidctl.core.events.event import Event, Names, Queued, QueueState, Seen, State, Turn
from raidctl.core.model import Field
from raidctl.errors import JournalError
from raidctl.journal.events import KEPT
from raidctl.ports.journal import Journal
from tests.contract.journal.backends import Backend
from tests.contract.journal.values import NOW, at

WAITING, DEAD, SETTLED = State.WAITING, State.DEAD, State.SETTLED
ALL = tuple(State)


def jira(name: str, issue: int = 10012, when: datetime | None = NOW) -> Event:
    fields = frozenset({Field.STATUS, Field.TITLE})
    return Event(name, "jira:issue_updated", when, None, f"INC-{issue - 10000}", issue, fields)


def impact(name: str, incident: int = 12) -> Event:
    return Event(name, "impact:incident_updated", incident=incident, fields=frozenset(Field))


def kept(journal: Journal, *events: Event, state: State = WAITING) -> list[Queued]:
    found = journal.queue.keep([Seen(one, state) for one in events], NOW)
    return [one for one in found if one is not None]


def test_an_event_comes_back_as_it_was_kept(backend: Backend, journal: Journal) -> None:
    creation = Event("c", "impact:incident_created", incident=13, creation=True)
    seen = [
        Seen(jira("a"), WAITING),
        Seen(creation, WAITING),
        Seen(jira("e"), State.SKIPPED, "an echo"),
    ]
    found = journal.queue.keep(seen, NOW)
    assert [one and (one.event, one.state, one.why) for one in found] == [
        (one.event, one.state, one.why) for one in seen
    ]
    assert {one and (one.received_at, one.tries, one.times) for one in found} == {(NOW, 0, 1)}
    assert [one and one.due_at for one in found] == [NOW, NOW, None]
    with backend.reading() as reader:
        assert list(reader.queue.events(ALL, 9)) == list(found)
        assert reader.queue.state() == QueueState(2, 0, NOW)


def test_there_is_no_queue_where_there_is_no_journal(backend: Backend) -> None:
    with backend.reading() as reader:
        assert reader.queue.state() == QueueState(0, 0, None)
        assert list(reader.queue.events(ALL, 9)) == []
        assert list(reader.queue.named(["a"])) == []


def test_a_probe_leaves_nothing(journal: Journal) -> None:
    before = kept(journal, jira("a"))
    journal.queue.probe()
    assert list(journal.queue.events(ALL, 9)) == before
    assert kept(journal, jira("b", 10013))[0].id == before[0].id + 1


def test_an_event_that_comes_twice_is_kept_once(journal: Journal) -> None:
    (first,) = kept(journal, jira("a"), jira("a"))
    assert list(journal.queue.keep([Seen(jira("a"), WAITING)], at(1))) == [None]
    journal.queue.turn([first.turn(SETTLED)])
    assert list(journal.queue.keep([Seen(jira("a"), WAITING)], at(2))) == [None]
    assert [one.state for one in journal.queue.events(ALL, 9)] == [SETTLED]


def test_one_without_a_time_of_its_own_is_another_once_the_first_does_not_wait(
    journal: Journal,
) -> None:
    (first,) = kept(journal, impact("a"), impact("a"))
    journal.queue.turn([Turn(first.id, SETTLED, times=2)])
    (again,) = journal.queue.keep([Seen(impact("a"), WAITING)], at(5))
    assert again is not None
    assert (again.state, again.received_at, again.due_at) == (WAITING, at(5), at(5))
    assert [one.state for one in journal.queue.events(ALL, 9)] == [WAITING]


def test_one_that_comes_again_while_it_is_in_hand_waits_on(journal: Journal) -> None:
    """What it tells may be later than what was read."""
    (first,) = kept(journal, impact("a"))
    assert kept(journal, impact("a")) == []
    journal.queue.turn([first.turn(SETTLED, "both sides agree")])
    (waits,) = journal.queue.due(NOW, 9)
    assert (waits.id, waits.times) == (first.id, 2)
    journal.queue.turn([waits.turn(SETTLED)])
    assert list(journal.queue.due(NOW, 9)) == []


def test_what_is_due_comes_oldest_first_with_all_of_its_subject(journal: Journal) -> None:
    a, b, c, d = kept(journal, jira("a"), jira("b", 10013), impact("c"), jira("d"))
    journal.queue.turn([Turn(d.id, WAITING, "JIRA was away", 1, at(60))])
    assert [one.id for one in journal.queue.due(NOW, 1)] == [a.id, d.id]
    assert [one.id for one in journal.queue.due(NOW, 9)] == [a.id, b.id, c.id, d.id]
    journal.queue.turn([one.turn(SETTLED) for one in (a, b, c)])
    assert list(journal.queue.due(at(59), 9)) == []
    (later,) = journal.queue.due(at(60), 9)
    assert (later.why, later.tries, later.due_at) == ("JIRA was away", 1, at(60))


def test_a_clock_that_was_turned_back_does_not_hold_up_what_was_not_tried(journal: Journal) -> None:
    tried, fresh = kept(journal, jira("a"), jira("b", 10013))
    journal.queue.turn([Turn(tried.id, WAITING, "away", 1, at(10))])
    assert [one.event.name for one in journal.queue.due(at(-600), 9)] == ["b"]
    assert fresh.due_at == NOW


def test_a_clock_that_was_wrong_keeps_no_event_waiting(journal: Journal) -> None:
    """It is put right, and what was kept meanwhile is not a year away."""
    ahead = at(365 * 24 * 60)
    (early,) = journal.queue.keep([Seen(jira("a"), WAITING)], ahead)
    assert early is not None
    assert list(journal.queue.due(NOW, 9)) == [early]
    assert list(journal.queue.due(ahead, 9)) == [early]
    tomorrow = at(24 * 60)
    journal.queue.turn([Turn(early.id, WAITING, "too young", due_at=tomorrow)])
    assert list(journal.queue.due(NOW, 9)) == []


def test_events_of_links_are_found_by_every_name(journal: Journal) -> None:
    by_key = Event("k", "jira:issue_updated", NOW, issue="INC-12")
    a, b, k, _ = kept(journal, jira("a"), impact("b"), by_key, jira("o", 10099))
    names = Names(frozenset({12}), frozenset({10012}), frozenset({"INC-12"}))
    found = journal.queue.of_links(names)
    assert [one.id for one in found] == [a.id, b.id, k.id]
    assert [one.id for one in journal.queue.of_links(Names(keys=names.keys))] == [k.id]
    assert [one.id for one in journal.queue.of_links(names, [a.id, k.id])] == [b.id]
    journal.queue.turn([one.turn(SETTLED) for one in (a, b, k)])
    assert list(journal.queue.of_links(names)) == []


def test_dead_events_wait_again_when_somebody_says_so(journal: Journal) -> None:
    a, b, c = kept(journal, jira("a"), jira("b"), jira("c"))
    journal.queue.turn([one.turn(DEAD, "four tries") for one in (a, b)])
    assert journal.queue.state() == QueueState(1, 2, NOW)
    (again,) = journal.queue.retry([b.id, c.id, 99], at(7))
    assert (again.id, again.state, again.why, again.tries) == (b.id, WAITING, None, 0)
    assert again.due_at == at(7)
    assert [one.id for one in journal.queue.retry([], at(8))] == [a.id]
    assert journal.queue.state().dead == 0


def test_what_does_not_wait_any_more_is_not_turned(journal: Journal) -> None:
    (a,) = kept(journal, jira("a"))
    journal.queue.turn([a.turn(SETTLED, "both agree")])
    journal.queue.turn([a.turn(DEAD, "late")])
    (found,) = journal.queue.named(["a", "b"])
    assert (found.state, found.why) == (SETTLED, "both agree")


def test_the_latest_events_are_asked_for(journal: Journal) -> None:
    made = kept(journal, *(jira(str(n)) for n in range(5)))
    assert list(journal.queue.events([WAITING], 2)) == made[-2:]
    assert list(journal.queue.events([DEAD], 2)) == []


def test_what_is_done_is_thinned_and_nothing_else(journal: Journal) -> None:
    waiting, dead = kept(journal, jira("w"), jira("d"))
    journal.queue.turn([dead.turn(DEAD)])
    for start in range(0, KEPT + 20, 5_010):
        kept(journal, *(jira(f"{start + n}") for n in range(5_010)), state=State.IGNORED)
    assert len(journal.queue.events([State.IGNORED], 2 * KEPT)) == KEPT
    assert [one.id for one in journal.queue.events([WAITING, DEAD], 9)] == [waiting.id, dead.id]


def test_nothing_is_half_kept(journal: Journal) -> None:
    kept(journal, jira("a"))
    with pytest.raises(JournalError):
        kept(journal, jira("b"), impact("no database holds it", 2**70))
    assert [one.event.name for one in journal.queue.events(ALL, 9)] == ["a"]
