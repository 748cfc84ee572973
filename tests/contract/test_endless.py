"""Servers that have no end: an incident in every slice, pages that repeat or always have a next.

They do end here, long after raidctl should have: a test must not wait for ever.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from raidctl.core.scope import Scope
from raidctl.errors import Category, ServiceError
from raidctl.gateways.impact import slices
from raidctl.gateways.jira import cloud
from raidctl.ports.jira import IssueRef, IssueTracker
from raidctl.sandbox.server import Answer, Reply, Request
from tests.contract.sources import rest_source
from tests.contract.trackers import Kind, site
from tests.simulators.server import LoopbackServer

EVERYTHING = Scope(everything=True)
NOW = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)


def incident(number: int) -> dict[str, object]:
    return {
        "id": number,
        "title": f"Incident {number}",
        "description": "",
        "status": "Open",
        "created_at": "2026-11-22T20:00:00Z",
        "priority": {"value": 3},
        "roles": {},
        "jira_ticket_key": None,
        "environment": {"value": "PRD"},
    }


def test_an_incident_in_every_slice_comes_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "MOST_SLICES", 50)

    def answer(request: Request) -> Reply:
        first = int(request.query["id__gte"][0])
        return Reply(200, [incident(first)] if first < 100_000 else [])

    with LoopbackServer(answer) as server:
        source = rest_source(server.url)
        found = [one.id for one in source.incidents(EVERYTHING)]
        (unread,) = source.unread
    assert found == [1 + 500 * number for number in range(50)]
    assert len(server.requests) == 50
    assert unread.what == "incidents 25001 on"
    assert "no end of incidents" in unread.why
    assert "impact.url" in unread.why
    assert unread.category == Category.VALIDATION


def test_what_ends_before_that_is_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(slices, "MOST_SLICES", 20)

    def answer(request: Request) -> Reply:
        first = int(request.query["id__gte"][0])
        return Reply(200, [incident(first)] if first < 2_000 else [])

    with LoopbackServer(answer) as server:
        source = rest_source(server.url)
        assert len(list(source.incidents(EVERYTHING))) == 4
    assert source.unread == ()


def repeated(request: Request, answer: Answer) -> Reply:
    """The first page again and again, of as many as one likes."""
    if not request.path.endswith("/search"):
        return answer(request)
    first = {**json.loads(request.body), "startAt": 0, "maxResults": 1}
    page = answer(Request("POST", request.path, {}, request.headers, json.dumps(first).encode()))
    return Reply(200, json.loads(page.encoded()) | {"total": 300})


def test_a_search_whose_pages_repeat_is_no_answer() -> None:
    with site(Kind("datacenter", repeated)) as jira:
        jira.add(1, 2, 3)
        with pytest.raises(ServiceError, match="pages that repeat") as caught:
            jira.tracker.issues([IssueRef(f"INC-{number}") for number in (1, 2, 3)])
    assert caught.value.category is Category.VALIDATION
    assert len(jira.server.requests) == 2


def test_a_page_that_comes_twice_hides_no_other_issue() -> None:
    def quirk(request: Request, answer: Answer) -> Reply:
        reply = repeated(request, answer)
        if not request.path.endswith("/search"):
            return reply
        return Reply(200, json.loads(reply.encoded()) | {"total": 2})

    with site(Kind("datacenter", quirk)) as jira:
        jira.add(1, 2)
        with pytest.raises(ServiceError, match="pages that repeat"):
            jira.tracker.issues([IssueRef("INC-1"), IssueRef("INC-2")])


def always_more(token: Callable[[int], str]) -> Callable[[Request, Answer], Reply]:
    asked = iter(range(300))

    def quirk(request: Request, answer: Answer) -> Reply:
        if not request.path.endswith(("/changelog/bulkfetch", "/search/jql")):
            return answer(request)
        nothing: dict[str, object] = {"issueChangeLogs": [], "issues": []}
        return Reply(200, nothing | {"nextPageToken": token(next(asked))})

    return quirk


@pytest.mark.parametrize(
    "ask",
    [lambda read: read.revisions([10_001]), lambda read: read.updated(NOW)],
    ids=["changelogs", "a search"],
)
@pytest.mark.parametrize(
    ("token", "requests"),
    [(lambda _: "next", 2), (lambda asked: "ab"[asked % 2], 3), (str, 20)],
    ids=["the same", "in turns", "ever another"],
)
def test_empty_pages_without_end_are_no_answer(
    token: Callable[[int], str],
    requests: int,
    ask: Callable[[IssueTracker], object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cloud, "MOST_PAGES", 20)
    with site(Kind("cloud", always_more(token))) as jira:
        jira.add(1)
        with pytest.raises(ServiceError, match="pages that repeat"):
            ask(jira.tracker)
    assert len(jira.server.requests) == requests
