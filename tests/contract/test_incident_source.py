"""What every source of incidents keeps to, whichever way it reads Impact."""

from collections.abc import Generator, Iterator
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raidctl.core.history import latest
from raidctl.core.model import Field
from raidctl.core.scope import Scope
from raidctl.sandbox.impact.seed import NewIncident
from tests.contract.postgres import postgres  # noqa: F401 - a fixture
from tests.contract.sources import (
    ADA,
    CONCURRENCY,
    DAY,
    EDSGER,
    GRACE,
    Kind,
    Stand,
    days,
    new,
    postgres_database,
    sqlite_file,
    stand,
)

KINDS: tuple[Kind, ...] = ("rest-responses", "rest-sandbox", "sqlite", "postgres")
DATABASES = KINDS[2:]
REST = KINDS[:2]
KOLKATA, LIMA = timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-5))
PLAIN = {"jira_key": "INC-1", "jira_id": 10_001, "commander": ADA, "communication_lead": GRACE}

# Closed: 6 (old), 7 (new), 8 (new), 90_001 (old). A wide gap before 5_000 and 90_001.
ROWS = {
    row.id: row
    for row in (
        new(1, description="One line", priority=1, created_at=DAY - days(400), **PLAIN),
        new(2, status=20, description="", updated_at=DAY + days(1), communication_lead=EDSGER),
        new(
            3,
            title="Zoë — 支払い 🧯 “down”",
            description="é\nΩ\t\r\n<b>&amp;</b> \\ ' \"",
            status=30,
        ),
        new(4, title="é" * 128, description="x" * 20_000, status=40, priority=5, commander=GRACE),
        new(5, title="", status=50, priority=20, created_at=DAY - days(40)),
        new(6, status=60, created_at=DAY - days(31), jira_key="INC-6", jira_id=10_006),
        new(7, status=60, created_at=DAY - days(30), jira_key="", jira_id=10_007),
        new(8, status=60, created_at=(DAY - days(1)).astimezone(KOLKATA), commander=ADA),
        new(9, created_at=DAY + timedelta(microseconds=864_334), commander=EDSGER),
        new(10, private=True, ignore=True, jira_key="inc-10", jira_id=2**53 + 1),
        new(5_000, status=20, priority=2, jira_key="PAY_2-5000", jira_id=15_000),
        new(90_001, status=60, created_at=DAY - days(90), jira_key="INC-9", jira_id=10_009),
        new(
            90_002,
            created_at=(
                DAY
                - days(
                    30,
                )
            ).astimezone(LIMA),
        ),
    )
}
FURTHER_COMMANDERS = [(8, EDSGER), (9, ADA)]
COMMANDERS = {1: ADA, 4: GRACE, 8: EDSGER, 9: ADA}
OPEN = {1, 2, 3, 4, 5, 9, 10, 5_000, 90_002}
MONTH_AGO = DAY - days(30)
NOBODY = frozenset({11, 499, 500, 501, 89_999, 2**31, 2**62})
SCOPES = {
    "open": (Scope(), OPEN),
    "closed lately": (Scope(closed_since=MONTH_AGO), OPEN | {7, 8}),
    "closed never": (Scope(closed_since=DAY + days(9)), OPEN),
    "seen open": (Scope(watched=frozenset({1, 6, 90_001})), OPEN | {6, 90_001}),
    "seen open and gone": (Scope(watched=NOBODY), OPEN),
    "closed lately or seen open": (
        Scope(closed_since=MONTH_AGO, watched=frozenset({7, 90_001})),
        OPEN | {7, 8, 90_001},
    ),
    "everything": (Scope(everything=True), set(ROWS)),
    "everything, some seen open": (Scope(everything=True, watched=frozenset({6, 1})), set(ROWS)),
    "created lately": (Scope(created_since=MONTH_AGO), set(ROWS) - {1, 5, 6, 90_001}),
    "created in the future": (Scope(created_since=DAY + days(9)), set()),
    "created lately, seen open": (
        Scope(created_since=DAY, watched=frozenset({1, 6})),
        {2, 3, 4, 9, 10, 5_000},
    ),
    "one": (Scope(incidents=frozenset({6})), {6}),
    "some": (Scope(incidents=frozenset({6, 1, 90_002, 11})), {1, 6, 90_002}),
    "some that do not exist": (Scope(incidents=NOBODY), set()),
    "one, and some seen open": (Scope(incidents=frozenset({6}), watched=frozenset({7})), {6}),
    "some, created lately": (Scope(incidents=frozenset({1, 7}), created_since=MONTH_AGO), {7}),
    "a key": (Scope(keys=frozenset({"INC-6"})), {6}),
    "a key stored in lower case": (Scope(keys=frozenset({"INC-10"})), {10}),
    "keys": (Scope(keys=frozenset({"INC-9", "INC-1", "PAY_2-5000", "INC-77"})), {1, 5_000, 90_001}),
    "keys that do not exist": (Scope(keys=frozenset({"INC-77", "INC"})), set()),
    "incidents and keys": (
        Scope(incidents=frozenset({6, 7}), keys=frozenset({"INC-6", "INC-9"})),
        {6, 7, 90_001},
    ),
    "incidents and keys, closed lately": (
        Scope(incidents=frozenset({2}), keys=frozenset({"INC-9"}), closed_since=MONTH_AGO),
        {2, 90_001},
    ),
}  # fmt: skip
KEYS = ["INC-1", "INC-6", "INC-9", "INC-10", "PAY_2-5000", "INC-77"]
MANY = {  # several slices: one in three is closed, some ids are missing
    number: new(
        number,
        status=60 if number % 3 == 0 else 10 * (number % 5 + 1),
        jira_key=f"INC-{number}",
        jira_id=10_000 + number,
        created_at=DAY + timedelta(hours=number - 600),
    )
    for number in (*(n for n in range(1, 1_240) if n % 31), 40_000, 40_001)
}

World = dict[int, NewIncident]


class Worlds:
    """Databases by kind and rows: filled when first asked for, and only read."""

    def __init__(self, request: pytest.FixtureRequest, folder: Path) -> None:
        self._request = request
        self._folder = folder
        self._urls: dict[tuple[str, bool], str] = {}

    def url(self, kind: Kind, rows: World) -> str:
        many = rows is MANY
        options: dict[str, Any] = {"bare": many}
        if not many:
            options["commanders"] = FURTHER_COMMANDERS
        name = "postgres" if kind == "postgres" else "sqlite"
        if (name, many) not in self._urls:
            if name == "postgres":
                cluster = self._request.getfixturevalue("postgres")
                url = postgres_database(cluster, rows.values(), **options)
            else:
                url = sqlite_file(self._folder / f"{len(rows)}.db", rows.values(), **options)
            self._urls[name, many] = url
        return self._urls[name, many]


@pytest.fixture(scope="module")
def worlds(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Worlds:
    return Worlds(request, tmp_path_factory.mktemp("impact"))


@pytest.fixture(params=KINDS)
def site(request: pytest.FixtureRequest, worlds: Worlds) -> Iterator[Stand]:
    """A source of each kind over `ROWS`."""
    with stand(request.param, worlds.url(request.param, ROWS)) as found:
        yield found


@pytest.fixture(params=KINDS)
def crowd(request: pytest.FixtureRequest, worlds: Worlds) -> Iterator[Stand]:
    """A source of each kind over `MANY`."""
    with stand(request.param, worlds.url(request.param, MANY)) as found:
        yield found


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest, worlds: Worlds) -> Iterator[Stand]:
    with stand(request.param, worlds.url(request.param, ROWS)) as found:
        yield found


@pytest.fixture(params=REST)
def rest(request: pytest.FixtureRequest, worlds: Worlds) -> Iterator[Stand]:
    with stand(request.param, worlds.url(request.param, MANY)) as found:
        yield found


# Values


@pytest.mark.parametrize("number", ROWS)
def test_an_incident_comes_with_its_values(site: Stand, number: int) -> None:
    expected = site.expected(ROWS[number], COMMANDERS.get(number))
    assert list(site.source.incidents(Scope(incidents=frozenset({number})))) == [expected]


def test_the_same_values_come_in_every_scope(site: Stand) -> None:
    found = {incident.id: incident for incident in site.source.incidents(Scope(everything=True))}
    assert found == {n: site.expected(row, COMMANDERS.get(n)) for n, row in ROWS.items()}


def test_times_are_aware(site: Stand) -> None:
    for incident in site.source.incidents(Scope(everything=True)):
        assert incident.created_at.tzinfo is not None
        assert incident.updated_at is None or incident.updated_at.tzinfo is not None


# Scopes


@pytest.mark.parametrize("name", SCOPES)
def test_a_scope_gives_each_of_its_incidents_once(site: Stand, name: str) -> None:
    scope, expected = SCOPES[name]
    assert sorted(site.ids(scope)) == sorted(expected)
    assert site.source.unread == ()
    assert site.source.requests == len(site.asked) > 0


@pytest.mark.parametrize("zone", [KOLKATA, LIMA])
def test_a_scopes_time_may_be_of_any_zone(site: Stand, zone: timezone) -> None:
    since = MONTH_AGO.astimezone(zone)
    assert sorted(site.ids(Scope(created_since=since))) == sorted(set(ROWS) - {1, 5, 6, 90_001})
    assert sorted(site.ids(Scope(closed_since=since))) == sorted(OPEN | {7, 8})


def test_a_microsecond_decides(site: Stand) -> None:
    at = ROWS[9].created_at
    later = at + timedelta(microseconds=1)
    assert site.ids(Scope(created_since=at)) == [9]
    assert site.ids(Scope(created_since=later)) == []


@pytest.mark.parametrize("number", [0, -1, 10**18 - 1, 2**63 - 1])
def test_an_id_far_out_is_no_incident(site: Stand, number: int) -> None:
    assert site.ids(Scope(incidents=frozenset({number, 3}))) == [3]


def test_a_key_that_wants_to_be_more_is_no_key(site: Stand) -> None:
    keys = frozenset({"INC-1' OR '1'='1", "%", "INC-%", "INC-1 ", 'INC-1"', "ÍNC-1"})
    assert site.ids(Scope(keys=keys)) == []


@pytest.mark.parametrize("kind", DATABASES)
def test_a_database_finds_an_incident_by_the_id_of_its_issue(kind: Kind, worlds: Worlds) -> None:
    issues = frozenset({10_006, 2**53 + 1, 10_099})
    with stand(kind, worlds.url(kind, ROWS)) as site:
        assert site.ids(Scope(issues=issues)) == [6, 10]
        both = Scope(issues=issues, keys=frozenset({"INC-6"}), incidents=frozenset({10}))
        assert sorted(site.ids(both)) == [6, 10], "each once"


NUMBERS = st.frozensets(st.sampled_from([*ROWS, 11, 500, 89_999]), max_size=4)
TIMES = st.none() | st.sampled_from([DAY - days(n) for n in (401, 90, 31, 30, 1, 0, -1)])


@st.composite
def scopes(draw: st.DrawFn) -> Scope:
    return Scope(
        incidents=draw(st.just(frozenset()) | NUMBERS),
        keys=draw(st.just(frozenset()) | st.frozensets(st.sampled_from(KEYS), max_size=3)),
        everything=draw(st.booleans()),
        closed_since=draw(TIMES),
        created_since=draw(TIMES),
        watched=draw(NUMBERS),
    )


def in_scope(row: NewIncident, scope: Scope) -> bool:
    """What `Scope` says of itself."""
    if scope.created_since and row.created_at < scope.created_since:
        return False
    if scope.incidents or scope.keys:
        return row.id in scope.incidents or (row.jira_key or "").upper() in scope.keys
    late = scope.closed_since is not None and row.created_at >= scope.closed_since
    all_since = scope.everything or scope.created_since is not None
    return all_since or row.status != 60 or row.id in scope.watched or late


def test_any_scope_gives_what_it_says(site: Stand) -> None:
    @settings(max_examples=20, suppress_health_check=list(HealthCheck))
    @given(scopes())
    def check(scope: Scope) -> None:
        assert sorted(site.ids(scope)) == [n for n, row in ROWS.items() if in_scope(row, scope)]

    check()


# As they are this moment


def test_those_asked_for_come_as_they_are_by_their_ids(site: Stand) -> None:
    asked = {1, 6, 10, 90_002}
    expected = {n: site.expected(ROWS[n], COMMANDERS.get(n)) for n in asked}
    assert site.source.current(asked | NOBODY) == expected
    assert site.source.current(NOBODY) == {}


def test_where_none_is_asked_for_nothing_is_sent(site: Stand) -> None:
    assert site.source.current(set()) == {}
    assert (list(site.asked), site.source.requests) == ([], 0)


def test_many_of_them_come_in_few_requests(crowd: Stand) -> None:
    asked = frozenset(range(1, 1_500)) | {40_000}
    assert crowd.source.current(asked).keys() == asked & MANY.keys()
    assert len(crowd.asked) <= 5


# Many


def test_every_one_of_many_comes_once(crowd: Stand) -> None:
    assert sorted(crowd.ids(Scope(everything=True))) == sorted(MANY)


def test_every_open_one_of_many_comes_once(crowd: Stand) -> None:
    expected = sorted(n for n, row in MANY.items() if row.status != 60)
    assert sorted(crowd.ids(Scope())) == expected


def test_many_named_ones_come_once(crowd: Stand) -> None:
    asked = frozenset(range(1, 3_001)) | {40_000, 40_001}
    assert sorted(crowd.ids(Scope(incidents=asked))) == sorted(asked & MANY.keys())
    assert crowd.source.unread == ()


def test_many_named_ones_and_a_key_come_once(crowd: Stand) -> None:
    asked = frozenset(range(200, 1_800))
    scope = Scope(incidents=asked, keys=frozenset({"INC-250", "INC-40001"}))
    assert sorted(crowd.ids(scope)) == sorted((asked & MANY.keys()) | {40_001})


def test_many_last_seen_open_come_once(crowd: Stand) -> None:
    asked = frozenset(range(1, 3_001))
    expected = {n for n, row in MANY.items() if row.status != 60 or n in asked}
    assert sorted(crowd.ids(Scope(watched=asked))) == sorted(expected)


def test_the_same_question_has_the_same_answer(crowd: Stand) -> None:
    scope = Scope(closed_since=DAY)
    first = {incident.id: incident for incident in crowd.source.incidents(scope)}
    assert {incident.id: incident for incident in crowd.source.incidents(scope)} == first


def test_nothing_is_asked_before_the_first_is_wanted(site: Stand) -> None:
    site.source.incidents(Scope())
    assert list(site.asked) == []
    assert site.source.requests == 0


def test_the_first_comes_before_the_last_is_asked_for(rest: Stand) -> None:
    scope = Scope(everything=True)
    stream = rest.source.incidents(scope)
    next(stream)
    early = len(rest.asked)
    assert early <= CONCURRENCY
    assert len(list(stream)) == len(MANY) - 1
    assert len(rest.asked) > early


def test_one_who_wants_no_more_is_let_go(crowd: Stand) -> None:
    stream = crowd.source.incidents(Scope(everything=True))
    next(stream)
    asked = len(crowd.asked)
    assert isinstance(stream, Generator)
    stream.close()
    assert len(crowd.asked) <= max(asked, CONCURRENCY)
    assert crowd.ids(Scope(incidents=frozenset({2}))) == [2]


# Counting, people, histories


def test_people_and_histories_are_counted_too(site: Stand) -> None:
    site.source.accounts()
    site.source.revisions([1, 2])
    assert site.source.requests == len(site.asked)


def test_rest_shows_neither_accounts_nor_edits_and_asks_for_none(rest: Stand) -> None:
    assert rest.source.accounts() == {}
    assert rest.source.revisions([1, 2]) == {}
    assert list(rest.source.all_revisions(Scope(everything=True))) == []
    assert list(rest.asked) == []


def test_the_database_tells_the_accounts_by_folded_email(database: Stand) -> None:
    assert database.source.accounts() == {
        "ada@example.test": "acc-ada",
        "edsger@example.test": "acc-edsger",
        "firefighter-bot@example.test": "firefighter-bot",
    }


def test_the_database_tells_the_last_changes(database: Stand) -> None:
    told = database.source.revisions([1, 2, 11])
    last = {number: latest(revisions) for number, revisions in told.items()}
    assert {one.author for one in told[2]} == {"FireFighter bot"}
    assert {name: one.at for name, one in last[2].items()} == {
        Field.TITLE: DAY,
        Field.DESCRIPTION: DAY,
        Field.PRIORITY: DAY,
        Field.STATUS: DAY + days(1),
    }
    assert {name: one.at for name, one in last[1].items()} == dict.fromkeys(Field, DAY - days(400))
    assert not told.get(11)


def test_no_history_is_asked_for_no_incidents(database: Stand) -> None:
    assert database.source.revisions([]) == {}
    assert list(database.asked) == []
