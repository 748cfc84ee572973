"""Impact over REST: bounded slices, servers that misunderstand, break or change in mid-run."""

import json
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, insert, update

from raidctl.core.model import UNREADABLE, Field
from raidctl.core.report import Unread
from raidctl.core.scope import Scope
from raidctl.errors import Category, ServiceError
from raidctl.gateways.impact.database import tables
from raidctl.gateways.impact.slices import SLICE
from raidctl.runs.reading.targets import incidents_now
from raidctl.sandbox.impact.seed import NewIncident
from raidctl.sandbox.server import Answer, Reply, Request
from tests.contract.sources import (
    CONCURRENCY,
    DAY,
    TOKEN,
    Quirk,
    Site,
    days,
    impact,
    new,
    rest_source,
    sqlite_file,
)
from tests.simulators.server import DROP_BEFORE, Fault, LoopbackServer, refuse

EVERYTHING = Scope(everything=True)
DENSE = range(1, 1_801)  # four slices
SPARSE = DENSE[::4]  # for what is asked time and again
HTML = Reply(200, "<!doctype html><title>Log in</title>", "text/html")
READ = "?mode=ro&uri=true"
Row = dict[str, Any]


@contextmanager
def engine_with(path: Path, incidents: Sequence[NewIncident], how: str = "") -> Iterator[Engine]:
    sqlite_file(path, incidents)
    engine = create_engine(f"sqlite:///{how and 'file:'}{path}{how}")
    try:
        yield engine
    finally:
        engine.dispose()


@pytest.fixture(scope="module")
def dense(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Incidents 1 to 1,800; every third is closed. Only read."""
    rows = [new(n, status=60 if n % 3 == 0 else 10) for n in DENSE]
    with engine_with(tmp_path_factory.mktemp("dense") / "impact.db", rows, READ) as engine:
        yield engine


@pytest.fixture(scope="module")
def sparse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Every fourth of `dense`."""
    rows = [new(n, status=60 if n % 3 == 0 else 10) for n in SPARSE]
    with engine_with(tmp_path_factory.mktemp("sparse") / "impact.db", rows, READ) as engine:
        yield engine


FAR = [*range(1, 11), *range(1_000_000, 1_002_000)]


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Ten incidents, a gap of a million ids, and two thousand. Only read."""
    rows = [new(n) for n in FAR]
    with engine_with(tmp_path_factory.mktemp("far") / "impact.db", rows, READ) as engine:
        yield engine


@pytest.fixture
def few(tmp_path: Path) -> Iterator[Engine]:
    """Incidents 1 to 3 of the test's own."""
    with engine_with(tmp_path / "impact.db", [new(n) for n in (1, 2, 3)]) as engine:
        yield engine


def first(request: Request) -> int:
    return int(request.query.get("id__gte", ["0"])[-1])


def last(request: Request) -> int | None:
    return int(request.query["id__lte"][-1]) if "id__lte" in request.query else None


def without(request: Request, *names: str) -> Request:
    return replace(request, query={n: v for n, v in request.query.items() if n not in names})


def on(condition: Callable[[Request], bool], fault: Fault) -> Callable[[Request], Fault | None]:
    return lambda request: fault if condition(request) else None


def failure(site: Site, scope: Scope = EVERYTHING) -> ServiceError:
    """The error that a run ends in, worded for the user."""
    with pytest.raises(ServiceError) as caught:
        site.ids(scope)
    text = str(caught.value)
    assert len(text.splitlines()) == 1
    assert text.startswith(f"Impact at {site.server.url}/api/v2/firefighter/incidents/: ")
    assert TOKEN not in text
    return caught.value


def named(unread: Sequence[Unread]) -> Callable[[int], bool]:
    """Whether an id is in a part that the user was told of."""
    found = [re.search(r"incidents?,? (\d+)(?: (?:to|…) (\d+))?", part.what) for part in unread]
    parts = [(int(m[1]), int(m[2]) if m[2] else None) for m in found if m]
    return lambda n: any(low <= n and (high is None or n <= high) for low, high in parts)


# Slices


def test_a_request_asks_for_a_bounded_slice_in_its_order(dense: Engine) -> None:
    with impact(dense) as site:
        assert site.ids(EVERYTHING) == list(DENSE)
    ends = [(first(request), last(request)) for request in site.seen]
    assert all(request.query["order_by"] == ["id"] for request in site.seen)
    assert all(high is None or high - low < SLICE for low, high in ends)
    assert [low for low, high in ends if high is None and low <= DENSE[-1]] == []


def test_every_id_is_asked_for_once(dense: Engine) -> None:
    with impact(dense) as site:
        site.ids(Scope(closed_since=DAY))
    for family in ("_status__lt", "status"):
        ends = sorted((first(r), last(r) or 10**9) for r in site.seen if family in r.query)
        assert ends[0][0] == 1
        assert all(low == high + 1 for (_, high), (low, _) in pairwise(ends))
        assert ends[-1][1] == 10**9


def test_the_end_costs_few_requests(dense: Engine) -> None:
    with impact(dense) as site:
        site.ids(EVERYTHING)
    assert len(site.seen) <= 4 + 2 + 1 + CONCURRENCY


def test_a_gap_of_a_million_ids_costs_few_requests(far: Engine) -> None:
    with impact(far) as site:
        assert sorted(site.ids(EVERYTHING)) == FAR
    assert len(site.seen) <= 2 * CONCURRENCY


def test_several_requests_are_under_way_and_never_more_than_configured(dense: Engine) -> None:
    together = threading.Barrier(CONCURRENCY)
    lock = threading.Lock()
    now = most = asked = 0

    def counted(request: Request, answer: Answer) -> Reply:
        nonlocal now, most, asked
        with lock:
            now, asked = now + 1, asked + 1
            most = max(most, now)
            waits = asked <= CONCURRENCY
        if waits:
            together.wait(timeout=10)
        reply = answer(request)
        with lock:
            now -= 1
        return reply

    with impact(dense, counted) as site:
        assert site.ids(EVERYTHING) == list(DENSE)
    assert most == CONCURRENCY


@pytest.mark.parametrize("width", [1, 2, 7])
def test_a_slow_consumer_is_not_run_ahead_of(dense: Engine, width: int) -> None:
    with impact(dense, concurrency=width) as site:
        stream = site.source.incidents(EVERYTHING)
        next(stream)
        for _ in range(SLICE - 1):
            next(stream)
        assert len(site.seen) <= width
        next(stream)
        assert len(site.seen) <= width + 1
        assert len(list(stream)) == len(DENSE) - SLICE - 1


def test_a_source_can_be_asked_again(dense: Engine) -> None:
    with impact(dense) as site:
        assert site.ids(EVERYTHING) == list(DENSE)
        assert site.ids(Scope(incidents=frozenset({7}))) == [7]
        assert site.source.unread == ()


# Named ids


def test_three_thousand_named_ids_fit_the_request_line(far: Engine) -> None:
    asked = frozenset(range(10**17, 10**17 + 3_000)) | {1_000_001}
    with impact(far) as site:
        assert site.ids(Scope(incidents=asked)) == [1_000_001]
    lines = [len(f"GET {request.target} HTTP/1.1") for request in site.seen]
    assert max(lines) < 4_094
    assert max(lines) > 2_500
    numbers = [int(n) for r in site.seen for n in r.query["id__in"][-1].split(",")]
    assert sorted(numbers) == sorted(asked)


def test_named_ids_that_cannot_be_read_are_told(dense: Engine) -> None:
    asked = frozenset(range(1, 1_701))
    with impact(dense) as site:
        broken = on(lambda r: "500" in r.query["id__in"][-1].split(","), refuse(500))
        site.server.faults = broken
        found = set(site.ids(Scope(incidents=asked)))
    assert found
    (unread,) = site.source.unread
    assert unread.category == Category.NETWORK
    assert all(n in found or named([unread])(n) for n in asked)


def test_only_named_ids_are_read(dense: Engine) -> None:
    with impact(dense) as site:
        site.ids(Scope(incidents=frozenset({3, 5})))
    assert [request.query for request in site.seen] == [{"id__in": ["3,5"], "order_by": ["id"]}]


# Filters that are not understood


@pytest.mark.parametrize(
    "ignored",
    [
        ("id__gte", "id__lte"),
        ("id__lte",),
        ("id__gte",),
        ("_status__lt",),
        ("status",),
        ("created_at__gte",),
        ("id__in",),
        ("order_by",),
        ("id__gte", "id__lte", "id__in", "_status__lt", "status", "created_at__gte", "order_by"),
    ],
    ids=lambda names: "+".join(names) if len(names) < 4 else "all",
)
def test_a_filter_that_is_ignored_costs_time_and_nothing_else(
    sparse: Engine, ignored: tuple[str, ...]
) -> None:
    def ignores(request: Request, answer: Answer) -> Reply:
        return answer(without(request, *ignored))

    scope = Scope(closed_since=DAY + days(1), watched=frozenset({9, 1_797}))
    with impact(sparse, ignores) as site:
        found = site.ids(scope)
        assert sorted(found) == [n for n in SPARSE if n % 3 or n in scope.watched]
        assert site.source.unread == ()
    assert len(site.seen) <= 2 * (4 + 2 + 1 + CONCURRENCY)


def test_a_server_that_ignores_ids_is_asked_a_few_times(dense: Engine) -> None:
    with impact(dense, lambda r, answer: answer(without(r, "id__gte", "id__lte"))) as site:
        assert sorted(site.ids(EVERYTHING)) == list(DENSE)
    assert len(site.seen) <= CONCURRENCY


# Answers that take too long


def test_what_is_too_much_for_one_request_is_read_in_halves(far: Engine) -> None:
    with impact(far, kill_after_rows=600) as site:
        assert sorted(site.ids(EVERYTHING)) == FAR
        assert site.source.unread == ()
    assert len(site.seen) < 150


def test_halves_stay_within_the_concurrency(far: Engine) -> None:
    lock = threading.Lock()
    now = most = 0

    def counted(request: Request, answer: Answer) -> Reply:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        reply = answer(request)
        with lock:
            now -= 1
        return reply

    with impact(far, counted, kill_after_rows=600, concurrency=2) as site:
        assert sorted(site.ids(EVERYTHING)) == FAR
    assert most <= 2


def test_a_rest_that_can_never_be_read_is_told(dense: Engine) -> None:
    with impact(dense) as site:
        site.server.faults = on(lambda r: last(r) is None, refuse(500))
        assert sorted(site.ids(EVERYTHING)) == list(DENSE)
        assert site.source.unread
        assert named(site.source.unread)(10**12)
    assert len(site.seen) < 100


def test_a_rest_that_is_refused_is_told_once(dense: Engine) -> None:
    """A 400 is no matter of size: the same filters will be refused again."""
    with impact(dense) as site:
        site.server.faults = on(lambda r: last(r) is None, refuse(400))
        assert sorted(site.ids(EVERYTHING)) == list(DENSE)
        assert len(site.source.unread) == 1
        assert named(site.source.unread)(10**12)


# Parts that fail


@pytest.mark.parametrize(
    ("fault", "category"),
    [
        (refuse(500), Category.NETWORK),
        (refuse(503), Category.NETWORK),
        (refuse(429), Category.RATE_LIMIT),
        (refuse(400), Category.VALIDATION),
        (refuse(404), Category.NOT_FOUND),
        (DROP_BEFORE, Category.NETWORK),
        (Fault(acts=False, reply=HTML), Category.VALIDATION),
        (Fault(acts=False, reply=Reply(200, {"results": []})), Category.VALIDATION),
        (Fault(acts=False, reply=Reply(200, "nonsense", "text/plain")), Category.VALIDATION),
    ],
)
def test_a_slice_that_fails_is_named_and_the_rest_is_shown(
    dense: Engine, fault: Fault, category: Category
) -> None:
    with impact(dense) as site:
        site.server.faults = on(lambda r: 501 <= first(r) <= 1_000, fault)
        assert sorted(site.ids(EVERYTHING)) == [*range(1, 501), *range(1_001, 1_801)]
        (unread,) = site.source.unread
    assert (unread.what, unread.category) == ("incidents 501 to 1000", category)
    assert len(unread.why.splitlines()) == 1


def about(*numbers: int) -> Callable[[Request], bool]:
    """Whether one of these incidents is among those that are asked for."""

    def asked(request: Request) -> bool:
        if "id__in" in request.query:
            return any(str(n) in request.query["id__in"][-1].split(",") for n in numbers)
        return any(first(request) <= n <= (last(request) or n) for n in numbers)

    return asked


SPOILS = [refuse(500), refuse(302), Fault(acts=False, reply=HTML)]


@pytest.mark.parametrize("fault", SPOILS)
def test_an_incident_that_spoils_its_slice_hides_no_other(dense: Engine, fault: Fault) -> None:
    with impact(dense) as site:
        site.server.faults = on(about(1, 777), fault)
        assert sorted(site.ids(EVERYTHING)) == [n for n in DENSE if n not in (1, 777)]
        assert {one.what for one in site.source.unread} == {"incident 1", "incident 777"}
    assert len(site.seen) <= 4 + 2 + 1 + CONCURRENCY + 2 * 2 * 10


@pytest.mark.parametrize("fault", SPOILS)
def test_an_incident_that_spoils_a_list_of_ids_hides_no_other(dense: Engine, fault: Fault) -> None:
    with impact(dense) as site:
        site.server.faults = on(about(777), fault)
        wanted = frozenset(range(700, 1_700))
        assert set(site.ids(Scope(incidents=wanted))) == wanted - {777}
        assert [one.what for one in site.source.unread] == ["incident 777"]


def test_a_slice_that_comes_at_the_second_try_is_shown(dense: Engine) -> None:
    tries: list[int] = []

    def fails_once(request: Request) -> Fault | None:
        tries.append(first(request))
        return refuse(502) if tries.count(first(request)) == 1 else None

    with impact(dense) as site:
        site.server.faults = fails_once
        assert site.ids(EVERYTHING) == list(DENSE)
        assert site.source.unread == ()
        assert site.source.requests == len(site.server.requests)


@pytest.mark.parametrize(
    "fault",
    [refuse(500), refuse(503), refuse(404), DROP_BEFORE, Fault(acts=False, reply=HTML)],
)
@pytest.mark.parametrize("width", [1, CONCURRENCY])
@pytest.mark.parametrize(
    "scope", [EVERYTHING, Scope(), *(Scope(incidents=frozenset(range(1, n))) for n in (2, 1_700))]
)
def test_where_all_fail_the_first_failure_is_raised(
    dense: Engine, fault: Fault, width: int, scope: Scope
) -> None:
    with impact(dense, concurrency=width) as site:
        site.server.faults = lambda _: fault
        failure(site, scope)
    assert len(site.server.requests) <= 4 * 2 * width


def test_a_closed_port_is_told_at_once() -> None:
    with LoopbackServer(lambda _: HTML) as server:
        source = rest_source(server.url)
    with pytest.raises(ServiceError) as caught:
        list(source.incidents(EVERYTHING))
    assert caught.value.category is Category.NETWORK
    assert source.requests <= 2 * CONCURRENCY


@pytest.mark.parametrize(
    ("status", "after", "category"),
    [
        (401, 0, Category.AUTH),
        (401, 3, Category.AUTH),
        (403, 0, Category.PERMISSION),
        (403, 3, Category.PERMISSION),
        (302, 0, Category.AUTH),  # later on it may be about that one request
    ],
)
def test_refused_credentials_end_the_run(
    dense: Engine, status: int, after: int, category: Category
) -> None:
    with impact(dense) as site:
        site.server.faults = on(lambda _: len(site.server.requests) > after, refuse(status))
        assert failure(site).category is category
    assert len(site.server.requests) <= after + 2 * CONCURRENCY


@pytest.mark.parametrize("token", ["", "nonsense"])
def test_a_token_the_server_does_not_know(dense: Engine, token: str) -> None:
    def other(request: Request, answer: Answer) -> Reply:
        return answer(
            replace(request, headers={**request.headers, "authorization": f"Bearer {token}"})
        )

    with impact(dense, other) as site:
        error = failure(site)
    assert error.category is Category.AUTH
    assert "impact.token" in error.advice


# A server that goes down


@pytest.mark.parametrize(
    "fault", [refuse(500), refuse(503), DROP_BEFORE, Fault(acts=False, reply=HTML)]
)
@pytest.mark.parametrize("width", [1, CONCURRENCY])
def test_a_server_that_goes_down_is_given_up(dense: Engine, fault: Fault, width: int) -> None:
    with impact(dense, concurrency=width) as site:
        site.server.faults = on(lambda r: first(r) > 500, fault)
        assert site.ids(EVERYTHING) == list(range(1, 501))
        assert site.source.unread
    assert len(site.server.requests) <= 1 + 4 * 4 * width


@pytest.mark.parametrize("width", [1, CONCURRENCY])
def test_all_that_was_not_asked_for_is_told(dense: Engine, width: int) -> None:
    scope = Scope(closed_since=DAY, watched=frozenset({7}))
    with impact(dense, concurrency=width) as site:
        site.server.faults = on(lambda r: first(r) > 500 or "id__in" in r.query, refuse(500))
        found = set(site.ids(scope))
    assert found == set(range(1, 501))
    told = named(site.source.unread)
    assert all(told(n) for n in (*range(501, 1_801), 1_801, 10**9))


def test_watched_ids_that_were_not_asked_for_are_told(dense: Engine) -> None:
    def ends(request: Request) -> Fault | None:
        return refuse(500) if len(site.server.requests) > 1 else None

    with impact(dense, concurrency=1) as site:
        site.server.faults = ends
        site.ids(Scope(watched=frozenset({3, 1_797})))
        assert named(site.source.unread)(3)


@pytest.mark.parametrize("fault", [refuse(500), refuse(503)])
def test_a_server_that_goes_down_amid_halves_is_given_up(far: Engine, fault: Fault) -> None:
    """A wide slice fails because it is too much; its halves may fail because the site is down."""
    enough = 600

    def ends(request: Request) -> Fault | None:
        if len(site.server.requests) > enough:
            return refuse(401)  # for a run that would go on for tens of thousands of requests
        down = any(first(r) <= FAR[-1] and (last(r) or 0) >= FAR[-1] for r in site.seen)
        return fault if down else None

    with impact(far, kill_after_rows=600) as site:
        site.server.faults = ends
        found = set(site.ids(EVERYTHING))
        told = named(site.source.unread)
    assert len(site.server.requests) < enough
    assert all(n in found or told(n) for n in FAR)


# Answers that make no sense


def spoiled(row: Row, **values: Any) -> Row:
    return {**row, **values}


ROW: Row = {
    "id": 1,
    "title": "Down",
    "description": "Now",
    "status": "Open",
    "priority": {"value": 2},
    "roles": {"commander": {"email": "ada@example.test"}},
    "created_at": "2026-11-22T22:00:00+01:00",
    "jira_ticket_key": "INC-1",
    "status_page_url": "http://impact/incident/1/",
}
SENSELESS = {
    "a number": 7,
    "a text": "incident",
    "null": None,
    "a list": [],
    "an empty object": {},
    "an error": {"detail": "Not found."},
    "no id": {k: v for k, v in ROW.items() if k != "id"},
    "id null": ROW | {"id": None},
    "id a text": ROW | {"id": "one"},
    "id a list": ROW | {"id": [1]},
    "no created_at": {k: v for k, v in ROW.items() if k != "created_at"},
    "created_at null": ROW | {"created_at": None},
    "created_at a number": ROW | {"created_at": 1_795_000_000},
    "created_at a text": ROW | {"created_at": "yesterday"},
    "created_at without a zone": ROW | {"created_at": "2026-11-22T22:00:00"},
    "id beyond every database": ROW | {"id": 2**63},
    "id not finite": ROW | {"id": float("inf")},
    "id true": ROW | {"id": True},
    "id zero": ROW | {"id": 0},
    "created_at at the end of time": ROW | {"created_at": "9999-12-31T23:59:59+00:00"},
    "a key that is a number": ROW | {"jira_ticket_key": 12},
    "a key that is an object": ROW | {"jira_ticket_key": {"key": "INC-1"}},
}


@contextmanager
def showing(*rows: object) -> Iterator[Site]:
    """A site whose first slice holds these rows and whose others are empty."""

    def answer(request: Request) -> Reply:
        return Reply(200, list(rows) if first(request) <= 1 else [])

    with LoopbackServer(answer) as server:
        yield Site(create_engine("sqlite://"), server, rest_source(server.url))


@pytest.mark.parametrize("name", SENSELESS)
def test_a_row_that_is_no_incident_is_said_to_be_none(name: str) -> None:
    """All there is makes no sense, or just this slice: either is told in words."""
    scope = Scope(keys=frozenset({"INC-1"}), created_since=DAY - days(1))
    with showing(SENSELESS[name]) as site:
        error = outcome(site, scope)
        told = [error] if isinstance(error, ServiceError) else site.source.unread
    assert isinstance(error, ServiceError) or error == []
    assert [part.category for part in told] == [Category.VALIDATION]


def outcome(site: Site, scope: Scope) -> list[int] | ServiceError:
    """What a run shows, or the error that it ends in."""
    try:
        return site.ids(scope)
    except ServiceError as error:
        return error


@pytest.mark.parametrize("name", SENSELESS)
@pytest.mark.parametrize("at", [1_001, 2_801])  # a slice, and the open-ended rest
def test_a_row_that_is_no_incident_spoils_no_other(sparse: Engine, name: str, at: int) -> None:
    def one_bad(request: Request, answer: Answer) -> Reply:
        reply = answer(request)
        if at not in (first(request), last(request) is None and 2_801):
            return reply
        assert isinstance(reply.body, list)
        more = [] if at == 1_001 else [ROW | {"id": 9_001}]
        return replace(reply, body=[*reply.body, SENSELESS[name], *more])

    with impact(sparse, one_bad) as site:
        found = site.ids(EVERYTHING)
        assert sorted(found) == [*SPARSE, *([] if at == 1_001 else [9_001])]
        (unread,) = site.source.unread
    assert unread.category == Category.VALIDATION
    number = SENSELESS[name]
    known = isinstance(number, dict) and number.get("id") == 1 and number["id"] is not True
    assert unread.what.startswith("incident 1" if known else "a row of incidents ")
    assert "the others were read" in unread.why


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": 7}, Field.TITLE),
        ({"title": {"raw": "Down"}}, Field.TITLE),
        ({"description": ["Now"]}, Field.DESCRIPTION),
        ({"status": None}, Field.STATUS),
        ({"status": {"label": "Open"}}, Field.STATUS),
        ({"priority": "P1"}, Field.PRIORITY),
        ({"priority": [1]}, Field.PRIORITY),
        ({"priority": {}}, Field.PRIORITY),
        ({"priority": {"value": None}}, Field.PRIORITY),
        ({"priority": {"value": float("inf")}}, Field.PRIORITY),
        ({"priority": {"value": 1.5}}, Field.PRIORITY),
        ({"priority": {"value": True}}, Field.PRIORITY),
        ({"roles": ["commander"]}, Field.COMMANDER),
        ({"roles": "commander"}, Field.COMMANDER),
        ({"roles": {"commander": "ada"}}, Field.COMMANDER),
        ({"roles": {"commander": {}}}, Field.COMMANDER),
        ({"roles": {"commander": {"email": 7}}}, Field.COMMANDER),
    ],
)
def test_a_field_in_no_form_we_know_is_unreadable_and_the_others_are_read(
    values: Row, field: Field
) -> None:
    with showing(ROW | values) as site:
        (found,) = site.source.incidents(Scope())
        assert site.source.unread == ()
    assert [name for name in Field if found.value(name) is UNREADABLE] == [field]


@pytest.mark.parametrize("url", [None, "", 7, ["http://impact/"], {"href": "x"}])
def test_a_page_that_is_no_text_is_firefighters_own(url: object) -> None:
    with showing(ROW | {"status_page_url": url}) as site:
        (found,) = site.source.incidents(EVERYTHING)
        assert found.url == f"{site.server.url}/incident/1/"


@pytest.mark.parametrize("place", [None, 7, "PRD", ["PRD"], {"value": None}, {}])
def test_what_a_postmortem_hangs_on_may_be_missing(place: object) -> None:
    with showing(ROW | {"environment": place}) as site:
        (found,) = site.source.incidents(EVERYTHING)
    assert found.needs_postmortem is None


def test_a_number_that_is_too_long_to_read_spoils_no_row() -> None:
    body = json.dumps([ROW, ROW | {"id": 2, "more": 0}]).replace(
        '"more": 0', f'"more": {"9" * 5000}'
    )
    with LoopbackServer(
        lambda request: Reply(200, body if first(request) <= 1 else "[]", "application/json")
    ) as server:
        site = Site(create_engine("sqlite://"), server, rest_source(server.url))
        assert site.ids(EVERYTHING) == [1, 2]


@pytest.mark.parametrize("body", [{}, {"results": []}, "text", 3, None, True])
def test_json_that_is_no_list_is_no_answer(body: object) -> None:
    with LoopbackServer(lambda _: Reply(200, json.dumps(body))) as server:
        error = failure(Site(create_engine("sqlite://"), server, rest_source(server.url)))
    assert error.category is Category.VALIDATION
    assert "impact.url" in error.advice


# What is shown of an incident


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Open", "OPEN"),
        ("Post-mortem", "POST_MORTEM"),
        ("post mortem", "POST_MORTEM"),
        (" Closed ", "CLOSED"),
        ("Escalated", "Escalated"),
        ("En cours d’étude", "En cours d’étude"),
        ("", ""),
    ],
)
def test_a_label_becomes_a_name_and_an_unknown_one_stays(label: str, name: str) -> None:
    with showing(ROW | {"status": label}) as site:
        (found,) = site.source.incidents(EVERYTHING)
    assert found.status == name


def test_an_unknown_status_is_not_closed() -> None:
    with showing(ROW | {"status": "Escalated"}) as site:
        assert site.ids(Scope()) == [1]


@pytest.mark.parametrize(
    ("key", "field"),
    [
        ("title", "title"),
        ("description", "description"),
        ("priority", "priority"),
        ("status", "status"),
        ("roles", "commander"),
    ],
)
def test_a_missing_key_is_unreadable_and_not_empty(key: str, field: str) -> None:
    with showing({k: v for k, v in ROW.items() if k != key}) as site:
        (found,) = site.source.incidents(Scope())
    assert found.values[Field(field)] is UNREADABLE
    others: dict[str, object] = {"title": "Down", "description": "Now", "priority": 2}
    others["status"] = "OPEN"
    others["commander"] = "ada@example.test"
    assert {**found.values, Field(field): None} == {**others, field: None}


@pytest.mark.parametrize(
    ("values", "field", "empty"),
    [
        ({"title": None}, "title", ""),
        ({"description": None}, "description", ""),
        ({"description": ""}, "description", ""),
        ({"priority": None}, "priority", None),
        ({"roles": {}}, "commander", None),
        ({"roles": None}, "commander", None),
        ({"roles": {"communication_lead": {"email": "x@example.test"}}}, "commander", None),
        ({"roles": {"commander": None}}, "commander", None),
    ],
)
def test_an_empty_value_is_empty(values: Row, field: str, empty: object) -> None:
    with showing(ROW | values) as site:
        (found,) = site.source.incidents(Scope())
    assert found.values[Field(field)] == empty
    assert found.values[Field(field)] is not UNREADABLE


@pytest.mark.parametrize("key", [None, ""])
def test_an_empty_key_is_none(key: str | None) -> None:
    with showing({**ROW, "jira_ticket_key": key}) as site:
        (found,) = site.source.incidents(Scope())
    assert found.issue_key is None


def test_without_its_page_an_incident_has_firefighters_own() -> None:
    with showing({k: v for k, v in ROW.items() if k != "status_page_url"}) as site:
        (found,) = site.source.incidents(Scope())
        assert found.url == f"{site.server.url}/incident/1/"


# Incidents that change while they are read


def between_families(few: Engine, after: str, status: int) -> Quirk:
    """Incident 2 gets a status as soon as the first slice of that family was answered."""

    def moves(request: Request, answer: Answer) -> Reply:
        reply = answer(request)
        if after in request.query and first(request) == 1:
            with few.begin() as connection:
                changed = update(tables.incident).where(tables.incident.c.id == 2)
                connection.execute(changed.values(status=status))
        return reply

    return moves


def test_an_incident_that_closes_between_two_queries_comes_once(few: Engine) -> None:
    moves = between_families(few, "_status__lt", 60)
    with impact(few, moves, concurrency=1) as site:
        assert sorted(site.ids(Scope(closed_since=DAY))) == [1, 2, 3]


def test_an_incident_that_is_new_is_read_or_left_to_the_next_run(few: Engine) -> None:
    added: list[int] = []

    def adds(request: Request, answer: Answer) -> Reply:
        reply = answer(request)
        if not added:
            added.append(4)
            with few.begin() as connection:
                row = connection.execute(tables.incident.select().limit(1)).one()._asdict()
                connection.execute(insert(tables.incident), row | {"id": 4})
        return reply

    with impact(few, adds) as site:
        found = site.ids(Scope(closed_since=DAY - timedelta(days=1)))
    assert len(found) == len(set(found))
    assert {1, 2, 3} <= set(found)


# As they are this moment


def asks_for(number: int) -> Callable[[Request], bool]:
    return lambda request: str(number) in request.query.get("id__in", [""])[-1].split(",")


def test_a_server_that_sends_more_than_asked_for_adds_nothing(few: Engine) -> None:
    """A filter that it does not know is ignored in silence."""
    with impact(few, lambda request, inside: inside(without(request, "id__in"))) as site:
        assert site.source.current({2}).keys() == {2}
        assert [request.query["id__in"] for request in site.seen] == [["2"]]


@pytest.mark.parametrize("fault", [refuse(401), refuse(404), DROP_BEFORE])
def test_one_that_cannot_be_read_now_is_told_and_no_other_is_worse_off(
    few: Engine, fault: Fault
) -> None:
    with impact(few) as site:
        site.server.faults = on(asks_for(2), fault)
        for _ in range(3):  # as often as a walk would be given up
            with pytest.raises(ServiceError) as caught:
                site.source.current({2})
            assert str(caught.value).startswith(f"Impact at {site.server.url}/api/v2/firefighter/")
            assert TOKEN not in str(caught.value)
            assert site.source.current({1, 3}).keys() == {1, 3}
        assert site.source.unread == ()
        site.server.faults = None
        assert site.source.current({2}).keys() == {2}


def test_an_answer_that_is_no_incident_is_no_answer(few: Engine) -> None:
    for reply in (HTML, Reply(200, {"detail": "hello"}), Reply(200, [{"detail": "hello"}])):
        with (
            impact(few, lambda request, inside, reply=reply: reply) as site,  # type: ignore[misc]
            pytest.raises(ServiceError),
        ):
            site.source.current({2})


def test_one_that_is_no_incident_any_more_cannot_be_read_and_spoils_no_other(few: Engine) -> None:
    def spoils(request: Request, answer: Answer) -> Reply:
        reply = answer(request)
        assert isinstance(reply.body, list)
        rows = [{"id": 2} if row["id"] == 2 else row for row in reply.body]
        return replace(reply, body=rows)

    with impact(few, spoils) as site:
        with pytest.raises(ServiceError, match="not FireFighter's"):
            site.source.current({2})
        found = incidents_now(site.source, {1, 2, 3})
    assert {number for number, one in found.items() if isinstance(one, ServiceError)} == {2}
    assert found.keys() == {1, 2, 3}


def test_threads_that_read_different_incidents_do_not_fail_each_other(few: Engine) -> None:
    """Of what one reads the server knows nothing for long: many failures, side by side."""
    with impact(few) as site, ThreadPoolExecutor(CONCURRENCY) as pool:
        site.server.faults = on(asks_for(2), refuse(404))
        lots = [{1}, {2}, {3}, {2}] * 6
        answers = [pool.submit(site.source.current, lot) for lot in lots]
        for lot, answer in zip(lots, answers, strict=True):
            if lot == {2}:
                with pytest.raises(ServiceError):
                    answer.result()
            else:
                assert answer.result().keys() == lot
        assert site.source.unread == ()
