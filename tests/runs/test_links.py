"""Links: incidents and issues brought together in batches, as a stream."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from raidctl.core.model import Incident, Issue, Side
from raidctl.errors import Category, ServiceError
from raidctl.ports.jira import IssueRef
from raidctl.runs.reading.links import QUEUED, FoundLink, LinkReader
from tests.runs.fakes import FakeJournal, FakeTracker, error, incident, issue


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as made:
        yield made


def reader(
    pool: ThreadPoolExecutor, tracker: FakeTracker, journal: FakeJournal | None = None
) -> LinkReader:
    return LinkReader(tracker, journal or FakeJournal(), pool, 2)


def flat(batches: Iterable[list[FoundLink]]) -> list[FoundLink]:
    return [one for batch in batches for one in batch]


def numbers(links: Iterable[FoundLink]) -> list[int]:
    return [one.incident.id for one in links]


def incidents(*of: int) -> list[Incident]:
    return [incident(number) for number in of]


def test_every_incident_once_with_its_issue_in_batches(pool: ThreadPoolExecutor) -> None:
    tracker = FakeTracker([issue(n) for n in range(1, 8)], batch_size=3)
    links = flat(reader(pool, tracker).links(incidents(*range(1, 8))))
    assert numbers(links) == list(range(1, 8))
    assert all(one.issue == issue(one.incident.id) for one in links)
    assert [len(call) for call in sorted(tracker.calls, key=len)] == [1, 3, 3]


def test_nothing_in_nothing_asked(pool: ThreadPoolExecutor) -> None:
    tracker = FakeTracker([])
    assert flat(reader(pool, tracker).links([])) == []
    assert tracker.calls == []


@pytest.mark.parametrize(("width", "batch_size"), [(1, 1), (2, 3), (4, 100)])
def test_incidents_are_drawn_only_so_far_ahead(width: int, batch_size: int) -> None:
    total, drawn, delivered, ahead = 2_000 if batch_size == 100 else 60, 0, 0, 0

    def stream() -> Iterator[Incident]:
        nonlocal drawn
        for number in range(1, total + 1):
            drawn += 1
            yield incident(number)

    tracker = FakeTracker([issue(n) for n in range(1, total + 1)], batch_size=batch_size)
    with ThreadPoolExecutor(width) as pool:
        for batch in LinkReader(tracker, FakeJournal(), pool, width).links(stream()):
            ahead = max(ahead, drawn - delivered)
            delivered += len(batch)
    assert delivered == total
    assert ahead <= QUEUED * width * batch_size < total


def test_what_did_not_answer_is_asked_for_once_more_all_together(pool: ThreadPoolExecutor) -> None:
    tracker = FakeTracker([issue(n) for n in (1, 3, 5)], batch_size=2)
    links = flat(reader(pool, tracker).links(incidents(1, 2, 3, 4, 5)))
    assert numbers(links) == [1, 3, 5, 2, 4]
    assert [one.issue is None for one in links] == [False, False, False, True, True]
    assert tracker.asked == [["INC-1", "INC-2"], ["INC-2", "INC-4"], ["INC-3", "INC-4"], ["INC-5"]]


def test_an_issue_under_its_old_and_its_new_key_answers_for_both(pool: ThreadPoolExecutor) -> None:
    """Of two keys of one issue in a batch only one answers."""
    moved = issue(1, key="PAY-7")
    tracker = FakeTracker([moved, issue(2)], aliases={"INC-1": "PAY-7"}, batch_size=3)
    asked = [incident(1), incident(2), incident(3, issue_key="PAY-7")]
    links = flat(reader(pool, tracker).links(asked))
    assert {one.incident.id: one.issue for one in links} == {1: moved, 2: issue(2), 3: moved}


def test_three_keys_of_one_issue_answer_too(pool: ThreadPoolExecutor) -> None:
    """The second time round two of them stand in one batch again."""
    moved = issue(1, key="PAY-7")
    tracker = FakeTracker([moved], aliases={"INC-1": "PAY-7", "INC-2": "PAY-7"}, batch_size=3)
    asked = [incident(1), incident(2), incident(3, issue_key="PAY-7")]
    links = flat(reader(pool, tracker).links(asked))
    assert {one.incident.id: one.issue for one in links} == dict.fromkeys((1, 2, 3), moved)


def test_the_id_comes_from_impact_else_from_the_journal_for_the_same_key(
    pool: ThreadPoolExecutor,
) -> None:
    tracker = FakeTracker([issue(n) for n in range(1, 5)], batch_size=9)
    known = {1: IssueRef("INC-1", 71), 2: IssueRef("INC-2", 72), 3: IssueRef("OLD-3", 73)}
    asked = [incident(1, issue_id=10_001), *incidents(2, 3, 4)]
    links = flat(reader(pool, tracker, FakeJournal(known=known)).links(asked))
    refs = [
        IssueRef("INC-1", 10_001),
        IssueRef("INC-2", 72),
        IssueRef("INC-3"),
        IssueRef("INC-4"),
    ]
    assert tracker.calls == [refs]
    assert [one.ref for one in links] == refs


def test_a_batch_that_fails_is_named_and_counted_and_the_others_are_read(
    pool: ThreadPoolExecutor,
) -> None:
    tracker = FakeTracker([issue(n) for n in range(1, 8)], fails={"INC-4": error()}, batch_size=2)
    links = reader(pool, tracker)
    assert numbers(flat(links.links(incidents(*range(1, 8))))) == [1, 2, 5, 6, 7]
    assert links.unread_links == 2
    (unread,) = links.unread
    assert (unread.system, unread.category) == (Side.JIRA, "network")
    assert unread.what == "2 issues, INC-3 … INC-4"
    assert unread.why == str(error())


def ill(*numbers: int) -> dict[str, ServiceError]:
    """A system that answers, but not with these issues."""
    return {f"INC-{number}": error(Category.VALIDATION) for number in numbers}


def test_an_issue_that_spoils_its_batch_hides_no_other(pool: ThreadPoolExecutor) -> None:
    everything = range(1, 201)
    tracker = FakeTracker([issue(n) for n in everything], fails=ill(1, 77, 78), batch_size=100)
    links = reader(pool, tracker)
    found = numbers(flat(links.links(incidents(*everything))))
    assert found == [n for n in everything if n not in (1, 77, 78)]
    assert [unread.what for unread in links.unread] == [
        "issue INC-1",
        "issue INC-77",
        "issue INC-78",
    ]
    assert links.unread_links == 3
    assert len(tracker.calls) <= 2 + 3 * 2 * 7


def test_issues_that_spoil_their_batches_are_no_outage(pool: ThreadPoolExecutor) -> None:
    everything = range(1, 201)
    spoiling = range(1, 201, 10)
    tracker = FakeTracker([issue(n) for n in everything], fails=ill(*spoiling), batch_size=10)
    links = reader(pool, tracker)
    assert numbers(flat(links.links(incidents(*everything)))) == [
        n for n in everything if n not in spoiling
    ]


def test_a_batch_of_which_nothing_can_be_read_costs_few_requests_and_is_told_as_one(
    pool: ThreadPoolExecutor,
) -> None:
    everything = range(1, 201)
    tracker = FakeTracker([issue(n) for n in everything], fails=ill(*range(1, 101)), batch_size=100)
    links = reader(pool, tracker)
    assert numbers(flat(links.links(incidents(*everything)))) == [*range(101, 201)]
    assert [unread.what for unread in links.unread] == ["100 issues, INC-1 … INC-100"]
    assert len(tracker.calls) <= 1 + 10


def test_a_single_issue_that_fails_is_named(pool: ThreadPoolExecutor) -> None:
    tracker = FakeTracker([issue(1)], fails={"INC-2": error()}, batch_size=1)
    links = reader(pool, tracker)
    assert numbers(flat(links.links(incidents(1, 2)))) == [1]
    assert [unread.what for unread in links.unread] == ["issue INC-2"]


def test_a_second_asking_that_fails_leaves_them_unread_not_missing(
    pool: ThreadPoolExecutor,
) -> None:
    class Tiring(FakeTracker):
        """Fails from the third batch on."""

        def issues(self, refs: Sequence[IssueRef]) -> Sequence[Issue | None]:
            if len(self.calls) >= 2:
                raise error()
            return FakeTracker.issues(self, refs)

    links = reader(pool, Tiring([issue(1), issue(3)]))
    assert numbers(flat(links.links(incidents(1, 2, 3, 4)))) == [1, 3]
    assert links.unread_links == 2
    assert [unread.what for unread in links.unread] == ["2 issues, INC-2 … INC-4"]


@pytest.mark.parametrize("category", [Category.AUTH, Category.PERMISSION])
def test_refused_credentials_end_the_reading(pool: ThreadPoolExecutor, category: Category) -> None:
    tracker = FakeTracker([issue(n) for n in range(1, 6)], fails={"INC-5": error(category)})
    with pytest.raises(ServiceError) as caught:
        flat(reader(pool, tracker).links(incidents(*range(1, 6))))
    assert caught.value.category is category


@pytest.mark.parametrize("count", [1, 3, 40])
def test_a_jira_of_which_nothing_can_be_read_is_out_of_reach(
    pool: ThreadPoolExecutor, count: int
) -> None:
    everything = [f"INC-{n}" for n in range(1, count + 1)]
    tracker = FakeTracker([], fails=dict.fromkeys(everything, error()))
    with pytest.raises(ServiceError, match="timed out"):
        flat(reader(pool, tracker).links(incidents(*range(1, count + 1))))
    assert len(tracker.calls) <= 4


def test_one_that_goes_down_on_the_way_is_not_asked_on_and_on(pool: ThreadPoolExecutor) -> None:
    failing = {f"INC-{n}": error() for n in range(5, 101)}
    tracker = FakeTracker([issue(n) for n in range(1, 5)], fails=failing, batch_size=2)
    links = reader(pool, tracker)
    assert numbers(flat(links.links(incidents(*range(1, 101))))) == [1, 2, 3, 4]
    assert links.unread_links == 96
    assert len(links.unread) == 48
    assert "not asked for" in links.unread[-1].why
    assert len(tracker.calls) < 12


def test_an_error_of_the_incidents_is_not_swallowed(pool: ThreadPoolExecutor) -> None:
    def broken() -> Iterator[Incident]:
        yield incident(1)
        raise error(system="Impact")

    with pytest.raises(ServiceError, match="Impact"):
        flat(reader(pool, FakeTracker([issue(1)])).links(broken()))
