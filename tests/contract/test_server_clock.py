"""A server's clock, by the dates of its answers: what is known of it for sure."""

from datetime import datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raidctl.gateways.http.client import ReadOnlyAdapter
from raidctl.gateways.http.clock import ServerClock
from raidctl.sandbox.server import Answer, Reply, Request
from tests.contract.sources import rest_source
from tests.contract.trackers import NOW, PLAIN, Deployment, Kind, Naps, client, site
from tests.simulators.server import LoopbackServer

MINUTES = timedelta(minutes=4)


def date(moment: datetime) -> dict[str, str]:
    return {"Date": format_datetime(moment.replace(microsecond=0), usegmt=True)}


@given(
    st.timedeltas(timedelta(days=-1), timedelta(days=1)),
    st.lists(st.tuples(st.floats(0, 30), st.floats(0, 30)), min_size=1),
)
def test_no_more_is_said_than_is_true_and_no_less_than_the_best_answer_tells(
    ahead: timedelta, answers: list[tuple[float, float]]
) -> None:
    clock, best = ServerClock(), timedelta.max
    for there, back in answers:
        written = NOW + timedelta(seconds=there)
        took = timedelta(seconds=there + back)
        clock.told(date(written + ahead), NOW, NOW + took)
        best = min(best, took + timedelta(seconds=1))
        assert abs(clock.ahead) <= abs(ahead)
        assert clock.ahead * ahead.total_seconds() >= timedelta(0)
    assert abs(ahead) - abs(clock.ahead) <= best


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Date": ""},
        {"Date": "now"},
        {"Date": "Fri, 99 Foo 2026 99:99:99 GMT"},
        {"Date": "Wed, 22 Nov 99999999999999999999 21:00:00 GMT"},
        {**date(NOW + MINUTES), "Age": "9"},
    ],
)
def test_what_tells_no_time_is_not_taken_for_one(headers: dict[str, str]) -> None:
    clock = ServerClock()
    clock.told(headers, NOW, NOW)
    assert clock.ahead == timedelta(0)


def test_a_clock_that_is_set_meanwhile_is_believed_anew() -> None:
    clock = ServerClock()
    clock.told(date(NOW + MINUTES), NOW, NOW)
    assert clock.ahead == MINUTES
    clock.told(date(NOW), NOW, NOW)
    assert clock.ahead == timedelta(0)


@pytest.mark.parametrize("ahead", [MINUTES, -MINUTES])
def test_both_systems_tell_their_clocks(ahead: timedelta) -> None:
    known = ahead if ahead > timedelta(0) else ahead + timedelta(seconds=1)

    def late(reply: Reply) -> Reply:
        return Reply(reply.status, reply.body, reply.content_type, date(NOW + ahead))

    def impact(_: Request) -> Reply:
        return late(Reply(200, []))

    with site(Kind("cloud", lambda request, answer: late(answer(request)))) as jira:
        jira.tracker.myself()
        assert jira.tracker.clock_ahead == known
    with LoopbackServer(impact) as server:
        source = rest_source(server.url)
        source.current([1])
        assert source.clock_ahead == known


def test_a_date_to_wait_for_is_one_of_the_servers_clock() -> None:
    """Ours is four minutes behind: that is no reason to give the server up."""
    there = NOW + MINUTES
    until = format_datetime(there + timedelta(seconds=7), usegmt=True)

    def answer(request: Request) -> Reply:
        if asked:
            return Reply(200, {})
        asked.append(request)
        return Reply(429, headers={**date(there), "Retry-After": until})

    asked: list[Request] = []
    naps = Naps()
    with LoopbackServer(answer) as server:
        client("cloud", server.url, ReadOnlyAdapter((), 1), naps).get("/rest/api/2/myself")
    assert naps.seconds == [7]


@pytest.mark.parametrize("deployment", PLAIN)
def test_jiras_times_come_out_by_our_clock(deployment: Deployment) -> None:
    def late(request: Request, answer: Answer) -> Reply:
        reply = answer(request)
        return Reply(reply.status, reply.body, reply.content_type, date(NOW + MINUTES))

    with site(Kind(deployment, late), now=lambda: NOW + MINUTES) as jira:
        jira.add(1)
        jira.state.edit(10_001, "bot", summary="New")
        (issue,) = jira.tracker.current([10_001])
        (found,) = jira.tracker.traced([10_001])
        assert issue is not None
        assert found is not None
        assert issue.updated_at == NOW
        assert [one.at for one in found[1]] == [NOW]
        assert [one.at for one in jira.tracker.revisions([10_001])[10_001]] == [NOW]
