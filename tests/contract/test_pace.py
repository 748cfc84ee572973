"""How fast a system is asked: a 429 slows everybody, and no limit on writes is overrun."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raidctl.gateways.http.pace import BY_ISSUE, BY_METHOD, HERD, MOST_ISSUES, Limit, Pace
from tests.contract.trackers import Naps
from tests.memory import peak

ISSUE = "/rest/api/2/issue/10001"
MOVE = f"{ISSUE}/transitions"


def times(naps: Naps, count: int, turn: Callable[[int], object]) -> list[float]:
    """When each of so many requests left."""
    left = []
    for number in range(count):
        turn(number)
        left.append(naps.time)
    return left


def keeps(left: list[float], limit: Limit) -> bool:
    """Whether no span of the limit's seconds holds more than its count."""
    gaps = zip(left, left[limit.count :], strict=False)
    return all(later - earlier >= limit.seconds - 1e-9 for earlier, later in gaps)


@pytest.fixture
def naps() -> Naps:
    return Naps()


@pytest.fixture
def pace(naps: Naps) -> Pace:
    return Pace(naps.waiting(), "JIRA")


# Limits on writes


@pytest.mark.parametrize(("method", "count"), [("PUT", 50), ("POST", 100)])
def test_a_burst_leaves_at_once_and_the_next_waits_its_second(
    naps: Naps, pace: Pace, method: str, count: int
) -> None:
    left = times(naps, count + 1, lambda n: pace.wait_to_write(method, f"/issue/{n}"))
    assert left == [0.0] * count + [1.0]


def test_methods_do_not_share_a_limit(naps: Naps, pace: Pace) -> None:
    times(naps, 50, lambda n: pace.wait_to_write("PUT", f"/issue/{n}"))
    times(naps, 100, lambda n: pace.wait_to_write("POST", f"/issue/{n}/transitions"))
    assert naps.seconds == []


def test_one_issue_takes_twenty_writes_in_two_seconds(naps: Naps, pace: Pace) -> None:
    left = times(naps, 21, lambda _: pace.wait_to_write("PUT", ISSUE))
    assert left == [0.0] * 20 + [2.0]


def test_one_issue_takes_a_hundred_writes_in_thirty_seconds(naps: Naps, pace: Pace) -> None:
    left = times(naps, 101, lambda _: pace.wait_to_write("PUT", ISSUE))
    assert left[99] == 8.0  # five bursts
    assert left[100] == 30.0


def test_edits_and_transitions_of_an_issue_count_together(naps: Naps, pace: Pace) -> None:
    times(naps, 10, lambda _: pace.wait_to_write("PUT", ISSUE))
    times(naps, 10, lambda _: pace.wait_to_write("POST", f"{MOVE}?x=1"))
    assert naps.seconds == []
    pace.wait_to_write("POST", MOVE)
    assert naps.time == 2.0


def test_issues_do_not_wait_for_each_other(naps: Naps, pace: Pace) -> None:
    times(naps, 20, lambda _: pace.wait_to_write("PUT", ISSUE))
    pace.wait_to_write("PUT", "/rest/api/2/issue/10002")
    assert naps.seconds == []


def test_issues_written_long_ago_are_forgotten(naps: Naps, pace: Pace) -> None:
    """Backfill makes thousands: what they cost does not grow with them."""
    for number in range(10 * MOST_ISSUES):
        pace.wait_to_write("PUT", f"/rest/api/2/issue/{number}")
    assert len(pace._issues) < 4 * MOST_ISSUES


def test_an_issue_written_just_now_is_not_forgotten(naps: Naps, pace: Pace) -> None:
    times(naps, 20, lambda _: pace.wait_to_write("POST", ISSUE))
    for number in range(70):
        pace.wait_to_write("POST", f"/rest/api/2/issue/{number}")
    pace._room = 0
    pace.wait_to_write("POST", ISSUE)
    assert naps.seconds == [2.0]


def test_a_write_to_no_issue_keeps_to_its_method_alone(naps: Naps, pace: Pace) -> None:
    left = times(naps, 101, lambda _: pace.wait_to_write("POST", "/webhook"))
    assert left == [0.0] * 100 + [1.0]


def test_reads_keep_to_their_methods_limit_too(naps: Naps, pace: Pace) -> None:
    """The burst is the tenant's, per endpoint and method: FireFighter shares it (facts)."""
    left = times(naps, 101, lambda _: pace.wait_to_read("GET"))
    assert left == [0.0] * 100 + [1.0]
    busy = Pace(replace(naps.waiting(), share=0.5), "JIRA")
    assert times(naps, 51, lambda _: busy.wait_to_read("POST")) == [1.0] * 50 + [2.0]


def test_a_post_that_reads_takes_no_write_its_place(naps: Naps, pace: Pace) -> None:
    """A bulk fetch and a transition are two endpoints."""
    times(naps, 100, lambda _: pace.wait_to_read("POST"))
    times(naps, 100, lambda n: pace.wait_to_write("POST", f"/issue/{n}/transitions"))
    assert naps.seconds == []


class Listener:
    """An `Activity` that writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def asking(self, system: str) -> AbstractContextManager[None]:
        return nullcontext()

    def waits(self, why: str) -> None:
        self.told.append(why)


def test_raidctls_own_pace_is_told_as_a_systems_wish_is(naps: Naps) -> None:
    listener = Listener()
    pace = Pace(replace(naps.waiting(), activity=listener), "JIRA")
    times(naps, 21, lambda _: pace.wait_to_write("PUT", ISSUE))
    assert listener.told == ["slowing down for JIRA, 2 s"]
    pace.hold(30)
    pace.wait_to_read("GET")
    assert len(listener.told) == 1, "whoever held it has told why"


@given(st.lists(st.tuples(st.sampled_from(["PUT", "POST"]), st.floats(0, 1.5)), max_size=300))
def test_no_limit_is_overrun_whatever_the_rhythm(steps: list[tuple[str, float]]) -> None:
    naps = Naps()
    pace = Pace(naps.waiting(), "JIRA")
    left: dict[str, list[float]] = {"GET": [], "PUT": [], "POST": []}
    for method, idle in steps:
        naps.time += idle / 10
        pace.wait_to_write(method, ISSUE)
        left[method].append(naps.time)
    together = sorted(left["PUT"] + left["POST"])
    assert all(keeps(left[method], limit) for method, limit in BY_METHOD.items())
    assert all(keeps(together, limit) for limit in BY_ISSUE)


@pytest.mark.parametrize(("share", "puts", "own"), [(0.5, 25, 10), (0.01, 1, 1), (1.0, 50, 20)])
def test_a_share_of_the_burst_is_left_to_others(
    naps: Naps, share: float, puts: int, own: int
) -> None:
    busy = Pace(replace(naps.waiting(), share=share), "JIRA")
    left = times(naps, puts + 1, lambda n: busy.wait_to_write("PUT", f"/issue/{n}"))
    assert left == [0.0] * puts + [1.0]
    naps.time = 100.0
    left = times(naps, own + 1, lambda _: busy.wait_to_write("POST", MOVE))
    assert left[-1] >= 101.0
    assert left[: min(own, 50)] == [100.0] * own


# What the system asks for


def test_a_held_pace_holds_reads_and_writes_alike(naps: Naps, pace: Pace) -> None:
    pace.hold(7)
    pace.wait_to_read("GET")
    assert naps.time == 7
    pace.hold(5)
    pace.wait_to_write("PUT", ISSUE)
    assert naps.time == 12
    pace.wait_to_read("GET")
    assert naps.seconds == [7, 5]


def test_a_shorter_hold_does_not_shorten_a_longer_one(naps: Naps, pace: Pace) -> None:
    pace.hold(7)
    pace.hold(2)
    pace.wait_to_read("GET")
    assert naps.time == 7


def test_a_hold_is_never_cut_short_and_not_left_in_step(naps: Naps, pace: Pace) -> None:
    pace.hold(7)
    pace.wait_to_read("GET")
    assert naps.jitters == [HERD]
    assert 1.0 <= HERD[0] < HERD[1]


def test_whoever_sleeps_while_the_hold_grows_sleeps_on(naps: Naps) -> None:
    def sleep(seconds: float) -> None:
        if not naps.seconds:
            busy.hold(10)  # another thread was told so meanwhile
        naps.sleep(seconds)

    busy = Pace(replace(naps.waiting(), sleep=sleep), "JIRA")
    busy.hold(2)
    busy.wait_to_read("GET")
    assert naps.seconds == [2, 8]


def test_a_hold_and_a_limit_are_one_wait(naps: Naps, pace: Pace) -> None:
    times(naps, 20, lambda _: pace.wait_to_write("PUT", ISSUE))
    pace.hold(1)
    pace.wait_to_write("PUT", ISSUE)
    assert naps.seconds == [2]


# Several threads


def test_threads_share_the_limits() -> None:
    naps, lock, looked = Naps(), threading.Lock(), dict[int, float]()

    def sleep(seconds: float) -> None:
        with lock:
            naps.sleep(seconds)

    def look() -> float:
        looked[threading.get_ident()] = naps.time
        return naps.time

    pace = Pace(replace(naps.waiting(), sleep=sleep, monotonic=look), "JIRA")

    def write(number: int) -> float:
        pace.wait_to_write("PUT", f"/issue/{number}")
        return looked[threading.get_ident()]  # when it looked at the clock, and went

    with ThreadPoolExecutor(8) as pool:
        left = sorted(pool.map(write, range(200)))
    assert keeps(left, BY_METHOD["PUT"])


def test_an_issue_that_is_written_once_takes_little_room(naps: Naps, pace: Pace) -> None:
    """Of thousands of new issues each has its remote link, and there is nothing more to pace."""
    pace.wait_to_write("POST", "/issue/1")

    def written() -> None:
        for number in range(MOST_ISSUES - 1):
            pace.wait_to_write("POST", f"/issue/{number}/remotelink")

    assert peak(written) < 400 * MOST_ISSUES
