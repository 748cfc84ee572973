"""Issues that belong to incidents are found by their links, and those that look like one."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import cycle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raidctl.core.backfill.backlink import PROPERTY, RemoteLink, global_id, property_of
from raidctl.core.backfill.new_issue import NewIssue
from raidctl.core.model import Field
from raidctl.errors import ServiceError
from raidctl.gateways.jira.jql import created_within, quoted
from raidctl.ports.jira_admin import IssueName, Sought
from raidctl.sandbox.jira.jql import parse_jql
from raidctl.sandbox.server import Reply, Request
from tests.contract.trackers import NOW, PLAIN, WRITTEN, Site, site
from tests.simulators.server import Fault, refuse

IMPACT = "https://impact.example.com"
OF_12 = {PROPERTY: property_of(IMPACT, 12)}
MINUTE = timedelta(minutes=1)


def link(jira: Site, issue: int, incident: int) -> str:
    """Give an issue the link of an incident."""
    name = global_id(IMPACT, incident)
    jira.admin.put_remote_link(issue, RemoteLink(name, f"{IMPACT}/incident/{incident}/", "x"))
    return name


def searches(jira: Site) -> int:
    return sum(path.endswith(("/search", "/search/jql")) for _, path in jira.server.requests)


# By remote link


def test_the_issues_of_links_are_told_by_their_links(jira: Site) -> None:
    one, other = link(jira, 10_001, 12), link(jira, 10_002, 13)
    link(jira, 10_002, 99)
    names = [one, global_id(IMPACT, 404), other]
    assert jira.admin.linked(names) == {
        one: [IssueName(10_001, "INC-1")],
        other: [IssueName(10_002, "INC-2")],
    }


def test_two_issues_of_one_incident_are_both_told(plain: Site) -> None:
    name = link(plain, 10_001, 12)
    link(plain, 10_002, 12)
    assert [one.id for one in plain.admin.linked([name])[name]] == [10_001, 10_002]


def test_five_hundred_ids_are_one_request(plain: Site) -> None:
    """Of functions with a hundred each: none takes more."""
    names = [global_id(IMPACT, number) for number in range(1, 1_051)]
    assert plain.admin.linked(names) == {}
    assert searches(plain) == 3
    assert plain.admin.linked([]) == {}
    assert searches(plain) == 3


def test_an_issue_that_may_not_be_seen_is_not_told(plain: Site) -> None:
    name = link(plain, 10_001, 12)
    plain.state.forbid(10_001)
    assert plain.admin.linked([name]) == {}


def test_an_issue_that_is_deleted_meanwhile_is_not_told(plain: Site) -> None:
    name, other = link(plain, 10_001, 12), link(plain, 10_002, 13)
    gone = refuse(404, body={"errorMessages": ["Issue does not exist."]})
    plain.server.faults = lambda asked: gone if asked.path.endswith("10001/remotelink") else None
    assert plain.admin.linked([name, other]) == {other: [IssueName(10_002, "INC-2")]}


def test_an_issue_that_the_index_lacks_is_found_once_the_lag_is_over(plain: Site) -> None:
    clock = [NOW]
    plain.state.now = lambda: clock[0]
    plain.state.index_lag = 5.0
    made = plain.state.create("INC", "Incident", {"summary": "fresh"})
    name = link(plain, made.id, 12)
    assert plain.admin.linked([name]) == {}
    clock[0] += timedelta(seconds=6)
    assert plain.admin.linked([name]) == {name: [IssueName(made.id, made.key)]}


@pytest.mark.parametrize("name", ['impact:x") OR project = "INC', "a\\", 'a"\n', "impact:é:1"])
def test_a_hostile_id_is_a_text_and_no_query(plain: Site, name: str) -> None:
    plain.admin.put_remote_link(10_002, RemoteLink(name, "https://x", "x"))
    assert plain.admin.linked([name]) == {name: [IssueName(10_002, "INC-2")]}
    assert plain.admin.linked([f"{name} "]) == {}


@given(st.text(max_size=30))
def test_a_quoted_text_is_one_value(text: str) -> None:
    (clause,) = parse_jql(f"project = {quoted(text)}").clauses
    assert clause.values == (text,)


# By what they look like


@pytest.fixture(params=PLAIN)
def made(request: pytest.FixtureRequest) -> Iterator[Site]:
    """Issues of FireFighter's, made minutes apart, in a JIRA whose users live elsewhere."""
    zone = timezone(timedelta(hours=-9))
    with site(WRITTEN[request.param], time_zone=zone) as running:
        for number, (minutes, summary, reporter) in enumerate(
            [(90, "Orders", "acc-ada"), (60, "Orders", "acc-ada"), (60, "Stock", "acc-eve")], 1
        ):
            running.state.add_issue(
                f"INC-{number}",
                10_000 + number,
                summary=summary,
                reporter=reporter,
                created=NOW - minutes * MINUTE,
            )
        running.state.add_issue("INC-4", 10_004, issue_type="Bug", summary="Orders", created=NOW)
        yield running


def around(minutes: float, summary: str = "Orders") -> Sought:
    """What was made within a minute of that long ago."""
    at = NOW - minutes * MINUTE
    return Sought(summary, at - MINUTE, at + MINUTE)


def keys(jira: Site, *sought: Sought) -> list[list[str]]:
    found = jira.admin.look_alikes("INC", "Incident", sought)
    return [[seen.issue.key for seen in some] for some in found]


def test_what_looks_like_one_is_found_by_summary_and_time(made: Site) -> None:
    sought = [
        around(90),
        around(60),
        around(60, "Stock"),
        around(75),
        around(60, "Order"),
        around(0),
    ]
    assert keys(made, *sought) == [["INC-1"], ["INC-2"], ["INC-3"], [], [], []]
    assert keys(made) == []


def test_what_is_found_tells_reporter_time_and_whose_it_is(made: Site) -> None:
    made.state.properties[10_002] = {PROPERTY: dict(property_of(IMPACT, 12))}
    ((seen,),) = made.admin.look_alikes("INC", "Incident", [around(60)])
    assert seen.reporter == "acc-ada"
    assert seen.created == NOW - 60 * MINUTE
    assert seen.incident == global_id(IMPACT, 12)
    ((seen,),) = made.admin.look_alikes("INC", "Incident", [around(90)])
    assert seen.incident is None


def test_a_summary_is_the_same_as_jira_leaves_it(made: Site) -> None:
    """JIRA takes blanks away at the ends; ours may hold a line break."""
    assert keys(made, around(60, "  Orders\r\n ")) == [["INC-2"]]


def test_two_alike_are_told_oldest_first(made: Site) -> None:
    wide = Sought("Orders", NOW - 91 * MINUTE, NOW)
    assert keys(made, wide) == [["INC-1", "INC-2"]]


def test_many_are_sought_in_few_requests(made: Site) -> None:
    """Times that touch are one: an outage is."""
    keys(made, *(around(number) for number in range(120)))
    assert searches(made) == 1
    made.server.forget()
    keys(made, *(around(number * 30) for number in range(120)))
    assert searches(made) == 3


def test_a_time_within_another_one_cuts_nothing_off(made: Site) -> None:
    """The earliest to begin need not be the first to end."""
    wide = Sought("Orders", NOW - 91 * MINUTE, NOW - 59 * MINUTE)
    assert keys(made, wide, around(89, "Stock")) == [["INC-1", "INC-2"], []]


def test_many_issues_of_one_time_are_read_page_by_page(made: Site) -> None:
    for number in range(5, 260):
        made.state.add_issue(
            f"INC-{number}", 10_000 + number, summary="Flood", created=NOW - 30 * MINUTE
        )
    assert len(keys(made, around(30, "Flood"))[0]) == 255


def test_a_type_with_a_hostile_name_is_a_text(made: Site) -> None:
    assert made.admin.look_alikes("INC", 'Incident" OR type = "Bug', [around(60)]) == [[]]


def test_a_fresh_issue_is_found_once_the_lag_is_over(made: Site) -> None:
    clock = [NOW]
    made.state.now = lambda: clock[0]
    made.state.index_lag = 5.0
    made.state.create("INC", "Incident", {"summary": "Orders"})
    assert keys(made, around(0)) == [[]]
    clock[0] += timedelta(seconds=6)
    assert keys(made, around(0)) == [["INC-5"]]


@given(
    st.just(NOW),
    st.timedeltas(timedelta(0), timedelta(days=9)),
    st.timedeltas(timedelta(0), timedelta(days=400)),
    st.timedeltas(timedelta(0), timedelta(minutes=4)),
)
def test_the_time_asked_for_holds_the_one_sought(
    since: datetime, length: timedelta, ago: timedelta, late: timedelta
) -> None:
    """However late JIRA looks at its clock."""
    asked_at = since + length + ago
    query = parse_jql(created_within(since, since + length, asked_at))
    for clause in query.clauses:
        border = asked_at + late - timedelta(minutes=int(clause.values[0][1:-1]))
        assert border <= since if clause.sign == ">=" else border >= since + length


# All of a type


def test_what_we_made_ourselves_is_found_whatever_became_of_it(
    plain: Site,
) -> None:
    """What somebody else has made is not told, nor what says nothing of any incident."""
    ours = NewIssue("INC", "Incident", {Field.TITLE: "Ours"}, properties=OF_12)
    silent = replace(ours, properties={})
    made = plain.admin.create(ours)
    plain.admin.create(silent)
    other = plain.admin.create(ours)
    plain.state.creators[other.id] = "acc-ada"
    (found,) = plain.admin.made_by_us("INC", "Incident", NOW - MINUTE, ())
    assert (found.issue, found.incident) == (made, global_id(IMPACT, 12))
    assert list(plain.admin.made_by_us("INC", "Incident", NOW - MINUTE, {made.key})) == []


def test_all_of_a_type_come_oldest_first(made: Site) -> None:
    seen = list(made.admin.of_type("INC", "Incident"))
    assert [one.issue.key for one in seen] == ["INC-1", "INC-2", "INC-3"]


def test_all_of_a_type_come_page_by_page(plain: Site) -> None:
    for number in range(3, 251):
        plain.add(number)
    all_of_them = plain.admin.of_type("INC", "Incident")
    next(all_of_them)
    assert searches(plain) == 1
    assert len(list(all_of_them)) == 249
    assert searches(plain) == 3


def test_a_type_is_asked_for_by_its_id_once_it_was_met(plain: Site) -> None:
    plain.admin.screen("INC", "Incident")
    assert len(list(plain.admin.of_type("INC", "Incident"))) == 2
    assert f"issuetype = {plain.state.type_id('Incident')}" in plain.bodies()[-1]["jql"]


def test_pages_without_an_end_are_not_read_for_ever(plain: Site) -> None:
    shown = {"summary": "x", "created": "2026-11-22T20:00:00.000+0000"}
    row = {"id": "10001", "key": "INC-1", "fields": shown}
    page = {"issues": [row], "total": 10**9, "nextPageToken": "again"}
    plain.server.faults = lambda _: Fault(acts=False, reply=Reply(200, page))
    with pytest.raises(ServiceError, match="have no end"):
        list(plain.admin.of_type("INC", "Incident"))
    assert searches(plain) == 2


def test_empty_pages_whose_tokens_lead_in_a_circle_are_not_read_for_ever(plain: Site) -> None:
    tokens = cycle("ab")

    def empty(request: Request) -> Fault:
        page = {"issues": [], "total": 0, "nextPageToken": next(tokens)}
        return Fault(acts=False, reply=Reply(200, page))

    plain.server.faults = empty
    found = plain.admin.of_type("INC", "Incident")
    if plain.deployment == "cloud":
        with pytest.raises(ServiceError, match="have no end"):
            list(found)
    else:
        assert list(found) == []
    assert searches(plain) == (3 if plain.deployment == "cloud" else 1)


@pytest.mark.parametrize(
    "page",
    [
        [],
        {},
        {"issues": None},
        {"issues": [{}]},
        {"issues": [{"id": "1", "key": "INC-1", "fields": {}}]},
    ],
)
def test_a_page_that_is_none_is_said_so(plain: Site, page: object) -> None:
    """Nothing is left out: it may be the very issue that is sought."""
    plain.server.faults = lambda _: Fault(acts=False, reply=Reply(200, page))
    with pytest.raises(ServiceError):
        plain.admin.look_alikes("INC", "Incident", [around(0)])
