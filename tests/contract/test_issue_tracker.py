"""What every issue tracker keeps to, whichever JIRA it reads and however that one behaves."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import responses
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raidctl.core.history import UNKNOWN_TIME, latest
from raidctl.core.model import UNREADABLE, Field, Issue
from raidctl.errors import Category, ServiceError
from raidctl.ports.jira import IssueRef
from raidctl.runs.reading.targets import issues_now
from raidctl.sandbox.jira.state import Person
from raidctl.sandbox.jira.workflows import Status, Workflow
from raidctl.sandbox.server import Answer, Reply, Request
from tests.contract.trackers import (
    ADA,
    BOT,
    EVE,
    KINDS,
    NOW,
    PLAIN,
    Deployment,
    Kind,
    Site,
    site,
    tracker,
)
from tests.simulators.server import refuse

JIRA_URL = "https://jira.example.test"
HOSTILE = [
    'INC-1") OR project = SECRET',
    'INC-1", "INC-2',
    "INC-1 OR key = INC-2",
    "INC-1\n",
    " INC-1",
    "INC-1/../INC-2",
    "INC-1?expand=changelog",
    "../myself",
    "10001",
    "INC",
    "INC-",
    "-1",
    "",
    "INC-١",
    "INC-１",
    "ÍNC-1",
    "ıNC-1",  # its upper case is INC-1
    "INC–1",
]


def refs(*keys: str) -> list[IssueRef]:
    return [IssueRef(key) for key in keys]


def keys_of(issues: Sequence[Issue | None]) -> list[str | None]:
    return [issue.key if issue else None for issue in issues]


@pytest.fixture(params=KINDS)
def jira(request: pytest.FixtureRequest) -> Iterator[Site]:
    with site(KINDS[request.param]) as running:
        yield running


@pytest.fixture(params=PLAIN)
def plain(request: pytest.FixtureRequest) -> Iterator[Site]:
    with site(KINDS[request.param]) as running:
        yield running


# Reading


def test_an_issue_comes_with_its_values(jira: Site) -> None:
    jira.add(
        1,
        summary="Payments are down",
        description="First\nsecond\n\n* one\n* two",
        priority="High",
        status="In Progress",
        assignee=ADA.account,
        updated=NOW - timedelta(hours=2, microseconds=-7000),
        created=NOW - timedelta(hours=5),
    )
    (issue,) = jira.issues(refs("INC-1"))
    assert issue is not None
    # One kind tells the type unasked, and one the list as a document.
    assert replace(issue, issue_type=None, formatted=()) == (
        Issue(
            id=10_001,
            key="INC-1",
            values={
                Field.TITLE: "Payments are down",
                Field.DESCRIPTION: "First\nsecond\n\n* one\n* two",
                Field.PRIORITY: "High",
                Field.STATUS: "In Progress",
                Field.COMMANDER: ADA.account,
            },
            url=f"{jira.server.url}/browse/INC-1",
            assignee_email=ADA.email,
            updated_at=NOW - timedelta(hours=2, microseconds=-7000),
            created_at=NOW - timedelta(hours=5),
        )
    )


def test_times_of_another_time_zone_are_understood() -> None:
    india = timezone(timedelta(hours=5, minutes=30))
    with site(KINDS["datacenter"], time_zone=india) as jira:
        jira.add(1)
        (issue,) = jira.issues(refs("INC-1"))
    assert issue is not None
    assert issue.updated_at == NOW


def test_answers_come_in_the_order_asked(jira: Site) -> None:
    jira.add(*range(1, 8))
    asked = [f"INC-{n}" for n in (5, 1, 7, 3, 2, 1)]
    assert keys_of(jira.issues(refs(*asked))) == asked


def test_nothing_asked_is_nothing_sent(jira: Site) -> None:
    assert jira.issues([]) == []
    assert jira.seen == []


def test_a_hundred_issues_are_one_request(plain: Site) -> None:
    plain.add(*range(1, 101))
    issues = plain.issues(refs(*(f"INC-{n}" for n in range(1, 101))))
    assert all(issues)
    assert plain.tracker.requests == len(plain.seen) == 1


def test_250_issues_are_three_requests(plain: Site) -> None:
    plain.add(*range(1, 251))
    asked = refs(*(f"INC-{n}" for n in range(250, 0, -1)))
    size = plain.tracker.batch_size
    batches = [asked[start : start + size] for start in range(0, 250, size)]
    found = [issue for batch in batches for issue in plain.issues(batch)]
    assert keys_of(found) == [ref.key for ref in asked]
    assert plain.tracker.requests == len(plain.seen) == 3


def test_a_page_cut_to_fifty_is_followed_by_the_next() -> None:
    with site(Kind("datacenter", search_cap=50)) as jira:
        jira.add(*range(1, 121))
        asked = [f"INC-{n}" for n in range(100, 0, -1)]
        assert keys_of(jira.issues(refs(*asked))) == asked
        assert [body["startAt"] for body in jira.bodies()] == [0, 50]


def test_absent_issues_are_none_and_the_rest_comes(jira: Site) -> None:
    jira.add(*range(1, 9))
    jira.state.forbid(10_002)
    jira.state.delete(10_005)
    found = jira.issues(refs("INC-1", "INC-2", "INC-77", "NOPE-1", "INC-5", "INC-8"))
    assert keys_of(found) == ["INC-1", None, None, None, None, "INC-8"]


def test_all_absent(jira: Site) -> None:
    assert jira.issues(refs("INC-1", "INC-2", "INC-3")) == [None, None, None]


@pytest.mark.parametrize("name", PLAIN)
def test_absent_issues_cost_no_further_request(name: str) -> None:
    with site(KINDS[name]) as jira:
        jira.add(1, 2)
        jira.issues(refs("INC-1", "INC-98", "INC-99", "NOPE-1", "INC-2"))
        assert jira.tracker.requests == 1


def test_one_missing_key_costs_a_strict_server_few_requests() -> None:
    with site(KINDS["datacenter-strict"]) as jira:
        jira.add(*range(1, 100))
        found = jira.issues(refs("NOPE-1", *(f"INC-{n}" for n in range(1, 100))))
        assert found.count(None) == 1
        assert jira.tracker.requests <= 2 * 8  # halving a hundred down to one


def test_forbidden_told_by_403_is_none_and_the_rest_comes() -> None:
    """Data Center tells a logged-in user with 403 that an issue is there but not for them."""

    def forbids(request: Request, answer: Answer) -> Reply:
        if request.path.endswith("/issue/INC-2"):
            message = "You do not have the permission to see the specified issue."
            return Reply(403, {"errorMessages": [message], "errors": {}})
        quirk = KINDS["datacenter-strict"].quirk
        assert quirk is not None
        return quirk(request, answer)

    with site(Kind("datacenter", forbids)) as jira:
        jira.add(1, 2, 3)
        jira.state.forbid(10_002)
        found = jira.issues(refs("INC-1", "INC-2", "INC-3"))
        assert keys_of(found) == ["INC-1", None, "INC-3"]


def test_a_stale_index_still_gives_the_issues_of_a_batch_on_cloud() -> None:
    with site(KINDS["cloud"], index_lag=3600.0) as jira:
        jira.add(1)
        jira.state.edit(10_001, BOT.account, summary="Changed")
        (issue,) = jira.issues(refs("INC-1"))
        assert issue is not None
        assert issue.values[Field.TITLE] == "Changed"


# Moved issues


def known(*pairs: tuple[str, int | None]) -> list[IssueRef]:
    return [IssueRef(key, number) for key, number in pairs]


@pytest.mark.parametrize("with_ids", [False, True])
@pytest.mark.parametrize("moved", [{3}, {1, 4}, {1, 2, 3, 4, 5, 6}])
def test_moved_issues_come_with_their_new_keys(jira: Site, moved: set[int], with_ids: bool) -> None:
    jira.add(*range(1, 7))
    for number in moved:
        jira.state.move(10_000 + number, f"PAY-{60 - number}")
    asked = known(*((f"INC-{n}", 10_000 + n if with_ids else None) for n in range(1, 7)))
    found = jira.issues([*asked, IssueRef("INC-99")])
    assert [issue and (issue.id, issue.key) for issue in found] == [
        *((10_000 + n, f"PAY-{60 - n}" if n in moved else f"INC-{n}") for n in range(1, 7)),
        None,
    ]


@pytest.mark.parametrize("name", PLAIN)
def test_moved_issues_of_known_ids_cost_no_further_request(name: str) -> None:
    with site(KINDS[name]) as jira:
        jira.add(*range(1, 51))
        for number in range(1, 51):
            jira.state.move(10_000 + number, f"PAY-{number}")
        found = jira.issues([IssueRef(f"INC-{n}", 10_000 + n) for n in range(1, 51)])
        assert keys_of(found) == [f"PAY-{n}" for n in range(1, 51)]
        assert jira.tracker.requests == 1


@pytest.mark.parametrize("name", PLAIN)
def test_one_moved_issue_costs_no_further_request(name: str) -> None:
    with site(KINDS[name]) as jira:
        jira.add(*range(1, 51))
        jira.state.move(10_007, "PAY-1")
        found = jira.issues(refs(*(f"INC-{n}" for n in range(1, 51))))
        assert found[6] is not None
        assert found[6].key == "PAY-1"
        assert jira.tracker.requests == 1


def test_old_and_new_key_asked_together(jira: Site) -> None:
    jira.add(1, 2)
    jira.state.move(10_001, "PAY-1")
    found = jira.issues(known(("INC-1", 10_001), ("PAY-1", None), ("INC-2", None)))
    assert keys_of(found) == ["PAY-1", "PAY-1", "INC-2"]


def test_old_key_of_unknown_id_answers_when_asked_again_without_the_new_one(jira: Site) -> None:
    jira.add(1, 2)
    jira.state.move(10_001, "PAY-1")
    first = jira.issues(refs("PAY-1", "INC-1", "INC-2", "INC-99"))
    assert keys_of(first) in (
        ["PAY-1", None, "INC-2", None],
        ["PAY-1", "PAY-1", "INC-2", None],
    )
    assert keys_of(jira.issues(refs("INC-1", "INC-99"))) == ["PAY-1", None]


def test_two_old_keys_of_one_issue(jira: Site) -> None:
    jira.add(1, 2)
    jira.state.move(10_001, "PAY-1")
    jira.state.move(10_001, "OPS-1")
    found = jira.issues(refs("INC-1", "PAY-1", "INC-2"))
    assert keys_of(found) == ["OPS-1", "OPS-1", "INC-2"]


@pytest.mark.parametrize("with_ids", [False, True])
def test_a_live_issues_key_wins_a_clash(jira: Site, with_ids: bool) -> None:
    jira.add(1)
    jira.state.move(10_001, "PAY-1")
    jira.state.add_issue("INC-1", 20_001, summary="Another one")
    number = 10_001 if with_ids else None
    found = jira.issues(known(("INC-1", number), ("PAY-1", number)))
    assert [issue and issue.id for issue in found] == [20_001, 10_001]


def test_an_issue_is_never_given_for_a_key_that_does_not_lead_to_it(jira: Site) -> None:
    """A key used twice: its known id is of the first owner, JIRA follows it to the second."""
    jira.add(1)
    jira.state.move(10_001, "PAY-1")
    jira.state.add_issue("INC-1", 20_001, summary="Another one")
    jira.state.move(20_001, "PAY-2")
    found = jira.issues(known(("INC-1", 10_001), ("PAY-1", 10_001), ("INC-99", None)))
    assert keys_of(found)[1:] == ["PAY-1", None]


@pytest.mark.parametrize("name", ["cloud", "datacenter-strict"])
def test_a_batch_says_the_same_as_single_questions(name: str) -> None:
    @settings(max_examples=20, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        with site(KINDS[name]) as jira:
            jira.add(*range(1, 9))
            asked: list[IssueRef] = []
            for number in data.draw(st.permutations(range(1, 9))):
                fate = data.draw(st.sampled_from(["stays", "moves", "hides", "goes", "not asked"]))
                if fate == "moves":
                    jira.state.move(10_000 + number, f"PAY-{number}")
                elif fate == "hides":
                    jira.state.forbid(10_000 + number)
                elif fate == "goes":
                    jira.state.delete(10_000 + number)
                if fate != "not asked":
                    told = data.draw(st.booleans())
                    asked.append(IssueRef(f"INC-{number}", 10_000 + number if told else None))
            together = jira.issues(asked)
            assert together == [jira.issues([ref])[0] for ref in asked]

    check()


# Keys that are none


@pytest.mark.parametrize("key", HOSTILE)
def test_a_malformed_key_reaches_no_request(plain: Site, key: str) -> None:
    plain.add(1, 2)
    assert plain.issues(refs(key)) == [None]
    assert plain.seen == []


def test_malformed_keys_do_not_spoil_their_batch(plain: Site) -> None:
    plain.add(1, 2)
    found = plain.issues(refs("INC-1", *HOSTILE, "INC-2"))
    assert keys_of(found) == ["INC-1", *[None] * len(HOSTILE), "INC-2"]
    (body,) = plain.bodies()
    if plain.deployment == "cloud":
        assert body["issueIdsOrKeys"] == ["INC-1", "INC-2"]
    else:
        assert body["jql"] == 'key in ("INC-1", "INC-2")'


def test_a_lower_case_key_leads_where_jira_leads_it(jira: Site) -> None:
    jira.add(1, 2)
    assert keys_of(jira.issues(refs("inc-1", "INC-2"))) == ["INC-1", "INC-2"]


# Fields


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("priority", ["priority", "customfield_11064"])
def test_only_the_mapped_fields_are_asked_for(name: str, priority: str) -> None:
    with site(KINDS[name], priority=priority) as jira:
        jira.add(1)
        jira.issues(refs("INC-1"))
        (body,) = jira.bodies()
        mapped = {"summary", "description", priority, "status", "assignee", "updated", "created"}
        assert len(body["fields"]) == len(mapped)
        assert set(body["fields"]) == mapped
        assert "expand" not in body


def test_single_reads_ask_for_the_mapped_fields_only() -> None:
    with site(KINDS["datacenter-strict"]) as jira:
        jira.issues(refs("INC-1"))
        (query,) = [request.query for request in jira.seen if request.method == "GET"]
        assert query == {"fields": ["summary,description,priority,status,assignee,updated,created"]}


@pytest.mark.parametrize("hidden", ["description", "priority", "assignee"])
def test_a_hidden_field_is_unreadable_and_a_null_one_is_empty(jira: Site, hidden: str) -> None:
    jira.add(1, description=None, priority=None, assignee=None)
    (shown,) = jira.issues(refs("INC-1"))
    jira.state.hidden.add(hidden)
    (issue,) = jira.issues(refs("INC-1"))
    assert shown is not None
    assert issue is not None
    ours = {"description": Field.DESCRIPTION, "priority": Field.PRIORITY}
    ours["assignee"] = Field.COMMANDER
    field = ours.pop(hidden)
    assert shown.values[field] in (None, "")
    assert issue.values[field] is UNREADABLE
    assert all(issue.values[other] in (None, "") for other in ours.values())


@pytest.mark.parametrize("name", KINDS)
def test_an_option_field_holds_the_priority(name: str) -> None:
    with site(KINDS[name], priority="customfield_11064") as jira:
        jira.add(1, priority="High", customfield_11064="2")
        (issue,) = jira.issues(refs("INC-1"))
        assert issue is not None
        assert issue.priority == "2"


def test_a_hidden_email_leaves_the_account(jira: Site) -> None:
    jira.add(1, assignee=EVE.account)
    (issue,) = jira.issues(refs("INC-1"))
    assert issue is not None
    assert (issue.values[Field.COMMANDER], issue.assignee_email) == (EVE.account, None)


def test_a_status_comes_in_its_own_language(jira: Site) -> None:
    german = Status("1", "Offen", "new", untranslated="Open")
    jira.state.workflow = Workflow("Deutsch", (german,), ())
    jira.add(1)
    (issue,) = jira.issues(refs("INC-1"))
    assert issue is not None
    assert issue.status == "Open"


# People


def test_an_account_is_found_by_its_exact_email(plain: Site) -> None:
    assert plain.tracker.account(ADA.email) == ADA.account
    assert plain.tracker.account("  Ada@Example.TEST ".strip()) == ADA.account


@pytest.mark.parametrize("email", ["ada", "ada@example.tes", "Ada Lovelace", "nobody@example.test"])
def test_a_prefix_is_no_match(plain: Site, email: str) -> None:
    plain.state.add_user(Person("acc-longer", "Ada Longer", "ada@example.test.org"))
    assert plain.tracker.account(email) is None


def test_an_email_that_only_looks_alike_is_another_account(plain: Site) -> None:
    """JIRA searches by Unicode's folding, in which these are one."""
    plain.state.add_user(Person("acc-kes", "Kes", "kes@example.test"))
    assert plain.tracker.account("Ke\u017f@example.test") is None
    assert plain.tracker.account("\u212aes@example.test") is None
    assert plain.tracker.account("KES@example.test") == "acc-kes"


def test_a_longer_email_is_another_account(plain: Site) -> None:
    plain.state.add_user(Person("acc-longer", "Ada Longer", "ada@example.test.org"))
    assert plain.tracker.account(ADA.email) == ADA.account


def test_a_hidden_email_is_nobodys(plain: Site) -> None:
    assert plain.tracker.account(EVE.email) is None


@pytest.mark.parametrize("email", ["", " "])
def test_an_empty_email_is_nobodys(plain: Site, email: str) -> None:
    assert plain.tracker.account(email) is None


def test_of_two_exact_matches_the_active_one_is_meant(plain: Site) -> None:
    plain.state.add_user(Person("acc-former", "Ada Former", ADA.email, active=False))
    assert plain.tracker.account(ADA.email) == ADA.account


def test_two_active_exact_matches_are_nobody(plain: Site) -> None:
    plain.state.add_user(Person("acc-twin", "Ada Twin", "ADA@example.test"))
    assert plain.tracker.account(ADA.email) is None


def test_an_email_with_a_plus_is_asked_as_it_is(plain: Site) -> None:
    plain.state.add_user(Person("acc-plus", "Plus", "ada+ops&x=1@example.test"))
    assert plain.tracker.account("ada+ops&x=1@example.test") == "acc-plus"


def test_without_the_permission_to_browse_users_nobody_is_found(plain: Site) -> None:
    plain.state.browse_users = False
    assert plain.tracker.account(ADA.email) is None


def test_myself_is_the_tokens_account(plain: Site) -> None:
    assert plain.tracker.myself() == BOT.account


# History


class Clock:
    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


@pytest.fixture(params=["cloud", "cloud-v3", "datacenter"])
def timed(request: pytest.FixtureRequest) -> Iterator[Site]:
    with site(KINDS[request.param], now=Clock()) as running:
        running.add(1, 2, priority="Low")
        yield running


def test_the_last_change_of_each_field_with_its_author(timed: Site) -> None:
    timed.state.edit(10_001, ADA.account, summary="One", priority="High")
    timed.state.edit(10_001, BOT.account, summary="Two")
    timed.state.edit(10_002, EVE.account, status="In Progress", assignee=ADA.account)
    told = timed.tracker.revisions([10_002, 10_001])
    edits = {issue: latest(revisions) for issue, revisions in told.items()}
    authors = {issue: {f: edit.author for f, edit in by.items()} for issue, by in edits.items()}
    assert authors == {
        10_001: {Field.TITLE: BOT.name, Field.PRIORITY: ADA.name},
        10_002: {Field.STATUS: EVE.name, Field.COMMANDER: EVE.name},
    }
    accounts = {issue: {edit.account for edit in by.values()} for issue, by in edits.items()}
    assert accounts == {10_001: {BOT.account, ADA.account}, 10_002: {EVE.account}}
    first, second = timed.state.history(10_001)
    exact = timedelta(milliseconds=1)
    assert abs(edits[10_001][Field.TITLE].at - second.created) < exact
    assert abs(edits[10_001][Field.PRIORITY].at - first.created) < exact


@pytest.mark.parametrize("name", PLAIN)
def test_a_field_is_told_by_its_id_and_never_by_a_value(name: str) -> None:
    with site(KINDS[name], priority="customfield_11064") as jira:
        jira.state.choices["customfield_10016"] = ("1", "2")
        jira.state.field_names["customfield_10016"] = "Priority"  # story points, named to confuse
        jira.add(1, customfield_11064="1", customfield_10016="1", priority="Low")
        jira.state.edit(10_001, ADA.account, customfield_10016="2", priority="High")
        assert not jira.tracker.revisions([10_001]).get(10_001)
        jira.state.edit(10_001, ADA.account, customfield_11064="2")
        assert [one.field for one in jira.tracker.revisions([10_001])[10_001]] == [Field.PRIORITY]


def test_an_issue_without_a_history_has_no_changes(timed: Site) -> None:
    assert not timed.tracker.revisions([10_001]).get(10_001)


def test_the_history_of_an_issue_that_is_gone_does_not_hide_the_others(timed: Site) -> None:
    timed.state.edit(10_001, ADA.account, summary="One")
    timed.state.delete(10_002)
    told = timed.tracker.revisions([10_001, 10_002, 10_099])
    assert [one.field for one in told[10_001]] == [Field.TITLE]


def test_nothing_is_asked_about_no_issue(timed: Site) -> None:
    assert not timed.tracker.revisions([])
    assert timed.seen == []


@pytest.mark.parametrize("name", PLAIN)
def test_a_former_assignee_is_told_as_an_assignee_is(name: str) -> None:
    """A Data Center's changelog has the key of a user, which need not be the name."""
    with site(KINDS[name], now=Clock()) as jira:
        jira.add(1, assignee=ADA.account)
        jira.add(2, assignee=EVE.account)
        jira.state.edit(10_001, ADA.account, assignee=BOT.account)
        jira.state.edit(10_001, BOT.account, assignee=EVE.account)
        jira.issues(refs("INC-1", "INC-2"))
        told = jira.tracker.revisions([10_001])[10_001]
        assert [one.old for one in told] == [ADA.account, BOT.account]
        assert [one.new for one in told] == [BOT.account, EVE.account]
        jira.state.edit(10_002, EVE.account, assignee="acc-gone")
        (gone,) = jira.tracker.revisions([10_002])[10_002]
    assert gone.new == ("acc-gone" if name == "cloud" else "key-of-acc-gone"), "whom nobody showed"


def test_one_request_tells_the_histories_of_many_issues(plain: Site) -> None:
    """A thousand on Cloud; on Data Center a hundred, by a search that brings them along."""
    plain.add(*range(1, 102))
    plain.state.edit(10_101, ADA.account, summary="One")
    told = plain.tracker.revisions(range(10_001, 10_102))
    assert [number for number, log in told.items() if log] == [10_101]
    assert len(plain.seen) == (1 if plain.deployment == "cloud" else 2)


def test_a_server_that_cuts_its_pages_tells_all_histories() -> None:
    with site(Kind("datacenter", search_cap=1)) as jira:
        jira.add(1, 2)
        for number in (10_001, 10_002):
            jira.state.edit(number, ADA.account, summary="One")
        assert set(jira.tracker.revisions([10_001, 10_002])) == {10_001, 10_002}


def test_who_we_are_is_asked_once(plain: Site) -> None:
    assert plain.tracker.myself() == plain.tracker.myself() == plain.state.me
    assert len(plain.seen) == 1


def test_a_changelog_of_several_pages_is_read_to_its_end() -> None:
    def page(issue: int, number: int, **more: str) -> dict[str, Any]:
        items = [{"field": "summary", "fieldId": "summary"}]
        entry = {"created": 1_795_000_000_000 + number * 1000, "items": items}
        return {
            "issueChangeLogs": [{"issueId": str(issue), "changeHistories": [entry]}],
            **more,
        }

    url = f"{JIRA_URL}/rest/api/2/changelog/bulkfetch"
    with responses.RequestsMock() as mock:
        mock.post(url, json=page(7, 5, nextPageToken="next"))
        mock.post(
            url,
            json=page(7, 1),
            match=[
                responses.matchers.json_params_matcher(
                    {"nextPageToken": "next"}, strict_match=False
                )
            ],
        )
        told = tracker("cloud", JIRA_URL).revisions([7])
        assert len(mock.calls) == 2
    assert told[7][-1].at == datetime.fromtimestamp(1_795_000_005, UTC)


@pytest.mark.parametrize("name", PLAIN)
def test_one_request_tells_of_as_many_issues_as_it_says(name: str) -> None:
    with site(KINDS[name], now=Clock()) as jira:
        numbers = range(1, jira.tracker.history_size + 2)
        jira.add(*numbers)
        for asked, number in ((1, numbers[-2]), (2, numbers[-1])):
            jira.seen.clear()
            jira.tracker.revisions(range(10_001, 10_001 + number))
            assert len(jira.seen) == asked


def test_an_issue_tells_when_it_was_created(timed: Site) -> None:
    (issue,) = timed.issues(refs("INC-1"))
    assert issue is not None
    assert issue.created_at == timed.state.issue(10_001).created


# As they are this moment


def test_current_issues_come_by_id_with_their_types(jira: Site) -> None:
    jira.add(1, 2, 3, status="In Progress")
    jira.state.move(10_002, "PAY-7")
    issues = jira.tracker.current([10_003, 10_002])
    assert [
        issue and (issue.id, issue.key, issue.issue_type, issue.status) for issue in issues
    ] == [
        (10_003, "INC-3", "Incident", "In Progress"),
        (10_002, "PAY-7", "Incident", "In Progress"),
    ]
    assert all(issue and issue.updated_at == NOW for issue in issues)


def test_current_issues_that_are_absent_are_none_in_their_place(jira: Site) -> None:
    jira.add(1, 2, 3)
    jira.state.delete(10_001)
    jira.state.forbid(10_002)
    assert keys_of(jira.tracker.current([10_001, 10_003, 10_002, 10_003])) == [
        None,
        "INC-3",
        None,
        "INC-3",
    ]


@pytest.mark.parametrize("status", [403, 404])
def test_one_of_the_current_issues_that_is_refused_is_none(status: int) -> None:
    def refused(request: Request, answer: Answer) -> Reply:
        return Reply(status) if request.path.endswith("/10001") else answer(request)

    with site(Kind("datacenter", refused)) as jira:
        jira.add(1, 2)
        assert keys_of(jira.tracker.current([10_001, 10_002])) == [None, "INC-2"]


def test_current_issues_are_never_searched_for(plain: Site) -> None:
    plain.add(1)
    plain.state.index_lag = 60
    plain.state.edit(10_001, "acc-eve", summary="Fresh")
    (issue,) = plain.tracker.current([10_001])
    assert issue is not None
    assert issue.values[Field.TITLE] == "Fresh"
    assert not any("search" in path for _, path in plain.server.requests)


def test_issues_as_they_are_with_their_changes(plain: Site) -> None:
    """On Data Center that costs no request beside the re-read, on Cloud one for all."""
    plain.add(1, 2)
    plain.state.edit(10_001, ADA.account, summary="One")
    first, gone, second = plain.tracker.traced([10_001, 10_099, 10_002])
    assert gone is None
    assert first is not None
    assert second is not None
    assert [issue.value(Field.TITLE) for issue, _ in (first,)] == ["One"]
    assert [(one.field, one.account, one.new) for one in first[1]] == [
        (Field.TITLE, ADA.account, "One")
    ]
    assert second[0] == plain.tracker.current([10_002])[0]
    assert not second[1]
    assert len(plain.seen) == (3 if plain.deployment == "cloud" else 4)


def test_no_issue_is_no_request(plain: Site) -> None:
    assert plain.tracker.current([]) == []
    assert plain.tracker.traced([]) == []
    assert plain.seen == []


def test_as_many_current_issues_as_one_request_carries(plain: Site) -> None:
    plain.add(*range(1, 102))
    size = plain.tracker.current_size
    assert size == (100 if plain.deployment == "cloud" else 1)
    assert all(plain.tracker.current(range(10_001, 10_001 + size)))
    assert len(plain.seen) == 1
    assert all(plain.tracker.current(range(10_001, 10_102)))
    assert len(plain.seen) == 1 + -(-101 // size)


def test_a_current_issue_asked_for_twice_is_read_once(plain: Site) -> None:
    plain.add(1)
    first, second = plain.tracker.current([10_001, 10_001])
    assert first == second is not None
    assert len(plain.seen) == 1


def test_current_issues_that_fail_raise(plain: Site) -> None:
    plain.server.faults = lambda _: refuse(500)
    with pytest.raises(ServiceError):
        plain.tracker.current([10_001])


@pytest.mark.parametrize("kind", [7, "Incident", {"id": "1"}, {"name": 7}], ids=str)
@responses.activate
def test_an_issue_type_that_is_not_jiras_is_none(kind: object) -> None:
    row = {"id": "7", "key": "INC-7", "fields": {"issuetype": kind, "summary": "As ever"}}
    responses.get(f"{JIRA_URL}/rest/api/2/issue/7", json=row)
    (found,) = tracker("datacenter", JIRA_URL).current([7])
    assert found is not None
    assert (found.issue_type, found.value(Field.TITLE)) == (None, "As ever")


# Requests and failures


def test_repeats_are_counted(plain: Site) -> None:
    plain.add(1)
    faults = iter([refuse(503), refuse(429), None])
    plain.server.faults = lambda _: next(faults)
    assert keys_of(plain.issues(refs("INC-1"))) == ["INC-1"]
    assert plain.tracker.requests == len(plain.server.requests) == 3


def test_every_request_is_counted(jira: Site) -> None:
    jira.add(*range(1, 6))
    jira.state.move(10_001, "PAY-1")
    jira.state.move(10_002, "PAY-2")
    jira.issues(refs(*(f"INC-{n}" for n in range(1, 8))))
    jira.tracker.account(ADA.email)
    jira.tracker.myself()
    jira.tracker.revisions([10_001, 10_003])
    assert jira.tracker.requests == len(jira.server.requests)


def test_version_3_is_remembered() -> None:
    with site(KINDS["cloud-v3"]) as jira:
        jira.add(1, 2)
        jira.issues(refs("INC-1"))
        jira.issues(refs("INC-2"))
        assert [path for _, path in jira.server.requests] == [
            "/rest/api/2/issue/bulkfetch",
            "/rest/api/3/issue/bulkfetch",
            "/rest/api/3/issue/bulkfetch",
        ]


BATCH = {"cloud": "/rest/api/2/issue/bulkfetch", "datacenter": "/rest/api/2/search"}
ROW = {"id": "1", "key": "INC-1"}
NOT_JIRAS: list[object] = [
    None,
    [],
    {},
    "text",
    7,
    {"issues": None},
    {"issues": 7, "total": 1},
    {"issues": {"INC-1": ROW}, "total": 1},
]


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
@pytest.mark.parametrize("answer", NOT_JIRAS, ids=str)
@responses.activate
def test_an_answer_that_is_not_jiras_says_so(deployment: Deployment, answer: object) -> None:
    responses.post(JIRA_URL + BATCH[deployment], body=json.dumps(answer))
    with pytest.raises(ServiceError) as caught:
        tracker(deployment, JIRA_URL).issues(refs("INC-1"))
    assert caught.value.category is Category.VALIDATION
    assert caught.value.system == "JIRA"


NO_ISSUES: dict[str, object] = {
    "a number": 7,
    "null": None,
    "a list": [],
    "nothing": {},
    "no fields": {"id": "10002", "key": "INC-2"},
    "fields null": {"id": "10002", "key": "INC-2", "fields": None},
    "fields a list": {"id": "10002", "key": "INC-2", "fields": []},
    "id no number": {"id": "x", "key": "INC-2", "fields": {}},
    "id beyond every database": {"id": str(2**63), "key": "INC-2", "fields": {}},
    "id not finite": {"id": float("inf"), "key": "INC-2", "fields": {}},
    "no key": {"id": "10002", "fields": {}},
    "key no text": {"id": "10002", "key": 7, "fields": {}},
    "neither": {"id": None, "key": None, "fields": {}},
}


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
@pytest.mark.parametrize("knows", [True, False])
@pytest.mark.parametrize("name", NO_ISSUES)
def test_a_row_that_is_no_issue_is_unreadable_and_spoils_no_other(
    deployment: Deployment, knows: bool, name: str
) -> None:
    def spoils(request: Request, answer: Answer) -> Reply:
        told = json.loads(answer(request).encoded())
        rows = [NO_ISSUES[name] if row["key"] == "INC-2" else row for row in told["issues"]]
        return Reply(200, told | {"issues": rows})

    with site(Kind(deployment, spoils)) as jira:
        jira.add(*range(1, 9))
        jira.state.move(10_004, "PAY-1")
        asked = [IssueRef(f"INC-{n}", 10_000 + n if knows else None) for n in (*range(1, 9), 99)]
        found = jira.tracker.issues(asked)
    assert found[1] is UNREADABLE
    keys = [issue.key if isinstance(issue, Issue) else issue for issue in found]
    assert keys[:1] + keys[2:] == [
        "INC-1",
        "INC-3",
        "PAY-1",
        *(f"INC-{n}" for n in range(5, 9)),
        None,
    ]


def test_a_batch_of_rows_that_are_no_issues_ends_soon() -> None:
    def spoils(request: Request, answer: Answer) -> Reply:
        return Reply(200, {"issues": [7] * 50})

    with site(Kind("cloud", spoils)) as jira:
        asked = refs(*(f"INC-{n}" for n in range(1, 51)))
        assert jira.tracker.issues(asked) == [UNREADABLE] * 50
        assert len(jira.seen) == 1


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_a_current_row_that_is_no_issue_cannot_be_read(deployment: Deployment) -> None:
    """Whoever asks goes on one by one: what is written must not be taken for gone."""

    def spoils(request: Request, answer: Answer) -> Reply:
        told = json.loads(answer(request).encoded())
        rows = [
            {"id": "10002"} if row["key"] == "INC-2" else row for row in told.get("issues", [told])
        ]
        return Reply(200, told | {"issues": rows} if "issues" in told else rows[0])

    with site(Kind(deployment, spoils)) as jira:
        jira.add(1, 2, 3)
        with pytest.raises(ServiceError, match="not JIRA's"):
            jira.tracker.current([10_002])
        found = issues_now(jira.tracker, [10_001, 10_002, 10_003])
    assert isinstance(found[10_002], ServiceError)
    kept = [found[number] for number in (10_001, 10_003)]
    assert [isinstance(issue, Issue) and issue.key for issue in kept] == ["INC-1", "INC-3"]


FIELDS_IN_NO_FORM = [
    ({"summary": 7}, Field.TITLE),
    ({"summary": ["Down"]}, Field.TITLE),
    ({"description": True}, Field.DESCRIPTION),
    ({"description": {"type": "doc", "content": 7}}, Field.DESCRIPTION),
    ({"description": {"type": "doc", "content": [7]}}, Field.DESCRIPTION),
    ({"priority": {}}, Field.PRIORITY),
    ({"priority": {"name": 7}}, Field.PRIORITY),
    ({"priority": 1.5}, Field.PRIORITY),
    ({"priority": True}, Field.PRIORITY),
    ({"status": {}}, Field.STATUS),
    ({"status": {"id": "3"}}, Field.STATUS),
    ({"status": {"name": {"en": "Open"}}}, Field.STATUS),
    ({"assignee": {}}, Field.COMMANDER),
    ({"assignee": {"displayName": "Ada"}}, Field.COMMANDER),
    ({"assignee": {"accountId": 7}}, Field.COMMANDER),
    ({"assignee": 7}, Field.COMMANDER),
]
WHOLE = {
    "summary": "Down",
    "description": "Now",
    "priority": {"name": "High"},
    "status": {"name": "Open"},
    "assignee": {"accountId": "acc-ada", "emailAddress": ADA.email},
    "updated": "2026-11-22T21:00:00.500+0000",
}


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
@pytest.mark.parametrize(("values", "field"), FIELDS_IN_NO_FORM, ids=str)
@responses.activate
def test_a_field_in_no_form_we_know_is_unreadable_and_the_others_are_read(
    deployment: Deployment, values: dict[str, object], field: Field
) -> None:
    row = {"id": "1", "key": "INC-1", "fields": WHOLE | values}
    responses.post(JIRA_URL + BATCH[deployment], json={"issues": [row], "total": 1})
    (found,) = tracker(deployment, JIRA_URL).issues(refs("INC-1"))
    assert isinstance(found, Issue)
    assert [name for name in Field if found.value(name) is UNREADABLE] == [field]


@pytest.mark.parametrize("time", ["yesterday", 7.5, True, [], "9999-12-31T23:59:59Z", 10**30])
@responses.activate
def test_a_time_of_change_in_no_form_we_know_is_unknown(time: object) -> None:
    row = {"id": "1", "key": "INC-1", "fields": WHOLE | {"updated": time, "created": time}}
    responses.post(JIRA_URL + BATCH["cloud"], json={"issues": [row]})
    (found,) = tracker("cloud", JIRA_URL).issues(refs("INC-1"))
    assert isinstance(found, Issue)
    assert (found.updated_at, found.created_at) == (None, None)


@pytest.mark.parametrize("answer", [None, 7, {"users": []}, [7], [{}, None]], ids=str)
@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
@responses.activate
def test_users_that_are_not_jiras(deployment: Deployment, answer: object) -> None:
    responses.get(f"{JIRA_URL}/rest/api/2/user/search", body=json.dumps(answer))
    with pytest.raises(ServiceError, match="not JIRA's"):
        tracker(deployment, JIRA_URL).account(ADA.email)


@pytest.mark.parametrize("answer", [None, [], {}, "text"], ids=str)
@responses.activate
def test_a_myself_that_is_not_jiras(answer: object) -> None:
    responses.get(f"{JIRA_URL}/rest/api/2/myself", body=json.dumps(answer))
    with pytest.raises(ServiceError, match="not JIRA's"):
        tracker("cloud", JIRA_URL).myself()


@responses.activate
def test_a_search_page_without_a_total_is_not_jiras() -> None:
    row = {**ROW, "fields": {}}
    responses.post(JIRA_URL + BATCH["datacenter"], json={"issues": [row]})
    with pytest.raises(ServiceError, match="not JIRA's"):
        tracker("datacenter", JIRA_URL).issues(refs("INC-1"))


NO_LOGS: dict[str, object] = {
    "nothing": {},
    "no entries": {"issueId": "10002"},
    "entries a number": {"issueId": "10002", "changeHistories": 7},
    "an entry null": {"issueId": "10002", "changeHistories": [None]},
    "an entry of no time": {"issueId": "10002", "changeHistories": [{"created": "x", "items": []}]},
    "items a number": {"issueId": "10002", "changeHistories": [{"created": 0, "items": 7}]},
    "an author a text": {
        "issueId": "10002",
        "changeHistories": [{"created": 0, "author": "ada", "items": [{"field": "summary"}]}],
    },
    "id beyond every database": {"issueId": str(2**63), "changeHistories": []},
}


@pytest.mark.parametrize("name", NO_LOGS)
def test_a_changelog_that_cannot_be_understood_may_be_any_change_of_its_issue(name: str) -> None:
    def spoils(request: Request, answer: Answer) -> Reply:
        told = json.loads(answer(request).encoded())
        logs = told["issueChangeLogs"]
        rows = [NO_LOGS[name] if log["issueId"] == "10002" else log for log in logs]
        return Reply(200, told | {"issueChangeLogs": rows})

    with site(Kind("cloud", spoils)) as jira:
        jira.add(1, 2, 3)
        for number in (10_001, 10_002, 10_003):
            jira.state.edit(number, "acc-eve", summary="Another")
        told = jira.tracker.revisions([10_001, 10_002, 10_003])
    assert {one.field for one in told[10_002]} == set(Field)
    assert {one.at for one in told[10_002]} == {UNKNOWN_TIME}
    for number in (10_001, 10_003):
        assert [(one.field, one.new) for one in told[number]] == [(Field.TITLE, "Another")]


@pytest.mark.parametrize("log", [None, 7, {}, {"histories": 7}, {"histories": [None]}], ids=str)
@pytest.mark.parametrize("number", ["2", None, "x", str(2**63)])
@responses.activate
def test_a_data_centers_changelog_that_cannot_be_understood_may_be_any_change(
    log: object, number: object
) -> None:
    good = {"histories": [{"created": 0, "items": [{"field": "summary", "toString": "New"}]}]}
    rows = [{"id": "1", "changelog": good}, {"id": number, "changelog": log}]
    responses.post(JIRA_URL + BATCH["datacenter"], json={"issues": rows, "total": 2})
    told = tracker("datacenter", JIRA_URL).revisions([1, 2])
    assert [(one.field, one.new) for one in told[1]] == [(Field.TITLE, "New")]
    assert {one.at for one in told[2]} == {UNKNOWN_TIME}
    assert {one.field for one in told[2]} == set(Field)


@pytest.mark.parametrize(("total", "cut"), [(2, True), (1, False), (None, False), ("2", False)])
@responses.activate
def test_a_changelog_that_jira_cut_may_have_been_any_change(total: object, cut: bool) -> None:
    """How many entries there are stands beside those that it tells."""
    entry = {"created": 0, "items": [{"field": "summary", "toString": "New"}]}
    log = {"startAt": 0, "maxResults": 1, "total": total, "histories": [entry]}
    row = {"id": "1", "changelog": log}
    responses.post(JIRA_URL + BATCH["datacenter"], json={"issues": [row], "total": 1})
    told = tracker("datacenter", JIRA_URL).revisions([1])[1]
    assert (told[0].field, told[0].new) == (Field.TITLE, "New")
    assert {one.field for one in told[1:] if one.at == UNKNOWN_TIME} == (
        set(Field) if cut else set()
    )


@pytest.mark.parametrize("answer", [None, [], {}, {"issueChangeLogs": 7}], ids=str)
@responses.activate
def test_a_changelog_that_is_not_jiras(answer: object) -> None:
    responses.post(f"{JIRA_URL}/rest/api/2/changelog/bulkfetch", body=json.dumps(answer))
    with pytest.raises(ServiceError, match="not JIRA's"):
        tracker("cloud", JIRA_URL).revisions([1])


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
@responses.activate
def test_a_400_that_is_not_about_a_key_is_told_and_ends_soon(deployment: Deployment) -> None:
    refusal = {"errorMessages": ["Field 'customfield_1' does not exist."], "errors": {}}
    responses.post(JIRA_URL + BATCH[deployment], json=refusal, status=400)
    for number in range(1, 101):
        responses.get(f"{JIRA_URL}/rest/api/2/issue/INC-{number}", json=refusal, status=400)
    gateway = tracker(deployment, JIRA_URL)
    with pytest.raises(ServiceError, match=r"customfield_1' does not exist") as caught:
        gateway.issues(refs(*(f"INC-{n}" for n in range(1, 101))))
    assert caught.value.category is Category.VALIDATION
    assert gateway.requests <= 10


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
@pytest.mark.parametrize("asked", [["INC-1"], ["INC-1", "INC-2", "INC-3"]])
@responses.activate
def test_more_issues_than_were_asked_for_end_soon(deployment: Deployment, asked: list[str]) -> None:
    rows = [{"id": str(n), "key": f"OPS-{n}", "fields": {}} for n in range(1, 6)]
    responses.post(JIRA_URL + BATCH[deployment], json={"issues": rows, "total": len(rows)})
    gateway = tracker(deployment, JIRA_URL)
    with pytest.raises(ServiceError, match="not JIRA's"):
        gateway.issues(refs(*asked))
    assert gateway.requests <= 2 * len(asked)


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
@pytest.mark.parametrize(
    ("status", "category"),
    [(401, Category.AUTH), (403, Category.PERMISSION), (500, Category.NETWORK)],
)
@responses.activate
def test_a_refused_batch_raises(deployment: Deployment, status: int, category: Category) -> None:
    responses.post(JIRA_URL + BATCH[deployment], json={}, status=status)
    gateway = tracker(deployment, JIRA_URL)
    with pytest.raises(ServiceError) as caught:
        gateway.issues(refs("INC-1", "INC-2"))
    assert caught.value.category is category
    assert gateway.requests == 1


@responses.activate
def test_a_site_with_no_bulk_fetch_at_all_is_told() -> None:
    for version in (2, 3):
        url = f"{JIRA_URL}/rest/api/{version}/issue/bulkfetch"
        responses.post(url, body="<html/>", status=404, content_type="text/html")
    with pytest.raises(ServiceError, match="HTTP 404") as caught:
        tracker("cloud", JIRA_URL).issues(refs("INC-1"))
    assert caught.value.category is Category.NOT_FOUND


# What was changed since


@pytest.mark.parametrize("name", ["cloud", "datacenter"])
def test_one_search_tells_what_was_changed_since(name: str) -> None:
    with site(KINDS[name]) as jira:
        for number, hours in ((1, 1.0), (2, 1.9), (3, 2.5), (4, 48.0)):
            jira.add(number, updated=NOW - timedelta(hours=hours), created=NOW - timedelta(days=9))
        assert jira.tracker.updated(NOW - timedelta(hours=2)) == {10_001, 10_002}
        (body,) = jira.bodies()
        assert body["jql"] == 'updated >= "-125m" ORDER BY created ASC', "no time of a zone"
        assert body["fields"] == ["id"]


@pytest.mark.parametrize("name", ["cloud", "datacenter"])
def test_pages_of_what_was_changed_are_followed_to_the_end(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("cloud", "datacenter"):
        monkeypatch.setattr(f"raidctl.gateways.jira.{module}.PAGE_OF_IDS", 2)
    with site(KINDS[name]) as jira:
        jira.add(*range(1, 6), created=NOW - timedelta(hours=1))
        assert jira.tracker.updated(NOW - timedelta(hours=2)) == set(range(10_001, 10_006))
        assert len(jira.bodies()) == 3


@pytest.mark.parametrize("name", ["cloud", "datacenter"])
def test_pages_of_what_was_changed_have_an_end(name: str) -> None:
    def endless(request: Request, answer: Answer) -> Reply:
        if "search" not in request.path:
            return answer(request)
        body = {"issues": [{"id": "10001"}], "nextPageToken": "on", "total": 9_999}
        return Reply(200, body)

    with site(replace(KINDS[name], quirk=endless)) as jira:
        with pytest.raises(ServiceError, match="no end"):
            jira.tracker.updated(NOW)
        assert len(jira.bodies()) == 2


@pytest.mark.parametrize("page", [[None], [{"id": "x"}], [{}], 7])
def test_a_search_that_answers_what_is_no_issue_is_an_error(page: object) -> None:
    def odd(request: Request, answer: Answer) -> Reply:
        return Reply(200, {"issues": page}) if "search" in request.path else answer(request)

    with site(replace(KINDS["cloud"], quirk=odd)) as jira, pytest.raises(ServiceError):
        jira.tracker.updated(NOW)
